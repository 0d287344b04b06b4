"""What leaves a table in a merge: remembered, and guarded where rows leave because they cannot be loaded any more.

A key or a date that changes its form would empty a table into quarantine: the portal publishes as many rows as before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from psycopg import Connection, sql

from chicago_crashes.errors import ShrinkError
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.losses import (
    AcceptedDay,
    HeldDay,
    accepted_days,
    history_parts,
    let_through,
    record_losses,
    spend,
    still_gone,
)
from chicago_crashes.feeds.shrink import DAY_MAY_LOSE, FEED_MAY_LOSE, FEWEST_ROWS, how_to_accept, is_too_much
from chicago_crashes.storage.sql_files import sql_file
from chicago_crashes.words import counted

DAYS_NAMED = 10


class Counted(Protocol):
    """What a merge made of a day."""

    @property
    def table_rows(self) -> int:
        """Rows in the table now."""

    @property
    def inserted(self) -> int:
        """Rows that are new in the table."""

    @property
    def withdrawn(self) -> int:
        """Rows that left the table."""

    @property
    def recleaned(self) -> int:
        """Rows that changed or left because we clean them by other rules."""


class MassQuarantineError(ShrinkError):
    """Too many rows would leave the table because they cannot be loaded any more; nothing of these days was merged."""

    def __init__(self, message: str, days: Mapping[date, int]) -> None:
        super().__init__(message)
        self.days = days

    @property
    def held(self) -> list[HeldDay]:
        """The days, and how many rows each would have lost."""
        return [HeldDay(day, rows, str(self)) for day, rows in self.days.items()]


def guard_what_leaves(connection: Connection, feed: Feed, counts: Mapping[date, Counted]) -> None:
    """Judge what left the table in the transaction that is open, and remember it. Its acceptances are spent.

    Raises:
        MassQuarantineError: a day lost more than half of its rows to quarantine, or the feed more than 0.5 % of all its
            rows in a year, and nobody accepted it. The transaction must be rolled back.
    """
    accepted = {day: known for day, known in accepted_days(connection, feed).items() if day in counts}
    if any(of_day.withdrawn or of_day.recleaned for of_day in counts.values()):
        aside = _set_aside(connection, feed, counts, accepted)
        record_losses(connection, feed, _replaced_by_no_others(feed, counts, aside, but=accepted.keys() - aside.keys()))
        if aside:
            _guard_against_quarantine(connection, feed, counts, aside)
    spend(connection, feed, accepted.keys())
    let_through(connection, feed, counts.keys())


def _replaced_by_no_others(
    feed: Feed, counts: Mapping[date, Counted], aside: Mapping[date, "_Aside"], *, but: Collection[date]
) -> dict[date, int]:
    """How many rows fewer are left of each day; a row without a key that moved to another day is a new one there."""
    lost = {
        day: aside[day].rows if of_day.recleaned and day in aside else of_day.withdrawn - of_day.inserted
        for day, of_day in counts.items()
        if day not in but
    }
    spare = sum(-rows for rows in lost.values() if rows < 0) if feed.surrogate else 0
    found = {}
    for day, rows in sorted(lost.items()):
        replaced = min(spare, max(rows, 0))
        spare -= replaced
        if rows > replaced:
            found[day] = rows - replaced
    return found


@dataclass(frozen=True, slots=True)
class _Aside:
    """Rows of a day that left the table for quarantine, and why."""

    rows: int
    reasons: Sequence[str]


def _guard_against_quarantine(
    connection: Connection, feed: Feed, counts: Mapping[date, Counted], aside: Mapping[date, _Aside]
) -> None:
    gone = still_gone(connection, feed)
    (held,) = connection.execute(
        "select coalesce(sum(table_rows), 0)::int from ops.signatures where feed = %s", [feed.name]
    ).fetchall()[0]
    if is_too_much(gone.rows, held + gone.rows):
        raise _error(feed, aside, f"More than {FEED_MAY_LOSE:.1%} of a feed in a year is too much.")
    halved = {day: left for day, left in aside.items() if _is_halved(counts[day], left.rows)}
    if halved:
        raise _error(feed, halved, "More than half of a day is too much.")


def _set_aside(
    connection: Connection, feed: Feed, counts: Mapping[date, Counted], accepted: Mapping[date, AcceptedDay]
) -> dict[date, _Aside]:
    """The rows that left for quarantine, of days of which not so many are accepted."""
    parts = history_parts(feed) | {name: sql.Placeholder(name) for name in ("feed", "days")}
    params = {
        "feed": feed.name,
        "days": [day for day, of_day in counts.items() if of_day.withdrawn or of_day.recleaned],
    }
    found = connection.execute(sql_file(__file__, "set_aside").format(**parts), params).fetchall()
    left = {day: _Aside(rows, reasons) for day, rows, reasons in found}
    return {
        day: of_day
        for day, of_day in sorted(left.items())
        if day not in accepted or of_day.rows > accepted[day].quarantined_rows
    }


def _is_halved(counts: Counted, rows: int) -> bool:
    before = counts.table_rows - counts.inserted + max(counts.withdrawn, rows)
    return before >= FEWEST_ROWS and rows > DAY_MAY_LOSE * before


def _error(feed: Feed, aside: Mapping[date, _Aside], limit: str) -> MassQuarantineError:
    days = list(aside)
    rows = sum(left.rows for left in aside.values())
    reasons = ", ".join(sorted({reason for left in aside.values() for reason in left.reasons}))
    named = ", ".join(f"{day} ({aside[day].rows})" for day in days[:DAYS_NAMED])
    return MassQuarantineError(
        f"{counted(rows, 'row')} that {feed.table} holds cannot be loaded any more ({reasons}) and would leave it, of "
        f"{counted(len(days), 'day')}: {named}{' …' if len(days) > DAYS_NAMED else ''}. {limit} These days are left as "
        "they were, the published rows are in the raw lake. Look at the dataset's page on the portal: a column may "
        f"have changed its form, and the feed's declaration must follow. {how_to_accept(feed, days[0], days[-1])}",
        {day: left.rows for day, left in aside.items()},
    )
