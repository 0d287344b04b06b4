"""Loading hand-made days straight into a database, and looking at what a merge wrote."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime

import polars as pl
import psycopg
from psycopg import sql

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.cleaning.clean import clean
from chicago_crashes.feeds.merge import DayCounts, MergedDays, SourceDay, merge_days
from chicago_crashes_tests.feeds.cleaning.raw_rows import Row, raw_frame

Connection = psycopg.Connection[tuple[object, ...]]
FETCHED = datetime(2022, 2, 1, tzinfo=UTC)
SIGNED = datetime(2022, 1, 5, 10, tzinfo=UTC)
Days = dict[date, Sequence[Row]]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection outside a transaction, as a merge wants it."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def load(
    connection: Connection,
    feed: Feed,
    days: Days,
    *,
    run_id: str = "run",
    source_rows: int | None = None,
    fetched_at: datetime = FETCHED,
) -> dict[date, DayCounts]:
    """Clean and merge days; rows are dated to their day unless they say otherwise."""
    return merge(connection, feed, days, run_id=run_id, source_rows=source_rows, fetched_at=fetched_at).counts


def merge(
    connection: Connection,
    feed: Feed,
    days: Days,
    *,
    run_id: str = "run",
    source_rows: int | None = None,
    fetched_at: datetime = FETCHED,
) -> MergedDays:
    """The same, with what the merge says of rows that share a key with those of other days."""
    frames = []
    for day, rows in days.items():
        dated = [{feed.date: f"{day}T12:00:00.000", ":id": f"{day}-{place}", **row} for place, row in enumerate(rows)]
        frames.append(raw_frame(feed, dated, day=day))
    sources = [
        SourceDay(day, len(rows) if source_rows is None else source_rows, SIGNED, len(rows), fetched_at, "raw", "rules")
        for day, rows in days.items()
    ]
    return merge_days(connection, feed, clean(feed, pl.concat(frames, how="diagonal")), sources, run_id=run_id)


def rows_of(connection: Connection, query: str, *params: object) -> list[tuple[object, ...]]:
    """The rows of a query."""
    return connection.execute(query.encode(), params or None).fetchall()


def versions(connection: Connection, feed: Feed) -> dict[str, list[tuple[object, ...]]]:
    """Where every row of the feed's table and of the records lies and which transaction wrote it."""
    tables = [("public", feed.table), *(("ops", name) for name in ("signatures", "findings", "quarantine", "history"))]
    return {
        name: connection.execute(
            sql.SQL("select ctid::text, xmin::text from {} order by 1").format(sql.Identifier(schema, name))
        ).fetchall()
        for schema, name in tables
    }
