"""The scores as Dagster makes and shows them: after loads, every night, with a check and an alert."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from pydantic import SecretStr

from chicago_crashes.definitions import build_defs
from chicago_crashes.feeds.catalogue import CRASHES, FEEDS, Feed
from chicago_crashes.feeds.defs.quality import month_of, month_partitions, quality_key
from chicago_crashes.feeds.defs.quality_runs import SCORE, month_tags, ranges
from chicago_crashes.feeds.defs.sensors import days_of
from chicago_crashes.orchestration.partitions import RANGE_END_TAG, RANGE_START_TAG
from chicago_crashes.orchestration.resources import PostgisResource
from chicago_crashes.settings import settings
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import generate
from chicago_crashes_tests.platform import Platform, platform

FIRST, LAST = date(2024, 1, 30), date(2024, 2, 2)
JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)


@pytest.fixture
def loaded(database_url: str, tmp_path: Path) -> Iterator[Platform]:
    store = PortalStore()
    for batch in generate(FIRST, LAST, rows_per_day=40, dirt=None):
        for feed in FEEDS:
            store.publish(feed.dataset_id, batch.frames[feed.name])
    with platform(store, database_url, tmp_path, start=FIRST) as made:
        assert made.load(FIRST, LAST).succeeded
        yield made


def scored(made: Platform, first: date = JANUARY, last: date = FEBRUARY) -> dg.ExecuteInProcessResult:
    job = build_defs(settings()).resolve_job_def(SCORE)
    return job.execute_in_process(instance=made.instance, tags=month_tags(first, last))


def numbers(made: Platform, feed: Feed, month: str) -> dict[str, object]:
    filtered = dg.AssetRecordsFilter(asset_key=quality_key(feed), asset_partitions=[month])
    newest = made.instance.fetch_materializations(filtered, limit=1).records[0]
    assert newest.asset_materialization is not None
    return {name: value.value for name, value in newest.asset_materialization.metadata.items()}


def check_of(made: Platform, feed: Feed) -> dg.AssetCheckEvaluation:
    key = dg.AssetCheckKey(quality_key(feed), "score")
    found = made.instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key].event
    assert found is not None
    assert found.dagster_event is not None
    return found.dagster_event.asset_check_evaluation_data


def test_every_month_has_its_numbers_and_the_check_holds(loaded: Platform) -> None:
    assert scored(loaded).success
    for month in ("2024-01", "2024-02"):
        shown = numbers(loaded, CRASHES, month)
        ((stored,),) = loaded.query("select count(*) from crashes where to_char(crash_date, 'YYYY-MM') = %s", month)
        rows = shown["rows"]
        assert isinstance(rows, dict)
        assert rows["stored"] == rows["published"] == stored > 20
        ((score,),) = loaded.query(
            "select score::float8 from ops.quality_scores where feed = 'crashes' and to_char(month, 'YYYY-MM') = %s",
            month,
        )
        assert shown["score"] == score > 85
        assert {"completeness", "accuracy", "consistency", "timeliness", "validity"} <= shown.keys()
    for feed in FEEDS:
        assert check_of(loaded, feed).passed


@pytest.mark.parametrize(
    ("fault", "severity", "alert"),
    [
        ("update crashes set crash_hour = (crash_hour + 1) % 24 where crash_date < '2024-02-01'", "WARN", "high"),
        (
            (
                "update crashes set crash_hour = (crash_hour + 1) % 24, first_crash_type = null"
                " where crash_date < '2024-02-01'"
            ),
            "ERROR",
            "critical",
        ),
    ],
    ids=["below 85", "below 70"],
)
def test_a_low_score_fails_the_check_and_is_told_until_it_is_mended(
    loaded: Platform, fault: str, severity: str, alert: str
) -> None:
    loaded.query_and_commit("create table kept as select * from crashes")
    loaded.query_and_commit(fault)
    assert scored(loaded).success
    found = check_of(loaded, CRASHES)
    assert not found.passed
    assert found.severity == dg.AssetCheckSeverity[severity]
    assert found.description is not None
    assert "The lowest is 2024-01" in found.description
    assert found.metadata["months_below_85"].value == 1
    opened = loaded.query("select feed, severity, cause from ops.incidents where kind = 'quality'")
    assert [(feed, told) for feed, told, _ in opened] == [("crashes", alert)]
    assert "consistency 0 of 20" in opened[0][2]

    loaded.query_and_commit(
        "update crashes set crash_hour = kept.crash_hour, first_crash_type = kept.first_crash_type from kept"
        " where kept.crash_record_id = crashes.crash_record_id"
    )
    assert scored(loaded, JANUARY, JANUARY).success
    assert check_of(loaded, CRASHES).passed
    assert loaded.query("select count(*) from ops.incidents where kind = 'quality' and resolved_at is null") == [(0,)]


def test_the_sensor_asks_for_the_months_that_were_touched(loaded: Platform) -> None:
    asked = tick(loaded)
    assert [months_of(request) for request in asked] == [month_tags(JANUARY, FEBRUARY)]
    assert [request.run_key for request in tick(loaded)] == [asked[0].run_key], "the same change is asked for once"
    assert scored(loaded).success
    assert tick(loaded) == []
    loaded.query_and_commit("update ops.signatures set loaded_at = now() where day = '2024-02-01' and feed = 'people'")
    again = tick(loaded)
    assert [months_of(request) for request in again] == [month_tags(FEBRUARY, FEBRUARY)]
    assert again[0].run_key != asked[0].run_key


def test_the_night_scores_every_month() -> None:
    defs = build_defs(settings())
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=datetime(2026, 3, 1, 4, 0, tzinfo=ZoneInfo("America/Chicago")),
            repository_def=defs.get_repository_def(),
        )
        (request,) = defs.resolve_schedule_def("nightly_scores").evaluate_tick(context).run_requests or []
    assert request.tags[RANGE_START_TAG] == settings().start_date.strftime("%Y-%m")
    assert request.tags[RANGE_END_TAG] == "2026-03"


def test_a_run_over_months_loads_no_days(loaded: Platform) -> None:
    run = scored(loaded).dagster_run
    assert run.tags[RANGE_START_TAG] == "2024-01"
    assert days_of(run) is None


def test_months_are_partitions_from_the_first_day_to_now() -> None:
    partitions = month_partitions(date(2013, 3, 3))
    assert partitions.get_first_partition_key() == "2013-03"
    last = partitions.get_last_partition_key()
    assert last == f"{datetime.now(ZoneInfo('America/Chicago')):%Y-%m}"
    assert month_of("2013-03") == date(2013, 3, 1)


def test_near_months_share_a_run() -> None:
    months = [date(2014, 1, 1), date(2014, 3, 1), date(2015, 3, 1), date(2016, 4, 1), date(2024, 1, 1)]
    assert ranges(dict.fromkeys(months, datetime.min)) == [  # noqa: DTZ901 - when does not matter here
        (months[0], months[2]),
        (months[3], months[3]),
        (months[4], months[4]),
    ]


def months_of(request: dg.RunRequest) -> dict[str, str]:
    return {tag: request.tags[tag] for tag in (RANGE_START_TAG, RANGE_END_TAG)}


def tick(made: Platform) -> list[dg.RunRequest]:
    defs = build_defs(settings())
    postgis = PostgisResource(database_url=SecretStr(made.database_url))
    with dg.build_sensor_context(
        instance=made.instance, repository_def=defs.get_repository_def(), resources={"postgis": postgis}
    ) as context:
        return list(defs.resolve_sensor_def("touched_months").evaluate_tick(context).run_requests or [])
