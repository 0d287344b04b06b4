"""Which days are stale, how they are put into runs, and what the change sensor asks for."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from chicago_crashes.definitions import build_defs
from chicago_crashes.feeds.catalogue import CRASHES, FEEDS, PEOPLE
from chicago_crashes.feeds.changes import Changes, DayRange, ranges_of
from chicago_crashes.feeds.defs import sensors
from chicago_crashes.feeds.defs.sensors import CHANGE_TAG, TRIES
from chicago_crashes.feeds.stale import Reason, StaleDay
from chicago_crashes.orchestration.day_reports import PERMANENT_FAILURE
from chicago_crashes.orchestration.partitions import last_day_over, range_tags
from chicago_crashes.settings import settings
from chicago_crashes.soda.signatures import Signature
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import generate
from chicago_crashes_tests.platform import Platform, platform

FIRST, LAST = date(2024, 3, 1), date(2024, 3, 4)
NOW = StaleDay(Signature(3, datetime(2024, 4, 1, tzinfo=UTC)), {Reason.PORTAL_CHANGED: "3 rows"})


def test_near_days_go_together_and_far_days_apart() -> None:
    crashes = _stale(date(2020, 1, 1), date(2020, 1, 10), date(2020, 6, 1))
    people = Changes(PEOPLE, {date(2020, 1, 12): NOW}, 0, 0)
    assert ranges_of([crashes, people], longest=100) == [
        DayRange(date(2020, 1, 1), date(2020, 1, 12), (CRASHES, PEOPLE)),
        DayRange(date(2020, 6, 1), date(2020, 6, 1), (CRASHES,)),
    ]


def test_no_range_is_longer_than_a_run_may_be() -> None:
    days = [date(2020, 1, day) for day in range(1, 32)]
    ranges = ranges_of([_stale(*days)], longest=10)
    assert [(found.first.day, found.last.day) for found in ranges] == [(1, 10), (11, 20), (21, 30), (31, 31)]


def test_nothing_stale_needs_no_run() -> None:
    assert ranges_of([_stale()], longest=10) == []


@pytest.fixture(scope="module")
def loaded(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    store = PortalStore()
    for batch in generate(FIRST, LAST, rows_per_day=5, dirt=None):
        for feed in FEEDS:
            store.publish(feed.dataset_id, batch.frames[feed.name])
    with platform(store, module_database_url, tmp_path_factory.mktemp("lake"), start=FIRST) as made:
        assert made.load(FIRST, LAST).succeeded
        made.query_and_commit("create table as_loaded as table ops.signatures")
        yield made


@pytest.fixture
def running(loaded: Platform) -> Iterator[Platform]:
    """Everything is loaded, and no run is known."""
    loaded.query_and_commit("truncate ops.signatures; insert into ops.signatures table as_loaded")
    with dg.DagsterInstance.ephemeral() as instance:
        yield replace(loaded, instance=instance)


@pytest.fixture
def damaged(running: Platform, tmp_path: Path, copy_database: Callable[[str], str]) -> Iterator[Platform]:
    """A copy of the loaded platform, lake included, to be damaged."""
    lake = shutil.copytree(running.lake, tmp_path / "raw")
    url = copy_database(running.database_url)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CRASHES_DATABASE_URL", url)
        environment.setenv("CRASHES_RAW_URL", str(lake))
        settings.cache_clear()
        yield replace(running, database_url=url, lake=lake)
    settings.cache_clear()


def test_the_sensor_asks_for_what_is_missing_and_then_for_nothing(running: Platform) -> None:
    running.query_and_commit("truncate ops.signatures")
    first = _tick(running)
    assert [_days(request) for request in first.run_requests or []] == [(FIRST, LAST)]
    assert {event.asset_key.path[0] for event in first.asset_events} == {"portal"}
    assert len(first.asset_events) == len(FEEDS)

    running.query_and_commit("insert into ops.signatures table as_loaded")
    before = len(running.portal.requests)
    again = _tick(running)
    assert not again.run_requests
    assert "Every loaded day" in _reason(again)
    assert len(running.portal.requests) - before == len(FEEDS)


def test_the_sensor_asks_for_exactly_the_feed_and_day_that_changed(running: Platform) -> None:
    _forget(running, "people", "2024-03-03")
    (request,) = _tick(running).run_requests or []
    assert _days(request) == (date(2024, 3, 3), date(2024, 3, 3))
    assert {key.to_user_string() for key in request.asset_selection or []} == {"raw/people", "postgis/crash_people"}


def test_no_day_is_asked_for_twice_while_its_run_is_under_way(running: Platform) -> None:
    _forget(running, "people", "2024-03-03")
    _run(running, dg.DagsterRunStatus.STARTED, range_tags(date(2024, 3, 2), date(2024, 3, 3)))
    result = _tick(running)
    assert not result.run_requests
    assert "are being loaded" in _reason(result)


def test_a_run_that_died_long_ago_holds_no_days(running: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    _forget(running, "people", "2024-03-03")
    _run(running, dg.DagsterRunStatus.STARTED, range_tags(date(2024, 3, 2), date(2024, 3, 3)))
    monkeypatch.setattr(sensors, "LONGEST_RUN", timedelta(0))
    assert _tick(running).run_requests


@pytest.mark.parametrize(
    ("runs", "tags", "requested"),
    [(TRIES - 1, {}, True), (TRIES, {}, False), (1, {PERMANENT_FAILURE: "true"}, False)],
    ids=["may try again", "tried often enough", "failed for good"],
)
def test_a_change_is_tried_a_few_times_and_never_if_that_cannot_help(
    running: Platform, runs: int, tags: dict[str, str], requested: bool
) -> None:
    _forget(running, "people", "2024-03-03")
    (request,) = _tick(running).run_requests or []
    for _ in range(runs):
        _run(running, dg.DagsterRunStatus.FAILURE, {CHANGE_TAG: request.tags[CHANGE_TAG], **tags})
    result = _tick(running)
    assert bool(result.run_requests) is requested
    if not requested:
        assert "wait for a person: 2024-03-03" in _reason(result)


def test_a_portal_that_changes_again_is_tried_anew(running: Platform) -> None:
    _forget(running, "people", "2024-03-03")
    (first,) = _tick(running).run_requests or []
    _forget(running, "vehicles", "2024-03-03")
    (second,) = _tick(running).run_requests or []
    assert first.run_key != second.run_key


# --- what is wrong with our copy, whatever the portal says -----------------------------------------------------------


def test_deleted_rows_are_asked_for_and_told_by_day_and_reason(damaged: Platform) -> None:
    damaged.query_and_commit("delete from crash_people where crash_date::date = '2024-03-03'")
    result = _tick(damaged)
    (request,) = result.run_requests or []
    assert _days(request) == (date(2024, 3, 3), date(2024, 3, 3))
    assert {key.to_user_string() for key in request.asset_selection or []} == {"raw/people", "postgis/crash_people"}
    (of_people,) = [event for event in result.asset_events if event.asset_key.path[-1] == "people"]
    assert of_people.metadata["days_rows_missing"].value == 1
    _run(damaged, dg.DagsterRunStatus.STARTED, range_tags(date(2024, 3, 3), date(2024, 3, 3)))
    assert "people: rows missing, 1 day: 2024-03-03" in _reason(_tick(damaged))


def test_what_no_load_mends_is_given_up_although_the_portal_changes_other_days_all_the_time(damaged: Platform) -> None:
    """Something takes the row out again whenever it was loaded. The days around are loaded as ever."""
    damaged.query_and_commit("delete from crash_people where crash_date::date = '2024-03-02'")
    for hour in range(TRIES):
        _forget(damaged, "people", f"2024-03-0{hour % 2 + 3}")
        requests = _tick(damaged).run_requests or []
        assert [_days(request)[0].day for request in requests] == [hour % 2 + 3, 2]
        for request in requests:
            _run(damaged, dg.DagsterRunStatus.FAILURE, {CHANGE_TAG: request.tags[CHANGE_TAG]})
        damaged.query_and_commit("truncate ops.signatures; insert into ops.signatures table as_loaded")
    _forget(damaged, "people", "2024-03-04")
    (request,) = _tick(damaged).run_requests or []
    assert _days(request) == (date(2024, 3, 4), date(2024, 3, 4))
    damaged.query_and_commit("truncate ops.signatures; insert into ops.signatures table as_loaded")
    result = _tick(damaged)
    assert not result.run_requests
    assert "wait for a person: 2024-03-02" in _reason(result)

    damaged.query_and_commit(
        "delete from crash_people"
        " where ctid = (select min(ctid) from crash_people where crash_date::date = '2024-03-03')"
    )
    (request,) = _tick(damaged).run_requests or []
    assert (date(2024, 3, 2), date(2024, 3, 3)) == _days(request), "something else is wrong now, so it is tried again"


def test_a_lost_lake_and_other_rules_are_asked_for_in_as_few_runs_as_anything(damaged: Platform) -> None:
    shutil.rmtree(damaged.lake / "crashes")
    damaged.query_and_commit("update ops.signatures set rules_digest = 'older' where feed = 'vehicles'")
    requests = _tick(damaged).run_requests or []
    assert [_days(request) for request in requests] == [(FIRST, LAST)]
    assert {key.to_user_string() for key in requests[0].asset_selection or []} == {
        "raw/crashes",
        "postgis/crashes",
        "raw/vehicles",
        "postgis/crash_vehicles",
    }


def test_rows_that_no_load_removes_are_told(damaged: Platform) -> None:
    damaged.query_and_commit(
        "update crashes set crash_date = '2099-01-01' where ctid = (select min(ctid) from crashes)"
    )
    (request,) = _tick(damaged).run_requests or []
    _run(damaged, dg.DagsterRunStatus.STARTED, range_tags(*_days(request)))
    assert "2099-01-01" in _reason(_tick(damaged))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2024, 3, 11, 4, 59, tzinfo=UTC), date(2024, 3, 9)),
        (datetime(2024, 3, 11, 5, 0, tzinfo=UTC), date(2024, 3, 10)),
        (datetime(2024, 1, 2, 5, 59, tzinfo=UTC), date(2023, 12, 31)),
        (datetime(2024, 1, 2, 6, 0, tzinfo=UTC), date(2024, 1, 1)),
        (datetime(2024, 3, 10, 23, 59, tzinfo=ZoneInfo("America/Chicago")), date(2024, 3, 9)),
    ],
)
def test_a_day_is_over_when_it_is_over_in_chicago(moment: datetime, day: date) -> None:
    assert last_day_over(moment) == day


def test_the_sensor_looks_at_the_days_that_are_over_in_chicago(
    running: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the evening it is tomorrow already by UTC; today's reports are of a day that is not over."""

    class Evening(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls(2024, 3, 3, 1, 30, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr(sensors, "datetime", Evening)
    running.query_and_commit("delete from ops.signatures where day >= '2024-03-01'")
    (request,) = _tick(running).run_requests or []
    assert _days(request) == (FIRST, date(2024, 3, 1))


def _stale(*days: date) -> Changes:
    return Changes(CRASHES, dict.fromkeys(days, NOW), 0, 0)


def _tick(running: Platform) -> dg.SensorResult:
    defs = build_defs(settings())
    sensor = defs.resolve_sensor_def("portal_changes")
    with dg.build_sensor_context(instance=running.instance, resources=defs.resources, definitions=defs) as context:
        result = sensor(context)
    assert isinstance(result, dg.SensorResult)
    return result


def _reason(result: dg.SensorResult) -> str:
    return (result.skip_reason.skip_message or "") if result.skip_reason else ""


def _days(request: dg.RunRequest) -> tuple[date, date]:
    tags = request.tags
    return (
        date.fromisoformat(tags["dagster/asset_partition_range_start"]),
        date.fromisoformat(tags["dagster/asset_partition_range_end"]),
    )


def _forget(running: Platform, feed: str, day: str) -> None:
    """Make a day stale, as a portal does that has one more row than it had."""
    running.query_and_commit(
        f"update ops.signatures set source_rows = source_rows - 1 where feed = '{feed}' and day = '{day}'"  # noqa: S608
    )


def _run(running: Platform, status: dg.DagsterRunStatus, tags: dict[str, str]) -> None:
    job = build_defs(settings()).resolve_job_def("load_days")
    running.instance.create_run_for_job(job, status=status, tags=tags)
