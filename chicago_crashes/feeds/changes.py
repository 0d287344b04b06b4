"""What is not as it should be of what we loaded, day by day: what the portal changed, and what is wrong with our copy.

It costs one request per feed, one count of the rows of all days, and one listing of the raw lake.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from psycopg import Connection

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.cleaning.version import rules_digest
from chicago_crashes.feeds.reading import NO_ACCOUNT, Account, accounts
from chicago_crashes.feeds.records import recorded_signatures
from chicago_crashes.feeds.shrink import note_recovered
from chicago_crashes.feeds.stale import Stale, StaleDay, holds_what_was_loaded, why_stale
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.signatures import EMPTY, Signature, published_days
from chicago_crashes.storage.lake import Lake
from chicago_crashes.storage.lake_names import VersionName

LARGEST_GAP = timedelta(days=30)
"""Stale days this near to one another are loaded by one run: the unchanged days between them, neither fetched nor
merged again, are checked and reported all the same, and thirty of them cost about as much as another run."""


@dataclass(frozen=True, slots=True)
class Held:
    """What we hold of a feed: sums over all loaded days, each number counted at its own place.

    `raw_rows` are those of the days whose raw file is in the lake. `unaccounted_rows` are added up day by day, so that
    one too few and one too many are two: the rows the portal publishes of a day now, and the rows stored of it.
    """

    days: int = 0
    source_rows: int = 0
    raw_rows: int = 0
    table_rows: int = 0
    quarantined_rows: int = 0
    unaccounted_rows: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """The stale days of a feed with the reasons, and what the portal holds in all.

    `rows_without_a_day` are published rows whose date is missing or lies outside the days asked about.
    `out_of_reach` are stored rows of days outside of these that were never loaded, by day: no load removes them.
    `unwatched` are those of earlier days that were loaded: what the portal changes of them stays unseen.
    """

    feed: Feed
    stale: Stale
    published_rows: int
    rows_without_a_day: int
    out_of_reach: Mapping[date, int] = field(default_factory=dict)
    unwatched: Mapping[date, int] = field(default_factory=dict)
    held: Held = field(default_factory=Held)

    def only(self, wanted: Callable[[date, StaleDay], bool]) -> "Changes":
        """The same with some of the stale days."""
        return replace(self, stale={day: each for day, each in self.stale.items() if wanted(day, each)})


@dataclass(frozen=True, slots=True)
class DayRange:
    """Consecutive days, both ends inclusive, that are loaded for some feeds by one run."""

    first: date
    last: date
    feeds: tuple[Feed, ...]

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


def find_changes(portal: Portal, connection: Connection, lake: Lake, feed: Feed, first: date, last: date) -> Changes:
    """Compare the days from `first` to `last`, both inclusive, with what was last loaded of them, and count that.

    New, late, amended, moved and withdrawn rows all change the signature the portal gives for a day. Rows that somebody
    deleted or added change the counts, a lost or older lake the names of its files. A day that was never loaded, that
    the portal holds nothing of and we neither, is not stale.

    Raises:
        CrashesError: the portal or the lake does not answer.
    """
    # The lake is listed after the rows are counted: what is loaded meanwhile is at worst taken for not merged yet.
    held = accounts(connection, feed)
    files = lake.newest_names(feed).by_day
    published = published_days(portal, feed)
    within = published.between(first, last)
    rules = rules_digest(feed)
    stale = {}
    days = sorted(within.keys() | {day for day in held if first <= day <= last})
    for day in days:
        now = within.get(day, EMPTY)
        if reasons := why_stale(held.get(day, NO_ACCOUNT), now, files.get(day), rules):
            stale[day] = StaleDay(now, reasons)
    published_now = {day: within.get(day, EMPTY) for day in days}
    note_recovered(connection, feed, recorded_signatures(connection, feed), published_now)
    outside = {day: account for day, account in sorted(held.items()) if not first <= day <= last}
    return Changes(
        feed=feed,
        stale=stale,
        published_rows=sum(signature.rows for signature in within.values()),
        # Reports of the day that is not over yet are no fault: they belong to tomorrow's partition.
        rows_without_a_day=published.rows_outside(first, last + timedelta(days=1)),
        out_of_reach={day: account.stored_rows for day, account in outside.items() if account.recorded is None},
        unwatched={
            day: account.stored_rows
            for day, account in outside.items()
            if day < first and account.recorded and account.stored_rows
        },
        held=_held(
            held, files, {day: within.get(day, EMPTY) for day in within.keys() | held.keys() if first <= day <= last}
        ),
    )


def _held(held: Mapping[date, Account], files: Mapping[date, VersionName], published: Mapping[date, Signature]) -> Held:
    records = {day: account.recorded for day, account in held.items() if account.recorded}
    return Held(
        days=len(records),
        source_rows=sum(record.source_rows for record in records.values()),
        raw_rows=sum(
            record.raw_rows
            for day, record in records.items()
            if day in files and holds_what_was_loaded(files[day], record)
        ),
        table_rows=sum(account.table_rows for account in held.values()),
        quarantined_rows=sum(account.quarantined_rows for account in held.values()),
        unaccounted_rows=sum(abs(now.rows - held.get(day, NO_ACCOUNT).stored_rows) for day, now in published.items()),
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
