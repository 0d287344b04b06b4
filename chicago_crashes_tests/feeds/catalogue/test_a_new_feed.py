"""A feed nobody has declared yet, without people, relations or crash date: all it takes is its declaration."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from sqlalchemy import create_engine, make_url

from chicago_crashes.alerts.staleness import review_newest
from chicago_crashes.definitions import build_defs
from chicago_crashes.feeds.catalogue import FEEDS, Cadence, Coordinates, Feed, feed_named
from chicago_crashes.feeds.catalogue.columns import integer, latitude, longitude, point, text, timestamp
from chicago_crashes.feeds.changes import find_changes
from chicago_crashes.feeds.cleaning.clean import clean
from chicago_crashes.feeds.defs.jobs import CHECK_EVERYTHING
from chicago_crashes.feeds.defs.quality_runs import SCORE, month_tags
from chicago_crashes.feeds.importing.files import ExportFile, find_exports
from chicago_crashes.feeds.inspection import day_checks, history_checks
from chicago_crashes.feeds.quality_scores import scores
from chicago_crashes.operations.reference import measured
from chicago_crashes.operations.reference.dictionary import dictionary
from chicago_crashes.operations.reference.rulebook import rulebook
from chicago_crashes.orchestration.description import table_key
from chicago_crashes.settings import settings
from chicago_crashes.soda.ceiling import Unlimited
from chicago_crashes.soda.client import Portal
from chicago_crashes.stand_in import mutations
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import DOCUMENTED_DIRT, generate
from chicago_crashes.storage.lake import Lake
from chicago_crashes.storage.tables import table_of
from chicago_crashes_tests.feeds.cleaning.raw_rows import raw_frame
from chicago_crashes_tests.feeds.importing.export_files import header_line
from chicago_crashes_tests.platform import Platform, platform

FIRST, LAST = date(2024, 3, 8), date(2024, 3, 12)
SPEED_CAMERAS = Feed(
    name="speed_violations",
    dataset_id="hhkd-xvj4",
    title="Speed Camera Violations",
    description="One row per speed camera and day: how many drivers it recorded.",
    table="speed_violations",
    key=("camera_id", "violation_date"),
    columns=(
        text("address", "Address of the camera"),
        text("camera_id", "Identifier of the camera"),
        timestamp("violation_date", "The day"),
        integer("violations", "How many violations the camera recorded", lowest=0, bounds_check="violations_in_bounds"),
        latitude("Latitude of the camera"),
        longitude("Longitude of the camera"),
        point("location", "The place as a point"),
    ),
    indexes=(("violation_date",),),
    essential=("violations",),
    cadence=Cadence(
        schedule="violations_refresh",
        job="load_violation_days",
        cron="0 8 * * 2",
        days=60,
        told="Every Tuesday: the last 60 days",
        late_after=timedelta(days=8),
        stale_after=timedelta(days=15),
    ),
    date="violation_date",
    coordinates=Coordinates(),
    quiet_for=timedelta(days=30),
    named_like=("speed_camera",),
)


@pytest.fixture(autouse=True)
def declared() -> Iterator[None]:
    with FEEDS.with_feed(SPEED_CAMERAS):
        yield


@pytest.fixture
def store() -> PortalStore:
    store = PortalStore()
    for batch in generate(FIRST, LAST, rows_per_day=30, dirt=replace(DOCUMENTED_DIRT, second_row=0.1)):
        for feed in FEEDS:
            store.publish(feed.dataset_id, batch.frames[feed.name])
    return store


@pytest.fixture
def running(store: PortalStore, database_url: str, tmp_path: Path) -> Iterator[Platform]:
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    table_of(SPEED_CAMERAS).create(engine)
    engine.dispose()
    with platform(store, database_url, tmp_path, start=FIRST) as made:
        yield made


def test_it_is_loaded_checked_and_scored_like_the_others(running: Platform) -> None:
    outcome = running.load(FIRST, LAST)

    assert outcome.failures == {}
    loaded = outcome.feeds[SPEED_CAMERAS.name]
    assert (loaded.days, loaded.is_reconciled) == (5, True)
    assert loaded.counts["quarantined"] > 0
    assert loaded.checks_failed.keys() == {"unique"}  # because of second rows with the same key
    assert loaded.checks_passed + 1 == len(day_checks(SPEED_CAMERAS)) == 5
    (stored, keys, days, placed), *_ = running.query(
        "select count(*), count(distinct (camera_id, violation_date)), count(distinct violation_date::date),"
        " count(geometry) from speed_violations"
    )
    assert stored == keys == placed == loaded.counts["inserted"] > 100
    assert days == 5

    again = running.load(FIRST, LAST)
    assert again.feeds[SPEED_CAMERAS.name].counts["unchanged"] == stored

    scored = build_defs(settings()).resolve_job_def(SCORE)
    scored.execute_in_process(instance=running.instance, tags=month_tags(date(2024, 3, 1), date(2024, 3, 1)))
    with psycopg.connect(running.database_url) as connection:
        (march,) = scores(connection, SPEED_CAMERAS)
    assert (march.accuracy, march.validity) == (30, 10)
    assert (march.consistency, march.timeliness) == (None, None)  # nothing to tell them by
    assert (march.stored, march.published) == (stored, stored + loaded.counts["quarantined"])


def test_its_whole_history_is_checked_too(running: Platform) -> None:
    running.load(FIRST, LAST)
    job = build_defs(settings()).resolve_job_def(CHECK_EVERYTHING)
    result = job.execute_in_process(instance=running.instance)
    judged = {
        found.check_name: found
        for found in result.get_asset_check_evaluations()
        if found.asset_key == table_key(SPEED_CAMERAS)
    }
    assert judged.keys() == set(history_checks(SPEED_CAMERAS))
    assert {name for name, found in judged.items() if not found.passed} == {"fresh"}
    assert "at most 30 are usual" in (judged["fresh"].description or "")


def test_a_row_that_the_city_amends_is_found_and_its_old_version_kept(running: Platform, store: PortalStore) -> None:
    running.load(FIRST, LAST, [SPEED_CAMERAS])
    camera = mutations.content(store, SPEED_CAMERAS)["camera_id"][0]
    mutations.amend(store, SPEED_CAMERAS, {"camera_id": camera}, {"violations": "7777"})
    with psycopg.connect(running.database_url) as connection, Portal(running.portal.url, ceiling=Unlimited()) as portal:
        changes = find_changes(portal, connection, Lake(str(running.lake)), SPEED_CAMERAS, FIRST, LAST)
    (day,) = changes.stale
    running.load(day, day, [SPEED_CAMERAS])
    assert running.query("select count(*) from speed_violations where violations = 7777") == [(1,)]
    assert running.query("select feed, kind from ops.history") == [(SPEED_CAMERAS.name, "amended")]


def test_it_has_its_place_in_dagster() -> None:
    defs = build_defs(settings())
    graph = defs.resolve_asset_graph()
    keys = {key.to_user_string() for key in graph.materializable_asset_keys}
    assert {"raw/speed_violations", "postgis/speed_violations", "quality/speed_violations"} <= keys
    assert defs.resolve_schedule_def("violations_refresh").job_name == "load_violation_days"
    assert {check.name for check in graph.asset_check_keys if check.asset_key == table_key(SPEED_CAMERAS)} == {
        *day_checks(SPEED_CAMERAS),
        *history_checks(SPEED_CAMERAS),
    }
    assert {"coordinates_in_bounds", "violations_in_bounds"} < set(day_checks(SPEED_CAMERAS))
    assert "violations_in_bounds_history" in history_checks(SPEED_CAMERAS)
    dg.Definitions.validate_loadable(defs)


def test_a_feed_that_is_gone_again_is_gone_from_dagster() -> None:
    tried = build_defs(settings())
    with FEEDS.with_feed(replace(SPEED_CAMERAS, name="other", table="other", dataset_id="aaaa-bbbb")):
        assert build_defs(settings()) is not tried
    assert "other" not in {feed.name for feed in FEEDS}


def test_it_is_documented_before_anybody_has_loaded_it() -> None:
    pages = dictionary()
    assert "## speed_violations\n" in pages
    assert re.search(r"^\| `violations` \| integer \| How many violations .* whole number; at least 0 \|", pages, re.M)
    assert "### speed_violations\n" in rulebook()
    assert "| violations_in_bounds | `bounds` | `violations` | The value is at least 0. |" in rulebook()
    assert "| unique | `no readable violation_date` |" in rulebook()
    found = measured.read()
    assert found is None or SPEED_CAMERAS.name not in found.tables


def test_a_row_without_its_date_or_key_is_set_aside() -> None:
    sound: dict[str, str | None] = {
        "camera_id": "CHI003",
        "violation_date": "2024-03-08T00:00:00.000",
        "violations": "5",
    }
    rows = [sound, sound | {"violation_date": None}, sound | {"camera_id": None}, sound | {"violations": "-1"}]
    cleaned = clean(SPEED_CAMERAS, raw_frame(SPEED_CAMERAS, rows, day=FIRST))
    assert set(cleaned.quarantined["reason"]) == {
        "no readable violation_date",
        "no readable camera_id",
        "second row with the same key",
    }
    assert cleaned.rows.height == 1


@pytest.mark.parametrize(("today", "is_stale"), [(date(2024, 4, 7), False), (date(2024, 4, 8), True)])
def test_its_news_are_as_old_as_it_says_they_may_be(running: Platform, today: date, is_stale: bool) -> None:
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        connection.execute(
            "insert into speed_violations (camera_id, violation_date, coordinate_status)"
            " values ('CHI003', '2024-03-08', 'missing')"
        )
        review_newest(connection, SPEED_CAMERAS, today=today, is_loading=False)
    assert bool(running.query("select 1 from ops.incidents where feed = 'speed_violations'")) is is_stale


def test_its_exports_are_known_by_their_columns_and_by_their_name(tmp_path: Path) -> None:
    (tmp_path / "download.csv").write_text(f"{header_line(SPEED_CAMERAS)}\n")
    (tmp_path / "Speed_Camera_Violations_20240401.csv").write_bytes(b"\n")
    by_columns, by_name = sorted(find_exports(tmp_path, [SPEED_CAMERAS]), key=lambda found: found.path.name)[::-1]
    assert isinstance(by_columns, ExportFile)
    assert by_columns.feed is SPEED_CAMERAS
    assert by_name.path.name.startswith("Speed_Camera")
    assert feed_named("speed_violations") is SPEED_CAMERAS
