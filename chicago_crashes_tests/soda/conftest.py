"""A small portal to ask, and a client for it that does not wait between attempts."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tenacity import RetryCallState

from chicago_crashes.soda.ceiling import Unlimited
from chicago_crashes.soda.client import Portal
from chicago_crashes_tests.soda.small_portal import SmallPortal, serving


@pytest.fixture
def small_portal() -> Iterator[SmallPortal]:
    with serving(SmallPortal()) as portal:
        yield portal


@pytest.fixture
def client(small_portal: SmallPortal) -> Iterator[Callable[..., Portal]]:
    """Opens clients of the small portal; all are closed after the test."""
    opened: list[Portal] = []

    def open_client(**options: Any) -> Portal:
        settings: dict[str, Any] = {"ceiling": Unlimited(), "wait": at_once, "read_timeout": 5} | options
        opened.append(Portal(small_portal.url, **settings))
        return opened[-1]

    yield open_client
    for portal in opened:
        portal.close()


def at_once(_: RetryCallState) -> float:
    return 0.0
