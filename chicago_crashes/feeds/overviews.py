"""What people are shown of a table: how many rows it has, where they are, a few of them. Only cheap reads."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
from psycopg import Connection, sql
from psycopg.rows import dict_row

from chicago_crashes.feeds.catalogue import Coordinates, Feed
from chicago_crashes.storage.copy import copy_from_query


def rows_by_month(connection: Connection, feed: Feed) -> dict[date, int]:
    """The stored rows of every month with loaded days, as they were counted when the days were merged."""
    return dict(
        connection.execute(
            "select date_trunc('month', day)::date, sum(table_rows)::int from ops.signatures where feed = %s"
            " group by 1 order by 1",
            [feed.name],
        ).fetchall()
    )


def places(connection: Connection, feed: Feed, coordinates: Coordinates, first: date, last: date) -> pl.DataFrame:
    """The places of the rows of the days `first` to `last`, both inclusive, that have one."""
    query = sql.SQL(
        "select {longitude}, {latitude} from {table}"
        " where {date} >= {first} and {date} < {after_last} and {latitude} is not null"
    ).format(
        longitude=sql.Identifier(coordinates.longitude),
        latitude=sql.Identifier(coordinates.latitude),
        table=sql.Identifier(feed.table),
        date=sql.Identifier(feed.date),
        first=sql.Placeholder("first"),
        after_last=sql.Placeholder("after_last"),
    )
    types: dict[str, pl.DataType] = {"longitude": pl.Float64(), "latitude": pl.Float64()}
    return copy_from_query(connection, query, types, {"first": first, "after_last": last + timedelta(days=1)})


def newest_rows(
    connection: Connection, feed: Feed, first: date, last: date, columns: Sequence[str], limit: int
) -> list[dict[str, Any]]:
    """The newest rows of the days `first` to `last`, both inclusive, with the named columns."""
    query = sql.SQL(
        "select {columns} from {table} where {date} >= %s and {date} < %s order by {date} desc, {key} limit %s"
    ).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        table=sql.Identifier(feed.table),
        date=sql.Identifier(feed.date),
        key=sql.SQL(", ").join(map(sql.Identifier, feed.key)),
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, [first, last + timedelta(days=1), limit]).fetchall()
