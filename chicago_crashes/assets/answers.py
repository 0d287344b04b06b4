"""The answers as assets: in which area each place lies, and the marts that are counted from facts and places.

`mart_asset` makes a step of a table and the function that refreshes it.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg
from psycopg import Connection
from sqlalchemy import Table

from chicago_crashes.assets.description import OWNERS
from chicago_crashes.assets.references import links_to_code
from chicago_crashes.assets.resources import PostgisResource
from chicago_crashes.postgis.refreshing import Refreshed, taking_turns

MARTS = "marts"
AREAS = "areas"

Refresh = Callable[[Connection], Refreshed]
"""Brings a mart up to date over a connection outside a transaction, and says what it has become."""


def mart_key(table: Table) -> dg.AssetKey:
    """The asset of a mart."""
    return dg.AssetKey([MARTS, table.name])


def mart_asset(
    table: Table,
    refresh: Refresh,
    *,
    deps: Sequence[dg.AssetKey | dg.AssetDep],
    description: str,
    code_url: str,
    group: str = MARTS,
) -> dg.AssetsDefinition:
    """An asset without partitions, `<group>/<table>`, that refreshes the table and shows its rows and the seconds.

    Refreshes take turns, whoever asked for them, so `refresh` sees all that the marts it reads have committed.
    """

    @dg.asset(
        key=dg.AssetKey([group, table.name]),
        deps=list(deps),
        group_name=group,
        kinds={"postgres", "sql"},
        owners=OWNERS,
        description=description,
        metadata={
            "dagster/column_schema": column_schema(table),
            "dagster/table_name": table.fullname if table.schema else f"public.{table.name}",
            "dagster/code_references": links_to_code([("the step", mart_asset), ("what it does", refresh)], code_url),
        },
    )
    def step(context: dg.AssetExecutionContext, postgis: PostgisResource) -> dg.MaterializeResult[None]:
        started = time.monotonic()
        with postgis.connect() as connection, taking_turns(connection):
            refreshed = refresh(connection)
        seconds = round(time.monotonic() - started, 2)
        context.log.info(f"{table.name}: {refreshed.rows:,} rows, {seconds:g} s")
        return dg.MaterializeResult(
            metadata={"dagster/row_count": refreshed.rows, "seconds": seconds, **refreshed.numbers}
        )

    return step


def column_schema(table: Table) -> dg.TableSchema:
    """The columns of a table, with the types and comments they have in the database."""
    return dg.TableSchema(
        [
            dg.TableColumn(
                column.name,
                _type_name(column.type),
                column.comment,
                constraints=dg.TableColumnConstraints(nullable=bool(column.nullable)),
            )
            for column in table.columns
        ]
    )


def _type_name(kind: Any) -> str:
    if hasattr(kind, "geometry_type"):
        return f"geometry({kind.geometry_type},{kind.srid})"
    return str(kind).lower()
