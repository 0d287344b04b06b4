"""Whether the marts add up: every crash is counted, once, however the crashes are grouped."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection
from sqlalchemy import Table

from chicago_crashes.answers import mart_tables as tables
from chicago_crashes.answers.marts import agreement
from chicago_crashes.answers.marts.agreement import Agreement
from chicago_crashes.verdict import Check, Judgement


def _days_add_up(connection: Connection) -> Judgement:
    return _judged(agreement.days_with_facts(connection))


def _classes_add_up(connection: Connection) -> Judgement:
    days = agreement.inconsistent_days(connection)
    reason = f"On {days} days the classes do not add up to what they are classes of." if days else None
    return Judgement(days == 0, {"inconsistent_days": days}, reason, is_fault=days > 0)


def _months_add_up(connection: Connection) -> Judgement:
    return _judged(agreement.months_with_days(connection))


def _areas_add_up(connection: Connection) -> Judgement:
    return _judged(agreement.areas_with_city(connection))


def _area_months_add_up(connection: Connection) -> Judgement:
    return _judged(agreement.area_months_with_days(connection))


def _area_years_add_up(connection: Connection) -> Judgement:
    return _judged(agreement.area_years_with_months(connection))


def _causes_add_up(connection: Connection) -> Judgement:
    return _judged(agreement.years_with_city(connection, tables.CAUSES.name))


def _hours_add_up(connection: Connection) -> Judgement:
    return _judged(agreement.years_with_city(connection, tables.TIME_OF_WEEK.name))


def _streets_add_up(connection: Connection) -> Judgement:
    return _judged(agreement.streets_with_facts(connection))


def _judged(found: Agreement) -> Judgement:
    reason = (
        f"{found.differing:,} of {found.groups:,} sums differ. If facts were made since the mart was refreshed, "
        "`chicago-crashes answers` brings all of them up to date."
    )
    shown: dict[str, Any] = {
        "sums_compared": found.groups,
        "sums_that_differ": found.differing,
        "crashes": found.crashes,
    }
    if found.examples:
        shown["examples"] = list(found.examples)
    return Judgement(found.differing == 0, shown, reason if found.differing else None, is_fault=found.differing > 0)


MART_CHECKS: Mapping[Table, Sequence[Check[Connection]]] = {
    tables.CITYWIDE_DAILY: (
        Check("days_add_up", "The days of the city hold every crash of the facts, once.", _days_add_up),
        Check(
            "classes_add_up",
            "Crashes are of one severity each, and people of one injury: the classes add up to the whole.",
            _classes_add_up,
        ),
    ),
    tables.CITYWIDE_MONTHLY: (
        Check("months_add_up", "The months of the city are the sums of their days.", _months_add_up),
    ),
    tables.AREA_DAILY: (
        Check(
            "areas_add_up",
            "In every layer and on every day the areas, with the unknown one, add up to the city.",
            _areas_add_up,
        ),
    ),
    tables.AREA_MONTHLY: (
        Check("area_months_add_up", "The months of every area are the sums of its days.", _area_months_add_up),
    ),
    tables.AREA_YEARLY: (
        Check("area_years_add_up", "The years of every area are the sums of its months.", _area_years_add_up),
    ),
    tables.CAUSES: (Check("causes_add_up", "The primary causes of a year add up to the city.", _causes_add_up),),
    tables.TIME_OF_WEEK: (Check("hours_add_up", "The hours of a year's weekdays add up to the city.", _hours_add_up),),
    tables.STREETS: (
        Check(
            "streets_add_up",
            "The streets hold every crash that names one, since every district reports.",
            _streets_add_up,
        ),
    ),
}
"""What is asked of each mart whenever it was refreshed."""
