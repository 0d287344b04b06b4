"""The few phrases of the portal's query language that more than one query needs."""

import re
from datetime import date

from chicago_crashes.feeds.catalogue import Feed

PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def between(feed: Feed, start: date, end: date) -> str:
    """The `$where` clause for `start` to before `end`, on the wall clock the portal's timestamps are in."""
    return f"{feed.date} >= '{midnight(start)}' and {feed.date} < '{midnight(end)}'"


def midnight(day: date) -> str:
    """The beginning of a day as the portal writes it."""
    return f"{day.isoformat()}T00:00:00.000"


def column(name: str) -> str:
    """A published column as it is named in a query; unusual names stand in backticks."""
    return name if PLAIN_NAME.fullmatch(name) else f"`{name}`"


def literal(text: str) -> str:
    """A text literal."""
    return "'" + text.replace("'", "''") + "'"
