"""What the portal has changed since we loaded it, day by day, by comparing signatures.

It costs one request per feed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from psycopg import Connection

from chicago_crashes.feeds import Feed
from chicago_crashes.postgis.records import recorded_signatures
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.signatures import EMPTY, Signature, published_days

LARGEST_GAP = timedelta(days=30)
"""Stale days this near to one another are loaded by one run: the unchanged days between them, neither fetched nor
merged again, are checked and reported all the same, and thirty of them cost about as much as another run."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The stale days of a feed with their present signatures, and what the portal holds in all.

    `rows_without_a_day` are published rows whose date is missing or lies outside the days asked about.
    """

    feed: Feed
    stale: Mapping[date, Signature]
    published_rows: int
    rows_without_a_day: int


@dataclass(frozen=True, slots=True)
class DayRange:
    """Consecutive days, both ends inclusive, that are loaded for some feeds by one run."""

    first: date
    last: date
    feeds: tuple[Feed, ...]

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


def find_changes(portal: Portal, connection: Connection, feed: Feed, first: date, last: date) -> Changes:
    """Compare what the portal holds of the days from `first` to `last`, both inclusive, with what was last loaded.

    New, late, amended, moved and withdrawn rows all change a day's signature. A day that was never loaded and that
    the portal holds nothing of is not stale.
    """
    recorded = recorded_signatures(connection, feed)
    published = published_days(portal, feed)
    within = published.between(first, last)
    days = within.keys() | {day for day in recorded if first <= day <= last}
    return Changes(
        feed=feed,
        stale={day: now for day in sorted(days) if (now := within.get(day, EMPTY)) != recorded.get(day, EMPTY)},
        published_rows=sum(signature.rows for signature in within.values()),
        # Reports of the day that is not over yet are no fault: they belong to tomorrow's partition.
        rows_without_a_day=published.rows_outside(first, last + timedelta(days=1)),
    )


def ranges_of(changes: Sequence[Changes], *, longest: int) -> list[DayRange]:
    """The fewest reasonable runs that cover every stale day: near days together, at most `longest` days each."""
    days = sorted({day for change in changes for day in change.stale})
    groups: list[list[date]] = []
    for day in days:
        group = groups[-1] if groups else None
        if group and day - group[-1] <= LARGEST_GAP and (day - group[0]).days < longest:
            group.append(day)
        else:
            groups.append([day])
    return [DayRange(group[0], group[-1], _feeds_stale_in(changes, group)) for group in groups]


def _feeds_stale_in(changes: Sequence[Changes], days: Collection[date]) -> tuple[Feed, ...]:
    return tuple(change.feed for change in changes if not change.stale.keys().isdisjoint(days))
