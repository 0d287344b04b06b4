"""Rows of several days that share a key: one is in the table, each other one in quarantine under its own day.

The one the portal touched last is stored; of rows touched at one time, that of the later day; a row without a time is
older than any with one. Between the days of one merge, cleaning has chosen already. Here the winner meets the row that
is stored of a day that is not merged. Either may lose: an arrived row is set aside; a stored one is replaced, and its
day has a row too few until it is merged again. So has a day whose row waits in quarantine for a rival that is gone.
Whoever merges must see to these days: each is a merge of its own, and because the order is one of all rows, it ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from psycopg import Connection, sql

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.catalogue.rules import SECOND_ROW_ELSEWHERE
from chicago_crashes.feeds.cleaning.clean import DAY, REASON, RECORD_DAY, RIVAL_DAY, TOUCHED, Cleaned
from chicago_crashes.feeds.cleaning.keys import ROW_KEY, row_key
from chicago_crashes.feeds.row_keys import stored_row_key
from chicago_crashes.storage.copy import copy_from_query
from chicago_crashes.storage.sql_files import sql_file

STORED_DAY, STORED_TOUCHED = "stored:day", "stored:source_updated_at"


@dataclass(frozen=True, slots=True)
class Rival:
    """A row of `day` that is not stored, because of a row of `rival_day` with the same key."""

    row_key: str
    day: date
    rival_day: date


@dataclass(frozen=True, slots=True)
class Won:
    """The rows that go into the table, the keys it holds of them, and the rows of other days they replace."""

    cleaned: Cleaned
    stored: pl.DataFrame
    replaced: Sequence[Rival]


def let_the_newest_win(
    connection: Connection,
    feed: Feed,
    cleaned: Cleaned,
    parts: Mapping[str, sql.Composable],
    params: Mapping[str, object],
) -> Won:
    """Hold the cleaned rows, whose keys are staged, against the rows that are stored of other days."""
    stored = _stored_keys(connection, feed, cleaned.rows, parts, params)
    elsewhere = stored.filter(pl.col(STORED_DAY).is_not_null())
    if elsewhere.is_empty():
        return Won(cleaned, stored, ())
    met = cleaned.rows.join(elsewhere, on=feed.key, how="left", maintain_order="left").select(
        DAY, STORED_DAY, row_key(feed), _stored_is_newer().alias("loses")
    )
    replaced = met.filter(~pl.col("loses")).select(ROW_KEY, STORED_DAY, DAY)
    return Won(
        cleaned.without(feed, met["loses"].fill_null(value=False), met[STORED_DAY]),
        stored,
        [Rival(*row) for row in replaced.iter_rows()],
    )


def _stored_keys(
    connection: Connection,
    feed: Feed,
    rows: pl.DataFrame,
    parts: Mapping[str, sql.Composable],
    params: Mapping[str, object],
) -> pl.DataFrame:
    """Those of the staged keys that are stored; with day and time (null if it has none) if of a day not merged."""
    types = {name: rows.schema[name] for name in feed.key} | {STORED_DAY: pl.Date(), STORED_TOUCHED: pl.Int64()}
    found = copy_from_query(connection, sql_file(__file__, "stored_keys").format(**parts), types, params)
    return found.with_columns(pl.from_epoch(STORED_TOUCHED, time_unit="us").dt.replace_time_zone("UTC"))


def _stored_is_newer() -> pl.Expr:
    """Null where nothing is stored elsewhere."""
    arrived, stored = pl.col(TOUCHED), pl.col(STORED_TOUCHED)
    by_day = pl.col(STORED_DAY) > pl.col(DAY)
    return (
        pl.when(pl.col(STORED_DAY).is_null())
        .then(None)
        .when(arrived.eq_missing(stored))
        .then(by_day)
        .otherwise(arrived.is_null() | (stored > arrived).fill_null(value=False))
    )


def let_go(connection: Connection, feed: Feed, merged: Sequence[date], replaced: Sequence[Rival]) -> list[Rival]:
    """Take out of quarantine what waits there for a row that the merge removed, moved or made the older one."""
    query = sql_file(__file__, "let_go").format(
        table=sql.Identifier(feed.table), date=sql.Identifier(feed.date), stored_row_key=stored_row_key(feed)
    )
    params = {
        "feed": feed.name,
        "merged": list(merged),
        "touched": [*merged, *(rival.day for rival in replaced)],
    }
    rows: list[tuple[Any, ...]] = connection.execute(query, params).fetchall()
    return [Rival(*row) for row in rows]


def waiting_rows(connection: Connection, feed: Feed) -> dict[tuple[date, date], int]:
    """How many rows of a day are in quarantine because of rows of another day, by the day and the other one."""
    rows: list[tuple[date, date, int]] = connection.execute(
        "select day, rival_day, count(*) from ops.quarantine where feed = %s and rival_day <> day group by 1, 2",
        [feed.name],
    ).fetchall()
    return {(day, rival_day): count for day, rival_day, count in rows}


def set_aside(cleaned: Cleaned) -> list[Rival]:
    """The rows in quarantine because another day has a newer one."""
    rows = cleaned.quarantined.filter(pl.col(REASON) == SECOND_ROW_ELSEWHERE)
    return [Rival(*row) for row in rows.select(ROW_KEY, RECORD_DAY, RIVAL_DAY).iter_rows()]
