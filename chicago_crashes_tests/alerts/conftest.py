"""A receiver of alerts, and a database without incidents."""

from collections.abc import Iterator

import psycopg
import pytest

from chicago_crashes_tests.alerts.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def connection(module_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_database_url, autocommit=True) as opened:
        opened.execute("truncate ops.incidents")
        yield opened
