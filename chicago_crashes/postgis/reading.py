"""What is stored of days: rows, findings, quarantine, accounts. Only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl
from psycopg import Connection, sql

from chicago_crashes.feeds import Feed
from chicago_crashes.postgis.copy import copy_from_query
from chicago_crashes.postgis.merge import DayCounts, table_rows_by_day, unchanged_counts


@dataclass(frozen=True, slots=True)
class Account:
    """Where the published rows of a day are, each number counted at its own place."""

    source_rows: int
    recorded_raw_rows: int
    table_rows: int
    quarantined_rows: int


@dataclass(frozen=True, slots=True)
class Merged:
    """What a day was last merged from and by which rules; `counts` are what merging it again would make of it."""

    fetched_at: datetime
    raw_digest: str | None
    rules_digest: str | None
    counts: DayCounts


def merged_days(connection: Connection, feed: Feed, days: Sequence[date]) -> dict[date, Merged]:
    """The days whose rows are in the table as they were merged last; a day that has lost or gained rows is absent."""
    if not days:
        return {}
    stored = table_rows_by_day(connection, feed, days)
    recorded = connection.execute(
        "select day, fetched_at, raw_digest, rules_digest, source_rows, raw_rows, table_rows, repaired_rows,"
        " quarantined_rows from ops.signatures where feed = %s and day = any(%s)",
        [feed.name, list(days)],
    ).fetchall()
    return {
        day: Merged(fetched_at, raw_digest, rules_digest, unchanged_counts(*counted))
        for day, fetched_at, raw_digest, rules_digest, *counted in recorded
        if stored.get(day, 0) == counted[2]
    }


def accounts(connection: Connection, feed: Feed, days: Sequence[date]) -> dict[date, Account]:
    """The accounts of the days that were ever loaded."""
    stored = table_rows_by_day(connection, feed, days)
    quarantined: dict[date, int] = dict(
        connection.execute(
            "select day, count(*) from ops.quarantine where feed = %s and day = any(%s) group by day",
            [feed.name, list(days)],
        ).fetchall()
    )
    recorded = connection.execute(
        "select day, source_rows, raw_rows from ops.signatures where feed = %s and day = any(%s)",
        [feed.name, list(days)],
    ).fetchall()
    return {
        day: Account(source_rows, raw_rows, stored.get(day, 0), quarantined.get(day, 0))
        for day, source_rows, raw_rows in recorded
    }


def table_rows(
    connection: Connection, feed: Feed, first: date, last: date, types: Mapping[str, pl.DataType]
) -> pl.DataFrame:
    """The stored rows of the days `first` to `last`, both inclusive, with the named columns."""
    query = sql.SQL("select {} from {} where {date} >= {first} and {date} < {after_last}").format(
        sql.SQL(", ").join(map(sql.Identifier, types)),
        sql.Identifier(feed.table),
        date=sql.Identifier(feed.date),
        first=sql.Placeholder("first"),
        after_last=sql.Placeholder("after_last"),
    )
    return copy_from_query(connection, query, types, {"first": first, "after_last": last + timedelta(days=1)})


FINDING_TYPES: dict[str, pl.DataType] = {
    "day": pl.Date(),
    "row_key": pl.String(),
    "column_name": pl.String(),
    "rule": pl.String(),
    "value": pl.String(),
}


def findings(connection: Connection, feed: Feed, days: Sequence[date]) -> pl.DataFrame:
    """The findings of the days."""
    query = sql.SQL(
        "select {} from ops.findings where feed = {feed} and day = any({days}) order by day, row_key, column_name, rule"
    ).format(
        sql.SQL(", ").join(map(sql.Identifier, FINDING_TYPES)),
        feed=sql.Placeholder("feed"),
        days=sql.Placeholder("days"),
    )
    return copy_from_query(connection, query, FINDING_TYPES, {"feed": feed.name, "days": list(days)})
