"""The oracle: what the tables must hold, made from the portal's final content as a clean load would make it."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import orjson
import polars as pl
from psycopg import Connection, sql
from psycopg.rows import dict_row

from chicago_crashes.feeds.catalogue import FEEDS, SYSTEM_FIELDS, Feed, Kind
from chicago_crashes.feeds.cleaning.clean import DAY, clean
from chicago_crashes.feeds.records import recorded_signatures
from chicago_crashes.soda.reconcile import signature_of
from chicago_crashes.soda.signatures import EMPTY
from chicago_crashes.stand_in.mutations import content
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.oracle import judge

Rows = list[dict[str, Any]]
NOT_FROM_THE_PORTAL = ("created_at", "updated_at", "source_updated_at", "geometry", "needs_geocoding")
"""When a row came and changed here, which is another matter in a clean load, and what the database computes."""


def tables_equal_portal(
    connection: Connection, store: PortalStore, first: date, last: date, feeds: Sequence[Feed] = FEEDS
) -> None:
    """Assert that table, quarantine and signatures are what is published, and all records those of a clean load.

    Row by row and column by column; rows of other days or of none are not in the tables. Whether they are what is
    published is judged by an oracle of its own, without what we clean by.
    """
    for feed in feeds:
        judgement = judge(connection, store, feed, first, last)
        assert not judgement.differences, judgement.differences
        published = published_rows(store, feed, first, last)
        cleaned = clean(feed, published)
        assert _stored(connection, feed) == _sorted(_with_place(feed, cleaned.rows.drop(DAY, "source_updated_at")))
        assert _records(connection, feed, "findings", cleaned.findings.columns) == _sorted(cleaned.findings)
        assert _records(connection, feed, "quarantine", cleaned.quarantined.columns) == _sorted(cleaned.quarantined)
        promised = {key[0]: signature_of(rows) for key, rows in published.partition_by(DAY, as_dict=True).items()}
        recorded = recorded_signatures(connection, feed)
        assert {day: signature for day, signature in recorded.items() if signature != EMPTY} == promised


def published_rows(store: PortalStore, feed: Feed, first: date, last: date) -> pl.DataFrame:
    """The published rows of the days, in the form in which they reach the raw lake, with the `day` of each."""
    rows = content(store, feed)
    points = [column.name for column in feed.columns if column.kind is Kind.POINT]
    columns = [*SYSTEM_FIELDS, *(name for name in rows.columns if not name.startswith(":"))]
    return (
        rows.select(columns)
        .with_columns(pl.Series(name, [_as_json(value) for value in rows[name]], pl.String) for name in points)
        .with_columns(pl.col(feed.date).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias(DAY))
        .filter(pl.col(DAY).is_between(first, last))
    )


def _as_json(point: str | None) -> str | None:
    if point is None or not point.startswith("POINT"):
        return point
    coordinates = [float(number) for number in point.strip("POINT ()").split(" ")]
    return orjson.dumps({"type": "Point", "coordinates": coordinates}).decode()


def _with_place(feed: Feed, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the coordinates of the point that the database makes of them."""
    if feed.coordinates is None:
        return rows
    return rows.with_columns(
        pl.col(feed.coordinates.longitude).alias("st_x"), pl.col(feed.coordinates.latitude).alias("st_y")
    )


def _stored(connection: Connection, feed: Feed) -> Rows:
    place = sql.SQL(", st_x(geometry), st_y(geometry)" if feed.coordinates else "")
    return _fetched(connection, sql.SQL("select *{} from {}").format(place, sql.Identifier(feed.table)))


def _records(connection: Connection, feed: Feed, table: str, columns: list[str]) -> Rows:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return _fetched(
        connection,
        sql.SQL("select {} from {} where feed = {}").format(names, sql.Identifier("ops", table), feed.name),
    )


def _fetched(connection: Connection, query: sql.Composed) -> Rows:
    with connection.cursor(row_factory=dict_row) as cursor:
        return _in_order(cursor.execute(query).fetchall())


def _sorted(rows: pl.DataFrame) -> Rows:
    return _in_order(rows.iter_rows(named=True))


def _in_order(rows: Iterable[dict[str, Any]]) -> Rows:
    """The rows in an order of their own, JSON read as what it says."""
    found = [
        {name: _read(name, value) for name, value in row.items() if name not in NOT_FROM_THE_PORTAL} for row in rows
    ]
    return sorted(found, key=lambda row: json.dumps(row, default=str, sort_keys=True))


def _read(name: str, value: object) -> object:
    return json.loads(value) if name in ("extra", "raw_row") and isinstance(value, str) else value
