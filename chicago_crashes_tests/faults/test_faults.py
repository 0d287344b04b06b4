"""Each fault of the portal that passes, for each feed: every row arrives, whatever it struck."""

from dataclasses import replace

import pytest

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.soda.errors import PortalDisagreesError, PortalUnavailableError
from chicago_crashes.stand_in import faults, mutations
from chicago_crashes.stand_in.faults import ROWS, SIGNATURES, Fault
from chicago_crashes_tests.faults.changing import change_every_day, free_text, late_row
from chicago_crashes_tests.faults.scene import DAYS, Scene, eager_client

PASSING = {
    "429": faults.too_many_requests(times=2),
    "429 and for how long": faults.too_many_requests(retry_after="0"),
    "500": faults.internal_error(),
    "500 as a page": faults.internal_error_page(),
    "503": faults.unavailable(times=3),
    "504": faults.gateway_timeout(),
    "408": faults.request_timeout(),
    "202": faults.accepted(),
    "no body": Fault(keep=0),
    "cut body": Fault(keep=150),
    "cut gzip": Fault(keep_packed=40),
    "hung up": Fault(breaks_off=True),
    "out of date": Fault(is_out_of_date=True, times=3),
    "shuffled": Fault(is_shuffled=True, times=None),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_fault_that_passes_loses_nothing(scene: Scene, feed: Feed, fault: Fault) -> None:
    scene.fails_with(
        *(replace(fault, query_has=has, dataset_id=feed.dataset_id) for has in (SIGNATURES, ROWS)),
        replace(fault, dataset_id=feed.dataset_id),
    )
    assert not scene.load(feed).errors
    scene.equals_portal(feed)


def test_an_answer_that_is_too_slow_once(scene: Scene, feed: Feed) -> None:
    scene.fails_with(*(Fault(seconds_before=0.6, query_has=has) for has in (SIGNATURES, ROWS)))
    with eager_client(scene.portal.url, read_timeout=0.3) as impatient:
        assert not scene.on_another_client(impatient).load(feed).errors
    scene.equals_portal(feed)


def test_an_expired_token(scene: Scene, feed: Feed) -> None:
    body = b'{"code":"permission_denied","error":true,"message":"Invalid app_token specified"}'
    scene.fails_with(Fault(status=403, body=body))
    alerts: list[str] = []
    with eager_client(scene.portal.url, app_token="expired", on_alert=alerts.append) as client:
        assert not scene.on_another_client(client).load(feed).errors
    assert len(alerts) == 1
    scene.equals_portal(feed)


def test_a_day_larger_than_a_window_while_things_go_wrong(scene: Scene, feed: Feed) -> None:
    """Whole days have one `:updated_at`, so every border between two pages lies between equal times."""
    scene.fails_with(
        faults.unavailable(query_has=":id >"),
        Fault(keep=60, query_has=":id >"),
        Fault(is_out_of_date=True, query_has=":id >"),
        Fault(is_shuffled=True, times=None),
    )
    assert not scene.load(feed, max_rows=2).errors
    assert any(":id >" in where for where in scene.row_requests())
    scene.equals_portal(feed)


@pytest.mark.parametrize("times", [2, None], ids=["for a while", "always"])
def test_a_marked_replica_is_waited_out_or_refused(loaded: Scene, feed: Feed, times: int | None) -> None:
    old = loaded.store.copy()
    change_every_day(loaded, feed)
    before = loaded.snapshot()
    loaded.fails_with(faults.stale_replica(old, times=times, query_has=ROWS))
    errors = loaded.load(feed).errors
    assert {type(error) for error in errors} == (set() if times else {PortalUnavailableError})
    if errors:
        assert loaded.snapshot() == before
    loaded.converges(feed)


@pytest.mark.parametrize("times", [1, None], ids=["once", "always"])
def test_rows_from_an_unmarked_replica_contradict_the_plan(loaded: Scene, feed: Feed, times: int | None) -> None:
    old = loaded.store.copy()
    change_every_day(loaded, feed)
    before = loaded.snapshot()
    loaded.fails_with(faults.stale_replica(old, says_so=False, times=times, query_has=ROWS))
    errors = loaded.load(feed).errors
    assert {type(error) for error in errors} == (set() if times else {PortalDisagreesError})
    if errors:
        assert loaded.snapshot() == before
    loaded.converges(feed)


@pytest.mark.parametrize("times", [1, None], ids=["once", "always"])
def test_a_plan_from_an_unmarked_replica_writes_nothing_wrong(scene: Scene, feed: Feed, times: int | None) -> None:
    old = scene.own_copy()
    change_every_day(scene, feed)
    scene.fails_with(faults.stale_replica(old, says_so=False, times=times, query_has=SIGNATURES))
    errors = scene.load(feed).errors
    assert {type(error) for error in errors} == (set() if times else {PortalDisagreesError})
    if errors:
        assert scene.rows("select count(*) from ops.signatures") == [(0,)]
    scene.converges(feed)


def test_a_replica_that_nothing_gives_away_is_believed_until_the_next_look(loaded: Scene, feed: Feed) -> None:
    """Plan and rows agree, but on what was: no client can tell it from a backup the portal restored."""
    old = loaded.store.copy()
    (row,) = loaded.some_rows(feed, DAYS[1], 1)
    mutations.amend(loaded.store, feed, {":id": row[":id"]}, {free_text(feed): "AMENDED"})
    mutations.publish_more(loaded.store, feed, late_row(loaded, feed))
    loaded.refresh(feed)
    loaded.fails_with(faults.stale_replica(old, says_so=False, times=None))
    assert not loaded.load(feed).errors
    amended = f"select count(*) from {feed.table} where {free_text(feed)} = 'AMENDED'"  # noqa: S608
    assert loaded.rows(amended) == [(0,)]
    loaded.converges(feed)


@pytest.mark.parametrize("change", ["late", "amended", "moved", "deleted", "replaced"])
def test_the_data_changes_between_plan_and_rows(scene: Scene, feed: Feed, change: str) -> None:
    scene.own_copy()
    (row,) = scene.some_rows(feed, DAYS[1], 1)
    where = {":id": row[":id"]}
    changes = {
        "late": lambda: mutations.publish_more(scene.store, feed, late_row(scene, feed)),
        "amended": lambda: mutations.amend(scene.store, feed, where, {free_text(feed): "AMENDED"}),
        "moved": lambda: mutations.move(scene.store, feed, where, f"{DAYS[3]}T10:00:00.000"),
        "deleted": lambda: mutations.delete(scene.store, feed, where),
        "replaced": lambda: mutations.replace_all(scene.store, feed),
    }
    scene.fails_with(faults.changing(changes[change]))
    assert not scene.load(feed).errors
    assert len(scene.row_requests()) > 0
    scene.equals_portal(feed)


def test_data_that_never_stands_still_is_given_up_and_had_later(loaded: Scene, feed: Feed) -> None:
    change_every_day(loaded, feed)
    before = loaded.snapshot()
    loaded.fails_with(faults.changing(lambda: mutations.replace_all(loaded.store, feed), times=None))
    errors = loaded.load(feed).errors
    assert {type(error) for error in errors} == {PortalDisagreesError}
    assert len(errors) == len(DAYS)
    assert loaded.snapshot() == before
    loaded.converges(feed)


def test_a_column_that_goes_between_plan_and_rows(loaded: Scene, feed: Feed) -> None:
    change_every_day(loaded, feed)
    before = loaded.snapshot()
    name = free_text(feed)
    loaded.fails_with(faults.changing(lambda: mutations.rename_column(loaded.store, feed, name, "another")))
    (error,) = loaded.load(feed).errors
    assert isinstance(error, PermanentError)
    assert name in str(error)
    assert loaded.snapshot() == before
    mutations.rename_column(loaded.store, feed, "another", name)
    loaded.converges(feed)
