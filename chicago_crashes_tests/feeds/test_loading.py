"""Days through real Dagster: what is materialised, failed, checked, counted, day by day."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from chicago_crashes.definitions import build_defs
from chicago_crashes.feeds.catalogue import CRASHES, FEEDS
from chicago_crashes.feeds.changes import DayRange
from chicago_crashes.feeds.defs.jobs import asset_keys
from chicago_crashes.feeds.inspection import day_checks
from chicago_crashes.orchestration.day_reports import PERMANENT_FAILURE
from chicago_crashes.orchestration.partitions import range_tags
from chicago_crashes.orchestration.running import QUIET
from chicago_crashes.settings import settings
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import HEAVY_DIRT, generate
from chicago_crashes_tests.platform import Platform, platform

FIRST, LAST = date(2024, 3, 8), date(2024, 3, 12)
DAYS = [f"2024-03-{day:02}" for day in range(8, 13)]
EMPTY_DAY = "2024-03-10"


@pytest.fixture
def running(database_url: str, tmp_path: Path) -> Iterator[Platform]:
    store = PortalStore()
    for batch in generate(FIRST, LAST, rows_per_day=30, dirt=HEAVY_DIRT):
        for feed in FEEDS:
            rows = batch.frames[feed.name]
            store.publish(feed.dataset_id, rows.filter(~pl.col("crash_date").str.starts_with(EMPTY_DAY)))
    with platform(store, database_url, tmp_path, start=FIRST) as made:
        yield made


def test_a_range_is_loaded_day_by_day_and_again_changes_nothing(running: Platform) -> None:
    first = running.load(FIRST, LAST)
    again = running.load(FIRST, LAST)

    assert first.failures == again.failures == {}
    for feed in FEEDS:
        counts, unchanged = first.feeds[feed.name].counts, again.feeds[feed.name].counts
        assert first.feeds[feed.name].days == 5
        assert counts["source_rows"] == counts["inserted"] == unchanged["unchanged"]
        assert (unchanged["inserted"], unchanged["updated"], unchanged["withdrawn"]) == (0, 0, 0)
        assert first.feeds[feed.name].is_reconciled
        assert _partitions(running, ["raw", feed.name]) == _partitions(running, ["postgis", feed.table]) == set(DAYS)
    assert first.feeds["crashes"].counts["source_rows"] > 50


def test_every_day_carries_its_own_numbers(running: Platform) -> None:
    running.load(FIRST, LAST)
    stored = dict(running.query("select crash_date::date::text, count(*) from crashes group by 1"))
    for day in DAYS:
        metadata = _materialization(running, ["postgis", "crashes"], day).metadata
        assert _number(metadata, "dagster/partition_row_count") == stored.get(day, 0)
        assert _number(metadata, "inserted") == stored.get(day, 0)
        raw = _materialization(running, ["raw", "crashes"], day).metadata
        assert _number(raw, "rows_fetched") == stored.get(day, 0)
        assert {"bytes", "requests", "seconds", "new_version"} <= raw.keys()
    assert EMPTY_DAY not in stored


@pytest.mark.parametrize("last", [FIRST, LAST], ids=["one day", "a range"])
def test_every_day_is_checked_by_itself(running: Platform, last: date) -> None:
    running.load(FIRST, last)
    days = DAYS[: (last - FIRST).days + 1]
    for name in day_checks(CRASHES):
        evaluations = _evaluations(running, "crashes", name)
        assert [day for day in days if day in evaluations] == days
        for day in days:
            target = evaluations[day].target_materialization_data
            assert target is not None
            assert target.run_id == running.instance.get_runs()[0].run_id
    numbers = _evaluations(running, "crashes", "complete")[DAYS[0]].metadata
    assert _number(numbers, "source_rows") == _number(numbers, "raw_rows") == _number(numbers, "table_rows")
    for name in ("unique", "valid", "coordinates_in_bounds", "consistent"):
        counted = _evaluations(running, "crashes", name)[DAYS[0]].metadata
        assert {"failed_rows", "failure_rate", "rows"} <= counted.keys()


def test_checks_count_what_was_repaired(running: Platform) -> None:
    running.load(FIRST, LAST)
    found = dict(
        running.query(
            "select day::text, count(distinct row_key) from ops.findings where feed = 'people' and column_name = 'age'"
            " and rule = 'bounds' group by day"
        )
    )
    assert found
    evaluations = _evaluations(running, "crash_people", "ages_in_bounds")
    for day in DAYS:
        metadata = evaluations[day].metadata
        assert (_number(metadata, "age bounds") if day in found else 0) == found.get(day, 0)
        assert _number(metadata, "failed_rows") == found.get(day, 0)
        assert metadata["threshold"].value == 0.01
        assert ("examples" in metadata) == (_number(metadata, "failed_rows") > 0)


def test_the_rate_of_a_range_is_that_of_all_its_rows(running: Platform) -> None:
    running.load(FIRST, LAST)
    evaluations = _evaluations(running, "crash_people", "ages_in_bounds")
    days = [evaluations[day].metadata for day in DAYS]
    failed, rows = (sum(_number(metadata, name) for metadata in days) for name in ("failed_rows", "rows"))
    assert 0 < failed < rows
    of_range = evaluations[None].metadata
    assert of_range["failed_rows"].value == f"{failed:,}"
    assert of_range["failure_rate"].value == f"{failed / rows:.2%}"


def test_a_failed_day_fails_alone(running: Platform) -> None:
    _block(running, "2024-03-09")
    outcome = running.load(FIRST, LAST, [CRASHES])

    assert not outcome.succeeded
    (message,) = [text for step, text in outcome.failures.items() if step.startswith("raw__crashes")]
    assert "1 of 5 days failed: 2024-03-09" in message
    assert "raw lake" in message
    assert _partitions(running, ["raw", "crashes"]) == set(DAYS) - {"2024-03-09"}
    assert running.query("select count(*) from crashes") == [(0,)]

    _unblock(running, "2024-03-09")
    assert running.load(FIRST, LAST, [CRASHES]).succeeded
    assert _partitions(running, ["postgis", "crashes"]) == set(DAYS)
    fetched_again = {
        day: _number(_materialization(running, ["raw", "crashes"], day).metadata, "requests") for day in DAYS
    }
    assert fetched_again[DAYS[0]] == 0
    assert fetched_again["2024-03-09"] > 0


def test_a_damaged_raw_file_is_replaced_within_the_run_and_told(running: Platform) -> None:
    running.load(FIRST, LAST, [CRASHES])
    (path,) = (running.lake / "crashes/2024/2024-03-09").glob("*.parquet")
    path.write_bytes(path.read_bytes()[:1000])
    before = running.query("select * from crashes order by crash_record_id")
    running.query_and_commit("truncate crashes, ops.signatures")

    assert running.load(FIRST, LAST, [CRASHES]).succeeded

    ((kind, feed, days, resolved_at, cause),) = running.query(
        "select kind, feed, days::text, resolved_at, cause from ops.incidents"
    )
    assert (kind, feed, days, resolved_at) == ("damaged_file", "crashes", "{[2024-03-09,2024-03-10)}", None)
    assert f"of 2024-03-09: {path}.set-aside." in cause
    assert _number(_materialization(running, ["raw", "crashes"], "2024-03-09").metadata, "new_version") == 1
    assert len(before) == running.query("select count(*) from crashes")[0][0]


def test_a_day_the_database_refuses_fails_alone_and_for_good(running: Platform) -> None:
    running.query_and_commit("alter table crashes add constraint test check (crash_date::date <> '2024-03-11')")
    outcome = running.load(FIRST, LAST, [CRASHES])

    (message,) = [text for step, text in outcome.failures.items() if step.startswith("postgis__crashes")]
    assert "1 of 5 days failed: 2024-03-11" in message
    assert _partitions(running, ["postgis", "crashes"]) == set(DAYS) - {"2024-03-11"}
    assert running.query("select count(*) from crashes where crash_date::date = '2024-03-11'") == [(0,)]
    assert running.query("select count(*) > 0 from crashes") == [(True,)]
    assert running.instance.get_runs()[0].tags[PERMANENT_FAILURE] == "true"


def test_rows_that_vanish_from_a_table_fail_the_blocking_check(running: Platform) -> None:
    running.load(FIRST, LAST, [CRASHES])
    running.query_and_commit(
        "alter table crashes add column gone boolean; create function vanish() returns trigger"
        " language plpgsql as 'begin return null; end'; "
        "delete from crashes where crash_date::date = '2024-03-09';"
        "create trigger vanish before insert on crashes for each row execute function vanish()"
    )
    outcome = running.load(FIRST, LAST, [CRASHES])
    assert not outcome.succeeded
    evaluations = _evaluations(running, "crashes", "complete")
    assert {day for day, found in evaluations.items() if day and not found.passed} == {"2024-03-09"}
    assert _number(evaluations["2024-03-09"].metadata, "unaccounted_rows") > 0


def test_two_launches_of_one_range_count_days_once(running: Platform) -> None:
    outcome = running.launch([DayRange(FIRST, LAST, (CRASHES,)), DayRange(FIRST, FIRST, (CRASHES,))])
    assert outcome.feeds["crashes"].days == 6
    assert outcome.feeds["crashes"].counts["inserted"] == running.query("select count(*) from crashes")[0][0]


def _partitions(running: Platform, key: list[str]) -> set[str]:
    return running.instance.get_materialized_partitions(dg.AssetKey(key))


def _materialization(running: Platform, key: list[str], day: str) -> dg.AssetMaterialization:
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(key), asset_partitions=[day])
    found = running.instance.fetch_materializations(wanted, limit=1).records[0].asset_materialization
    assert found is not None
    return found


def _evaluations(running: Platform, table: str, name: str) -> dict[str | None, dg.AssetCheckEvaluation]:
    """The newest evaluation of each day."""
    key = dg.AssetCheckKey(dg.AssetKey(["postgis", table]), name)
    records = running.instance.event_log_storage.get_asset_check_execution_history(key, limit=1000)
    found: dict[str | None, dg.AssetCheckEvaluation] = {}
    for record in records:
        if record.event is not None and record.event.dagster_event is not None:
            found.setdefault(record.partition, record.event.dagster_event.asset_check_evaluation_data)
    return found


def _block(running: Platform, day: str) -> None:
    """Put a file where the day's folder would be, as a lake does that cannot take the day."""
    folder = running.lake / "crashes" / day[:4]
    folder.mkdir(parents=True)
    (folder / day).write_text("in the way")


def _unblock(running: Platform, day: str) -> None:
    (running.lake / "crashes" / day[:4] / day).unlink()


def _number(metadata: Mapping[str, dg.MetadataValue[Any]], name: str) -> int:
    found = metadata[name]
    assert isinstance(found, dg.IntMetadataValue)
    assert found.value is not None
    return found.value


def test_a_backfill_from_the_ui_leaves_the_whole_history_to_the_nightly_job(running: Platform) -> None:
    """It selects tables, not a job, and with them all their checks."""
    defs = build_defs(settings())
    job = defs.resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(
        instance=running.instance,
        asset_selection=asset_keys([CRASHES]),
        tags=range_tags(FIRST, LAST),
        run_config=QUIET,
    )

    asked = {evaluation.check_name for evaluation in result.get_asset_check_evaluations()}
    assert asked == set(day_checks(CRASHES))


def test_a_load_plans_the_checks_of_its_days_and_no_others(running: Platform) -> None:
    running.load(FIRST, LAST, [CRASHES])
    (run,) = running.instance.get_runs()

    planned = running.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED)
    names = [entry.get_dagster_event().asset_check_planned_data.check_name for entry in planned]
    assert sorted(names) == sorted(day_checks(CRASHES))
