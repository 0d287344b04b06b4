"""From days to proven rows: plan, fetch, reconcile, and plan again what disagrees.

A day leaves here only if its rows are exactly as many as its signature says and
the newest of them is as new. Whatever the portal does to one day, the others
go on. One window is in memory at a time.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import polars as pl

from chicago_crashes.errors import CrashesError, TransientError
from chicago_crashes.feeds.catalogue import SYSTEM_FIELDS, Feed, Kind
from chicago_crashes.soda import soql
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.columns import WasLoaded, published_columns
from chicago_crashes.soda.drift import never
from chicago_crashes.soda.errors import PortalDisagreesError, PortalTimeoutError
from chicago_crashes.soda.reconcile import disagreement, split_by_day
from chicago_crashes.soda.signatures import EMPTY, ONE_DAY, Signature, day_signatures
from chicago_crashes.soda.windows import MAX_ROWS, Batch, first_batch, plan_windows

logger = logging.getLogger(__name__)

FETCHES_PER_DAY = 3
"""A day that still disagrees with its signature then is given up for this time."""

SMALLEST_WINDOW = 1_000
"""Windows are not halved below this many rows: a portal too slow for them is too slow for anything."""

SPARE_ROWS = 1_000
"""How far `$limit` lies above the plan, so that rows published meanwhile show instead of pushing others out."""


@dataclass(frozen=True, slots=True)
class DayRows:
    """One day, whole: every published field as text, after the system fields.

    `fetched_at` is when the portal was asked: however long an answer was under way, it is no older than that.
    `requests`, `bytes` and `seconds` are the day's share of what the portal was asked for; over all days of a
    download they add up to the truth.
    """

    day: date
    rows: pl.DataFrame
    signature: Signature
    fetched_at: datetime
    requests: int
    bytes: int
    seconds: float
    unknown_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldDay:
    """One day that the review found to be held already; nothing was fetched of it."""

    day: date
    signature: Signature


@dataclass(frozen=True, slots=True)
class DayFailure:
    """One day that could not be had, and why."""

    day: date
    error: CrashesError


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Of the days of a plan, those that need not be fetched, and those that must not be, with the reason."""

    held: Collection[date] = ()
    refused: Mapping[date, CrashesError] = field(default_factory=dict)


Review = Callable[[Mapping[date, Signature]], Reviewed]
"""Looks at a plan before its days are fetched, and may raise to stop the download."""


def fetch_all(_plan: Mapping[date, Signature]) -> Reviewed:
    """The review that lets every day be fetched."""
    return Reviewed()


def download(
    portal: Portal,
    feed: Feed,
    days: Sequence[date],
    *,
    review: Review = fetch_all,
    was_loaded: WasLoaded = never,
    max_rows: int = MAX_ROWS,
) -> Iterator[DayRows | HeldDay | DayFailure]:
    """Every day of `days`, once: as rows that are proven whole, as held already, or as the reason why not.

    Raises:
        PermanentError: nothing more can be had, whatever the day (dataset gone, columns missing, query refused).
        TransientError: no plan could be made; no day was fetched.
    """
    if days:
        yield from _Download(portal, feed, days, review, was_loaded, max_rows).run()


class _Download:
    """The days that are still to come, and how large a window the portal can bear at present."""

    def __init__(
        self,
        portal: Portal,
        feed: Feed,
        days: Sequence[date],
        review: Review,
        was_loaded: WasLoaded,
        max_rows: int,
    ) -> None:
        self._portal = portal
        self._feed = feed
        self._bill = _Bill(portal)
        self._max_rows = max_rows
        self._size = max_rows
        self._review = review
        self._fetches: Counter[date] = Counter()
        self._columns = published_columns(portal, feed, was_loaded=was_loaded)
        if self._columns.unknown:
            logger.warning(
                "The portal publishes undeclared columns of %s: %s", feed.name, ", ".join(self._columns.unknown)
            )
        self._pending: dict[date, Signature] = {}
        self._planned_at: dict[date, datetime] = {}
        self._reviewed = self._plan(sorted(set(days)))

    def run(self) -> Iterator[DayRows | HeldDay | DayFailure]:
        yield from self._reviewed
        while self._pending:
            batch = first_batch(plan_windows(self._pending, self._size), self._size)
            yield from self._deliver_empty_days(batch)
            if batch is None:
                continue
            try:
                yield from self._fetch_batch(batch)
            except PortalTimeoutError as error:
                yield from self._ask_for_less(batch, error)
            except PortalDisagreesError as error:
                yield from self._plan_again(dict.fromkeys(self._days_of(batch), error))
            except TransientError as error:
                yield from self._give_up(self._days_of(batch), error)

    def _plan(self, days: Sequence[date]) -> list[HeldDay | DayFailure]:
        """Ask what the days hold; those that need not or must not be fetched are returned, the others are pending."""
        asked_at = datetime.now(UTC)
        signatures = day_signatures(self._portal, self._feed, days[0], days[-1] + ONE_DAY)
        plan = {day: signatures[day] for day in days}
        reviewed = self._review(plan)
        refused = [DayFailure(day, error) for day, error in reviewed.refused.items()]
        held = [HeldDay(day, plan[day]) for day in days if day in reviewed.held and day not in reviewed.refused]
        self._pending.update(plan)
        self._planned_at.update(dict.fromkeys(plan, asked_at))
        settled: list[HeldDay | DayFailure] = [*refused, *held]
        for outcome in settled:
            del self._pending[outcome.day]
        return settled

    def _days_of(self, batch: Batch) -> list[date]:
        return sorted(day for day in self._pending if batch.holds(day))

    def _deliver_empty_days(self, batch: Batch | None) -> Iterator[DayRows]:
        """The empty days before the next batch; those inside its windows are proven empty by fetching them."""
        empty = sorted(
            day
            for day, signature in self._pending.items()
            if signature == EMPTY and (batch is None or day < batch.start)
        )
        no_rows = pl.DataFrame(schema=dict.fromkeys(self._fields, pl.String))
        for day in empty:
            yield from self._deliver({day: no_rows}, self._planned_at[day])

    def _fetch_batch(self, batch: Batch) -> Iterator[DayRows | HeldDay | DayFailure]:
        days = self._days_of(batch)
        fetch = self._fetch_page_by_page if batch.rows > self._size else self._fetch_at_once
        rows, fetched_at = fetch(batch)
        self._size = min(self._size * 2, self._max_rows)
        by_day = split_by_day(rows, self._feed, days)
        del rows
        disagreements = {
            day: error
            for day in days
            if (error := disagreement(self._feed, day, by_day[day], self._pending[day])) is not None
        }
        yield from self._deliver({day: by_day.pop(day) for day in days if day not in disagreements}, fetched_at)
        yield from self._plan_again(disagreements)

    def _within(self, batch: Batch) -> str:
        """The `$where` clause for the days of the batch."""
        windows = [soql.between(self._feed, window.start, window.end) for window in batch.windows]
        return windows[0] if len(windows) == 1 else " or ".join(f"({window})" for window in windows)

    def _fetch_at_once(self, batch: Batch) -> tuple[pl.DataFrame, datetime]:
        where = self._within(batch)
        return self._get(batch, where, batch.rows + SPARE_ROWS)

    def _fetch_page_by_page(self, batch: Batch) -> tuple[pl.DataFrame, datetime]:
        """A day too large for one request, by key: `:id` sorts by a hidden number, so the last one seen is the mark."""
        everything = self._within(batch)
        where = everything
        pages: list[tuple[pl.DataFrame, datetime]] = []
        for _ in range(batch.rows // self._size + 2):
            page, asked_at = self._get(batch, where, self._size)
            pages.append((page, asked_at))
            if page.height < self._size:
                return pl.concat(rows for rows, _ in pages), pages[0][1]
            where = f"{everything} and :id > {soql.literal(page[':id'][-1])}"
        raise PortalDisagreesError(
            f"{self._feed.name} of {batch}: the portal promised {batch.rows} rows and sends more and more. "
            "Nothing of this day was stored. Try again later."
        )

    def _get(self, batch: Batch, where: str, limit: int) -> tuple[pl.DataFrame, datetime]:
        """Rows, and when they were asked for."""
        reply = self._portal.get_frame(
            self._feed.dataset_id,
            {
                "$select": ",".join([*SYSTEM_FIELDS, *map(soql.column, self._columns.names)]),
                "$where": where,
                "$order": ":id",
                "$limit": str(limit),
            },
            self._fields,
            points=[column.name for column in self._feed.columns if column.kind is Kind.POINT],
            feed=self._feed.name,
            purpose=f"rows {batch}",
        )
        return reply.rows, reply.asked_at

    @property
    def _fields(self) -> tuple[str, ...]:
        return SYSTEM_FIELDS + self._columns.names

    def _deliver(self, whole: Mapping[date, pl.DataFrame], fetched_at: datetime) -> Iterator[DayRows]:
        shares = self._bill.share([frame.height for frame in whole.values()])
        for (day, frame), share in zip(whole.items(), shares, strict=True):
            yield DayRows(
                day,
                frame,
                self._pending.pop(day),
                fetched_at,
                share.requests,
                share.bytes,
                share.seconds,
                self._columns.unknown,
            )

    def _ask_for_less(self, batch: Batch, error: PortalTimeoutError) -> Iterator[DayFailure]:
        asked = min(self._size, batch.rows)
        if asked <= SMALLEST_WINDOW:
            yield from self._give_up(self._days_of(batch), error)
            return
        self._size = max(asked // 2, SMALLEST_WINDOW)
        logger.warning("%s, %s: too slow twice; going on with %d rows at a time", self._feed.name, batch, self._size)

    def _plan_again(self, disagreements: Mapping[date, PortalDisagreesError]) -> Iterator[HeldDay | DayFailure]:
        """Ask what the days hold now, because the portal may have changed between plan and fetch."""
        again = []
        for day, error in disagreements.items():
            self._fetches[day] += 1
            if self._fetches[day] < FETCHES_PER_DAY:
                again.append(day)
            else:
                yield from self._give_up([day], error)
        if not again:
            return
        logger.info("%s: planning %d days again from %s", self._feed.name, len(again), disagreements[again[0]])
        try:
            yield from self._plan(again)
        except TransientError as error:
            yield from self._give_up(again, error)

    def _give_up(self, days: Sequence[date], error: CrashesError) -> Iterator[DayFailure]:
        for day in days:
            del self._pending[day]
            yield DayFailure(day, error)


@dataclass(frozen=True, slots=True)
class _Share:
    requests: int
    bytes: int
    seconds: float


class _Bill:
    """What the portal was asked for since the last share was handed out."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._paid = self._total()

    def share(self, weights: Sequence[int]) -> list[_Share]:
        """Everything unpaid, divided by weight without loss; without any weight it is the first one's."""
        if not weights:
            return []
        total = self._total()
        due = _Share(
            total.requests - self._paid.requests, total.bytes - self._paid.bytes, total.seconds - self._paid.seconds
        )
        self._paid = total
        everything = sum(weights)
        if everything == 0:
            return [due, *[_Share(0, 0, 0.0)] * (len(weights) - 1)]
        shares = []
        before = 0
        for weight in weights:
            after = before + weight
            shares.append(
                _Share(
                    due.requests * after // everything - due.requests * before // everything,
                    due.bytes * after // everything - due.bytes * before // everything,
                    due.seconds * weight / everything,
                )
            )
            before = after
        return shares

    def _total(self) -> _Share:
        return _Share(self._portal.requests_made, self._portal.bytes_received, self._portal.seconds_spent)
