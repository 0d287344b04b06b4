"""The dictionary's numbers: measured where there are rows, kept for every column, told as they were measured."""

from datetime import date

import psycopg
import pytest

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import CRASHES, FEEDS, feed_named
from chicago_crashes.operations.reference import measured
from chicago_crashes.operations.reference.dictionary import dictionary
from chicago_crashes.operations.reference.measuring import MeasuredColumn, MeasuredTable, measure
from chicago_crashes.storage.tables import table_of

ADDED = {"extra", "source_updated_at", "created_at", "updated_at"}


def test_columns_are_measured(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into crashes (crash_record_id, crash_date, street_name, damage, num_units, coordinate_status)"
            " select 'crash ' || n, '2024-01-01'::date + n, case when n < 5 then 'WESTERN AVE' when n < 8 then"
            " 'CALL 555-0100' end, case when n > 6 then 'OVER $1,500' end, n % 2, 'missing'"
            " from generate_series(0, 9) as n"
        )
        found = measure(connection, CRASHES)
    assert found is not None
    assert (found.rows, found.first_day, found.last_day) == (10, date(2024, 1, 1), date(2024, 1, 10))
    assert found.columns["street_name"] == MeasuredColumn(0.2, "WESTERN AVE")
    assert found.columns["damage"] == MeasuredColumn(0.7, "OVER $1,500")
    assert found.columns["num_units"] == MeasuredColumn(0.0, "0"), "the first of equally frequent ones"
    assert found.columns["latitude"] == MeasuredColumn(1.0, None)
    assert found.columns["crash_record_id"].example == "crash 0", "keys are named though each is there once"
    assert not ADDED & found.columns.keys()


def test_rare_free_text_is_not_quoted(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into crashes (crash_record_id, crash_date, street_name, damage, coordinate_status) values"
            " ('a', '2024-01-01', 'CALL 555-0100', 'OVER $1,500', 'missing')"
        )
        found = measure(connection, CRASHES)
    assert found is not None
    assert found.columns["street_name"] == MeasuredColumn(0.0, None)
    assert found.columns["damage"].example == "OVER $1,500"


def test_an_empty_database_is_not_measured(database_url: str) -> None:
    with psycopg.connect(database_url) as connection, pytest.raises(PermanentError, match="Load days of a feed"):
        measured.measure_all(connection, date(2026, 1, 1))


def kept() -> measured.Measured:
    found = measured.read()
    assert found is not None
    return found


@pytest.mark.parametrize("name", kept().tables)
def test_what_was_measured_is_of_columns_that_are_there(name: str) -> None:
    found = kept().tables[name]
    assert found.columns.keys() <= set(table_of(feed_named(name)).columns.keys())
    assert found.rows > 0
    assert all(0 <= column.null_share <= 1 for column in found.columns.values())
    assert all((column.null_share == 1) <= (column.example is None) for column in found.columns.values())


def test_what_is_kept_is_what_was_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    one_table = measured.Measured(
        date(2026, 1, 2),
        {"crashes": MeasuredTable(3, date(2024, 1, 1), date(2024, 1, 2), {"damage": MeasuredColumn(0.5, "é | x")})},
    )
    monkeypatch.setattr(measured, "FILE", tmp_path_factory.mktemp("docs") / "measured.json")
    measured.write(one_table)
    assert measured.read() == one_table


def test_the_dictionary_tells_it() -> None:
    text = dictionary()
    lanes = kept().tables["crashes"].columns["lane_cnt"]
    (line,) = (line for line in text.splitlines() if line.startswith("| `lane_cnt` |"))
    assert f"| {lanes.null_share:.1%} |".replace("%", " %") in line
    assert f"| `{lanes.example}` |" in line
    assert all(f"({table.first_day} to {table.last_day})" in text for table in kept().tables.values())


def test_the_dictionary_needs_nobody_to_have_measured_anything(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(measured, "FILE", tmp_path_factory.mktemp("docs") / "measured.json")
    assert measured.read() is None
    text = dictionary()
    assert "the most frequent value, once somebody has measured a loaded copy." in text
    assert all(f"## {feed.table}\n" in text for feed in FEEDS)


def test_a_feed_nobody_has_loaded_is_in_the_dictionary_without_measures(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    without = {name: table for name, table in kept().tables.items() if name != "vehicles"}
    monkeypatch.setattr(measured, "FILE", tmp_path_factory.mktemp("docs") / "measured.json")
    measured.write(measured.Measured(date(2026, 1, 2), without))
    text = dictionary()
    assert "rows of `crash_vehicles`" not in text
    assert all(f"({table.first_day} to {table.last_day})" in text for table in without.values())
    (line,) = (line for line in text.splitlines() if line.startswith("| `axle_cnt` |"))
    assert line.split("|")[5:7] == ["  ", "  "]
