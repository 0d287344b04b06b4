"""The answers as assets: in which area each place lies, and the marts that are counted from facts and places.

`mart_asset` makes a step of a table and the function that refreshes it. A mart with choices or with checks of its own
is a function decorated by `mart_step` that returns what `refreshed_in_turn` makes.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import dagster as dg
from psycopg import Connection
from sqlalchemy import Table

from chicago_crashes.answers.facts.crash_facts import PROVISIONAL_DAYS, refresh_facts
from chicago_crashes.answers.mart_tables import AREA_COLUMNS, CRASH_FACTS
from chicago_crashes.answers.places.assignment import NEAREST_WITHIN_FEET, assign_locations
from chicago_crashes.answers.refreshing import Number, Refreshed, taking_turns
from chicago_crashes.feeds.catalogue import feed_named
from chicago_crashes.layers.defs.layers import AREAS, layer_key
from chicago_crashes.layers.defs.uploads import UPLOADED
from chicago_crashes.layers.place_tables import LOCATION_AREAS
from chicago_crashes.layers.published import CITY_BOUNDARY
from chicago_crashes.orchestration.description import OWNERS, table_key, table_metadata
from chicago_crashes.orchestration.resources import PostgisResource
from chicago_crashes.orchestration.step_checks import specs_of
from chicago_crashes.verdict import Check

MARTS = "marts"
LOCATION_AREAS_KEY = dg.AssetKey([AREAS, LOCATION_AREAS.name])
CRASH_FACTS_KEY = dg.AssetKey([MARTS, CRASH_FACTS.name])
CRASHES_KEY, PEOPLE_KEY, VEHICLES_KEY = (table_key(feed_named(name)) for name in ("crashes", "people", "vehicles"))

Refresh = Callable[[Connection], Refreshed]
"""Brings a mart up to date over a connection outside a transaction, and says what it has become."""

Judge = Callable[[Connection, Refreshed], Sequence[dg.AssetCheckResult]]
"""Says what became of the checks of a mart that has just been refreshed."""


def mart_key(table: Table) -> dg.AssetKey:
    """The asset of a mart."""
    return dg.AssetKey([MARTS, table.name])


def mart_asset(
    table: Table,
    refresh: Refresh,
    *,
    deps: Sequence[dg.AssetKey | dg.AssetDep],
    description: str,
    group: str = MARTS,
) -> dg.AssetsDefinition:
    """A mart that SQL refreshes, without choices and without checks of its own."""

    @mart_step(table, refresh, deps=deps, description=description, group=group)
    def step(context: dg.AssetExecutionContext, postgis: PostgisResource) -> dg.MaterializeResult[None]:
        return refreshed_in_turn(context, postgis, table, refresh)

    return step


def mart_step(
    table: Table,
    work: Callable[..., Any],
    *,
    deps: Sequence[dg.AssetKey | dg.AssetDep],
    description: str,
    group: str = MARTS,
    kinds: Iterable[str] = ("postgres", "sql"),
    checks: Sequence[Check[Any]] = (),
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Decorates a function that is the step of an asset without partitions, `<group>/<table>`.

    `work` is what it does, which the UI leads to; `checks` are those that the step asks.
    """
    key = dg.AssetKey([group, table.name])
    return dg.asset(
        key=key,
        deps=list(deps),
        group_name=group,
        kinds=set(kinds),
        owners=OWNERS,
        description=description,
        metadata=table_metadata(table, work),
        check_specs=specs_of(key, checks),
    )


def refreshed_in_turn(
    context: dg.AssetExecutionContext,
    postgis: PostgisResource,
    table: Table,
    refresh: Refresh,
    judge: Judge | None = None,
) -> dg.MaterializeResult[None]:
    """Refresh a mart and judge it; shows its rows, the seconds, and what else the refresh tells.

    Refreshes take turns, whoever asked for them, so `refresh` sees all that the marts it reads have committed.
    """
    started = time.monotonic()
    with postgis.connect() as connection, taking_turns(connection):
        refreshed = refresh(connection)
        judged = judge(connection, refreshed) if judge else []
    seconds = round(time.monotonic() - started, 2)
    context.log.info(f"{table.name}: {refreshed.rows:,} rows, {seconds:g} s")
    return dg.MaterializeResult(
        metadata={"dagster/row_count": refreshed.rows, "seconds": seconds, **_shown(refreshed.numbers)},
        check_results=judged,
    )


def location_areas_asset(layers: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """In which area of each of the polygon layers, and of those people brought, each place of a crash lies."""
    return mart_asset(
        LOCATION_AREAS,
        assign_locations,
        deps=[CRASHES_KEY, *layers],
        description="In which area of every active polygon layer each place of a crash lies. A place in no area gets "
        f"the nearest one within {NEAREST_WITHIN_FEET:g} feet; farther away its area is unknown. Only new places, and "
        "layers that are new or changed, are looked up. The view `crash_areas` tells it by crash.",
        group=AREAS,
    )


def polygon_layers() -> list[dg.AssetKey]:
    """The layers places are assigned to: the City's polygons, and those people brought."""
    return [*(layer_key(name) for name in (*AREA_COLUMNS.values(), CITY_BOUNDARY.name)), UPLOADED]


def crash_facts_asset() -> dg.AssetsDefinition:
    """One row per crash, from which every other mart is counted."""
    return mart_asset(
        CRASH_FACTS,
        refresh_facts,
        deps=[CRASHES_KEY, PEOPLE_KEY, VEHICLES_KEY, LOCATION_AREAS_KEY],
        description="One row per crash: severity, who was hurt, under which circumstances, in which areas. What was "
        "loaded or amended since is made anew, crash by crash; the last "
        f"{PROVISIONAL_DAYS} loaded days are marked as provisional.",
    )


def _shown(numbers: Mapping[str, Number]) -> Mapping[str, Any]:
    return {
        name: dg.MetadataValue.json(dict(value)) if isinstance(value, Mapping) else value
        for name, value in numbers.items()
    }
