"""Where the rows of a day are, counted by hand: of which days, of which feed, and whether they add up."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from chicago_crashes.feeds.catalogue import PEOPLE
from chicago_crashes.feeds.reading import Account, Record, accounts, merged_days, records
from chicago_crashes_tests.answers.marts.feed_rows import add_person
from chicago_crashes_tests.feeds.loading import FETCHED, SIGNED, Connection

DAY = date(2024, 1, 10)
DAYS = [DAY + timedelta(days=number) for number in range(-1, 3)]
NEVER = DAY + timedelta(days=9)


def record(db: Connection, day: date, *, source: int, raw: int, table: int, quarantine: int, feed: str) -> None:
    db.execute(
        "insert into ops.signatures (feed, day, source_rows, source_updated_at, raw_rows, table_rows, quarantined_rows,"
        " repaired_rows, fetched_at, raw_digest, rules_digest, loaded_at, run_id)"
        " values (%s, %s, %s, %s, %s, %s, %s, 7, %s, 'raw', 'rules', now(), 'a run')",
        [feed, day, source, SIGNED, raw, table, quarantine, FETCHED],
    )


def quarantine(db: Connection, day: date | None, rows: int, *, feed: str = "people") -> None:
    db.execute(
        "insert into ops.quarantine (feed, day, digest, copy, reason, raw_row)"
        " select %s, %s, n::text, 0, 'x', '{}' from generate_series(1, %s) as n",
        [feed, day, rows],
    )


def put_people(db: Connection, moments: Sequence[str]) -> None:
    for number, moment in enumerate(moments):
        add_person(db, "x", f"P{number}", at=moment)


@pytest.fixture
def counted(db: Connection) -> Connection:
    """Two people and one set aside on the day, at its edges; others around it; another feed on the same days."""
    moments = [f"{DAYS[0]} 23:59:59.9", f"{DAY} 00:00", f"{DAY} 23:59:59.9", f"{DAYS[2]} 00:00", f"{NEVER} 12:00"]
    put_people(db, moments)
    quarantine(db, DAY, 1)
    quarantine(db, DAYS[3], 4)
    quarantine(db, DAY, 9, feed="crashes")
    for feed, source in (("people", 3), ("crashes", 90)):
        record(db, DAY, source=source, raw=source, table=source - 1, quarantine=1, feed=feed)
    record(db, DAYS[2], source=1, raw=1, table=1, quarantine=0, feed="people")
    return db


def test_each_number_is_counted_at_its_own_place(counted: Connection) -> None:
    known = Record(3, SIGNED, 3, 2, 1, 7, FETCHED, "raw", "rules")
    assert records(counted, PEOPLE) == {DAY: known, DAYS[2]: Record(1, SIGNED, 1, 1, 0, 7, FETCHED, "raw", "rules")}
    found = accounts(counted, PEOPLE)
    assert found[DAY] == Account(2, 1, known)
    assert {day: (each.table_rows, each.quarantined_rows) for day, each in found.items()} == {
        DAYS[0]: (1, 0), DAY: (2, 1), DAYS[2]: (1, 0), DAYS[3]: (0, 4), NEVER: (1, 0),
    }  # fmt: skip
    assert [day for day, each in sorted(found.items()) if each.recorded] == [DAY, DAYS[2]]


@pytest.mark.parametrize(
    "asked", [[DAY], [DAYS[2]], [DAYS[0], DAYS[3]], [DAYS[2], DAYS[0]], [NEVER], [DAYS[3] + timedelta(days=1)], []]
)
def test_days_that_are_asked_for_are_the_same_and_no_others(counted: Connection, asked: list[date]) -> None:
    everything = accounts(counted, PEOPLE)
    assert accounts(counted, PEOPLE, asked) == {day: everything[day] for day in asked if day in everything}


@pytest.mark.parametrize(
    ("source", "raw", "table", "set_aside", "is_settled"),
    [
        (3, 3, 2, 1, True),
        (4, 3, 2, 1, False),
        (3, 4, 2, 1, False),
        (3, 3, 1, 1, False),
        (3, 3, 2, 2, False),
        (3, 3, 1, 2, False),
        (4, 4, 2, 1, False),
        (2, 2, 2, 1, False),
    ],
)
def test_a_day_is_settled_if_it_holds_what_was_recorded_and_that_adds_up(
    db: Connection, source: int, raw: int, table: int, set_aside: int, is_settled: bool
) -> None:
    put_people(db, [f"{DAY} 08:00", f"{DAY} 09:00"])
    quarantine(db, DAY, 1)
    record(db, DAY, source=source, raw=raw, table=table, quarantine=set_aside, feed="people")

    assert accounts(db, PEOPLE)[DAY].is_settled == is_settled
    merged = merged_days(db, PEOPLE, [DAY])
    assert list(merged) == ([DAY] if is_settled else [])
    if is_settled:
        counts = merged[DAY].counts
        assert (counts.source_rows, counts.raw_rows, counts.table_rows, counts.unchanged) == (3, 3, 2, 2)
        assert (counts.quarantined, counts.repaired, counts.inserted, counts.withdrawn) == (1, 7, 0, 0)
        assert (merged[DAY].raw_digest, merged[DAY].rules_digest) == ("raw", "rules")


def test_a_day_that_was_never_loaded_is_not_settled(db: Connection) -> None:
    put_people(db, [f"{DAY} 08:00"])
    assert not accounts(db, PEOPLE)[DAY].is_settled
    assert merged_days(db, PEOPLE, [DAY]) == {}
