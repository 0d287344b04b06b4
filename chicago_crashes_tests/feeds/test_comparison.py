"""`chicago-crashes raw`: a crash as published beside as stored, with its findings; wherever its rows are."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from chicago_crashes.feeds.catalogue import feed_named
from chicago_crashes.feeds.comparison import ComparedRow, Place, compare
from chicago_crashes.feeds.ingest import fetch_days, load_days
from chicago_crashes.soda.ceiling import Unlimited
from chicago_crashes.soda.client import Portal
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.storage.lake import Lake
from chicago_crashes_tests.cli.running import publish, run, settings_for, synthetic_frames

DAY = date(2024, 3, 4)
CRASHES, PEOPLE, VEHICLES = (feed_named(name) for name in ("crashes", "people", "vehicles"))


@dataclass(frozen=True)
class Loaded:
    """A day that was loaded, and the crashes in it that something is wrong with."""

    url: str
    lake: Path
    repaired: str
    withdrawn: str
    doubled: str
    frames: dict[str, pl.DataFrame]

    def compared(self, crash_record_id: str) -> list[ComparedRow]:
        with psycopg.connect(self.url) as connection:
            return compare(connection, Lake(str(self.lake)), crash_record_id)


@pytest.fixture(scope="module")
def loaded(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    lake = tmp_path_factory.mktemp("lake")
    frames = synthetic_frames(DAY, DAY, rows_per_day=40)
    ids = frames["crashes"]["crash_record_id"].to_list()
    of_vehicle = frames["vehicles"]["crash_record_id"][0]
    place = pl.int_range(pl.len()) == 0
    frames["vehicles"] = frames["vehicles"].with_columns(
        pl.when(place).then(pl.lit("9999")).otherwise("vehicle_year").alias("vehicle_year"),
        pl.when(place).then(pl.lit("  FORD ")).otherwise("make").alias("make"),
    )
    doubled = next(name for name in ids if name != of_vehicle)
    second = frames["people"].filter(pl.col("crash_record_id") == doubled).head(1)
    second = second.with_columns(pl.lit("1").alias("age"))
    frames["people"] = pl.concat([frames["people"], second])
    withdrawn = next(name for name in reversed(ids) if name not in (of_vehicle, doubled))
    fewer = {"crashes": frames["crashes"].filter(pl.col("crash_record_id") != withdrawn)}
    for published in (frames, frames | fewer):
        with (
            serving(PortalStore()) as portal,
            Portal(portal.url, ceiling=Unlimited()) as client,
            psycopg.connect(module_database_url, autocommit=True) as connection,
        ):
            publish(portal.store, published)
            for feed in (CRASHES, PEOPLE, VEHICLES):
                list(fetch_days(client, connection, Lake(str(lake)), feed, [DAY], run_id="a run"))
                list(load_days(connection, Lake(str(lake)), feed, [DAY], run_id="a run"))
    return Loaded(module_database_url, lake, of_vehicle, withdrawn, doubled, frames)


def pairs(row: ComparedRow) -> dict[str, tuple[str | None, Any, tuple[str, ...]]]:
    return {column.name: (column.published, column.stored, tuple(column.findings)) for column in row.columns}


def test_every_row_of_a_crash_is_shown_as_published_and_as_stored(loaded: Loaded) -> None:
    rows = loaded.compared(loaded.repaired)
    for feed in (CRASHES, PEOPLE, VEHICLES):
        published = loaded.frames[feed.name].filter(pl.col("crash_record_id") == loaded.repaired)
        assert sum(row.feed == feed.name for row in rows) == published.height
    assert {row.place for row in rows} == {Place.STORED}
    assert all(row.file and row.file.startswith(str(loaded.lake)) and row.day == DAY for row in rows)
    (crash,) = (row for row in rows if row.feed == "crashes")
    source = loaded.frames["crashes"].filter(pl.col("crash_record_id") == loaded.repaired).row(0, named=True)
    as_text = {name: value for name, value in source.items() if not name.startswith(":") and name != "location"}
    assert {name: value[0] for name, value in pairs(crash).items() if name in as_text} == as_text


def test_a_finding_stands_beside_the_value_it_is_about(loaded: Loaded) -> None:
    unit = loaded.frames["vehicles"]["crash_unit_id"][0]
    (vehicle,) = (row for row in loaded.compared(loaded.repaired) if row.row_key == unit)
    assert pairs(vehicle)["vehicle_year"] == ("9999", None, ("bounds: nulled",))
    assert pairs(vehicle)["make"] == ("  FORD ", "FORD", ())
    assert {name for name, (_, _, findings) in pairs(vehicle).items() if findings} == {"vehicle_year"}


def test_a_row_in_quarantine_is_shown_as_that(loaded: Loaded) -> None:
    (row,) = (row for row in loaded.compared(loaded.doubled) if row.place is Place.QUARANTINED)
    assert row.feed == "people"
    assert "second row" in row.reason
    assert all(column.stored is None for column in row.columns)
    assert pairs(row)["crash_record_id"][0] == loaded.doubled


def test_a_withdrawn_row_is_shown_as_it_was_last(loaded: Loaded) -> None:
    (crash,) = (row for row in loaded.compared(loaded.withdrawn) if row.feed == "crashes")
    assert crash.place is Place.WITHDRAWN
    assert crash.reason.startswith("withdrawn by the portal, seen 20")
    assert crash.file is None
    assert pairs(crash)["crash_record_id"][1] == loaded.withdrawn


def test_a_lost_file_leaves_what_is_stored(loaded: Loaded, tmp_path: Path) -> None:
    with psycopg.connect(loaded.url) as connection:
        rows = compare(connection, Lake(str(tmp_path)), loaded.repaired)
    assert rows
    assert all(row.file is None and row.place is Place.STORED for row in rows)
    assert all(column.published is None for row in rows for column in row.columns)


def test_the_command_shows_it_to_people_and_programs(loaded: Loaded) -> None:
    environment = settings_for(loaded.url, "http://127.0.0.1:1", loaded.lake, DAY)
    shown = run(environment, "raw", loaded.repaired)
    assert (shown.status, shown.errors) == (0, "")
    line = next(line for line in shown.output.splitlines() if "vehicle_year" in line and "9999" in line)
    assert "bounds: nulled" in line
    told = json.loads(run(environment, "raw", loaded.repaired, "--json").output)
    assert {row["feed"] for row in told} >= {"crashes", "vehicles"}
    assert [column["findings"] for row in told for column in row["columns"] if column["published"] == "9999"] == [
        ["bounds: nulled"]
    ]
    unknown = run(environment, "raw", "abc")
    assert unknown.status == 1
    assert unknown.errors.startswith("No row of crash abc was ever loaded")
    assert unknown.errors.count("\n") == 1
