"""Is a feed's table as new as it should be: its newest row, and the last time the portal was asked."""

from datetime import UTC, datetime

from psycopg import Connection

from chicago_crashes.alerts.staleness import STALE_AFTER, newest_row
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.catalogue.rules import Question
from chicago_crashes.verdict import Verdict

SECONDS_A_DAY = 86_400


def fresh(connection: Connection, feed: Feed, *, last_poll: datetime | None, now: datetime) -> Verdict:
    """Whether the newest row and the last successful poll are as new as they should be. `now` is Chicago's."""
    newest = newest_row(connection, feed)
    reasons = []
    numbers: dict[str, int | float] = {}
    if newest is None:
        reasons.append("The table is empty.")
    else:
        age = now.date() - newest.date()
        numbers["days_since_newest_row"] = age.days
        if feed.quiet_for is not None and age > feed.quiet_for:
            reasons.append(
                f"The newest row is of {newest:%Y-%m-%d}, {age.days} days ago; at most {feed.quiet_for.days} are usual."
            )
    if last_poll is None:
        reasons.append("The portal was never asked.")
    else:
        since = now - last_poll
        numbers["days_since_last_poll"] = round(since.total_seconds() / SECONDS_A_DAY, 2)
        if since > STALE_AFTER:
            reasons.append(
                f"The portal was last asked successfully on {last_poll.astimezone(UTC):%Y-%m-%d %H:%M} UTC. Is the "
                "sensor portal_changes on?"
            )
    return Verdict(Question.FRESH.value, None, passed=not reasons, is_fault=False, numbers=numbers, reasons=reasons)
