"""Bulk transfer between Polars frames and PostgreSQL by COPY."""

import io
from collections.abc import Mapping

import polars as pl
from psycopg import Connection, sql

ROWS_A_BLOCK = 50_000


def copy_to_stage(connection: Connection, stage: sql.Identifier, like: sql.Identifier, rows: pl.DataFrame) -> None:
    """Make the temporary table `stage` with the columns of `rows`, typed like those of the table `like`, and fill it.

    It is dropped when the transaction ends.
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    connection.execute(
        sql.SQL("create temporary table {} on commit drop as select {} from {} with no data").format(
            stage, columns, like
        )
    )
    copy_rows(connection, stage, rows)


def copy_rows(connection: Connection, table: sql.Identifier, rows: pl.DataFrame) -> None:
    """Append rows to a table. Null is the empty field: cleaned text is never empty."""
    columns = sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(table, columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in rows.iter_slices(ROWS_A_BLOCK):
            buffer = io.BytesIO()
            block.write_csv(buffer, include_header=False)
            copy.write(buffer.getbuffer())


def copy_from_query(
    connection: Connection,
    query: sql.Composable,
    schema: Mapping[str, pl.DataType],
    params: Mapping[str, object] | None = None,
) -> pl.DataFrame:
    """The rows of a query as a frame of the given schema, column by column."""
    flags = [name for name, dtype in schema.items() if dtype == pl.Boolean]
    readable = dict(schema) | dict.fromkeys(flags, pl.String())  # PostgreSQL writes flags as t and f
    buffer = io.BytesIO()
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("copy ({}) to stdout (format csv)").format(query), params) as copy,
    ):
        for block in copy:
            buffer.write(block)
    buffer.seek(0)
    return pl.read_csv(buffer, has_header=False, schema=readable).with_columns(pl.col(flags) == "t")
