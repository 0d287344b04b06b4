"""What Dagster is told: assets, groups, checks, jobs, schedules; and that nothing in it shows a secret."""

import re
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster._serdes import serialize_value

from chicago_crashes.answers.defs.facts import mart_key
from chicago_crashes.answers.defs.report import REPORT_KEY
from chicago_crashes.answers.mart_tables import CITYWIDE_DAILY
from chicago_crashes.definitions import build_defs
from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import CRASHES, FEEDS, Feed
from chicago_crashes.feeds.defs.quality import month_partitions, quality_key
from chicago_crashes.feeds.inspection import day_checks, history_checks
from chicago_crashes.layers.published import PUBLISHED_LAYERS
from chicago_crashes.orchestration.description import portal_key, raw_key, table_key
from chicago_crashes.orchestration.partitions import (
    RANGE_END_TAG,
    RANGE_START_TAG,
    chunks,
    day_partitions,
    require_days,
)
from chicago_crashes.settings import Settings

CHICAGO = ZoneInfo("America/Chicago")
GROUPS = {"layers": "areas"}
OF_PLACES = {"layers", "areas", "marts"}
"""Assets that are of no feed and have no days."""


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return build_defs(Settings(_env_file=None, start_date=date(2013, 3, 3), schedules_on=True))


def test_the_lineage(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    materializable = {key.to_user_string() for key in graph.materializable_asset_keys}
    assert materializable == {
        *(f"raw/{feed.name}" for feed in FEEDS),
        *(f"postgis/{feed.table}" for feed in FEEDS),
        *(f"quality/{feed.name}" for feed in FEEDS),
        *(f"layers/{layer.name}" for layer in PUBLISHED_LAYERS),
        "layers/uploaded",
        "areas/location_areas",
        "marts/crash_facts",
        "marts/hot_spots",
        "marts/high_crash_segments",
        "marts/citywide_daily",
        "marts/citywide_monthly",
        "marts/area_daily",
        "marts/area_monthly",
        "marts/area_yearly",
        "marts/causes",
        "marts/time_of_week",
        "marts/streets",
        "marts/intersections",
    }
    for feed in FEEDS:
        table = graph.get(dg.AssetKey(["postgis", feed.table]))
        assert table.parent_keys == {dg.AssetKey(["raw", feed.name])}
        assert graph.get(dg.AssetKey(["raw", feed.name])).parent_keys == {dg.AssetKey(["portal", feed.name])}
        assert table.key in graph.get(quality_key(feed)).parent_keys


def test_every_asset_says_what_it_is(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        assert node.group_name == GROUPS.get(key.path[0], key.path[0])
        assert node.description
        assert node.owners
        assert node.kinds
        schema = node.metadata["dagster/column_schema"]
        if key.path[0] in OF_PLACES:
            assert schema.columns
            continue
        assert node.tags["feed"]
        if key.path[0] == "quality":
            assert node.partitions_def == month_partitions(date(2013, 3, 3))
            continue
        assert all(column.description for column in schema.columns)
        assert node.freshness_policy
        assert node.partitions_def == day_partitions(date(2013, 3, 3))
        assert node.backfill_policy == dg.BackfillPolicy.multi_run(200)


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_every_column_says_where_it_comes_from(defs: dg.Definitions, feed: Feed) -> None:
    graph = defs.resolve_asset_graph()
    for key, upstream in ((table_key(feed), raw_key(feed)), (raw_key(feed), portal_key(feed))):
        columns = {column.name for column in graph.get(key).metadata["dagster/column_schema"].columns}
        there = {column.name for column in graph.get(upstream).metadata["dagster/column_schema"].columns}
        lineage = graph.get(key).metadata["dagster/column_lineage"].deps_by_column
        assert columns - lineage.keys() <= {"extra", "created_at", "updated_at"}, "only what says what we did"
        assert lineage.keys() <= columns
        for sources in lineage.values():
            assert {source.asset_key for source in sources} == {upstream}
            assert {source.column_name for source in sources} <= there


def test_every_asset_leads_to_its_code(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    for feed in FEEDS:
        for key, function in ((raw_key(feed), "def fetch_days("), (table_key(feed), "def load_days(")):
            references = graph.get(key).metadata["dagster/code_references"].code_references
            way, declaration, step = references
            assert Path(way.file_path).read_text().splitlines()[way.line_number - 1].startswith(function)
            assert Path(step.file_path).parent.name == "defs"
            assert Path(declaration.file_path).name == f"{feed.name}.py"


def test_code_is_linked_where_it_is_published() -> None:
    published = Settings(_env_file=None, code_url="https://code.example/blob/main/")
    graph = build_defs(published).resolve_asset_graph()
    references = graph.get(table_key(CRASHES)).metadata["dagster/code_references"].code_references
    assert re.fullmatch(r"https://code\.example/blob/main/chicago_crashes/feeds/ingest\.py#L\d+", references[0].url)
    assert references[1].url == "https://code.example/blob/main/chicago_crashes/feeds/catalogue/crashes.py#L1"
    assert re.fullmatch(
        r"https://code\.example/blob/main/chicago_crashes/feeds/defs/tables\.py#L\d+", references[2].url
    )
    for key in (REPORT_KEY, mart_key(CITYWIDE_DAILY)):
        links = graph.get(key).metadata["dagster/code_references"].code_references
        assert links
        assert all(link.url.startswith("https://code.example/blob/main/chicago_crashes/") for link in links)


def test_every_step_leads_to_its_code(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    for key in graph.materializable_asset_keys:
        *_, step = graph.get(key).metadata["dagster/code_references"].code_references
        assert Path(step.file_path).is_file()


def test_every_table_has_its_checks(defs: dg.Definitions) -> None:
    keys = [key for key in defs.resolve_asset_graph().asset_check_keys if key.asset_key.path[0] == "postgis"]
    names = {(key.asset_key.path[-1], key.name) for key in keys}
    for feed in FEEDS:
        expected = {(feed.table, name) for name in (*day_checks(feed), *history_checks(feed))}
        assert expected == {name for name in names if name[0] == feed.table}


def test_a_day_has_few_checks(defs: dg.Definitions) -> None:
    """Each is an event for every day that is loaded."""
    graph = defs.resolve_asset_graph()
    by_day = [key for key in graph.asset_check_keys if graph.get(key).partitions_def]
    assert len(by_day) == sum(len(day_checks(feed)) for feed in FEEDS) <= 5 * len(FEEDS)


def test_bounds_are_checked_by_name_per_day_and_over_the_history(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    named = {
        (key.asset_key.path[-1], key.name): graph.get(key) for key in graph.asset_check_keys if "in_bounds" in key.name
    }
    of_tables = {
        "crashes": "coordinates_in_bounds",
        "crash_people": "ages_in_bounds",
        "crash_vehicles": "vehicle_years_in_bounds",
        "vision_zero_fatalities": "coordinates_in_bounds",
    }

    assert named.keys() == {(table, name + end) for table, name in of_tables.items() for end in ("", "_history")}
    for (_, name), check in named.items():
        assert bool(check.partitions_def) is not name.endswith("_history")
        assert "The value is" in (check.description or "") or "The place lies within" in (check.description or "")


def test_jobs_that_load_days_leave_the_history_alone(defs: dg.Definitions) -> None:
    over_history = {f"{feed.table}_{what}" for feed in FEEDS for what in ("history", "portal")}
    for job in ("load_days", *(feed.cadence.job for feed in FEEDS)):
        assert not over_history & {node.name for node in defs.resolve_job_def(job).nodes}
    assert {node.name for node in defs.resolve_job_def("check_everything").nodes} == over_history


def test_only_unaccounted_rows_block(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    blocking = {key.name for key in graph.asset_check_keys if graph.get(key).blocking}
    assert blocking == {"complete"}


def test_settings_with_secrets_show_none_of_them() -> None:
    secret = "a-very-secret-token"
    configured = Settings(_env_file=None, app_token=secret, database_url=f"postgresql://u:{secret}@h/d")
    defs = build_defs(configured)
    resources = defs.resources or {}
    assert resources["soda"].app_token.get_secret_value() == secret
    assert secret in resources["postgis"].url()
    assert secret not in repr(configured)
    for resource in resources.values():
        assert secret not in repr(resource)
    told = RepositorySnap.from_def(dg.Definitions(resources=resources).get_repository_def())
    assert {resource.name for resource in told.resources or []} == {"postgis", "soda", "lake"}
    assert secret not in serialize_value(told), "what Dagster's UI is told"


@pytest.mark.parametrize(
    ("moment", "last_day"),
    [
        (datetime(2024, 3, 10, 6, 30, tzinfo=CHICAGO), "2024-03-09"),
        (datetime(2024, 3, 11, 6, 30, tzinfo=CHICAGO), "2024-03-10"),
        (datetime(2024, 11, 4, 6, 30, tzinfo=CHICAGO), "2024-11-03"),
    ],
)
def test_the_daily_refresh_asks_for_the_last_thirty_days_in_one_run(
    defs: dg.Definitions, moment: datetime, last_day: str
) -> None:
    requests = _tick(defs, "daily_refresh", moment)
    assert len(requests) == 1
    assert requests[0].tags[RANGE_END_TAG] == last_day
    first = date.fromisoformat(requests[0].tags[RANGE_START_TAG])
    assert (date.fromisoformat(last_day) - first).days == 29


def test_the_fatalities_refresh_covers_half_a_year(defs: dg.Definitions) -> None:
    requests = _tick(defs, "fatalities_refresh", datetime(2026, 1, 5, 7, 0, tzinfo=CHICAGO))
    days = [date.fromisoformat(r.tags[tag]) for r in requests for tag in (RANGE_START_TAG, RANGE_END_TAG)]
    assert (days[0], days[-1]) == (date(2025, 7, 6), date(2026, 1, 4))


def test_the_full_refresh_covers_every_day_once(defs: dg.Definitions) -> None:
    requests = _tick(defs, "full_refresh", datetime(2026, 1, 1, 1, 0, tzinfo=CHICAGO))
    ranges = [
        (date.fromisoformat(r.tags[RANGE_START_TAG]), date.fromisoformat(r.tags[RANGE_END_TAG])) for r in requests
    ]
    assert ranges[0][0] == date(2013, 3, 3)
    assert ranges[-1][1] == date(2025, 12, 31)
    assert all((after[0] - before[1]).days == 1 for before, after in pairwise(ranges))
    assert all((last - first).days < 200 for first, last in ranges)
    assert len({request.run_key for request in requests}) == len(requests)


def test_schedules_are_off_unless_the_deployment_wants_them() -> None:
    off = build_defs(Settings(_env_file=None, schedules_on=False))
    assert all(s.default_status == dg.DefaultScheduleStatus.STOPPED for s in off.schedules or [])


def test_schedules_run_in_chicago_time(defs: dg.Definitions) -> None:
    assert {s.execution_timezone for s in defs.schedules or []} == {"America/Chicago"}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2024, 1, 5), date(2024, 1, 1), "reversed"),
        (date(2012, 1, 1), date(2024, 1, 1), "2012-01-01 is outside"),
        (date(2024, 1, 1), date(2999, 1, 1), "2999-01-01 is outside"),
    ],
)
def test_a_range_that_cannot_be_loaded_is_told(first: date, last: date, words: str) -> None:
    with pytest.raises(PermanentError, match=words):
        require_days(day_partitions(date(2013, 3, 3)), first, last)


def test_chunks_cover_a_range_once() -> None:
    assert chunks(date(2024, 1, 1), date(2024, 1, 5), 2) == [
        (date(2024, 1, 1), date(2024, 1, 2)),
        (date(2024, 1, 3), date(2024, 1, 4)),
        (date(2024, 1, 5), date(2024, 1, 5)),
    ]


def _tick(defs: dg.Definitions, name: str, moment: datetime) -> list[dg.RunRequest]:
    schedule = defs.resolve_schedule_def(name)
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=moment, repository_def=defs.get_repository_def()
        )
        return list(schedule.evaluate_tick(context).run_requests or [])
