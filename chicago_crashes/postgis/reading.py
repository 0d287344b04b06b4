"""What is stored of days: rows, findings, quarantine, accounts. Only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl
from psycopg import Connection, sql
from psycopg.rows import class_row

from chicago_crashes.feeds import Feed
from chicago_crashes.postgis.copy import copy_from_query
from chicago_crashes.postgis.merge import DayCounts, table_rows_by_day, unchanged_counts
from chicago_crashes.postgis.sql_files import sql_file


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


def quarantined_by_reason(connection: Connection, feed: Feed, days: Sequence[date]) -> dict[date, dict[str, int]]:
    """How many rows of each of the days are in quarantine for each reason."""
    rows = connection.execute(
        "select day, reason, count(*) from ops.quarantine where feed = %s and day = any(%s) group by day, reason",
        [feed.name, list(days)],
    ).fetchall()
    found: dict[date, dict[str, int]] = {}
    for day, reason, count in rows:
        found.setdefault(day, {})[reason] = count
    return found


@dataclass(frozen=True, slots=True)
class Past:
    """How often a rule was broken in the days before a day, of how many published rows."""

    broken: int
    rows: int


def past_findings(
    connection: Connection, feed: Feed, asked: Sequence[tuple[date, str, str]], *, length: int
) -> dict[tuple[date, str, str], Past]:
    """For each day, column and rule asked about: the findings of the `length` days before."""
    if not asked:
        return {}
    days, columns, rules = (list(values) for values in zip(*asked, strict=True))
    rows = connection.execute(
        sql_file("past_findings"),
        {"feed": feed.name, "length": length, "days": days, "columns": columns, "rules": rules},
    ).fetchall()
    return {(day, column, rule): Past(broken, published) for day, column, rule, broken, published in rows}


@dataclass(frozen=True, slots=True)
class AllFindings:
    """How many rows of all days break a rule on a column, how many of the recent ones, and of the year before those."""

    column_name: str
    rule: str
    broken: int
    recent: int
    past: int


def all_findings(connection: Connection, feed: Feed, *, recent: date, past: date) -> list[AllFindings]:
    """All findings of the feed by column and rule; `recent` and `past` are the first days of these two times."""
    with connection.cursor(row_factory=class_row(AllFindings)) as cursor:
        return cursor.execute(sql_file("all_findings"), {"feed": feed.name, "recent": recent, "past": past}).fetchall()


@dataclass(frozen=True, slots=True)
class Totals:
    """Where all published rows of a feed are: as recorded at the loads, and as counted now."""

    days: int
    source_rows: int
    raw_rows: int
    table_rows: int
    quarantined_rows: int
    rows_with_findings: int


def totals(connection: Connection, feed: Feed) -> Totals:
    """The totals of a feed. What was refused of imported files belongs to no day."""
    query = sql.SQL(
        "select signed.*, (select count(*) from {table}) as table_rows,"
        " (select count(*) from ops.quarantine where feed = {feed} and day is not null)"
        " as quarantined_rows,"
        " (select count(*) from (select distinct day, row_key from ops.findings where feed = {feed}) as found)"
        " as rows_with_findings"
        " from (select count(*) as days, coalesce(sum(source_rows), 0)::int as source_rows,"
        " coalesce(sum(raw_rows), 0)::int as raw_rows from ops.signatures where feed = {feed}) as signed"
    ).format(table=sql.Identifier(feed.table), feed=sql.Placeholder("feed"))
    with connection.cursor(row_factory=class_row(Totals)) as cursor:
        found = cursor.execute(query, {"feed": feed.name}).fetchone()
    return found or Totals(0, 0, 0, 0, 0, 0)


def rows_published_since(connection: Connection, feed: Feed, first: date, before: date) -> int:
    """How many rows the portal published of the loaded days from `first` to before `before`."""
    (rows,) = connection.execute(
        "select coalesce(sum(source_rows), 0)::int from ops.signatures where feed = %s and day >= %s and day < %s",
        [feed.name, first, before],
    ).fetchone() or (0,)
    return int(rows)


def newest_loaded_day(connection: Connection, feed: Feed) -> date | None:
    """The newest day that was loaded."""
    row = connection.execute("select max(day) from ops.signatures where feed = %s", [feed.name]).fetchone()
    return row[0] if row else None
