"""Row-by-row upserts by SQLAlchemy's ORM: look for the row, then add or change it. Identical tables, same server."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import polars as pl
import psycopg
from psycopg import sql
from sqlalchemy import Engine, MetaData
from sqlalchemy.orm import Session, registry

from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.feeds.cleaning.clean import DAY, clean
from chicago_crashes.storage.lake import Lake
from chicago_crashes.storage.schema.migrate import engine_for
from chicago_crashes.storage.tables import table_of
from chicago_crashes_bench.baselines import Rate
from chicago_crashes_bench.bench import Bench
from chicago_crashes_bench.database import settle
from chicago_crashes_bench.history import History
from chicago_crashes_bench.sizes import FIRST_DAY

SCHEMA = "row_by_row"
ROWS_A_COMMIT = 1_000


def measured(bench: Bench, history: History) -> Rate:
    """Load the rows of the first days of all feeds, so that the feeds have their true shares."""
    days = list(_days(bench, history))
    rows = seconds = 0.0
    for feed in FEEDS:
        values = _values(history, feed, days)
        bench.tell(f"row by row: {len(values):,} rows of {feed.name}")
        with _identical_table(history.database_url, feed):
            settle(history.database_url)
            seconds += _upsert(history.database_url, feed, values)
        rows += len(values)
    return Rate(int(rows), seconds)


def _days(bench: Bench, history: History) -> Iterator[date]:
    """Days from the first on that together have as many rows as are to be loaded."""
    with psycopg.connect(history.database_url) as connection:
        found = connection.execute(
            "select day, sum(table_rows)::int from ops.signatures where day >= %s group by day order by day",
            [FIRST_DAY],
        ).fetchall()
    left = bench.sizes.orm_rows
    for day, rows in found:
        if left <= 0:
            return
        left -= rows
        yield day


def _values(history: History, feed: Feed, days: list[date]) -> list[dict[str, Any]]:
    """The cleaned rows, as the objects' attributes."""
    lake = Lake(str(history.lake))
    files = [file for _, file in lake.newest_files(feed, days) if file]
    frames = [lake.read(file).with_columns(pl.lit(file.note.day).alias(DAY)) for file in files]
    return clean(feed, pl.concat(frames, how="diagonal")).rows.drop(DAY, "extra", strict=False).to_dicts()


@contextmanager
def _identical_table(url: str, feed: Feed) -> Iterator[None]:
    """A table like the platform's, with its indexes and constraints, in a schema of its own."""
    schema, table = sql.Identifier(SCHEMA), sql.Identifier(feed.table)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("create schema {}").format(schema))
        try:
            connection.execute(sql.SQL("create table {}.{} (like {} including all)").format(schema, table, table))
            yield
        finally:
            connection.execute(sql.SQL("drop schema {} cascade").format(schema))


def _upsert(url: str, feed: Feed, values: list[dict[str, Any]]) -> float:
    row_class = _mapped(feed)
    engine: Engine = engine_for(url)
    started = time.perf_counter()
    with Session(engine, expire_on_commit=False) as session:
        for number, row in enumerate(values, 1):
            found = session.get(row_class, tuple(row[name] for name in feed.key))
            if found is None:
                session.add(row_class(**row))
            else:
                for name, value in row.items():
                    setattr(found, name, value)
            if number % ROWS_A_COMMIT == 0:
                session.commit()
        session.commit()
    seconds = time.perf_counter() - started
    engine.dispose()
    return seconds


def _mapped(feed: Feed) -> type[Any]:
    """A class for the table as it is declared."""

    def take(self: object, **values: object) -> None:
        for name, value in values.items():
            setattr(self, name, value)

    row_class = type(f"{feed.name}_row", (), {"__init__": take})
    registry().map_imperatively(row_class, table_of(feed).to_metadata(MetaData(), schema=SCHEMA))
    return row_class
