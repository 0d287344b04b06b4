"""One server, one database and one small portal for all tests of a module; each test begins with empty tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.soda.client import Portal
from chicago_crashes.stand_in.serve import RunningPortal, serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.faults.changing import late_row
from chicago_crashes_tests.faults.scene import DAYS, Scene, eager_client, empty_database, small_portal
from chicago_crashes_tests.faults.shrinking import MORE_ROWS, publish_many


@pytest.fixture(scope="session")
def published() -> PortalStore:
    """The small portal, as it was first published; nobody changes it."""
    return small_portal()


@pytest.fixture(scope="module")
def server(published: PortalStore) -> Iterator[RunningPortal]:
    """The stand-in portal, serving."""
    with serving(published) as portal:
        yield portal


@pytest.fixture(scope="module")
def client(server: RunningPortal) -> Iterator[Portal]:
    """A client that asks again at once, as often as in earnest."""
    with eager_client(server.url) as portal:
        yield portal


@pytest.fixture
def scene(
    server: RunningPortal, client: Portal, published: PortalStore, module_database_url: str, tmp_path: Path
) -> Iterator[Scene]:
    """Nothing is loaded and nothing is wrong."""
    server.store = published
    server.faults.clear()
    with empty_database(module_database_url) as connection:
        yield Scene(server, client, connection, tmp_path / "raw", module_database_url, len(server.requests))


@pytest.fixture(params=FEEDS, ids=lambda feed: feed.name)
def feed(request: pytest.FixtureRequest) -> Feed:
    """Each of the feeds in turn."""
    assert isinstance(request.param, Feed)
    return request.param


@pytest.fixture
def loaded(scene: Scene, feed: Feed) -> Scene:
    """The feed is loaded, and the portal's data is the test's own to change."""
    assert not scene.load(feed).errors
    scene.own_copy()
    return scene


@pytest.fixture
def full(scene: Scene, feed: Feed) -> Scene:
    """Every day is large enough to be guarded, and loaded."""
    scene.own_copy()
    publish_many(scene, feed, DAYS, MORE_ROWS, like=late_row(scene, feed))
    assert not scene.load(feed).errors
    return scene
