"""What the hot spots are worked out from and where they are kept: reads facts and layers, replaces results."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import shapely
from psycopg import Connection, sql
from psycopg.rows import class_row, dict_row

from chicago_crashes.answers.hot_spots.grids import StudyArea
from chicago_crashes.answers.hot_spots.parameters import GridKind, Measure, Period
from chicago_crashes.feeds.quality import CITYWIDE_SINCE
from chicago_crashes.layers.published import CITY_BOUNDARY, STREET_CENTER_LINES
from chicago_crashes.storage.copy import copy_from_query, copy_rows
from chicago_crashes.storage.sql_files import sql_file

MARGIN_FEET = 1320.0
"""Around the places with crashes, where the City's boundary is not there to say how far a field goes."""

COUNTS = ("k", "a", "b", "c", "o", "u")
LOCATION_COLUMNS: Mapping[str, pl.DataType] = {
    "location_id": pl.Int64(),
    **dict.fromkeys(("longitude", "latitude", "x_feet", "y_feet"), pl.Float64()),
    "street": pl.String(),
    **dict.fromkeys(COUNTS, pl.Int64()),
}
LINE_COLUMNS: Mapping[str, pl.DataType] = {
    **dict.fromkeys(("line", "street", "l_f_add", "l_t_add", "r_f_add", "r_t_add"), pl.String()),
    "feet": pl.Float64(),
    "geometry": pl.String(),
}
CELL_STAGE = """
    create temporary table staged_cells (
        cell text, crashes integer, ksi_crashes integer, epdo double precision, city_index integer, geometry geometry
    ) on commit drop"""
FINDING_STAGE = """
    create temporary table staged_findings (
        measure text, cell text, z double precision, p double precision, p_adjusted double precision, is_hot boolean
    ) on commit drop"""
SEGMENT_STAGE = """
    create temporary table staged_segments (
        kind text, "of" text, street text, label text, segments integer, miles double precision, crashes integer,
        k_crashes integer, a_crashes integer, bc_crashes integer, city_index integer, index_per_mile double precision,
        rank integer
    ) on commit drop"""
MEMBER_STAGE = 'create temporary table staged_members (kind text, "of" text, line text) on commit drop'


def period(connection: Connection, years: int) -> Period | None:
    """The days to count; none where no day is both loaded and closed, or none since every district reports."""
    row = connection.execute(
        sql_file(__file__, "hot_spot_period"), {"years": years, "citywide_since": CITYWIDE_SINCE}
    ).fetchone()
    if row is None or row[1] is None or row[0] > row[1]:
        return None
    return Period(*row)


def located_crashes(connection: Connection, days: Period) -> int:
    """Crashes of the days that have a place, counted by themselves."""
    row = connection.execute(
        "select count(*) from crash_facts where day between %s and %s and location_id is not null",
        [days.first, days.last],
    ).fetchone()
    return int(row[0]) if row else 0


def crashes_by_location(connection: Connection, days: Period) -> pl.DataFrame:
    """The crashes of the days at each location, by severity."""
    return _by_location(connection, days, sql.SQL("null::text"))


def crashes_by_location_and_street(connection: Connection, days: Period) -> pl.DataFrame:
    """The crashes of the days at each location, by severity and by the street that the reports name."""
    return _by_location(connection, days, sql.Identifier("street"))


def _by_location(connection: Connection, days: Period, street: sql.Composable) -> pl.DataFrame:
    query = sql_file(__file__, "crashes_by_location").format(street=street)
    return copy_from_query(connection, query, LOCATION_COLUMNS, {"first": days.first, "last": days.last})


def study_area(connection: Connection, locations: pl.DataFrame) -> StudyArea:
    """The area whose cells are looked at; `locations` are those with crashes, of which there must be some."""
    hull = shapely.MultiPoint(locations.select("x_feet", "y_feet").to_numpy()).convex_hull
    row = connection.execute(
        sql_file(__file__, "study_area"),
        {"layer": CITY_BOUNDARY.name, "margin_feet": MARGIN_FEET, "hull": shapely.to_wkb(hull)},
    ).fetchone()
    is_boundary, degrees, feet = row or (False, b"", b"")
    name = CITY_BOUNDARY.name if is_boundary else f"hull of the crashes and {MARGIN_FEET:g} feet around it"
    return StudyArea(name, shapely.from_wkb(degrees), shapely.from_wkb(feet))


def street_lines(connection: Connection) -> pl.DataFrame:
    """The street centre lines: key, street, house numbers as published, length, geometry in feet."""
    return copy_from_query(
        connection, sql_file(__file__, "street_lines"), LINE_COLUMNS, {"layer": STREET_CENTER_LINES.name}
    ).with_columns(pl.col("street").fill_null(""))


def forget_hot_spots(connection: Connection, analyses: Sequence[str]) -> None:
    """Remove all cells, and how they were made."""
    connection.execute("delete from hot_spots")
    connection.execute("delete from hot_spot_parameters where analysis = any(%s)", [list(analyses)])


def forget_segments(connection: Connection, analysis: str) -> None:
    """Remove all segments and streets, and how they were made."""
    connection.execute("delete from high_crash_segments")
    connection.execute("delete from hot_spot_parameters where analysis = %s", [analysis])


def add_hot_spots(
    connection: Connection, grid: GridKind, days: Period, cells: pl.DataFrame, findings: pl.DataFrame
) -> None:
    """Add the cells of a grid, each with what was found of every measure."""
    connection.execute(CELL_STAGE)
    connection.execute(FINDING_STAGE)
    copy_rows(connection, sql.Identifier("staged_cells"), cells)
    copy_rows(connection, sql.Identifier("staged_findings"), findings)
    connection.execute(sql_file(__file__, "add_hot_spots"), {"grid": grid, "first": days.first, "last": days.last})
    connection.execute("drop table staged_cells, staged_findings")


def count_hot_spots(connection: Connection) -> int:
    """The rows of the table."""
    row = connection.execute("select count(*) from hot_spots").fetchone()
    return int(row[0]) if row else 0


def add_segments(connection: Connection, days: Period, rows: pl.DataFrame, members: pl.DataFrame) -> int:
    """Add segments and streets, and return how many; `members` says which lines each is made of."""
    connection.execute(SEGMENT_STAGE)
    connection.execute(MEMBER_STAGE)
    copy_rows(connection, sql.Identifier("staged_segments"), rows)
    copy_rows(connection, sql.Identifier("staged_members"), members)
    added = connection.execute(
        sql_file(__file__, "add_high_crash_segments"),
        {"layer": STREET_CENTER_LINES.name, "first": days.first, "last": days.last},
    ).rowcount
    connection.execute("drop table staged_segments, staged_members")
    return added


def record_analysis(
    connection: Connection,
    name: str,
    days: Period,
    *,
    parameters: Mapping[str, object],
    numbers: Mapping[str, object],
) -> None:
    """Keep how an analysis was made and what came out."""
    connection.execute(
        "insert into hot_spot_parameters (analysis, first_day, last_day, parameters, numbers)"
        " values (%s, %s, %s, %s, %s)",
        [name, days.first, days.last, json.dumps(parameters), json.dumps(numbers)],
    )


def analysis(connection: Connection, name: str) -> dict[str, Any] | None:
    """How an analysis was made and what came out; none if it was never made."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from hot_spot_parameters where analysis = %s", [name]).fetchone()


@dataclass(frozen=True, slots=True)
class CellAccount:
    """An analysis of cells held against the facts; `misjudged` cells are hot or not against the level."""

    analysis: str
    level: float
    located: int
    counted: int
    cells: int
    hot: int
    misjudged: int


@dataclass(frozen=True, slots=True)
class SegmentAccount:
    """The segments held against the facts; the index of `misjudged` rows is not what its formula says."""

    located: int
    counted: int
    out_of_reach: int
    misjudged: int


def cell_accounts(connection: Connection) -> list[CellAccount]:
    """Every analysis of cells, held against the facts as they are now."""
    with connection.cursor(row_factory=class_row(CellAccount)) as cursor:
        return cursor.execute(sql_file(__file__, "hot_spot_accounts")).fetchall()


def segment_account(connection: Connection, analysis: str) -> SegmentAccount:
    """The segments, held against the facts as they are now."""
    with connection.cursor(row_factory=class_row(SegmentAccount)) as cursor:
        return cursor.execute(sql_file(__file__, "segment_account"), {"analysis": analysis}).fetchall()[0]


def hottest(connection: Connection, grid: GridKind, measure: Measure, top: int) -> list[dict[str, Any]]:
    """The hot cells with the highest z, at most `top`, each with the middle of it."""
    return _rows(
        connection,
        "select rank, cell, crashes, ksi_crashes, epdo, city_index, z, p, p_adjusted,"
        " round(st_y(st_centroid(geometry))::numeric, 6)::float8 as latitude,"
        " round(st_x(st_centroid(geometry))::numeric, 6)::float8 as longitude"
        " from hot_spots where grid = %s and measure = %s and is_hot order by rank, cell limit %s",
        [grid, measure, top],
    )


def worst_segments(connection: Connection, kind: str, top: int) -> list[dict[str, Any]]:
    """The segments or streets with the highest index per mile, at most `top`."""
    return _rows(
        connection,
        "select rank, label, line, segments, miles, crashes, k_crashes, a_crashes, bc_crashes, city_index,"
        " index_per_mile from high_crash_segments where kind = %s and rank is not null order by rank, line limit %s",
        [kind, top],
    )


def write_geojson(connection: Connection, file: Path, query: str, params: Sequence[object]) -> int:
    """Write the rows of a query with a column `geometry` as a GeoJSON file; the number of features."""
    statement = sql.SQL(
        "select json_build_object('type', 'Feature', 'geometry', st_asgeojson(geometry, 6)::json,"
        " 'properties', to_jsonb(feature) - 'geometry')::text from ({}) as feature"
    ).format(sql.SQL(query))
    written = 0
    with file.open("w", encoding="utf-8") as text, connection.cursor() as cursor:
        text.write('{"type": "FeatureCollection", "features": [')
        for (feature,) in cursor.stream(statement, params):
            text.write(f"{',' if written else ''}\n{feature}")
            written += 1
        text.write("\n]}\n")
    return written


CELLS = "select * from hot_spots where grid = %s and measure = %s order by rank, cell"
SEGMENTS = "select * from high_crash_segments where kind = %s order by rank nulls last, line"
"""What is exported: all of it, so that a map can show what is not hot as well."""


def _rows(connection: Connection, query: str, params: Sequence[object]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, params).fetchall()
