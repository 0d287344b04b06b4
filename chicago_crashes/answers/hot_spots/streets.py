"""The City's High Crash Corridor index on the street centre lines: crashes go to the nearest segment, then are weighed.

INDEX_5 = (5 x (K crashes + A crashes) + B and C crashes) / miles, for each segment, and for each street: all segments
that touch one another and have the same name. Crashes at a corner are as near to two streets; they go to the one the
report names, and if it names neither, to the segment whose key comes first.
"""

import numpy as np
import polars as pl
import shapely

from chicago_crashes.answers.hot_spots.cells import SEVERITIES, measured
from chicago_crashes.answers.hot_spots.parameters import Measure, SegmentParameters

FEET_A_MILE = 5280
AS_NEAR_FEET = 1.0
"""Segments so little farther than the nearest are as near: places are published to a foot at best."""
SEGMENT, STREET = "segment", "street"
HOUSE_NUMBERS = ["l_f_add", "l_t_add", "r_f_add", "r_t_add"]

Geometries = np.ndarray[tuple[int], np.dtype[np.object_]]


def nearest_segments(places: pl.DataFrame, lines: pl.DataFrame, *, reach_feet: float) -> pl.DataFrame:
    """The key (`line`) of the segment of each place (x_feet, y_feet, street); places with none in reach are left out.

    Lines have their key, their street and their geometry in feet as well-known binary.
    """
    geometries = geometries_of(lines)
    points = shapely.points(places["x_feet"].to_numpy(), places["y_feet"].to_numpy())
    of_place, of_line = shapely.STRtree(geometries).query(points, predicate="dwithin", distance=reach_feet)
    pairs = pl.DataFrame(
        {
            "place": of_place.astype(np.int64),
            "line": lines["line"].gather(of_line),
            "is_named": (places["street"].gather(of_place) == lines["street"].gather(of_line)).fill_null(value=False),
            "feet_away": shapely.distance(points[of_place], geometries[of_line]),
        }
    )
    chosen = (
        pairs.filter(pl.col("feet_away") <= pl.col("feet_away").min().over("place") + AS_NEAR_FEET)
        .sort("place", ~pl.col("is_named"), "line")
        .unique("place", keep="first", maintain_order=True)
    )
    return places.with_row_index("place").with_columns(pl.col("place").cast(pl.Int64)).join(chosen, on="place")


def streets_of(lines: pl.DataFrame) -> pl.DataFrame:
    """The street of each line: its key `of_street` is that of its first line. Lines without a name have none."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    named = lines.filter(pl.col("street") != "")
    ends = _ends(named)
    corners = ends.select(pl.struct("street", "x", "y").rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    shape = (named.height, int(corners.max(initial=-1)) + 1)
    touching = coo_array((np.ones(ends.height), (ends["row"].to_numpy(), corners)), shape=shape).tocsr()
    _, found = connected_components(touching @ touching.T, directed=False)
    return (
        named.select("line", run=pl.Series(found, dtype=pl.Int64))
        .with_columns(pl.col("line").min().over("run").alias("of_street"))
        .drop("run")
    )


def _ends(lines: pl.DataFrame) -> pl.DataFrame:
    """Where the parts of each line begin and end, to the foot."""
    parts, rows = shapely.get_parts(geometries_of(lines), return_index=True)
    found = []
    for place in (0, -1):
        points = shapely.get_point(parts, place)
        found.append(
            pl.DataFrame({"row": rows, "x": shapely.get_x(points).round(), "y": shapely.get_y(points).round()})
        )
    return pl.concat(found).with_columns(street=lines["street"].gather(np.concatenate([rows, rows])))


def ranked(places: pl.DataFrame, lines: pl.DataFrame, chosen: SegmentParameters) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Segments and streets with crashes, each with its index and rank; and which lines each of them is made of."""
    near = nearest_segments(places, lines, reach_feet=chosen.reach_feet)
    counted = near.group_by("line").agg(pl.col(SEVERITIES).sum())
    with_counts = (
        lines.drop("geometry").join(counted, on="line", how="left").with_columns(pl.col(SEVERITIES).fill_null(0))
    )
    members = pl.concat(
        [
            lines.select(pl.lit(SEGMENT).alias("kind"), pl.col("line").alias("of"), "line"),
            streets_of(lines).select(pl.lit(STREET).alias("kind"), pl.col("of_street").alias("of"), "line"),
        ]
    )
    totals = (
        members.join(with_counts, on="line")
        .group_by("kind", "of")
        .agg(
            pl.col("street").first(),
            pl.len().alias("segments"),
            pl.col("feet").sum(),
            pl.col("lowest").min(),
            pl.col("highest").max(),
            pl.col(SEVERITIES).sum(),
        )
    )
    rows = _indexed(totals, chosen)
    return rows, members.join(rows.select("kind", "of"), on=["kind", "of"]).sort("kind", "of", "line")


def _indexed(totals: pl.DataFrame, chosen: SegmentParameters) -> pl.DataFrame:
    letters = totals.select("kind", "of", k_crashes="k", a_crashes="a", bc_crashes=pl.col("b") + pl.col("c"))
    is_long = pl.col("feet") >= (
        pl.when(pl.col("kind") == SEGMENT).then(chosen.shortest_segment_feet).otherwise(chosen.shortest_street_feet)
    )
    rank = pl.col("index_per_mile").rank("min", descending=True).over("kind", is_long)
    return (
        measured(totals)
        .join(letters, on=["kind", "of"])
        .filter(pl.col(Measure.CRASHES) > 0)
        .with_columns(miles=pl.col("feet") / FEET_A_MILE, label=_label())
        .with_columns(index_per_mile=pl.col(Measure.CITY_INDEX) / pl.col("miles"))
        .with_columns(rank=pl.when(is_long).then(rank).cast(pl.Int64))
        .select(
            "kind",
            "of",
            "street",
            "label",
            pl.col("segments").cast(pl.Int64),
            "miles",
            Measure.CRASHES,
            "k_crashes",
            "a_crashes",
            "bc_crashes",
            Measure.CITY_INDEX,
            "index_per_mile",
            "rank",
        )
        .sort("kind", "of")
    )


def _label() -> pl.Expr:
    name = pl.when(pl.col("street") == "").then(pl.lit("(no name)")).otherwise(pl.col("street"))
    numbers = pl.format(" {}–{}", pl.col("lowest"), pl.col("highest"))
    return pl.concat_str(name, pl.when(pl.col("lowest").is_not_null()).then(numbers).otherwise(pl.lit("")))


def house_numbers(lines: pl.DataFrame) -> pl.DataFrame:
    """The lowest and the highest house number of each line, from the texts as published; 0 is none."""
    numbers = [pl.col(name).cast(pl.Int64, strict=False).replace(0, None) for name in HOUSE_NUMBERS]
    return lines.with_columns(lowest=pl.min_horizontal(numbers), highest=pl.max_horizontal(numbers)).drop(HOUSE_NUMBERS)


def geometries_of(lines: pl.DataFrame) -> Geometries:
    """The geometries, from their well-known binary in hexadecimal digits."""
    return np.asarray(shapely.from_wkb(lines["geometry"].to_numpy()))
