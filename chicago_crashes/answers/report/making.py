"""A report from the question to its answer: the place that is meant, the days, and everything the forms need."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection, IsolationLevel

from chicago_crashes.answers.report import numbers as asked
from chicago_crashes.answers.report.numbers import Crash, Ground
from chicago_crashes.answers.report.places import Place, Polygon

SCHEMA_VERSION = 1
YEARS_BACK = 5
ORDER = (
    "schema_version",
    "place",
    "range",
    "data_as_of",
    "caveats",
    "totals",
    "city",
    "rates",
    "people",
    "circumstances",
    "causes",
    "other_causes",
    "crash_types",
    "time_of_week",
    "years",
    "months",
    "comparisons",
    "cost",
)
"""The sections as people read them; the database returns them in no order."""


@dataclass(frozen=True, slots=True)
class Made:
    """A report with the crashes it counts and what its map shows."""

    report: Mapping[str, Any]
    crashes: Sequence[Crash]
    ground: Ground


def make_report(
    connection: Connection,
    choose: Callable[[Connection], Place],
    first: date | None,
    last: date | None,
    costs: str,
    *,
    with_crashes: bool,
) -> Made:
    """Ask for everything in one transaction, so that the numbers, the list and the map are of the same moment.

    Without a first day the range begins with January 1 five years before its last day's year, or with the oldest day
    there is; without a last day it ends with the newest.
    """
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    with connection.transaction():
        oldest, newest = asked.require_answers(connection)
        last = last or newest
        first = first or max(date(last.year - YEARS_BACK, 1, 1), min(oldest, last))
        chosen = choose(connection)
        content = asked.report_of(connection, chosen, first, last, costs)
        crashes = asked.crashes_of(connection, chosen, first, last) if with_crashes else []
        ground = asked.ground_of(connection, chosen) if with_crashes else Ground(None, [], [])
    if isinstance(chosen, Polygon):
        content["place"]["name"] = chosen.name
    content["schema_version"] = SCHEMA_VERSION
    return Made({section: content[section] for section in ORDER}, crashes, ground)
