"""Which days a mart has not followed yet, and the record of how far it has.

`ops.fact_days` says when the facts of each day were last made, `ops.mart_refreshes` up to when each mart has followed.
Both clocks are the database's: the time at which a transaction began. Refreshes take turns, so whatever was made by an
earlier one bears an earlier time than the record of a later one, and no day slips between them. A mart whose
record is gone, or that was made when another cost table was the default, is made anew from nothing.
"""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from psycopg import Connection, sql
from sqlalchemy import Table

from chicago_crashes.answers.costs import DEFAULT_COST_TABLE
from chicago_crashes.answers.refreshing import record_refresh


def new_days(connection: Connection, mart: Table) -> list[date]:
    """The days whose facts were made since the mart was refreshed, the oldest first."""
    found = connection.execute(
        "select day from ops.fact_days where refreshed_at > coalesce("
        "  (select refreshed_at from ops.mart_refreshes where mart = %s and cost_table = %s), '-infinity'"
        ") order by day",
        [mart.name, DEFAULT_COST_TABLE],
    )
    return [day for (day,) in found]


def followed_until(connection: Connection, *marts: Table) -> datetime | None:
    """Up to when all of the marts have followed; None if one never has."""
    (oldest, found) = only(
        connection.execute(
            "select min(refreshed_at), count(*) from ops.mart_refreshes where mart = any(%s) and cost_table = %s",
            [[mart.name for mart in marts], DEFAULT_COST_TABLE],
        ).fetchone()
    )
    return oldest if found == len(marts) else None


def record(connection: Connection, mart: Table, *, made_from: Sequence[Table] = ()) -> int:
    """Say up to when the mart has followed, and count its rows.

    A mart that is made from other marts has followed as far as they have. A day whose facts were made while one of
    them was not refreshed is then still new to it.
    """
    as_of = followed_until(connection, *made_from) if made_from else None
    (rows,) = only(
        connection.execute(
            sql.SQL("select count(*) from {}").format(sql.Identifier(mart.schema or "public", mart.name))
        ).fetchone()
    )
    if made_from and as_of is None:
        connection.execute("delete from ops.mart_refreshes where mart = %s", [mart.name])
        return int(rows)
    (through,) = only(connection.execute("select max(day) from ops.fact_days").fetchone())
    record_refresh(connection, mart.name, rows=rows, through=through, as_of=as_of)
    return int(rows)


def by_year(days: Sequence[date]) -> list[list[date]]:
    """The days of each year; the history is counted year by year, because all of it at once takes too much memory."""
    return [list(of_year) for _, of_year in groupby(sorted(days), key=lambda day: day.year)]


def only(row: tuple[Any, ...] | None) -> tuple[Any, ...]:
    """The row of a statement that always returns one."""
    if row is None:
        raise LookupError("A statement that always returns a row returned none.")
    return row
