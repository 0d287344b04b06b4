"""What the portal says each day holds: the plan, the proof and the change detector in one grouped request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chicago_crashes.feeds import Feed
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.errors import PortalDisagreesError
from chicago_crashes.soda.soql import between, outside

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Signature:
    """How many rows a day holds and when the newest of them was written (UTC); no rows, no time."""

    rows: int
    updated_at: datetime | None


EMPTY = Signature(0, None)


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


def undated_rows(portal: Portal, feed: Feed, start: date, end: date) -> int:
    """How many rows no day from `start` to before `end` can hold: their date is missing or lies outside."""
    reply = portal.get_rows(
        feed.dataset_id,
        {
            "$select": "count(*) as rows",
            "$where": outside(feed, start, end),
        },
        feed=feed.name,
        purpose=f"rows outside {start} to {end - ONE_DAY}",
    )
    try:
        return int(reply.rows[0]["rows"])
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise PortalDisagreesError(
            f"Asked how many rows of {feed.name} have no day, the portal sent {reply.rows}."
        ) from error


def _signature(feed: Feed, row: Mapping[str, Any]) -> tuple[date, Signature]:
    try:
        day = datetime.fromisoformat(row["day"]).date()
        rows = int(row["rows"])
        return day, Signature(rows, utc(row["updated_at"]))
    except (KeyError, TypeError, ValueError) as error:
        raise PortalDisagreesError(
            f"A signature of {feed.name} cannot be read: {row}. Nothing was planned. Try again later."
        ) from error


def utc(text: str) -> datetime:
    """A system timestamp of the portal; without an offset it means UTC."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
