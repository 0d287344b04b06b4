"""Hot spots from facts to table: a field on each grid, Gi* of each measure on it, kept with how it was made."""

import math
from collections.abc import Mapping, Sequence

import polars as pl
import shapely
from psycopg import Connection

from chicago_crashes.answers.hot_spots import store as stored
from chicago_crashes.answers.hot_spots.cells import Field, make_field, values_of
from chicago_crashes.answers.hot_spots.getis_ord import GiStar, gi_stars
from chicago_crashes.answers.hot_spots.grids import Grid, H3Grid, SquareGrid, StudyArea
from chicago_crashes.answers.hot_spots.parameters import GridKind, HotSpotParameters, Measure, Period
from chicago_crashes.answers.refreshing import Refreshed, record_refresh
from chicago_crashes.answers.severity import CITY_WEIGHTS, EPDO_WEIGHTS

MART = "hot_spots"
NOTHING_TO_COUNT = "no crash with a place on a closed day since September 2017: nothing to count"
WEIGHTS = "binary: the cell and each neighbour count once"
P_VALUES = "the neighbourhood's sum against sums of as many different cells drawn at random; one-sided"
CORRECTION = "Benjamini-Hochberg"


def refresh_hot_spots(connection: Connection, chosen: HotSpotParameters | None = None) -> Refreshed:
    """Work out the hot spots on both grids anew, in one transaction that replaces all rows."""
    chosen = chosen or HotSpotParameters()
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        days = stored.period(connection, chosen.years)
        locations = stored.crashes_by_location(connection, days) if days else pl.DataFrame()
        stored.forget_hot_spots(connection, [analysis_name(grid, measure) for grid in GridKind for measure in Measure])
        if days is None or locations.is_empty():
            record_refresh(connection, MART, rows=0)
            return Refreshed(0, {"nothing": NOTHING_TO_COUNT})
        area = stored.study_area(connection, locations)
        grids: Sequence[Grid] = (H3Grid(chosen.resolution), SquareGrid(chosen.side_feet))
        numbers: dict[str, int | float | str] = {"first_day": str(days.first), "last_day": str(days.last)}
        for grid in grids:
            numbers |= _refresh_grid(connection, grid, days, locations, area, chosen)
        rows = stored.count_hot_spots(connection)
        record_refresh(connection, MART, rows=rows, through=days.last)
    return Refreshed(rows, numbers)


def analysis_name(grid: GridKind, measure: Measure) -> str:
    """The key of an analysis in `hot_spot_parameters`."""
    return f"{grid} {measure}"


def _refresh_grid(
    connection: Connection,
    grid: Grid,
    days: Period,
    locations: pl.DataFrame,
    area: StudyArea,
    chosen: HotSpotParameters,
) -> Mapping[str, int]:
    field = make_field(grid, locations, area, rings=chosen.rings)
    values = [values_of(field, measure) for measure in Measure]
    stars = gi_stars(values, field.near, level=chosen.level, seed=chosen.seed, cap_at=chosen.cap_at)
    found = dict(zip(Measure, stars, strict=True))
    stored.add_hot_spots(connection, grid.kind, days, _drawn(grid, field), _findings(field, found, chosen.level))
    numbers = {f"{grid.kind}_cells": field.counts.height}
    for measure, gi in found.items():
        told = _numbers(field, gi, chosen.level)
        stored.record_analysis(
            connection,
            analysis_name(grid.kind, measure),
            days,
            parameters=_parameters(grid, area, gi, chosen),
            numbers=told,
        )
        numbers[f"{grid.kind}_{measure}_hot_cells"] = int(told["hot_cells"] or 0)
    return numbers


def _drawn(grid: Grid, field: Field) -> pl.DataFrame:
    drawn = shapely.to_wkb(grid.polygons(field.counts["cell"].to_list()), hex=True, include_srid=True)
    return field.counts.select("cell", *Measure).with_columns(geometry=pl.Series(list(drawn), dtype=pl.String))


def _findings(field: Field, found: Mapping[Measure, GiStar], level: float) -> pl.DataFrame:
    return pl.concat(
        pl.DataFrame({"cell": field.counts["cell"], "z": gi.z, "p": gi.p, "p_adjusted": gi.p_adjusted}).select(
            pl.lit(str(measure)).alias("measure"),
            "cell",
            pl.col("z").fill_nan(None),
            "p",
            "p_adjusted",
            is_hot=pl.col("p_adjusted") <= level,
        )
        for measure, gi in found.items()
    )


def _parameters(grid: Grid, area: StudyArea, gi: GiStar, chosen: HotSpotParameters) -> dict[str, object]:
    return {
        "years": chosen.years,
        "resolution" if grid.kind is GridKind.H3 else "side_feet": grid.size,
        "study_area": area.name,
        "rings": chosen.rings,
        "weights": WEIGHTS,
        "level": chosen.level,
        "p_values": P_VALUES,
        "cap_at": chosen.cap_at,
        "cap": _known(gi.cap),
        "draws": gi.draws,
        "seed": chosen.seed,
        "correction": CORRECTION,
        "epdo_weights": dict(EPDO_WEIGHTS),
        "city_weights": dict(CITY_WEIGHTS),
    }


def _numbers(field: Field, gi: GiStar, level: float) -> dict[str, int | float | None]:
    hot = gi.p_adjusted <= level
    return {
        "cells": field.counts.height,
        "cells_with_crashes": field.counts.filter(pl.col(Measure.CRASHES) > 0).height,
        "crashes": int(field.counts[Measure.CRASHES].sum()),
        "hot_cells": int(hot.sum()),
        "hot_cells_by_normal_approximation": gi.hot_by_normal,
        "lowest_z_of_hot_cells": float(gi.z[hot].min()) if hot.any() else None,
        "skewness": _known(gi.skewness),
        "moran_i": _known(gi.moran_i),
    }


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number
