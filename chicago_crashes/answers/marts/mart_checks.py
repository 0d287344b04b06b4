"""Whether the marts add up: every crash is counted, once, however the crashes are grouped."""

from psycopg import Connection

from chicago_crashes.answers.mart_tables import CAUSES, TIME_OF_WEEK
from chicago_crashes.answers.marts import agreement
from chicago_crashes.answers.marts.agreement import Agreement
from chicago_crashes.verdict import Verdict


def days_add_up(connection: Connection) -> Verdict:
    """The days of the city hold every crash of the facts, once."""
    return _verdict("days_add_up", agreement.days_with_facts(connection))


def classes_add_up(connection: Connection) -> Verdict:
    """Crashes are of one severity each, and people of one injury: the classes add up to the whole."""
    days = agreement.inconsistent_days(connection)
    return Verdict(
        "classes_add_up",
        None,
        passed=days == 0,
        is_fault=days > 0,
        numbers={"inconsistent_days": days},
        reasons=[f"On {days} days the classes do not add up to what they are classes of."] if days else [],
    )


def months_add_up(connection: Connection) -> Verdict:
    """The months of the city are the sums of their days."""
    return _verdict("months_add_up", agreement.months_with_days(connection))


def areas_add_up(connection: Connection) -> Verdict:
    """In every layer and on every day the areas, with the unknown one, add up to the city."""
    return _verdict("areas_add_up", agreement.areas_with_city(connection))


def area_months_add_up(connection: Connection) -> Verdict:
    """The months of every area are the sums of its days."""
    return _verdict("area_months_add_up", agreement.area_months_with_days(connection))


def area_years_add_up(connection: Connection) -> Verdict:
    """The years of every area are the sums of its months."""
    return _verdict("area_years_add_up", agreement.area_years_with_months(connection))


def causes_add_up(connection: Connection) -> Verdict:
    """The primary causes of a year add up to the city."""
    return _verdict("causes_add_up", agreement.years_with_city(connection, CAUSES.name))


def hours_add_up(connection: Connection) -> Verdict:
    """The hours of a year's weekdays add up to the city."""
    return _verdict("hours_add_up", agreement.years_with_city(connection, TIME_OF_WEEK.name))


def streets_add_up(connection: Connection) -> Verdict:
    """The streets hold every crash that names one, since every district reports."""
    return _verdict("streets_add_up", agreement.streets_with_facts(connection))


def _verdict(question: str, found: Agreement) -> Verdict:
    reason = (
        f"{found.differing:,} of {found.groups:,} sums differ. If facts were made since the mart was refreshed, "
        "`chicago-crashes answers` brings all of them up to date."
    )
    return Verdict(
        question,
        None,
        passed=found.differing == 0,
        is_fault=found.differing > 0,
        numbers={"sums_compared": found.groups, "sums_that_differ": found.differing, "crashes": found.crashes},
        reasons=[reason] if found.differing else [],
        examples=found.examples or [],
    )
