"""How a mart that is counted from the whole history is filled."""

from collections.abc import Mapping

from psycopg import Connection, sql
from sqlalchemy import Table


def fill(connection: Connection, mart: Table, counted: sql.Composable, params: Mapping[str, object]) -> None:
    """Insert the rows of a query, whose columns are called as those of the mart.

    They go into a temporary table first: PostgreSQL counts with several processes for a table that is made by a query,
    and with one for an insert.
    """
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in mart.columns)
    connection.execute(sql.SQL("create temporary table fresh as\n{}").format(counted), params)
    connection.execute(
        sql.SQL("insert into {} ({}) select {} from fresh").format(sql.Identifier(mart.name), columns, columns)
    )
    connection.execute("drop table fresh")
