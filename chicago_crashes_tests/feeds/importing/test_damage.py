"""Damaged files: every bad row is refused alone, with its place and reason, and every good one is loaded."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chicago_crashes.feeds.catalogue import feed_named
from chicago_crashes.feeds.importing.importer import FileOutcome
from chicago_crashes.feeds.importing.records import LONGEST_FIELD, LONGEST_LINE
from chicago_crashes.feeds.importing.refusals import Reason
from chicago_crashes.orchestration.partitions import CHICAGO
from chicago_crashes_tests.feeds.importing.conftest import Workplace
from chicago_crashes_tests.feeds.importing.export_files import header_line, sound_line, write_lines

CRASHES = feed_named("crashes")
PEOPLE = feed_named("people")
EXPORTED_NOON = "12/31/2021 12:00:00 PM"


def _line(key: str, **changes: str) -> str:
    return sound_line(CRASHES, crash_record_id=key, **changes)


def _import(workplace: Workplace, *lines: str | bytes, end: bytes = b"\n") -> FileOutcome:
    """Import a file with these lines between two sound rows; whatever is in them, the sound rows must be loaded."""
    write_lines(workplace.files / "crashes.csv", [header_line(CRASHES), _line("first"), *lines, _line("last")], end=end)
    outcome = workplace.import_one()
    stored = {key for (key,) in workplace.query("select crash_record_id from crashes")}
    assert {"first", "last"} <= stored
    assert outcome.rows_read == len(stored) + outcome.refused.total()
    return outcome


def _quarantined(workplace: Workplace) -> list[tuple[object, ...]]:
    return workplace.query("select origin, reason, day from ops.quarantine order by quarantine_id")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("43549.61319", "date is an Excel serial number: crash_date"),
        ("43549", "date is an Excel serial number: crash_date"),
        ("09/05/2021 19:05", "date without AM or PM: crash_date"),
        ("9/5/2021 7:05", "date without AM or PM: crash_date"),
        ("", "no readable date: crash_date"),
        ("NULL", "no readable date: crash_date"),
        ("yesterday", "no readable date: crash_date"),
        ("13/31/2021 12:00:00 PM", "no readable date: crash_date"),
        ("12/31/2021 08:00:60 PM", "no readable date: crash_date"),
        ("03/02/2013 11:59:00 PM", "date outside the days that are kept: crash_date"),
        ("12/31/2120 12:00:00 PM", "date outside the days that are kept: crash_date"),
    ],
)
def test_a_date_that_cannot_be_trusted(workplace: Workplace, text: str, reason: str) -> None:
    _import(workplace, _line("bad").replace(EXPORTED_NOON, text))
    assert _quarantined(workplace) == [("crashes.csv:3", reason, None)]
    assert workplace.query("select raw_row ->> 'crash_record_id' from ops.quarantine") == [("bad",)]


def test_today_is_kept_and_tomorrow_is_not(workplace: Workplace) -> None:
    now = datetime.now(CHICAGO)
    today = _line("today", crash_date=f"{now:%Y-%m-%d}T00:00:00.000")
    tomorrow = _line("tomorrow", crash_date=f"{now + timedelta(days=2):%Y-%m-%d}T00:00:00.000")
    outcome = _import(workplace, today, tomorrow)
    assert outcome.refused == {Reason.OUTSIDE: 1}
    assert workplace.query("select count(*) from crashes where crash_record_id = 'today'") == [(1,)]


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("NULL", "literal NULL in the key: crash_record_id"),
        ("NA", "literal NULL in the key: crash_record_id"),
        ("", "no readable key: crash_record_id"),
        ("UNKNOWN", "no readable key: crash_record_id"),
    ],
)
def test_a_row_without_a_key(workplace: Workplace, key: str, reason: str) -> None:
    _import(workplace, _line(key))
    assert _quarantined(workplace) == [("crashes.csv:3", reason, None)]


def test_one_part_of_a_key_is_no_key(workplace: Workplace) -> None:
    lines = [header_line(PEOPLE), sound_line(PEOPLE), sound_line(PEOPLE, person_id="NA")]
    write_lines(workplace.files / "people.csv", lines)
    assert workplace.import_one().refused == {Reason.LITERAL_KEY: 1}


def test_ragged_rows(workplace: Workplace) -> None:
    unquoted_comma = _line("comma", street_name="ARCHER").replace("ARCHER", "ARCHER, REAR")
    short = _line("short").rpartition(",")[0]
    outcome = _import(workplace, unquoted_comma, short, "lonely")
    width = len(CRASHES.columns)
    assert outcome.refused == {Reason.RAGGED: 3}
    assert _quarantined(workplace) == [
        ("crashes.csv:3", f"wrong number of fields: {width + 1} instead of {width}", None),
        ("crashes.csv:4", f"wrong number of fields: {width - 1} instead of {width}", None),
        ("crashes.csv:5", f"wrong number of fields: 1 instead of {width}", None),
    ]
    assert workplace.query("select raw_row ->> 'text' from ops.quarantine order by quarantine_id")[0] == (
        unquoted_comma,
    )


def test_a_quote_that_is_never_closed_takes_no_other_row_with_it(workplace: Workplace) -> None:
    open_quote = _line("open", street_name="ARCHER").replace("ARCHER", '"ARCHER')
    stray = _line("stray", street_name="ARCHER").replace("ARCHER", '"ARCHER"AVE')
    outcome = _import(workplace, open_quote, *(_line(f"c{place}") for place in range(200)), stray)
    assert outcome.refused == {Reason.BROKEN_QUOTES: 2}
    assert workplace.query("select count(*) from crashes") == [(202,)]


def test_a_quoted_line_break_is_part_of_its_field(workplace: Workplace) -> None:
    outcome = _import(workplace, _line("broken", street_name="ARCHER\nAVE, REAR"), _line("next", crash_date="x"))
    assert outcome.refused == {Reason.NO_DATE: 1}
    street = workplace.query("select street_name from crashes where crash_record_id = 'broken'")
    assert street == [("ARCHER\nAVE, REAR",)]
    assert _quarantined(workplace)[0][0] == "crashes.csv:5"


def test_bytes_that_are_no_text(workplace: Workplace) -> None:
    bad = _line("bytes", street_name="CAF#").encode().replace(b"#", b"\xe9")
    outcome = _import(workplace, bad)
    position = len(header_line(CRASHES)) + 1 + len(_line("first")) + 1 + bad.index(b"\xe9")
    assert outcome.refused == {Reason.NOT_UTF8: 1}
    reason = f"bytes that are not UTF-8: at byte {position:,} of the file"
    assert _quarantined(workplace) == [("crashes.csv:3", reason, None)]
    assert workplace.query("select raw_row ->> 'text' from ops.quarantine") == [
        (bad.decode(errors="backslashreplace"),)
    ]


def test_fields_and_lines_of_absurd_length(workplace: Workplace) -> None:
    outcome = _import(
        workplace,
        _line("field", street_name="x" * (LONGEST_FIELD + 1)),
        _line("line", street_name="x" * (3 * LONGEST_LINE)),
    )
    assert outcome.refused == {Reason.LONG_FIELD: 1, Reason.LONG_LINE: 1}
    lengths = workplace.query("select length(raw_row ->> 'text') from ops.quarantine order by quarantine_id")
    assert lengths == [(len(_line("field", street_name="x" * (LONGEST_FIELD + 1))),), (LONGEST_LINE,)]


def test_nul_characters_are_loaded_or_kept(workplace: Workplace) -> None:
    outcome = _import(workplace, _line("nul", street_name="AR\0CHER"), _line("", street_name="AR\0CHER"))
    assert outcome.refused == {Reason.NO_KEY: 1}
    assert workplace.query("select street_name from crashes where crash_record_id = 'nul'") == [(None,)]
    assert workplace.query("select raw_row ->> 'street_name' from ops.quarantine") == [
        ("AR\N{REPLACEMENT CHARACTER}CHER",)
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_blank_lines_are_no_rows(workplace: Workplace, end: bytes) -> None:
    nothing = "," * (len(CRASHES.columns) - 1)
    outcome = _import(workplace, "", nothing, "   ", end=end)
    with (workplace.files / "crashes.csv").open("ab") as file:
        file.write(b"\r\n\n" + nothing.encode() + end + end)
    assert (outcome.rows_read, outcome.refused.total()) == (2, 0)
    again = workplace.import_one()
    assert (again.rows_read, again.changed_nothing) == (2, True)


def test_damage_in_a_value_is_left_to_cleaning(workplace: Workplace) -> None:
    line = _line(
        "values", posted_speed_limit="35.0", lane_cnt="NULL", num_units="NA", date_police_notified="09/05/2023 19:05"
    )
    outcome = _import(workplace, line)
    assert outcome.refused.total() == 0
    stored = "select posted_speed_limit, lane_cnt, num_units, date_police_notified from crashes"
    assert workplace.query(f"{stored} where crash_record_id = 'values'") == [(35, None, None, None)]
    assert sorted(workplace.query("select column_name, value from ops.findings")) == [
        ("date_police_notified", "09/05/2023 19:05"),
        ("num_units", "NA"),
    ]


def test_refusals_are_recorded_once_and_forgotten_when_the_file_is_mended(workplace: Workplace) -> None:
    bad = _line("bad").replace(EXPORTED_NOON, "43549.61319")
    first = _import(workplace, bad, bad)
    ids = "select quarantine_id from ops.quarantine order by 1"
    before = workplace.query(ids)
    again = _import(workplace, bad, bad)
    assert (len(before), first.new_refusals, again.new_refusals) == (2, 2, 0)
    assert workplace.query(ids) == before
    assert again.changed_nothing
    mended = _import(workplace, _line("bad"))
    assert mended.refused.total() == 0
    assert workplace.query(ids) == []


def test_a_file_without_one_good_row(workplace: Workplace) -> None:
    write_lines(workplace.files / "crashes.csv", [header_line(CRASHES), "a,b", _line("NA")])
    outcome = workplace.import_one()
    assert (outcome.rows_read, outcome.refused.total(), outcome.days) == (2, 2, set())


def test_a_file_with_a_header_only(workplace: Workplace) -> None:
    write_lines(Path(workplace.files / "crashes.csv"), [header_line(CRASHES)], end=b"")
    assert workplace.import_one().rows_read == 0
