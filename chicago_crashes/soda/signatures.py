"""What the portal says each day holds: the plan, the proof and the change detector in one grouped request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.errors import PortalDisagreesError
from chicago_crashes.soda.soql import between
from chicago_crashes.soda.system_times import utc

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Signature:
    """How many rows a day holds and when the newest of them was written (UTC); no rows, no time."""

    rows: int
    updated_at: datetime | None


EMPTY = Signature(0, None)

MOST_DAYS = 50_000
"""More groups than there are days since the first crash report by far; a list this long would have been cut."""


def day_signatures(portal: Portal, feed: Feed, start: date, end: date) -> dict[date, Signature]:
    """The signature of every day from `start` to before `end`, `EMPTY` for days the portal holds nothing of."""
    days = [start + ONE_DAY * number for number in range((end - start).days)]
    if not days:
        return {}
    # Left alone, the portal cuts the list after 1,000 groups and does not say so.
    limit = len(days) + 1
    reply = portal.get_rows(
        feed.dataset_id,
        {
            "$select": f"date_trunc_ymd({feed.date}) as day,count(*) as rows,max(:updated_at) as updated_at",
            "$where": between(feed, start, end),
            "$group": "day",
            "$limit": str(limit),
        },
        feed=feed.name,
        purpose=f"signatures {start} to {days[-1]}",
    )
    found: dict[date, Signature] = {}
    for row in reply.rows:
        day, signature = _signature(feed, row)
        if day in found or not start <= day < end:
            raise PortalDisagreesError(
                f"Asked for one signature per day from {start} to {days[-1]}, the portal sent {row} for {feed.name}. "
                "Nothing was planned. Try again later."
            )
        found[day] = signature
    if len(found) >= limit:
        raise PortalDisagreesError(f"The portal sent {len(found)} signatures of {feed.name} for {len(days)} days.")
    return {day: found.get(day, EMPTY) for day in days}


@dataclass(frozen=True, slots=True)
class PublishedDays:
    """Every day the portal holds rows of, and how many of its rows have no date at all."""

    days: Mapping[date, Signature]
    undated_rows: int

    def between(self, first: date, last: date) -> dict[date, Signature]:
        """The signatures of the days from `first` to `last`, both inclusive, that the portal holds rows of."""
        return {day: signature for day, signature in self.days.items() if first <= day <= last}

    def rows_outside(self, first: date, last: date) -> int:
        """How many rows belong to none of the days from `first` to `last`, both inclusive."""
        return self.undated_rows + sum(
            signature.rows for day, signature in self.days.items() if not first <= day <= last
        )


def published_days(portal: Portal, feed: Feed) -> PublishedDays:
    """What the portal holds of the whole feed, whatever the dates: nothing it publishes is left out."""
    reply = portal.get_rows(
        feed.dataset_id,
        {
            "$select": f"date_trunc_ymd({feed.date}) as day,count(*) as rows,max(:updated_at) as updated_at",
            "$group": "day",
            "$limit": str(MOST_DAYS),
        },
        feed=feed.name,
        purpose="signatures of all days",
    )
    if len(reply.rows) >= MOST_DAYS:
        raise PortalDisagreesError(f"The portal sent {len(reply.rows)} signatures of {feed.name}: there may be more.")
    dated = [_signature(feed, row) for row in reply.rows if row.get("day") is not None]
    undated = [_rows(feed, row) for row in reply.rows if row.get("day") is None]
    if len(dict(dated)) < len(dated) or len(undated) > 1:
        raise PortalDisagreesError(f"The portal sent two signatures of one day of {feed.name}. Try again later.")
    return PublishedDays(dict(dated), sum(undated))


def _rows(feed: Feed, row: Mapping[str, Any]) -> int:
    try:
        return int(row["rows"])
    except (KeyError, TypeError, ValueError) as error:
        raise PortalDisagreesError(f"A signature of {feed.name} cannot be read: {row}. Try again later.") from error


def _signature(feed: Feed, row: Mapping[str, Any]) -> tuple[date, Signature]:
    try:
        day = datetime.fromisoformat(row["day"]).date()
        rows = int(row["rows"])
        return day, Signature(rows, utc(row["updated_at"]))
    except (KeyError, TypeError, ValueError) as error:
        raise PortalDisagreesError(
            f"A signature of {feed.name} cannot be read: {row}. Nothing was planned. Try again later."
        ) from error
