"""How the columns of a loaded table are filled: how often a value is missing, and which one is the most frequent."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from geoalchemy2 import Geometry
from psycopg import Connection, sql
from sqlalchemy import Column as TableColumn
from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB

from chicago_crashes.feeds.catalogue import Feed, Kind
from chicago_crashes.storage.tables import table_of

LONGEST_EXAMPLE = 40
SHARED_BY = 5
"""Free text is an example only if so many rows have it: nobody's telephone number or name is among those."""


@dataclass(frozen=True, slots=True)
class MeasuredColumn:
    """A column of a loaded table. `null_share` is between 0 and 1; no `example` where none may or can be given."""

    null_share: float
    example: str | None


@dataclass(frozen=True, slots=True)
class MeasuredTable:
    """A loaded table: how many rows of which days, and by name the columns that hold what the City says."""

    rows: int
    first_day: date
    last_day: date
    columns: dict[str, MeasuredColumn]


def measure(connection: Connection, feed: Feed) -> MeasuredTable | None:
    """Measure the feed's table; None if it is empty."""
    table = table_of(feed)
    measured = [column for column in table.columns if not _is_ours(column)]
    counts = sql.SQL(", ").join(sql.SQL("count({})").format(sql.Identifier(column.name)) for column in measured)
    rows, first, last, *filled = connection.execute(
        sql.SQL("select count(*), min({date})::date, max({date})::date, {counts} from {table}").format(
            date=sql.Identifier(feed.date), counts=counts, table=sql.Identifier(feed.table)
        )
    ).fetchone() or (0, None, None)
    if not rows:
        return None
    columns = {
        str(column.name): MeasuredColumn(round(1 - with_value / rows, 4), _example(connection, feed, column))
        for column, with_value in zip(measured, filled, strict=True)
    }
    return MeasuredTable(rows, first, last, columns)


def _example(connection: Connection, feed: Feed, column: TableColumn[Any]) -> str | None:
    """The column's most frequent value, and of equally frequent ones the first."""
    name = sql.Identifier(column.name)
    found = connection.execute(
        sql.SQL(
            "select {text} from {table} where {name} is not null group by {name} having count(*) >= %s"
            " order by count(*) desc, {name} limit 1"
        ).format(
            text=sql.SQL("ST_AsText({})" if isinstance(column.type, Geometry) else "{}::text").format(name),
            table=sql.Identifier(feed.table),
            name=name,
        ),
        [SHARED_BY if _is_free_text(feed, column) else 1],
    ).fetchone()
    if found is None:
        return None
    example: str = found[0]
    return example if len(example) <= LONGEST_EXAMPLE else f"{example[: LONGEST_EXAMPLE - 1]}…"


def _is_ours(column: TableColumn[Any]) -> bool:
    """Whether it says what became of the row here: that tells nothing of the City's data."""
    return isinstance(column.type, JSONB) or (isinstance(column.type, DateTime) and column.type.timezone)


def _is_free_text(feed: Feed, column: TableColumn[Any]) -> bool:
    return any(
        declared.name == column.name and declared.kind is Kind.TEXT and declared.name not in feed.key
        for declared in feed.columns
    )
