"""Causes and the time of the week, worked out by hand."""

import pytest

from chicago_crashes.answers.marts.circumstances import refresh_causes, refresh_time_of_week
from chicago_crashes_tests.answers.marts.city import add_crash, load_days, make_facts
from chicago_crashes_tests.feeds.loading import Connection, rows_of

CAUSES = "select cause, year, crashes, ksi, secondary_crashes, cost from causes order by year, cause"


def add_caused(db: Connection, when: str, primary: str | None, secondary: str | None, severity: str = "O") -> None:
    add_crash(db, when, severity, primary_cause=primary, secondary_cause=secondary)


def test_causes_of_a_year(db: Connection) -> None:
    add_caused(db, "2023-12-31", "WEATHER", "NOT APPLICABLE")
    add_caused(db, "2024-01-01", "WEATHER", "ANIMAL", "A")
    add_caused(db, "2024-06-01", "WEATHER", None)
    add_caused(db, "2024-12-31", "TEXTING", "WEATHER")
    add_caused(db, "2024-12-31", None, "WEATHER", "B")
    load_days(db, "2023-12-31", "2024-12-31")
    refresh_causes(db)
    assert rows_of(db, CAUSES) == [
        ("NOT APPLICABLE", 2023, 0, 0, 1, 0),
        ("WEATHER", 2023, 1, 0, 0, 20_392),
        ("(none)", 2024, 1, 0, 0, 224_597),
        ("ANIMAL", 2024, 0, 0, 1, 0),
        ("TEXTING", 2024, 1, 0, 0, 20_392),
        ("WEATHER", 2024, 2, 1, 2, 1_109_916),
    ]


def test_crashes_by_weekday_and_hour(db: Connection) -> None:
    """1 January 2024 was a Monday, 7 January a Sunday."""
    for when, severity in (
        ("2024-01-01T00:00", "O"),
        ("2024-01-01T00:59", "K"),
        ("2024-01-08T00:30", "O"),
        ("2024-01-07T23:59", "C"),
        ("2023-01-02T00:10", "O"),
    ):
        add_crash(db, when, severity)
    load_days(db, "2023-01-01", "2024-01-08")
    refresh_time_of_week(db)
    hours = rows_of(db, "select year, weekday, hour, crashes, ksi, injured from time_of_week order by 1, 2, 3")
    assert hours == [(2023, 1, 0, 1, 0, 0), (2024, 1, 0, 3, 1, 1), (2024, 7, 23, 1, 0, 1)]


@pytest.mark.parametrize("mart", ["causes", "time_of_week"])
def test_only_years_with_new_facts_are_counted_anew(db: Connection, mart: str) -> None:
    refresh = {"causes": refresh_causes, "time_of_week": refresh_time_of_week}[mart]
    crashes = {"causes": "select year, crashes from causes", "time_of_week": "select year, crashes from time_of_week"}
    for when in ("2023-01-02", "2024-01-01"):
        add_caused(db, when, "WEATHER", None)
        load_days(db, when, when)
    refresh(db)
    db.execute("update causes set crashes = 99")
    db.execute("update time_of_week set crashes = 99")
    add_caused(db, "2024-01-01", "WEATHER", None)
    make_facts(db, "2024-01-01")
    assert refresh(db).numbers == {"new_days": 1, "years_counted": 1}
    assert sorted(rows_of(db, crashes[mart])) == [(2023, 99), (2024, 2)]

    db.execute("delete from crash_facts")
    make_facts(db, "2024-01-01")
    refresh(db)
    assert rows_of(db, crashes[mart]) == [(2023, 99)]
