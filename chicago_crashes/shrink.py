"""The shrink guard: when the portal suddenly publishes much less than we hold, nothing is withdrawn.

The portal has lost three quarters of a dataset for hours before (Business Licenses, 12 November 2020). Rows that are
missing from such an answer are not withdrawn; the answer is wrong. A person may say that it is right.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from psycopg import Connection

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds import Feed
from chicago_crashes.postgis.records import AcceptedShrink, accepted_shrinks, recorded_signatures
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.signatures import EMPTY, Signature, day_signatures

FEED_MAY_LOSE = 0.005
"""The share of its rows a feed may lose between two loads."""

DAY_MAY_LOSE = 0.5
"""The share of its rows a settled day may lose."""

SETTLED_AFTER = timedelta(days=30)
"""From then on reports of a day are rarely added, and hardly ever taken away."""

FEWEST_ROWS = 20
"""A day or a feed with fewer rows than this may lose them all: two amended dates are no outage."""

DAYS_NAMED = 10


class ShrinkError(PermanentError):
    """The portal publishes much less than we hold; nothing was withdrawn."""


def guard_against_shrink(
    portal: Portal, connection: Connection, feed: Feed, plan: Mapping[date, Signature], *, today: date
) -> None:
    """Stop before anything is fetched if the plan would withdraw too much.

    The portal is asked about the days outside the plan only if the plan loses rows at all.

    Raises:
        ShrinkError: a settled day loses more than half of its rows, or the feed more than 0.5 %, and nobody accepted.
    """
    recorded = recorded_signatures(connection, feed)
    if not any(losses(recorded, plan).values()):
        return
    published = dict(plan)
    if recorded.keys() - plan.keys():
        published = day_signatures(portal, feed, min(recorded), max(recorded) + timedelta(days=1)) | published
    lost = losses(recorded, published)
    for acceptance in accepted_shrinks(connection, feed):
        if _still_holds(acceptance, published):
            lost = {day: rows for day, rows in lost.items() if not acceptance.first_day <= day <= acceptance.last_day}
    _check_days(feed, recorded, lost, plan, today)
    _check_feed(feed, recorded, lost)


def losses(recorded: Mapping[date, Signature], published: Mapping[date, Signature]) -> dict[date, int]:
    """How many rows fewer the portal publishes of each day it has less of than we recorded."""
    found = {day: known.rows - published.get(day, EMPTY).rows for day, known in recorded.items() if day in published}
    return {day: rows for day, rows in found.items() if rows > 0}


def _still_holds(acceptance: AcceptedShrink, published: Mapping[date, Signature]) -> bool:
    now = sum(
        signature.rows for day, signature in published.items() if acceptance.first_day <= day <= acceptance.last_day
    )
    return now >= acceptance.published_rows


def _check_days(
    feed: Feed,
    recorded: Mapping[date, Signature],
    lost: Mapping[date, int],
    plan: Mapping[date, Signature],
    today: date,
) -> None:
    halved = [
        day
        for day, rows in sorted(lost.items())
        if day in plan
        and recorded[day].rows >= FEWEST_ROWS
        and today - day > SETTLED_AFTER
        and rows > DAY_MAY_LOSE * recorded[day].rows
    ]
    if halved:
        named = ", ".join(f"{day} ({recorded[day].rows} → {plan[day].rows})" for day in halved[:DAYS_NAMED])
        raise ShrinkError(
            f"The portal publishes less than half of the rows of {len(halved)} settled days of {feed.name} that we "
            f"hold: {named}. Nothing was withdrawn. If the City really removed them, run "
            f"`chicago-crashes accept-shrink {feed.name} {halved[0]} {halved[-1]} --reason TEXT` and load again; "
            "otherwise wait until the portal has recovered."
        )


def _check_feed(feed: Feed, recorded: Mapping[date, Signature], lost: Mapping[date, int]) -> None:
    held = sum(signature.rows for signature in recorded.values())
    gone = sum(lost.values())
    if gone > FEWEST_ROWS and gone > FEED_MAY_LOSE * held:
        raise ShrinkError(
            f"The portal publishes {gone:,} rows of {feed.name} less than the {held:,} we hold, in {len(lost)} days "
            f"from {min(lost)} to {max(lost)}. More than {FEED_MAY_LOSE:.1%} at once is taken for an outage: nothing "
            "was withdrawn. If the City really removed them, run "
            f"`chicago-crashes accept-shrink {feed.name} {min(lost)} {max(lost)} --reason TEXT` and load again; "
            "otherwise wait until the portal has recovered."
        )
