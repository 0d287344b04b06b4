"""Geometries as they come, and the features that are made of them: nothing is lost without being counted and named."""

import math
from itertools import pairwise, permutations
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from chicago_crashes.errors import PermanentError
from chicago_crashes.layers.features import Shape
from chicago_crashes.layers.repair import (
    Candidate,
    Placement,
    clean_text,
    clean_value,
    geometry_of_geojson,
    natural_key,
    placement,
    prepare,
    swap_axes,
    valid_geometry,
)
from chicago_crashes.layers.store import digest_of

LOOP = box(-87.7, 41.8, -87.6, 41.9)
BESIDE = box(-87.6, 41.8, -87.5, 41.9)
BOW_TIE = Polygon([(-87.7, 41.8), (-87.6, 41.9), (-87.6, 41.8), (-87.7, 41.9)])
SPIKED = Polygon([*list(LOOP.exterior.coords)[:-1], (-87.6, 41.8), (-87.6, 41.7), (-87.6, 41.8)])


def candidate(key: str, geometry: BaseGeometry | None, label: str = "", **properties: Any) -> Candidate:
    return Candidate(f"row {key}", key, label or key, properties, geometry)


@pytest.mark.parametrize(
    ("geometry", "shape", "area_or_length"),
    [
        (LOOP, Shape.POLYGON, LOOP.area),
        (BOW_TIE, Shape.POLYGON, LOOP.area / 2),
        (MultiPolygon([LOOP, box(-87.65, 41.8, -87.55, 41.9)]), Shape.POLYGON, LOOP.area * 1.5),
        (
            shapely.GeometryCollection([LOOP, Point(-87.6, 41.8), LineString([(-87, 41), (-87, 42)])]),
            Shape.POLYGON,
            0.01,
        ),
        (shapely.force_3d(LOOP, 500), Shape.POLYGON, LOOP.area),
        (LineString([(-87.7, 41.8), (-87.6, 41.8)]), Shape.LINE, 0.1),
        (MultiLineString([[(-87.7, 41.8), (-87.6, 41.8)], [(-87.5, 41.8), (-87.5, 41.8)]]), Shape.LINE, 0.1),
        (Point(-87.7, 41.8), Shape.POINT, 0),
        (MultiPoint([(-87.7, 41.8)]), Shape.POINT, 0),
    ],
    ids=["sound", "bow tie", "overlapping parts", "debris", "3D", "line", "line with a dot", "point", "one of many"],
)
def test_what_is_kept_is_valid_and_of_one_shape(geometry: BaseGeometry, shape: Shape, area_or_length: float) -> None:
    made = valid_geometry(geometry, shape)
    assert made is not None
    assert made.is_valid
    assert not made.has_z
    assert made.geom_type == {"polygon": "MultiPolygon", "line": "MultiLineString", "point": "Point"}[shape]
    assert math.isclose(made.area or made.length, area_or_length, rel_tol=1e-9)


@pytest.mark.parametrize(
    ("geometry", "shape"),
    [
        (Point(-87.7, 41.8), Shape.POLYGON),
        (Polygon([(-87.7, 41.8), (-87.6, 41.9), (-87.7, 41.8)]), Shape.POLYGON),
        (LineString([(-87.7, 41.8), (-87.7, 41.8)]), Shape.LINE),
        (LOOP, Shape.LINE),
        (MultiPoint([(-87.7, 41.8), (-87.6, 41.8)]), Shape.POINT),
        (Point(math.inf, 41.8), Shape.POINT),
        (LineString([(-87.7, 41.8), (math.inf, 41.8)]), Shape.LINE),
    ],
    ids=["a point", "flat", "no length", "an area", "two points", "infinite", "endless"],
)
def test_what_is_not_of_the_shape_is_nothing(geometry: BaseGeometry, shape: Shape) -> None:
    assert valid_geometry(geometry, shape) is None


def test_a_line_keeps_its_direction() -> None:
    points = [(-87.6, 41.9), (-87.7, 41.8)]
    made = valid_geometry(LineString(points), Shape.LINE)
    assert made is not None
    assert list(made.geoms[0].coords) == points


def test_every_candidate_becomes_a_feature_or_is_counted_and_named() -> None:
    prepared = prepare(
        [
            candidate("10", LOOP),
            candidate("2", SPIKED),
            candidate("3", None),
            candidate("4", Polygon()),
            candidate("5", Point(-87.6, 41.8)),
            candidate("10", LOOP),
            candidate("7", LOOP),
            candidate("7", BESIDE),
        ],
        Shape.POLYGON,
    )
    assert [feature.key for feature in prepared.features] == ["2", "7", "10"]
    assert (prepared.repaired, prepared.left_out, prepared.merged) == (1, 4, 1)
    assert prepared.features[0].geometry.equals(LOOP)
    assert prepared.features[1].geometry.equals(LOOP.union(BESIDE))
    told = "\n".join(prepared.notes)
    for words in ("row 2 (2) was made valid: ", "row 3 (3) has no geometry", "row 5 (5) has no usable polygon"):
        assert words in told
    assert "10 came 2 times, 1 of them different" in told
    assert "7 came in 2 parts" in told


def test_three_parts_of_one_beat_are_one_area_and_their_order_does_not_matter() -> None:
    parts = [
        candidate("3100", LOOP, sector="0", shape_area="1"),
        candidate("3100", BESIDE, sector="0", shape_area="2"),
        candidate("3100", box(-87.9, 41.9, -87.8, 42.0), sector="0", shape_area="3"),
    ]
    digests = set()
    for arrived in permutations(parts):
        (beat,) = prepare(arrived, Shape.POLYGON).features
        assert math.isclose(beat.geometry.area, sum(part.geometry.area for part in parts if part.geometry))
        assert beat.properties == {"sector": "0", "shape_area": ["1", "2", "3"]}
        digests.add(digest_of(Shape.POLYGON, [beat]))
    assert len(digests) == 1


def test_points_of_one_key_stay_apart_and_lines_become_one() -> None:
    west, east = Point(-87.7, 41.8), Point(-87.6, 41.8)
    points = prepare([candidate("WESTERN-47TH", west), candidate("WESTERN-47TH", east)], Shape.POINT)
    assert {feature.key: feature.geometry for feature in points.features} == {
        "WESTERN-47TH": west,
        "WESTERN-47TH (2)": east,
    }
    there, back = LineString([west, east]), LineString([east, west])
    (route,) = prepare([candidate("7", there), candidate("7", back)], Shape.LINE).features
    assert len(route.geometry.geoms) == 2


def test_the_way_a_ring_is_written_is_no_content() -> None:
    ring = list(LOOP.exterior.coords)[:-1]
    ways = [ring, ring[2:] + ring[:2], ring[::-1]]
    made = [prepare([candidate("1", Polygon(way))], Shape.POLYGON).features for way in ways]
    assert len({digest_of(Shape.POLYGON, features) for features in made}) == 1
    other = prepare([candidate("1", Polygon(ring), "another label")], Shape.POLYGON).features
    assert digest_of(Shape.POLYGON, other) != digest_of(Shape.POLYGON, made[0])


def test_swapped_axes_are_told_and_can_be_mended() -> None:
    swapped = swap_axes(LOOP)
    assert placement([LOOP]) is Placement.IN_REGION
    assert placement([swapped]) is Placement.SWAPPED
    assert placement([box(0, 0, 1, 1)]) is Placement.ELSEWHERE
    with pytest.raises(
        PermanentError, match=r"row 1, whose coordinates are 41.8 -87.7: latitude comes before longitude"
    ):
        prepare([candidate("1", swapped)], Shape.POLYGON)
    assert swap_axes(swapped).equals(LOOP)


def test_a_layer_of_elsewhere_is_refused() -> None:
    with pytest.raises(PermanentError, match=r"1 of 2 geometries lie outside .* row 2: its longitudes are 1.1e\+06"):
        prepare([candidate("1", LOOP), candidate("2", box(1_100_000, 1_800_000, 1_200_000, 1_900_000))], Shape.POLYGON)


@pytest.mark.parametrize(
    ("texts", "ordered"),
    [
        (["10", "2", "1"], ["1", "2", "10"]),
        (["Ward 10", "ward 9", "Ward 2"], ["Ward 2", "ward 9", "Ward 10"]),
        (["Uptown", "16", "beat 16b", "Beat 16A", "Édison"], ["16", "Beat 16A", "beat 16b", "Uptown", "Édison"]),
        (["10TH", "1ST", "2ND", ""], ["", "1ST", "2ND", "10TH"]),
        (["²", "9" * 400, "1"], ["1", "9" * 400, "²"]),
    ],
)
def test_the_natural_order(texts: list[str], ordered: list[str]) -> None:
    assert sorted(texts, key=natural_key) == ordered


@given(st.lists(st.text(max_size=12), max_size=8))
def test_any_texts_can_be_ordered(texts: list[str]) -> None:
    ordered = sorted(texts, key=natural_key)
    assert all(natural_key(before) <= natural_key(after) for before, after in pairwise(ordered))


@pytest.mark.parametrize(
    ("value", "trouble"),
    [
        ({"type": "Polygon", "coordinates": [[[-87.7, 41.8], [-87.6, 41.9]]]}, "no GeoJSON geometry"),
        ({"type": "Circle", "coordinates": [1, 2]}, "no GeoJSON geometry"),
        ({"type": "Point", "coordinates": ["a", "b"]}, "no GeoJSON geometry"),
        ("POINT (1 2)", "no GeoJSON geometry: 'POINT"),
    ],
)
def test_what_is_no_geometry_is_told(value: object, trouble: str) -> None:
    with pytest.raises(ValueError, match=trouble):
        geometry_of_geojson(value)


@pytest.mark.parametrize("value", [None, {"type": "Polygon", "coordinates": []}, {"type": "Point"}])
def test_nothing_is_no_geometry(value: object) -> None:
    assert geometry_of_geojson(value) is None


def test_values_that_postgresql_cannot_hold_are_cleaned() -> None:
    assert clean_text("  a\0b ") == "ab"
    assert clean_value({"a\0": ["x\0", math.nan, 1.5, None, True, (1,)], "b": b"c"}) == {
        "a": ["x", None, 1.5, None, True, [1]],
        "b": "b'c'",
    }
