"""What is more than usual, to the row and to the day: records by hand, and what the checks say of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from chicago_crashes.feeds.catalogue import PEOPLE, VEHICLES
from chicago_crashes.feeds.catalogue.rules import value_rules
from chicago_crashes.feeds.inspection import DAYS_A_BLOCK, EXAMPLES, unique_and_valid, value_histories
from chicago_crashes.feeds.reading import newest_findings, newest_loaded_day, rows_published_since, rows_with_findings
from chicago_crashes.verdict import Verdict
from chicago_crashes_tests.feeds.loading import Connection

DAY = date(2024, 1, 10)


def record(
    db: Connection, day: date, *, published: int, broken: int, feed: str = "people", column: str = "age"
) -> None:
    """Say that so many people of a day were published, and that so many ages were out of bounds."""
    db.execute(
        "insert into ops.signatures (feed, day, source_rows, raw_rows, table_rows, quarantined_rows, repaired_rows,"
        " fetched_at, loaded_at, run_id) values (%s, %s, %s, %s, 0, 0, 0, now(), now(), 'a run')"
        " on conflict do nothing",
        [feed, day, published, published + 1],
    )
    db.execute(
        "insert into ops.findings (feed, day, row_key, column_name, rule, action)"
        " select %s, %s, n::text, %s, 'bounds', 'nulled' from generate_series(1, %s) as n",
        [feed, day, column, broken],
    )


def of_day(db: Connection) -> Verdict:
    return next(one for one in unique_and_valid(db, PEOPLE, [DAY]) if one.question == "ages_in_bounds")


def of_history(db: Connection) -> Verdict:
    return next(one for one in value_histories(db, PEOPLE) if one.question == "ages_in_bounds_history")


def counted(verdict: Verdict) -> set[float]:
    return {number for name, number in verdict.numbers.items() if name != "threshold"}


@pytest.mark.parametrize("ask", [of_day, of_history], ids=["of a day", "of the newest month"])
@pytest.mark.parametrize(
    ("rows", "of", "past_rows", "of_past", "is_told"),
    [
        (10, 2000, 1, 5000, True),
        (9, 2000, 1, 5000, False),
        (10, 2000, 1, 4999, False),
        (12, 2000, 10, 5000, False),
        (13, 2000, 10, 5000, True),
        (10, 2000, 0, 5000, True),
    ],
    ids=["many", "too few", "a short past", "three times", "more than three times", "never before"],
)
def test_where_more_than_usual_begins(
    db: Connection,
    ask: Callable[[Connection], Verdict],
    rows: int,
    of: int,
    past_rows: int,
    of_past: int,
    is_told: bool,
) -> None:
    record(db, DAY, published=of, broken=rows)
    record(db, DAY - timedelta(days=200), published=of_past, broken=past_rows)

    verdict = ask(db)

    usual = of * past_rows / of_past
    told = [f"age bounds: {rows} rows, where {usual:.1f} were usual in the 365 days before"]
    assert list(verdict.reasons) == (told if is_told else [])
    assert (verdict.passed, verdict.is_fault) == (not is_told, False)


@pytest.mark.parametrize(("days_before", "is_past"), [(0, False), (1, True), (365, True), (366, False)])
def test_the_past_of_a_day_is_the_year_before_it(db: Connection, days_before: int, is_past: bool) -> None:
    """With a past like the day nothing is told; without one, the day is held against 5,000 rows without fault."""
    record(db, DAY, published=2000, broken=12)
    record(db, DAY - timedelta(days=100), published=5000, broken=0)
    if days_before:
        record(db, DAY - timedelta(days=days_before), published=5000, broken=40)
    record(db, DAY - timedelta(days=50), published=9000, broken=90, feed="crashes")
    record(db, DAY - timedelta(days=51), published=0, broken=500, column="another")

    assert of_day(db).passed == is_past


@pytest.mark.parametrize(("days_before", "place"), [(29, "recent"), (30, "past"), (394, "past"), (395, "neither")])
def test_the_newest_month_and_the_year_before_it(db: Connection, days_before: int, place: str) -> None:
    """What is far too many is told if it is recent, makes recent faults usual if it is past, else is nothing."""
    record(db, DAY, published=2000, broken=0)
    record(db, DAY - timedelta(days=100), published=5000, broken=0)
    record(db, DAY - timedelta(days=days_before), published=5000, broken=50)

    assert of_history(db).passed == (place != "recent")

    record(db, DAY - timedelta(days=1), published=2000, broken=10)
    assert of_history(db).passed == (place == "past")


def test_what_is_counted_is_of_the_feed_and_of_the_days(db: Connection) -> None:
    record(db, DAY, published=10, broken=3)
    record(db, DAY, published=10, broken=5, column="sex")
    record(db, DAY + timedelta(days=1), published=5, broken=1)
    record(db, DAY, published=100, broken=50, feed="crashes")
    ages = [rule for rule in value_rules(PEOPLE) if rule.label == "age bounds"]

    assert rows_with_findings(db, PEOPLE, ages) == 4
    assert rows_with_findings(db, PEOPLE, [replace(ages[0], columns=("sex",)), *ages]) == 6
    assert rows_with_findings(db, PEOPLE, []) == 0
    found = newest_findings(db, PEOPLE, ages, length=3)
    assert found == [("1", "age", None), ("1", "age", None), ("2", "age", None)]
    assert rows_published_since(db, PEOPLE, DAY, DAY + timedelta(days=1)) == 10
    assert rows_published_since(db, PEOPLE, DAY, DAY + timedelta(days=2)) == 15
    assert rows_published_since(db, PEOPLE, DAY + timedelta(days=1), DAY + timedelta(days=2)) == 5
    assert rows_published_since(db, PEOPLE, DAY - timedelta(days=1), DAY) == 0
    assert newest_loaded_day(db, PEOPLE) == DAY + timedelta(days=1)
    assert newest_loaded_day(db, VEHICLES) is None


@pytest.mark.parametrize(("broken", "passed"), [(20, True), (21, False)])
def test_as_many_as_the_threshold_allows_are_no_reason_to_look(db: Connection, broken: int, passed: bool) -> None:
    """One in a hundred ages may be out of bounds."""
    record(db, DAY, published=2000, broken=broken)

    assert of_day(db).passed == of_history(db).passed == passed
    assert not of_day(db).is_fault


def test_of_a_day_that_was_never_loaded_every_number_is_zero(db: Connection) -> None:
    for verdict in unique_and_valid(db, PEOPLE, [DAY]):
        assert counted(verdict) == {0}
        assert verdict.passed
    assert of_history(db).passed
    assert counted(of_history(db)) == {0}


def test_each_day_has_its_own_verdict_with_few_examples(db: Connection) -> None:
    days = [DAY + timedelta(days=number) for number in range(DAYS_A_BLOCK + 2)]
    for day in (days[0], days[1], days[-1]):
        record(db, day, published=10, broken=EXAMPLES + 2)

    verdicts = [one for one in unique_and_valid(db, PEOPLE, days) if one.question == "ages_in_bounds"]

    assert [one.day for one in verdicts] == days
    failed = [one for one in verdicts if not one.passed]
    assert [one.day for one in failed] == [days[0], days[1], days[-1]]
    for one in failed:
        assert (one.is_fault, one.numbers["invalid_stored_rows"]) == (False, 0)
        assert one.numbers["age bounds"] == one.numbers["failed_rows"] == 7
        assert len(one.examples) == EXAMPLES == 5
