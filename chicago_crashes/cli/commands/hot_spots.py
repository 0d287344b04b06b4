"""`chicago-crashes hot-spots` and `high-crash-streets`: where crashes cluster, as a table, JSON or GeoJSON."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from rich.markup import escape
from rich.table import Table

from chicago_crashes.answers.hot_spots.parameters import GridKind, Measure
from chicago_crashes.cli.commands.console import console
from chicago_crashes.errors import PermanentError
from chicago_crashes.operations.workplace import database

TOP = Annotated[int, typer.Option(min=1, help="So many, the worst first.")]
AS_JSON = Annotated[bool, typer.Option("--json", help="For programs: how it was made, and the rows.")]
GEOJSON = Annotated[
    Path | None, typer.Option("--geojson", help="Write all of them, with geometry, to this file.", dir_okay=False)
]
REFRESH = "Materialize the group `marts` in Dagster, or run `chicago-crashes answers`"


class StreetKind(StrEnum):
    """What is ranked."""

    STREET = "street"
    SEGMENT = "segment"


def hot_spots(
    grid: Annotated[GridKind, typer.Option(help="Hexagons, or squares of an eighth of a mile.")] = GridKind.H3,
    measure: Annotated[Measure, typer.Option(help="What is looked at.")] = Measure.CRASHES,
    top: TOP = 20,
    as_json: AS_JSON = False,
    geojson: GEOJSON = None,
) -> None:
    """Show where more crashes are than chance explains: the hot cells of a grid by Getis-Ord Gi*."""
    from chicago_crashes.answers.hot_spots import store as stored

    name = f"{grid} {measure}"
    with database() as url, psycopg.connect(url) as connection:
        made = _require_made(stored.analysis(connection, name), f"hot spots of {name}")
        rows = stored.hottest(connection, grid, measure, top)
        written = stored.write_geojson(connection, geojson, stored.CELLS, [grid, measure]) if geojson else 0
    if as_json:
        _print_json(made, rows)
        return
    numbers = made["numbers"]
    title = (
        f"{numbers['hot_cells']:,} of {numbers['cells']:,} cells are hot ({name}, {made['first_day']} to "
        f"{made['last_day']}, {numbers['crashes']:,} crashes, false discovery rate {made['parameters']['level']:g})"
    )
    columns = (
        "rank",
        "cell",
        "crashes",
        "ksi_crashes",
        "epdo",
        "city_index",
        "z",
        "p_adjusted",
        "latitude",
        "longitude",
    )
    console.print(_table(title, columns, rows))
    _tell_written(geojson, written)


def high_crash_streets(
    by: Annotated[StreetKind, typer.Option(help="Whole streets, or segments between corners.")] = StreetKind.STREET,
    top: TOP = 20,
    as_json: AS_JSON = False,
    geojson: GEOJSON = None,
) -> None:
    """Show the streets with the City's highest index per mile: 5 x (K + A crashes) + B and C crashes."""
    from chicago_crashes.answers.hot_spots import store as stored

    with database() as url, psycopg.connect(url) as connection:
        made = _require_made(stored.analysis(connection, "streets"), "high crash streets")
        rows = stored.worst_segments(connection, by, top)
        written = stored.write_geojson(connection, geojson, stored.SEGMENTS, [by]) if geojson else 0
    if as_json:
        _print_json(made, rows)
        return
    title = f"Index per mile by {by}, {made['first_day']} to {made['last_day']}, {made['numbers']['crashes']:,} crashes"
    columns = ("rank", "label", "miles", "crashes", "k_crashes", "a_crashes", "bc_crashes", "index_per_mile")
    console.print(_table(title, columns, rows))
    _tell_written(geojson, written)


def _require_made(made: dict[str, Any] | None, what: str) -> dict[str, Any]:
    if made is None:
        raise PermanentError(f"No {what} have been worked out: nothing was loaded when they were due. {REFRESH}.")
    return made


def _print_json(made: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    print(json.dumps({"analysis": made, "rows": rows}, default=str, indent=2))  # noqa: T201 - the output itself


def _table(title: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title=escape(title), title_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column in {"cell", "label"} else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(escape(_shown(column, row[column])) for column in columns))
    return table


def _shown(column: str, value: object) -> str:
    match value:
        case float() if column in {"latitude", "longitude"}:
            return f"{value:.5f}"
        case float():
            return f"{value:.3g}" if abs(value) < 1 else f"{value:,.2f}"
        case int():
            return f"{value:,}"
        case _:
            return str(value)


def _tell_written(file: Path | None, features: int) -> None:
    if file:
        console.print(f"{features:,} features written to {file}", highlight=False, soft_wrap=True)
