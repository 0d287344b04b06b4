"""An oracle of its own: what the portal publishes beside what is stored, worked out by SQL from both sides' data.

It shares nothing with what it judges. Of the declarations it takes the names, kinds and keys of columns. It lets
the platform say which values are repaired to null and which rows are refused, and asks for a reason. See `oracle.sql`.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from psycopg import Connection, sql

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.stand_in.datasets import HIDDEN_NUMBER
from chicago_crashes.stand_in.store import PortalStore

SQL = Path(__file__).with_suffix(".sql").read_text()
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A feed's table, quarantine and records held against what is published; `differences` tells the first ones."""

    feed: str
    rows: int
    missing: int
    extra: int
    stale: int
    unaccounted: int
    differences: tuple[str, ...]


def judge(connection: Connection, store: PortalStore, feed: Feed, first: date, last: date) -> Judgement:
    """Compare the days `first` to `last`, cell by cell; rows of other days, or of none, may not be stored at all."""
    with duckdb.connect() as oracle:
        oracle.register("published", _published(store, feed, first, last).to_arrow())
        oracle.register("stored", _stored(connection, feed).to_arrow())
        oracle.register("kinds", _kinds(feed).to_arrow())
        for name, query in OF_THE_DATABASE.items():
            oracle.register(name, _frame(connection, query, [feed.name]).to_arrow())
        oracle.execute(SQL)
        lacking, surplus = (dict(_keyed(oracle, table)) for table in ("lacking", "surplus"))
        keyed = feed.surrogate is None
        stale = lacking.keys() & surplus.keys() if keyed else set()
        differences = [
            *(f"missing {feed.name} {row}" for key, row in lacking.items() if key not in stale),
            *(f"extra {feed.name} {row}" for key, row in surplus.items() if key not in stale),
            *(f"stale {feed.name} {_changed(lacking[key], surplus[key])}" for key in stale),
            *(f"wrongly refused {feed.name} {row}" for row in oracle.sql("from wrongly_refused").fetchall()),
            *(f"unaccounted {feed.name} {row}" for row in oracle.sql("from unaccounted order by day").fetchall()),
        ]
        return Judgement(
            feed=feed.name,
            rows=_count(oracle, "published"),
            missing=len(lacking) - len(stale),
            extra=len(surplus) - len(stale),
            stale=len(stale),
            unaccounted=_count(oracle, "unaccounted") + _count(oracle, "wrongly_refused"),
            differences=tuple(differences),
        )


OF_THE_DATABASE = {
    "nulled": "select day, column_name as name, value from ops.findings where feed = %s and action = 'nulled'",
    "refused": "select day, raw_row::json ->> ':id' as id, reason from ops.quarantine where feed = %s",
    "recorded": "select day, source_rows, source_updated_at at time zone 'UTC' as source_updated_at"
    " from ops.signatures where feed = %s and source_rows > 0",
}


def _kinds(feed: Feed) -> pl.DataFrame:
    columns = [(column.name, column.kind.value, column.name in feed.key) for column in feed.columns]
    return pl.DataFrame([*columns, ("extra", "text", False)], schema=["name", "kind", "is_key"], orient="row")


def _published(store: PortalStore, feed: Feed, first: date, last: date) -> pl.DataFrame:
    """The rows of the days, with what nobody declared as one text."""
    rows = store.rows(feed.dataset_id).drop(HIDDEN_NUMBER)
    undeclared = [name for name in rows.columns if not name.startswith(":") and name not in feed.column_names]
    lost = [pl.lit(None, pl.String).alias(name) for name in feed.column_names if name not in rows.columns]
    extra = pl.Series("extra", [_object(row) for row in rows.select(undeclared).iter_rows(named=True)], pl.String)
    day = pl.col(feed.date).str.slice(0, len("2024-01-01")).str.to_date("%Y-%m-%d", strict=False)
    return (
        rows.with_columns(*lost)
        .with_columns(day.alias("day"), extra if undeclared else pl.lit(None, pl.String).alias("extra"))
        .filter(pl.col("day").is_between(first, last))
        .select(
            pl.col(":id").alias("id"), "day", pl.col(":updated_at").alias("updated_at"), *feed.column_names, "extra"
        )
    )


def _stored(connection: Connection, feed: Feed) -> pl.DataFrame:
    names = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in feed.column_names)
    query = sql.SQL("select (row_number() over ())::int as number, {date}::date as day, {names}, extra from {table}")
    return _frame(
        connection,
        query.format(date=sql.Identifier(feed.date), names=names, table=sql.Identifier(feed.table)),
        [],
        {"number": pl.Int64, "day": pl.Date} | dict.fromkeys([*feed.column_names, "extra"], pl.String),
    )


def _frame(
    connection: Connection, query: str | sql.Composed, parameters: Sequence[Any], types: dict[str, Any] | None = None
) -> pl.DataFrame:
    """The rows of a query; an object of JSON is one text."""
    cursor = connection.execute(query.encode() if isinstance(query, str) else query, parameters)
    rows = [[_object(value) if isinstance(value, dict) else value for value in row] for row in cursor.fetchall()]
    names = [column.name for column in cursor.description or ()]
    known: dict[str, Any] = {"day": pl.Date, "source_rows": pl.Int64, "source_updated_at": pl.Datetime("us")}
    schema = types or {name: known.get(name, pl.String) for name in names}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _object(members: dict[str, Any]) -> str | None:
    filled = {name: value.replace("\0", "\ufffd") for name, value in members.items() if value is not None}
    return json.dumps(filled, sort_keys=True, ensure_ascii=False) if filled else None


def _keyed(oracle: duckdb.DuckDBPyConnection, table: str) -> Iterator[tuple[Key, list[str]]]:
    """The rows of a difference under their key and a number, since there may be several of one key."""
    rows = oracle.sql(f"select row_key, cells from {table}").fetchall()  # noqa: S608 - a name of ours
    seen: Counter[str] = Counter()
    for key, cells in rows:
        seen[key] += 1
        yield (key or "", seen[key]), cells


def _changed(expected: list[str], stored: list[str]) -> str:
    key = expected[0]
    return f"{key}…: published {sorted(set(expected) - set(stored))}, stored {sorted(set(stored) - set(expected))}"


def _count(oracle: duckdb.DuckDBPyConnection, table: str) -> int:
    ((count,),) = oracle.sql(f"select count(*) from {table}").fetchall()  # noqa: S608 - a name of ours
    return int(count)
