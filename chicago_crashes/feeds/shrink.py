"""The shrink guard: when the portal suddenly publishes much less than we hold, nothing is withdrawn.

The portal has lost three quarters of a dataset for hours before (Business Licenses, 12 November 2020). Rows that are
missing from such an answer are not withdrawn; the answer is wrong. A person may say that it is right.

A row that was given another date is not lost. Losses that are too small to be guarded one by one add up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from psycopg import Connection

from chicago_crashes.alerts.incidents import mend
from chicago_crashes.errors import ShrinkError
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.losses import (
    AcceptedDay,
    Gone,
    HeldDay,
    accepted_days,
    all_held_days,
    hold_back,
    let_through,
    raise_floor,
    settle_recovered,
    still_gone,
    stored_keys,
)
from chicago_crashes.feeds.records import recorded_signatures
from chicago_crashes.feeds.rivals import waiting_rows
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.keys import published_keys
from chicago_crashes.soda.signatures import EMPTY, ONE_DAY, Signature, day_signatures
from chicago_crashes.words import counted

FEED_MAY_LOSE = 0.005
"""The share of its rows a feed may lose, all losses of a year together that are not mended or accepted."""

DAY_MAY_LOSE = 0.5
"""The share of its rows a settled day may lose."""

SETTLED_AFTER = timedelta(days=30)
"""From then on reports of a day are rarely added, and hardly ever taken away."""

FEWEST_ROWS = 20
"""A day or a feed with fewer rows than this may lose them all: two amended dates are no outage."""

DAYS_NAMED = 10

Signatures = Mapping[date, Signature]


def guard_against_shrink(
    portal: Portal, connection: Connection, feed: Feed, plan: Signatures, *, today: date
) -> dict[date, ShrinkError]:
    """The days of a plan that must not be fetched, because too much would be withdrawn of them or with them.

    The portal is asked about the days outside the plan only if the plan loses rows at all, and for the keys of rows
    only if the loss is too large and rows that moved to other days may explain it.

    Raises:
        CrashesError: the portal does not say what it publishes.
    """
    recorded = recorded_signatures(connection, feed)
    note_recovered(connection, feed, recorded, plan)
    if not any(losses(recorded, plan).values()):
        let_through(connection, feed, plan.keys(), by="portal")
        return {}
    refused = _refused(portal, connection, feed, recorded, plan, today)
    let_through(connection, feed, plan.keys() - refused.keys(), by="portal")
    told = [HeldDay(day, recorded[day].rows - plan[day].rows, str(error)) for day, error in refused.items()]
    hold_back(connection, feed, told, by="portal")
    return refused


def losses(recorded: Signatures, published: Signatures) -> dict[date, int]:
    """How many rows fewer the portal publishes of each day it has less of than we recorded."""
    found = {day: known.rows - published.get(day, EMPTY).rows for day, known in recorded.items() if day in published}
    return {day: rows for day, rows in found.items() if rows > 0}


def note_recovered(connection: Connection, feed: Feed, recorded: Signatures, published: Signatures) -> None:
    """Hold what is accepted or held back of the days against what the portal publishes of them now.

    An acceptance is void once the rows are published again, and covers no more than is still missing.
    """
    accepted = accepted_days(connection, feed)
    held = all_held_days(connection, feed)
    waiting = (accepted.keys() | held) & published.keys()
    as_before = {day for day in waiting if published[day] == recorded.get(day, EMPTY)}
    settle_recovered(connection, feed, as_before | _void(accepted, published))
    if mended := sorted(as_before & held):  # nothing of these days is stale, so no run will mend what was told of them
        mend(connection, days=mended, steps=[f"raw__{feed.name}", f"postgis__{feed.table}"])
    for day in accepted.keys() & published.keys():
        if published[day].rows > accepted[day].published_rows:
            raise_floor(connection, feed, day, published[day].rows)


def _void(accepted: Mapping[date, AcceptedDay], published: Signatures) -> set[date]:
    """The days of which nothing is missing any more; one accepted for its quarantine never lacked rows."""
    return {
        day
        for day, known in accepted.items()
        if day in published and published[day].rows >= known.stored_rows > known.published_rows
    }


def _refused(
    portal: Portal, connection: Connection, feed: Feed, recorded: Signatures, plan: Signatures, today: date
) -> dict[date, ShrinkError]:
    published = dict(plan)
    if recorded.keys() - plan.keys():
        published = day_signatures(portal, feed, min(recorded), max(recorded) + ONE_DAY) | published
    fewer = _not_accepted(losses(recorded, published), published, accepted_days(connection, feed))
    loss = Loss(feed, recorded, published, fewer, fewer, still_gone(connection, feed))
    settled = [day for day in plan if today - day > SETTLED_AFTER]
    if loss.is_too_large or loss.halved(settled):
        loss = replace(
            loss, gained=_gained(feed, recorded, published), waiting=_waiting(waiting_rows(connection, feed), fewer)
        )
        if loss.moved_at_most and not feed.surrogate and not loss.is_too_large:
            loss = _without_moved(portal, connection, loss)
    return _errors(loss, plan, loss.halved(settled))


@dataclass(frozen=True, slots=True)
class Loss:
    """What a feed lost: by counting rows per day, or, once the portal was asked for them, by keys.

    `fewer` is how many rows fewer are published of each day, `gone` how many of these are lost by all that is known.
    Where keys were not asked for, some may be on other days: on those that `gained` rows, or on those of which rows
    are in quarantine because two days have the key; these are `waiting`, by the day that gets them back.
    """

    feed: Feed
    recorded: Signatures
    published: Signatures
    fewer: Mapping[date, int]
    gone: Mapping[date, int]
    earlier: Gone
    gained: int = 0
    waiting: Mapping[date, int] = field(default_factory=dict)
    is_by_key: bool = False

    @property
    def moved_at_most(self) -> int:
        """How many of the missing rows may be on other days."""
        return self.gained + sum(self.waiting.values())

    @property
    def rows(self) -> int:
        """How many rows are lost at least."""
        return max(0, sum(self.gone.values()) - self.moved_at_most)

    @property
    def held(self) -> int:
        """How many rows we hold of the feed."""
        return sum(signature.rows for signature in self.recorded.values())

    @property
    def is_too_large(self) -> bool:
        """Whether it is more than the feed may lose, with what it lost earlier."""
        return self.rows > 0 and is_too_much(self.rows + self.earlier.rows, self.held + self.earlier.rows)

    def halved(self, days: Iterable[date]) -> list[date]:
        """Those of the days that lose more than half of their rows."""
        return sorted(
            day
            for day in days
            if day in self.gone
            and self.recorded[day].rows >= FEWEST_ROWS
            and self.gone[day] - self.moved_at_most > DAY_MAY_LOSE * self.recorded[day].rows
        )


def is_too_much(lost: int, held: int) -> bool:
    """Whether so many lost rows are more than a feed of as many rows may lose."""
    return lost > FEWEST_ROWS and lost > FEED_MAY_LOSE * held


def _gained(feed: Feed, recorded: Signatures, published: Signatures) -> int:
    """How many rows more other days have: so many of those that are missing may have moved there.

    Of a feed without keys only days that were loaded before count: elsewhere nothing tells moved rows from new ones.
    """
    return sum(_more(recorded, published, day) for day in published if day in recorded or not feed.surrogate)


def _more(recorded: Signatures, published: Signatures, day: date) -> int:
    return max(0, published[day].rows - recorded.get(day, EMPTY).rows)


def _waiting(rows: Mapping[tuple[date, date], int], fewer: Mapping[date, int]) -> dict[date, int]:
    """Rows in quarantine, by day, because two days have their key and one of these loses rows.

    A row of a losing day that waits is stored on the other day, so it does not leave the table. One that waits for a
    row of a losing day is there to be stored again.
    """
    found: Counter[date] = Counter()
    for (day, rival_day), count in rows.items():
        if day in fewer or rival_day in fewer:
            found[day] += count
    return dict(found)


def _not_accepted(
    lost: Mapping[date, int], published: Signatures, accepted: Mapping[date, AcceptedDay]
) -> dict[date, int]:
    """The losses that nobody accepted; of a day that lost more than was accepted, the whole loss."""
    return {
        day: rows
        for day, rows in lost.items()
        if day not in accepted or published[day].rows < accepted[day].published_rows
    }


def _without_moved(portal: Portal, connection: Connection, loss: Loss) -> Loss:
    """The loss by keys: what is stored of the days that lose rows, and published on none that loses, gains or waits."""
    changed = {
        day: now
        for day, now in loss.published.items()
        if day in loss.fewer or day in loss.waiting or _more(loss.recorded, loss.published, day)
    }
    missing = stored_keys(connection, loss.feed, loss.fewer.keys())
    for published in published_keys(portal, loss.feed, changed):
        missing = missing.join(published, on=loss.feed.key, how="anti")
    lost = dict(missing["day"].value_counts().iter_rows())
    gone = {day: min(rows, lost[day]) for day, rows in loss.fewer.items() if day in lost}
    return replace(loss, gone=gone, gained=0, waiting={}, is_by_key=True)


def _errors(loss: Loss, plan: Signatures, halved: Sequence[date]) -> dict[date, ShrinkError]:
    """The days of the plan that are held back."""
    if loss.is_too_large:
        error = ShrinkError(f"{_lost_in_words(loss)} {_remedy(loss)}")
        return {day: error for day in plan if day in loss.gone}
    if halved:
        error = ShrinkError(_halved_in_words(loss, halved))
        return dict.fromkeys(halved, error)
    return {}


def _lost_in_words(loss: Loss) -> str:
    fewer = sum(loss.fewer.values())
    days = f"{counted(len(loss.fewer), 'day')} from {min(loss.fewer)} to {max(loss.fewer)}"
    name, held = loss.feed.name, loss.held
    now = sum(signature.rows for signature in loss.published.values())
    if loss.is_by_key:
        what = (
            f"{counted(fewer, 'row')} of {name} left {days}: {fewer - loss.rows:,} of them are published on other days "
            f"now, {loss.rows:,} are published no more."
        )
    elif loss.moved_at_most:
        waiting = sum(loss.waiting.values())
        shared = f" {waiting:,} rows in quarantine share their key with one of another day:" if waiting else ""
        what = (
            f"The portal publishes {counted(fewer, 'row')} of {name} less on {days} and {loss.gained:,} more on other "
            f"days:{shared} at least {loss.rows:,} rows are gone."
        )
    else:
        what = f"The portal publishes {counted(fewer, 'row')} of {name} less on {days}, and no more on any other day."
    earlier = ""
    if loss.earlier.rows:
        earlier = f" {loss.earlier.rows:,} others left since {loss.earlier.since:%Y-%m-%d} and are not back."
    return f"{what}{earlier} It publishes {counted(now, 'row')} now, we hold {held:,}."


def _remedy(loss: Loss) -> str:
    days = [*loss.gone, *filter(None, [loss.earlier.first_day, loss.earlier.last_day])]
    return (
        f"More than {FEED_MAY_LOSE:.1%} of a feed is taken for an outage: nothing was withdrawn of the days that lose "
        f"rows; the others are loaded. {how_to_accept(loss.feed, min(days), max(days))}"
    )


def _halved_in_words(loss: Loss, halved: Sequence[date]) -> str:
    named = ", ".join(f"{day} ({loss.recorded[day].rows} → {loss.published[day].rows})" for day in halved[:DAYS_NAMED])
    gone = ", whose other rows are published on no other day" if loss.is_by_key else ""
    of = f"{counted(len(halved), 'settled day')} of {loss.feed.name}"
    return (
        f"The portal publishes less than half of the rows of {of} that we hold{gone}: {named}. "
        "Nothing was withdrawn of them; other days are loaded. "
        f"{how_to_accept(loss.feed, halved[0], halved[-1])}"
    )


def how_to_accept(feed: Feed, first: date, last: date) -> str:
    """What a person can do who knows that the loss is right, and what others do."""
    return (
        f"If the City really removed them, run `chicago-crashes accept-shrink {feed.name} {first} {last} "
        "--reason TEXT` and load again; otherwise wait until the portal has recovered."
    )
