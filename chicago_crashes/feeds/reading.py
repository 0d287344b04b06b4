"""What is stored of days: rows, findings, quarantine, accounts. Only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
from psycopg import Connection, sql
from psycopg.rows import class_row

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.catalogue.rules import Rule
from chicago_crashes.feeds.merge import DayCounts, unchanged_counts
from chicago_crashes.soda.signatures import Signature
from chicago_crashes.storage.copy import copy_from_query
from chicago_crashes.storage.sql_files import sql_file


@dataclass(frozen=True, slots=True)
class Record:
    """What was recorded of a day at its last load."""

    source_rows: int
    source_updated_at: datetime | None
    raw_rows: int
    table_rows: int
    quarantined_rows: int
    repaired_rows: int
    fetched_at: datetime
    raw_digest: str | None
    rules_digest: str | None

    @property
    def signature(self) -> Signature:
        """What the portal said of the day."""
        return Signature(self.source_rows, self.source_updated_at)


@dataclass(frozen=True, slots=True)
class Account:
    """Where the rows of a day are, each number counted at its own place; and the record of its last load, if any."""

    table_rows: int
    quarantined_rows: int
    recorded: Record | None

    @property
    def stored_rows(self) -> int:
        """How many rows are in the table or in quarantine."""
        return self.table_rows + self.quarantined_rows

    @property
    def is_settled(self) -> bool:
        """Whether table and quarantine hold as many rows as the load left there, and those are all that it fetched."""
        known = self.recorded
        return (
            known is not None
            and (self.table_rows, self.quarantined_rows) == (known.table_rows, known.quarantined_rows)
            and known.source_rows == known.raw_rows == self.stored_rows
        )


NO_ACCOUNT = Account(0, 0, None)
"""That of a day which was never loaded and holds nothing."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a day was last merged from and by which rules; `counts` are what merging it again would make of it."""

    signature: Signature
    raw_digest: str | None
    rules_digest: str | None
    counts: DayCounts


def merged_days(connection: Connection, feed: Feed, days: Sequence[date]) -> dict[date, Merged]:
    """The days of which table and quarantine, as counted, hold what was merged last.

    A day that has lost or gained rows, or whose rows never added up, is absent.
    """
    return {
        day: Merged(known.signature, known.raw_digest, known.rules_digest, _unchanged(known))
        for day, account in accounts(connection, feed, days).items()
        if (known := account.recorded) and account.is_settled
    }


def _unchanged(known: Record) -> DayCounts:
    return unchanged_counts(
        known.source_rows, known.raw_rows, known.table_rows, known.repaired_rows, known.quarantined_rows
    )


def accounts(connection: Connection, feed: Feed, days: Sequence[date] | None = None) -> dict[date, Account]:
    """The accounts of the days, or of all, that were ever loaded or that hold rows.

    They are counted by one statement, so they are of one moment, whatever is merged meanwhile.
    """
    if days is not None and not days:
        return {}
    within = (min(days), max(days) + timedelta(days=1)) if days else None
    query = sql_file(__file__, "accounts").format(
        feed=sql.Placeholder("feed"),
        table=sql.Identifier(feed.table),
        date=sql.Identifier(feed.date),
        is_of_days=_is_within("day", within),
        is_stored_of_days=_is_within(feed.date, within),
    )
    first, after_last = within or (None, None)
    rows = connection.execute(query, {"feed": feed.name, "first": first, "after_last": after_last}).fetchall()
    asked = set(days) if days else None
    return {
        day: Account(stored, set_aside, None if record[0] is None else Record(*record))
        for day, stored, set_aside, *record in rows
        if asked is None or day in asked
    }


def records(connection: Connection, feed: Feed) -> dict[date, Record]:
    """What was recorded of each day that was ever loaded."""
    rows = connection.execute(
        "select day, source_rows, source_updated_at, raw_rows, table_rows, quarantined_rows, repaired_rows, fetched_at,"
        " raw_digest, rules_digest from ops.signatures where feed = %s",
        [feed.name],
    ).fetchall()
    return {day: Record(*record) for day, *record in rows}


def _is_within(column: str, bounds: tuple[date, date] | None) -> sql.Composable:
    """Of the whole history nothing is compared: a table that was not analysed yet is then read the fast way."""
    if bounds is None:
        return sql.SQL("true")
    return sql.SQL("{column} >= {first} and {column} < {after_last}").format(
        column=sql.Identifier(column), first=sql.Placeholder("first"), after_last=sql.Placeholder("after_last")
    )


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
        sql_file(__file__, "past_findings"),
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
        return cursor.execute(
            sql_file(__file__, "all_findings"), {"feed": feed.name, "recent": recent, "past": past}
        ).fetchall()


def rows_with_findings(connection: Connection, feed: Feed, rules: Sequence[Rule]) -> int:
    """How many stored rows have a finding of one of the rules."""
    query = sql_file(__file__, "rows_with_findings")
    (rows,) = connection.execute(query, _of_rules(feed, rules)).fetchone() or (0,)
    return int(rows)


def newest_findings(
    connection: Connection, feed: Feed, rules: Sequence[Rule], *, length: int
) -> list[tuple[str, str, str | None]]:
    """The newest findings of the rules, at most `length`: the row's key, the column and the value as published."""
    query = sql_file(__file__, "newest_findings")
    return connection.execute(query, {**_of_rules(feed, rules), "length": length}).fetchall()


def _of_rules(feed: Feed, rules: Sequence[Rule]) -> dict[str, Any]:
    return {"feed": feed.name, "columns": [rule.column for rule in rules], "rules": [rule.name for rule in rules]}


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


def has_values(connection: Connection, feed: Feed, column: str) -> bool:
    """Whether any stored row has a value in a column."""
    query = sql.SQL("select exists (select from {} where {} is not null)").format(
        sql.Identifier(feed.table), sql.Identifier(column)
    )
    return connection.execute(query).fetchone() == (True,)
