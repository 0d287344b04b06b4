"""Loading days again: what has not changed is not even read, and whatever has changed is merged."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest

from chicago_crashes.feeds.catalogue import feed_named
from chicago_crashes.feeds.cleaning.clean import DAY as DAY_COLUMN
from chicago_crashes.feeds.ingest import LoadedDay, load_days
from chicago_crashes.soda.reconcile import signature_of
from chicago_crashes.storage.lake import DayFile, Lake
from chicago_crashes_tests.feeds.cleaning.raw_rows import raw_frame

CRASHES = feed_named("crashes")
DAY, NEXT_DAY = date(2021, 12, 30), date(2021, 12, 31)
FETCHED = datetime(2022, 1, 5, 10, tzinfo=UTC)


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connected:
        yield connected


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path / "raw"))
    store(lake, DAY, ["c1", "c2", "c3"])
    store(lake, NEXT_DAY, ["c4"])
    return lake


def store(lake: Lake, day: date, keys: list[str], *, fetched_at: datetime = FETCHED) -> DayFile:
    """Put crashes of a day into the lake, without their columns :id and :version."""
    rows = [{"crash_record_id": key, "crash_date": f"{day}T12:00:00.000", "posted_speed_limit": "30"} for key in keys]
    frame = raw_frame(CRASHES, rows, day=day).drop(DAY_COLUMN)
    updated_at = signature_of(frame).updated_at
    file, _ = lake.write(CRASHES, day, frame, source_updated_at=updated_at, fetched_at=fetched_at, run_id="fetch")
    return file


def load(connection: psycopg.Connection, lake: Lake, *, remerge: bool = False) -> dict[date, tuple[int, int, int]]:
    """Inserted, updated and unchanged rows of both days."""
    outcomes = list(load_days(connection, lake, CRASHES, [DAY, NEXT_DAY], run_id="load", remerge=remerge))
    loaded = [outcome for outcome in outcomes if isinstance(outcome, LoadedDay)]
    assert len(loaded) == len(outcomes), outcomes
    assert all(day.counts.reconciled for day in loaded)
    return {day.day: (day.counts.inserted, day.counts.updated, day.counts.unchanged) for day in loaded}


def test_days_that_have_not_changed_are_not_read(connection: psycopg.Connection, lake: Lake) -> None:
    assert load(connection, lake) == {DAY: (3, 0, 0), NEXT_DAY: (1, 0, 0)}
    file = lake.newest(CRASHES, DAY)
    assert file is not None
    content = Path(file.path).read_bytes()
    # Its rows can no longer be read; what is known of it, at its end, can.
    Path(file.path).write_bytes(b"PAR1" + b"\0" * 500 + content[504:])

    assert load(connection, lake) == {DAY: (0, 0, 3), NEXT_DAY: (0, 0, 1)}


def test_a_new_version_of_a_day_is_merged(connection: psycopg.Connection, lake: Lake) -> None:
    load(connection, lake)
    store(lake, DAY, ["c1", "c2", "c3", "c5"], fetched_at=datetime(2022, 1, 6, tzinfo=UTC))

    assert load(connection, lake) == {DAY: (1, 0, 3), NEXT_DAY: (0, 0, 1)}


def test_a_day_that_lost_a_row_is_merged_again(connection: psycopg.Connection, lake: Lake) -> None:
    load(connection, lake)
    connection.execute("delete from crashes where crash_record_id = 'c2'")

    assert load(connection, lake) == {DAY: (1, 0, 2), NEXT_DAY: (0, 0, 1)}


def test_a_value_that_was_changed_by_hand_is_mended_when_asked_for(connection: psycopg.Connection, lake: Lake) -> None:
    load(connection, lake)
    connection.execute("update crashes set posted_speed_limit = 35 where crash_record_id = 'c2'")

    assert load(connection, lake) == {DAY: (0, 0, 3), NEXT_DAY: (0, 0, 1)}
    assert load(connection, lake, remerge=True) == {DAY: (0, 1, 2), NEXT_DAY: (0, 0, 1)}


def test_days_that_were_cleaned_by_other_rules_are_merged_again(connection: psycopg.Connection, lake: Lake) -> None:
    load(connection, lake)
    connection.execute("update ops.signatures set rules_digest = 'older rules'")
    connection.execute("update crashes set posted_speed_limit = 35 where crash_record_id in ('c2', 'c4')")

    # What the City has not changed is not counted as updated.
    assert load(connection, lake) == {DAY: (0, 0, 2), NEXT_DAY: (0, 0, 0)}
    assert connection.execute("select kind, count(*) from ops.history group by kind").fetchall() == [("recleaned", 2)]
    assert load(connection, lake) == {DAY: (0, 0, 3), NEXT_DAY: (0, 0, 1)}
