"""Whether the tables hold what the portal publishes: what is missing, what is too many, what is stale, what is lost.

What the portal publishes comes from its store, not over HTTP, and is judged by an oracle that shares no code with us.
"""

from datetime import date

from psycopg import Connection

from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.oracle import Judgement, judge


def agreements(connection: Connection, store: PortalStore, first: date, last: date) -> list[Judgement]:
    """Compare every feed; rows whose date is not among the days are none of the tables' business."""
    return [judge(connection, store, feed, first, last) for feed in FEEDS]
