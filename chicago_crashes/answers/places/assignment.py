"""In which area of every active polygon layer each place of a crash lies: `locations`, `location_areas`.

Places are assigned instead of crashes, because many crashes share one; and by a fine grid along which the areas are
cut once for each version of a layer (`ops.area_cells`), because most cells lie wholly within one area. What is already
assigned is left alone: only new places are looked up, and all places in layers that are new or changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

from chicago_crashes.answers.refreshing import Refreshed, taking_turns
from chicago_crashes.layers.published import CITY_BOUNDARY, POLICE_BEATS
from chicago_crashes.storage.sql_files import sql_file

NEAREST_WITHIN_FEET = 200.0
"""A place in no area belongs to the nearest one no farther away than this: places on the city's edge are published with
the coordinates of the street's other side. Farther away its area is unknown."""

LEAST_FEET_AWAY = 0.01
"""What is outside is never 0 feet away, however near. Less than this cannot be measured: a border that is straight in
degrees is not quite straight in feet."""

CELLS_PER_DEGREE = 256
"""A power of two: a cell is about 1,060 by 1,420 feet, and must be larger than `NEAREST_WITHIN_FEET`. Smaller ones take
longer to cut than they save."""

COARSEST_CELLS_PER_DEGREE = 4
"""Where the cutting begins."""


def assign_locations(connection: Connection) -> Refreshed:
    """Bring `locations` and `location_areas` up to date with the crashes and the layers."""
    with taking_turns(connection):
        _forget_layers(connection)
        added = _add_locations(connection)
        assigned = _assign_layers(connection)
        layers = _rows(connection, "counts")
    return Refreshed(
        rows=sum(locations for _, locations, _, _ in layers),
        numbers={
            "new_locations": added,
            "layers": len(layers),
            "layers_assigned_anew": ", ".join(assigned) or "none",
            "near": {layer: near for layer, _, near, _ in layers},
            "unknown": {layer: unknown for layer, _, _, unknown in layers},
        },
    )


def outdated_layers(connection: Connection) -> int:
    """How many layers have to be assigned, or forgotten."""
    return len(_rows(connection, "layers_to_assign")) + len(_rows(connection, "layers_to_forget"))


def agreement(connection: Connection) -> dict[str, int]:
    """How the places fit the beats of the reports and the outline of the city, in crashes."""
    with connection.cursor(row_factory=dict_row) as cursor:
        (numbers,) = cursor.execute(
            sql_file(__file__, "agreement"), {"beats": POLICE_BEATS.name, "city": CITY_BOUNDARY.name}
        ).fetchall()
    return numbers


def _forget_layers(connection: Connection) -> None:
    gone = [layer_id for (layer_id,) in _rows(connection, "layers_to_forget")]
    if gone:
        with connection.transaction():
            _remove(connection, ("location_areas", "ops.area_cells", "ops.assignments"), gone)


def _remove(connection: Connection, tables: Sequence[str], layers: Sequence[int]) -> None:
    for table in tables:
        connection.execute(
            sql.SQL("delete from {} where layer_id = any(%s)").format(sql.Identifier(*table.split("."))), [layers]
        )


def _add_locations(connection: Connection) -> int:
    """Add the new places with their areas in all assigned layers: one without the other is never seen."""
    with connection.transaction():
        layers = [layer_id for (layer_id,) in _rows(connection, "assigned_layers")]
        ((last_known,),) = connection.execute("select coalesce(max(location_id), 0) from locations").fetchall()
        with _filled_before_indexed(connection, "locations"):
            added = connection.execute(sql_file(__file__, "new_locations")).rowcount
        if added:
            connection.execute("analyze locations")
            _assign(connection, layers, after=last_known)
    return added


def _assign_layers(connection: Connection) -> list[str]:
    """Cut the areas of new and changed layers and assign every place; none of them can be replaced meanwhile."""
    with connection.transaction():
        layers = {layer_id: (name, version) for layer_id, name, version in _rows(connection, "layers_to_assign")}
        if not layers:
            return []
        _remove(connection, ("location_areas", "ops.area_cells"), list(layers))
        for layer_id in layers:
            connection.execute(
                sql_file(__file__, "cut_areas"),
                {"layer": layer_id, "coarse": COARSEST_CELLS_PER_DEGREE, "cells": CELLS_PER_DEGREE},
            )
        connection.execute("analyze ops.area_cells (layer_id, x, y, area_id)")
        with _filled_before_indexed(connection, "location_areas"):
            _assign(connection, list(layers), after=0)
        connection.execute("analyze location_areas")
        for layer_id, (_name, version) in layers.items():
            connection.execute(
                "insert into ops.assignments (layer_id, version, assigned_at) values (%s, %s, now())"
                " on conflict (layer_id) do update set version = excluded.version, assigned_at = excluded.assigned_at",
                [layer_id, version],
            )
    return sorted(name for name, _ in layers.values())


@contextmanager
def _filled_before_indexed(connection: Connection, table: str) -> Iterator[None]:
    """If the table is empty, build its indexes when it is filled: that takes a third of the time of growing them."""
    ((is_filled,),) = connection.execute(
        sql.SQL("select exists (select from {})").format(sql.Identifier(table))
    ).fetchall()
    if is_filled:
        yield
        return
    definitions = _rows(connection, "indexes_of", {"table": table})
    for drop, _ in definitions:
        connection.execute(sql.SQL(drop))
    yield
    for _, create in definitions:
        connection.execute(sql.SQL(create))


def _assign(connection: Connection, layers: Sequence[int], *, after: int) -> None:
    """Assign the places that were added after a place to layers none of them is assigned to."""
    asked = {"layers": list(layers), "after": after, "cells": CELLS_PER_DEGREE}
    # Nobody knows how many locations share a cell; a guess that is far off makes PostgreSQL sort instead of hash.
    connection.execute("set local enable_mergejoin = off")
    connection.execute(sql_file(__file__, "assign"), asked)
    connection.execute(
        sql_file(__file__, "assign_nearest"),
        {**asked, "within_feet": NEAREST_WITHIN_FEET, "least_feet": LEAST_FEET_AWAY},
    )
    connection.execute("set local enable_mergejoin = on")


def _rows(connection: Connection, name: str, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    return connection.execute(sql_file(__file__, name), params).fetchall()
