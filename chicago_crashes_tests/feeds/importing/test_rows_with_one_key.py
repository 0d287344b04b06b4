"""Rows of files that share a key: the newest one is loaded, the others are in quarantine under their own days."""

from datetime import date

import psycopg
import pytest

from chicago_crashes.feeds.catalogue import feed_named
from chicago_crashes.feeds.importing.refusals import Reason
from chicago_crashes.feeds.inspection import complete
from chicago_crashes.orchestration.description import table_key
from chicago_crashes_tests.feeds.importing.conftest import Workplace
from chicago_crashes_tests.feeds.importing.export_files import header_line, sound_line, write_lines

VEHICLES = feed_named("vehicles")
OLD_DAY, NEW_DAY = date(2020, 1, 1), date(2021, 12, 31)
ON_ONE_DAY, ON_ANOTHER = "second row with the same key", "second row with the same key on another day"


def _line(make: str, day: date, key: str = "1191625") -> str:
    return sound_line(VEHICLES, crash_unit_id=key, make=make, crash_date=f"{day}T12:00:00.000")


def _stored(workplace: Workplace) -> list[tuple[object, ...]]:
    return workplace.query("select make, crash_date::date from crash_vehicles")


def _quarantined(workplace: Workplace) -> list[tuple[object, ...]]:
    query = "select raw_row ->> 'make', day, rival_day, reason from ops.quarantine order by day"
    return workplace.query(query)


@pytest.mark.parametrize("day", [date(2021, 12, 30), OLD_DAY], ids=["same month", "another month"])
def test_the_row_of_the_later_day_is_loaded(workplace: Workplace, day: date) -> None:
    lines = [_line("FORD", NEW_DAY), _line("OPEL", day)]
    write_lines(workplace.files / "vehicles.csv", [header_line(VEHICLES), *lines])

    outcome = workplace.import_one()

    assert (outcome.rows_read, outcome.rows_stored, outcome.quarantined) == (2, 2, 1)
    assert outcome.refused == {}
    assert _stored(workplace) == [("FORD", NEW_DAY)]
    assert _quarantined(workplace) == [("OPEL", day, NEW_DAY, ON_ANOTHER)]
    assert _rows_told_of(workplace, day) == 0
    with psycopg.connect(workplace.database_url) as connection:
        assert all(verdict.passed for verdict in complete(connection, workplace.lake, VEHICLES, [day, NEW_DAY]))
    again = workplace.import_one()
    assert again.changed_nothing
    assert again.quarantined == 1


def _rows_told_of(workplace: Workplace, day: date) -> object:
    (partition,) = [
        record.asset_materialization
        for record in workplace.instance.fetch_materializations(table_key(VEHICLES), limit=100).records[::-1]
        if record.partition_key == str(day)
    ][-1:]
    assert partition is not None
    return partition.metadata["table_rows"].value


@pytest.mark.parametrize("key", ["1191625", "1191625.0", "1,191,625"])
def test_on_one_day_the_last_row_of_the_file_is_loaded(workplace: Workplace, key: str) -> None:
    lines = [_line("FORD", NEW_DAY, key), _line("SEAT", NEW_DAY)]
    write_lines(workplace.files / "vehicles.csv", [header_line(VEHICLES), *lines])

    outcome = workplace.import_one()

    assert (outcome.rows_read, outcome.rows_stored, outcome.quarantined) == (2, 2, 1)
    assert _stored(workplace) == [("SEAT", NEW_DAY)]
    assert _quarantined(workplace) == [("FORD", NEW_DAY, NEW_DAY, ON_ONE_DAY)]


@pytest.mark.parametrize("days", [(OLD_DAY, NEW_DAY), (NEW_DAY, OLD_DAY)], ids=["old day first", "new day first"])
def test_of_rows_in_two_files_too_the_one_of_the_later_day_is_loaded(
    workplace: Workplace, days: tuple[date, date]
) -> None:
    for place, day in enumerate(days):
        make = "FORD" if day == NEW_DAY else "OPEL"
        write_lines(workplace.files / f"vehicles_{place}.csv", [header_line(VEHICLES), _line(make, day)])

    imported = workplace.run()

    assert imported.succeeded
    assert _stored(workplace) == [("FORD", NEW_DAY)]
    assert _quarantined(workplace) == [("OPEL", OLD_DAY, NEW_DAY, ON_ANOTHER)]


@pytest.mark.parametrize("day", [NEW_DAY, date(2021, 12, 30), OLD_DAY], ids=["same day", "same month", "another month"])
def test_where_the_file_tells_times_the_row_that_the_portal_touched_last_is_loaded(
    workplace: Workplace, day: date
) -> None:
    lines = [
        _line("OPEL", day) + ",2022-02-01T10:00:00.000Z",
        _line("FORD", NEW_DAY) + ",2022-01-05T10:00:00.000Z",
        _line("SEAT", NEW_DAY, "2") + ",",
        _line("AUDI", NEW_DAY, "3") + ",yesterday",
    ]
    write_lines(workplace.files / "vehicles.csv", [header_line(VEHICLES) + ",:updated_at", *lines])

    outcome = workplace.import_one()

    assert (outcome.rows_read, outcome.rows_stored, outcome.quarantined) == (4, 3, 1)
    assert outcome.refused == {Reason.NO_TIME: 1}
    assert set(_stored(workplace)) == {("OPEL", day), ("SEAT", NEW_DAY)}
    reason = ON_ONE_DAY if day == NEW_DAY else ON_ANOTHER
    assert ("FORD", NEW_DAY, day, reason) in _quarantined(workplace)
    assert workplace.query("select reason from ops.quarantine where day is null") == [
        ("no readable time of publication: :updated_at",)
    ]
    assert workplace.import_one().changed_nothing


def test_the_warning_names_what_fetches_both_days(workplace: Workplace, caplog: pytest.LogCaptureFixture) -> None:
    lines = [_line("FORD", NEW_DAY), _line("OPEL", OLD_DAY)]
    write_lines(workplace.files / "vehicles.csv", [header_line(VEHICLES), *lines])
    workplace.import_one()
    (warning,) = [text for text in caplog.messages if "in quarantine" in text]
    assert "vehicles: 1 row in quarantine" in warning
    for day in (OLD_DAY, NEW_DAY):
        assert f"`chicago-crashes load {day} {day} --feed vehicles --refetch`" in warning
