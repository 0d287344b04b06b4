"""Real rows, from CSV exports behind the stand-in portal to the tables: the golden numbers, and every single value."""

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from chicago_crashes.feeds.catalogue import CRASHES, FEEDS, PEOPLE, VEHICLES, Column, Feed, Kind, feed_named
from chicago_crashes.feeds.catalogue.comparisons import Comparison, comparisons_of
from chicago_crashes.feeds.consistency import judged_days, together
from chicago_crashes.feeds.ingest import FetchedDay, LoadedDay, fetch_days, load_days
from chicago_crashes.soda.ceiling import Unlimited
from chicago_crashes.soda.client import Portal
from chicago_crashes.stand_in.exports import publish_directory
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.storage.lake import Lake
from chicago_crashes_tests.platform import Platform, platform
from chicago_crashes_tests.real_data import REAL_DATA, needs_real_data

(CRASHES_CONSISTENT,) = comparisons_of(CRASHES)
(PEOPLE_CONNECTED,) = comparisons_of(PEOPLE)
(VEHICLES_CONNECTED,) = comparisons_of(VEHICLES)

pytestmark = needs_real_data

FIRST, LAST = date(2021, 12, 27), date(2021, 12, 31)
FILES = {
    "crashes": REAL_DATA / "portal-2021-12" / "crashes.csv",
    "people": REAL_DATA / "portal-2021-12" / "people.csv",
    "vehicles": REAL_DATA / "portal-2021-12" / "vehicles.csv",
    "fatalities": REAL_DATA / "fatalities" / "fatalities.csv",
}


@pytest.fixture(scope="module")
def loaded(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    store = PortalStore()
    publish_directory(store, REAL_DATA / "portal-2021-12", REAL_DATA / "fatalities")
    with platform(store, module_database_url, tmp_path_factory.mktemp("lake"), start=date(2019, 1, 1)) as running:
        outcome = running.load(FIRST, LAST)
        assert outcome.failures == {}
        yield running


def test_the_golden_numbers(loaded: Platform) -> None:
    def one(statement: str) -> object:
        return loaded.query(statement)[0][0]

    assert one("select count(*) from crashes") == 1000
    assert one("select count(*) from crash_people") == 1000
    assert one("select count(*) from crash_vehicles") == 1000
    assert one("select count(*) from crashes where latitude is null") == 13
    assert one("select count(*) from crashes where coordinate_status = 'missing' and needs_geocoding") == 13
    assert one("select count(*) from crashes where geometry is not null") == 987
    assert one("select count(*) from crash_people where injury_classification = 'FATAL'") == 3
    assert one("select count(*) from crashes where injuries_total is null") == 2
    assert one("select count(*) from crash_people where person_id like 'O%'") == 792
    assert one("select count(*) from crash_people where person_id like 'P%'") == 208
    assert one("select count(*) from crash_people where vehicle_id is null") == 17
    assert one("select count(*) from crash_vehicles where vehicle_id is null") == 19
    assert one("select count(*) from crash_vehicles where vehicle_year = 1900") == 1
    assert one("select count(*) from crash_vehicles where vehicle_year = 2099") == 0
    assert loaded.query("select column_name, rule, value, action from ops.findings") == [
        ("vehicle_year", "bounds", "2099", "nulled")
    ]
    assert one("select count(*) from ops.quarantine") == 0


def test_the_relations_between_real_rows(loaded: Platform) -> None:
    complete = """
        select count(*), count(*) filter (where injuries_total = hurt) from crashes join (
            select crash_record_id, count(*) filter (
                where injury_classification <> 'NO INDICATION OF INJURY') as hurt
            from crash_people group by crash_record_id) as people using (crash_record_id)
        where crash_record_id in (select crash_record_id from crash_vehicles)"""
    assert loaded.query(complete) == [(459, 459)]
    joined = """
        select count(*) from crash_people join crash_vehicles using (crash_record_id, vehicle_id)"""
    assert loaded.query(joined) == [(983,)]


WHOLE = """
    create temporary table complete on commit drop as
        select crash_record_id from crashes
        intersect select crash_record_id from crash_people
        intersect select crash_record_id from crash_vehicles;
    delete from crashes where crash_record_id not in (select crash_record_id from complete);
    delete from crash_people where crash_record_id not in (select crash_record_id from complete);
    delete from crash_vehicles where crash_record_id not in (select crash_record_id from complete);
"""
"""The published slices end in the middle of crashes; this leaves those that are whole."""


def test_the_checks_of_relations_count_what_is_known_of_real_rows(loaded: Platform) -> None:
    """The slices hold 1,000 rows of each feed; 459 crashes are in all three, and their units and people with them."""
    with psycopg.connect(loaded.database_url) as connection:
        people = _counted(connection, PEOPLE_CONNECTED)
        assert people["vehicle_exists"] == (983, 0)
        assert people["unit_exists"] == (792, 0)
        connection.execute(WHOLE)
        crashes = _counted(connection, CRASHES_CONSISTENT)
        assert {name: broken for name, (_, broken) in crashes.items() if broken} == {}
        assert crashes == dict.fromkeys(crashes, (459, 0)) | {"unknown_injuries_without_people": (0, 0)}
        for comparison in (PEOPLE_CONNECTED, VEHICLES_CONNECTED):
            whole = _counted(connection, comparison)
            assert whole["crash_exists"][0] > 459
            assert {name: broken for name, (_, broken) in whole.items() if broken} == {}
        connection.rollback()


def _counted(connection: psycopg.Connection, comparison: Comparison) -> dict[str, tuple[int, int]]:
    judged = together(judged_days(connection, comparison).values())
    return {name: (tally.rows, tally.broken) for name, tally in judged.relations.items()}


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_every_published_value_is_in_the_table_or_has_a_finding(loaded: Platform, feed: Feed) -> None:
    published = _published_rows(feed)
    stored = _stored_rows(loaded, feed)
    found = {
        (row_key, column)
        for row_key, column in loaded.query(
            "select row_key, column_name from ops.findings where feed = %s and action = 'nulled'", feed.name
        )
    }
    assert len(published) == len(stored)
    for key, row in published.items():
        for column in feed.columns:
            text = row.get(column.name, row.get(column.header))
            if ("/".join(map(str, key)), column.name) in found:
                assert stored[key][column.name] is None
            else:
                assert stored[key][column.name] == _typed_by_hand(column, text), (column.name, text)


def test_the_whole_list_of_fatalities(database_url: str, tmp_path: Path) -> None:
    store = PortalStore()
    publish_directory(store, REAL_DATA / "fatalities")
    fatalities, lake = feed_named("fatalities"), Lake(str(tmp_path))
    days = [date(2019, 1, 1) + timedelta(days=number) for number in range((date(2025, 3, 1) - date(2019, 1, 1)).days)]
    with (
        serving(store) as running,
        Portal(running.url, ceiling=Unlimited()) as portal,
        psycopg.connect(database_url, autocommit=True) as connection,
    ):
        fetched = list(fetch_days(portal, connection, lake, fatalities, days, run_id="golden"))
        assert {type(outcome) for outcome in fetched} == {FetchedDay}
        first, again = (
            [
                outcome.counts
                for outcome in load_days(connection, lake, fatalities, days, run_id="golden")
                if isinstance(outcome, LoadedDay)
            ]
            for _ in range(2)
        )
        assert len(first) == len(again) == len(days)
        assert sum(counts.inserted for counts in first) == 871
        assert sum(counts.unchanged for counts in again) == 871
        assert all(counts.reconciled for counts in first + again)
        per_year = (
            "select extract(year from crash_date)::int, count(*) from vision_zero_fatalities group by 1 order by 1"
        )
        assert connection.execute(per_year).fetchall() == [
            (2019, 120),
            (2020, 153),
            (2021, 186),
            (2022, 160),
            (2023, 136),
            (2024, 109),
            (2025, 7),
        ]
        nameless = "select count(*) from vision_zero_fatalities where person_id is null"
        assert connection.execute(nameless).fetchone() == (27,)


def _published_rows(feed: Feed) -> dict[tuple[object, ...], dict[str, str]]:
    rows = {}
    with FILES[feed.name].open(newline="") as file:
        for row in csv.DictReader(file):
            moment = _moment(row.get("crash_date") or row["Crash_Date"])
            if FIRST <= moment.date() <= LAST:
                rows[_published_key(feed, row)] = row
    return rows


def _published_key(feed: Feed, row: dict[str, str]) -> tuple[object, ...]:
    if feed.surrogate:
        return (row["Person_ID"], _moment(row["Crash_Date"]), row["Crash_Location"])
    return tuple(_typed_by_hand(feed.column(name), row[name]) for name in feed.key)


def _stored_rows(loaded: Platform, feed: Feed) -> dict[tuple[object, ...], dict[str, object]]:
    key = feed.surrogate.parts if feed.surrogate else feed.key
    with psycopg.connect(loaded.database_url, row_factory=dict_row) as connection:
        rows = connection.execute(f"select * from {feed.table}".encode()).fetchall()  # noqa: S608 - declared name
    return {tuple(row[name] for name in key): row for row in rows}


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p") if "/" in text else datetime.fromisoformat(text)  # noqa: DTZ007


def _typed_by_hand(column: Column, text: str | None) -> object:
    """What the table should hold, told from the declaration's kind without any code of the platform."""
    stated = (text or "").strip()
    if stated.upper() in {"", "NULL", "N/A", "UNKNOWN", "UNK"} and stated not in column.values:
        return None
    match column.kind:
        case Kind.FLAG:
            return {"Y": True, "N": False, "U": None}[stated]
        case Kind.INTEGER:
            return int(float(stated.replace(",", "")))
        case Kind.NUMBER:
            return float(stated.replace(",", ""))
        case Kind.TIMESTAMP:
            return _moment(stated)
        case Kind.CODE:
            return stated.zfill(column.digits or 0)
        case Kind.POINT:
            longitude, latitude = re.findall(r"-?\d+\.?\d*", stated)
            return f"POINT ({longitude} {latitude})"
        case Kind.TEXT | Kind.CATEGORY:
            return stated
