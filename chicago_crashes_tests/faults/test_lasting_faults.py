"""Each fault that lasts, for each feed: it is told as what it is, and neither tables nor lake have changed."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chicago_crashes.errors import CrashesError
from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.errors import (
    NoSuchDatasetError,
    PortalRefusalError,
    PortalTimeoutError,
    PortalUnavailableError,
)
from chicago_crashes.stand_in import faults
from chicago_crashes.stand_in.faults import ROWS, SIGNATURES, Fault
from chicago_crashes.stand_in.serve import RunningPortal
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.faults.changing import change_every_day
from chicago_crashes_tests.faults.scene import Scene, Snapshot, eager_client, empty_database

LASTING: dict[str, tuple[Fault, type[CrashesError]]] = {
    "429": (faults.too_many_requests(), PortalUnavailableError),
    "500": (faults.internal_error(), PortalUnavailableError),
    "500 as a page": (faults.internal_error_page(), PortalUnavailableError),
    "503": (faults.unavailable(), PortalUnavailableError),
    "504": (faults.gateway_timeout(), PortalTimeoutError),
    "408": (faults.request_timeout(), PortalTimeoutError),
    "202": (faults.accepted(), PortalUnavailableError),
    "cut body": (Fault(keep=40), PortalUnavailableError),
    "cut gzip": (Fault(keep_packed=40), PortalUnavailableError),
    "hung up": (Fault(breaks_off=True), PortalUnavailableError),
    "out of date": (Fault(is_out_of_date=True), PortalUnavailableError),
    "400": (Fault(status=400, body=b'{"errorCode":"query.soql.no-such-column","message":"x"}'), PortalRefusalError),
    "403": (Fault(status=403, body=b'{"code":"permission_denied","message":"You must log in"}'), PortalRefusalError),
    "404": (Fault(status=404, body=b'{"code":"dataset.missing","message":"Not found"}'), NoSuchDatasetError),
}


PLACES = {"plan": SIGNATURES, "rows": ROWS}


@pytest.fixture(scope="module")
def waiting(
    server: RunningPortal,
    published: PortalStore,
    client: Portal,
    module_database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Scene, Snapshot]]:
    """Everything was loaded, and then every day of every feed changed; in the end all of it is loaded as well."""
    server.store = published
    with empty_database(module_database_url) as connection:
        scene = Scene(server, client, connection, tmp_path_factory.mktemp("lake"), module_database_url)
        for feed in FEEDS:
            assert not scene.load(feed).errors
        scene.own_copy()
        for feed in FEEDS:
            change_every_day(scene, feed)
        yield scene, scene.snapshot()
        scene.converges(*FEEDS)


@pytest.mark.parametrize(("fault", "kind"), LASTING.values(), ids=LASTING.keys())
@pytest.mark.parametrize("query_has", PLACES.values(), ids=PLACES.keys())
def test_a_fault_that_lasts_is_told_and_changes_nothing(
    waiting: tuple[Scene, Snapshot], feed: Feed, fault: Fault, kind: type[CrashesError], query_has: str
) -> None:
    scene, before = waiting
    scene.fails_with(replace(fault, query_has=query_has, dataset_id=feed.dataset_id, times=None))
    errors = scene.load(feed).errors
    assert {type(error) for error in errors} == {kind}
    assert all(feed.name in str(error) for error in errors)
    assert scene.snapshot() == before


@pytest.mark.parametrize("query_has", PLACES.values(), ids=PLACES.keys())
def test_answers_that_are_always_too_slow(waiting: tuple[Scene, Snapshot], feed: Feed, query_has: str) -> None:
    scene, before = waiting
    scene.fails_with(Fault(seconds_before=0.3, query_has=query_has, times=None))
    with eager_client(scene.portal.url, read_timeout=0.15) as impatient:
        errors = scene.on_another_client(impatient).load(feed).errors
    assert {type(error) for error in errors} == {PortalTimeoutError}
    assert scene.snapshot() == before


def test_nothing_listens(waiting: tuple[Scene, Snapshot], feed: Feed) -> None:
    scene, before = waiting
    with eager_client("http://127.0.0.1:9") as client:
        (error,) = scene.on_another_client(client).load(feed).errors
    assert type(error) is PortalUnavailableError
    assert scene.snapshot() == before
