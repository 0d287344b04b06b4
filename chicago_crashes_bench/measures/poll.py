"""Nothing changed: one look of the change sensor at the whole history."""

import time

import psycopg

from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.feeds.changes import find_changes
from chicago_crashes.soda.ceiling import postgres_ceiling
from chicago_crashes.soda.client import Portal
from chicago_crashes.storage.lake import Lake
from chicago_crashes_bench import database
from chicago_crashes_bench.bench import Bench, Found
from chicago_crashes_bench.results import Amount, Bar, Kind, Measurement, Unit
from chicago_crashes_bench.sizes import FIRST_DAY
from chicago_crashes_bench.watching import ProgramFailedError

PER_HOUR = 1_000_000


def measure(bench: Bench) -> Found:
    """Requests, rows written and seconds of a poll."""
    url, rows = bench.history.database_url, bench.history.rows
    bench.tell("poll: the whole history is compared with the portal")
    written = database.rows_written(url)
    started = time.perf_counter()
    with (
        Portal(bench.portal.url, ceiling=postgres_ceiling(url, PER_HOUR)) as portal,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        lake = Lake(str(bench.history.lake))
        changes = [find_changes(portal, connection, lake, feed, FIRST_DAY, bench.last_day) for feed in FEEDS]
        seconds = time.perf_counter() - started
        database.tell_statistics(connection)
    if stale := sum(len(change.stale) for change in changes):
        raise ProgramFailedError(f"{stale} days of the loaded history are stale although nothing changed.")
    size = f"{rows:,} rows, {bench.sizes.history_days:,} days"
    yield Measurement(
        "nothing changed: poll, requests", size, Amount(portal.requests_made, Unit.REQUESTS), Bar(Kind.AT_MOST, 4)
    )
    yield Measurement(
        "nothing changed: poll, rows written",
        size,
        Amount(database.rows_written(url) - written, Unit.ROWS),
        Bar(Kind.AT_MOST, 0),
    )
    yield Measurement("nothing changed: poll, time", size, Amount(seconds, Unit.SECONDS), Bar(Kind.UNDER, 5))
