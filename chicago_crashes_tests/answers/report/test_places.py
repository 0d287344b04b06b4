"""What people write to name a place: understood, or refused with what to write instead."""

import json
from pathlib import Path
from typing import Any

import pytest

from chicago_crashes.answers.report.area_lookup import KnownArea, find_area
from chicago_crashes.answers.report.places import Area, circle, polygon, split_name
from chicago_crashes.errors import PermanentError

AREAS = [
    KnownArea("wards", "35", "35"),
    KnownArea("wards", "3", "3"),
    KnownArea("community_areas", "1", "ROGERS PARK"),
    KnownArea("community_areas", "76", "OHARE"),
    KnownArea("community_areas", "2", "WEST RIDGE"),
    KnownArea("police_beats", "0111", "0111"),
    KnownArea("police_districts", "1", "1ST"),
    KnownArea("city_boundary", "CHICAGO", "CHICAGO"),
    KnownArea("My corridors", "a", "Main <b>St</b>"),
    KnownArea("My corridors", "b", "Twice"),
    KnownArea("My corridors", "c", "twice"),
]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("ward:35", Area("wards", "35")),
        ("WARDS: 35", Area("wards", "35")),
        ("ward:035", Area("wards", "35")),
        ("community_area:ROGERS PARK", Area("community_areas", "1")),
        ("community-areas:rogers  park", Area("community_areas", "1")),
        ("Community Area:O'Hare", Area("community_areas", "76")),
        ("community_area:76", Area("community_areas", "76")),
        ("beat:111", Area("police_beats", "0111")),
        ("beats:0111", Area("police_beats", "0111")),
        ("police_district:1", Area("police_districts", "1")),
        ("district:1st", Area("police_districts", "1")),
        ("city", Area("city_boundary", "CHICAGO")),
        ("my corridors:main <B>st</b>", Area("My corridors", "a")),
        ("my_corridor:a", Area("My corridors", "a")),
    ],
)
def test_an_area_is_found(said: str, meant: Area) -> None:
    assert find_area(*split_name(said), AREAS) == meant


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("wrad:35", "Did you mean wards"),
        ("precinct:1", "Layers with areas: My corridors, city_boundary, community_areas"),
        ("ward:99", "Its areas: 35, 3"),
        ("community_area:Rogers Prk", "Did you mean community_areas:ROGERS PARK"),
        ("ward", "Which of the 2 areas of wards"),
        ("my corridors:TWICE", r"several areas: My corridors:b \(Twice\), My corridors:c"),
        (":35", "names no place"),
        ("", "names no place"),
    ],
)
def test_what_is_no_area_is_told_with_what_is_near(said: str, words: str) -> None:
    with pytest.raises(PermanentError, match=words):
        find_area(*split_name(said), AREAS)


def test_without_layers_the_way_to_them_is_told() -> None:
    with pytest.raises(PermanentError, match="chicago-crashes layer refresh"):
        find_area("ward", "35", [])


@pytest.mark.parametrize(
    ("radius", "feet"),
    [("200ft", 200), ("0.25mi", 1320), ("100m", 328.084), (" 1 MI ", 5280), (".5km", 1640.42), ("5miles", 26400)],
)
def test_radii_have_units(radius: str, feet: float) -> None:
    found = circle("41.8781, -87.6298", radius)
    assert (found.latitude, found.longitude) == (41.8781, -87.6298)
    assert found.radius_feet == pytest.approx(feet)


@pytest.mark.parametrize(
    ("point", "radius", "words"),
    [
        ("-87.6298,41.8781", "200ft", "--point 41.8781,-87.6298 is what you mean"),
        ("41.8781,87.6298", "200ft", "--point 41.8781,-87.6298 is what you mean"),
        ("40.7,-74.0", "200ft", "not in Chicago"),
        ("nan,nan", "200ft", "not in Chicago"),
        ("State & Madison", "200ft", "is no point"),
        ("41.8781", "200ft", "is no point"),
        ("41.8781,-87.6298,3", "200ft", "is no point"),
        ("41.8781,-87.6298", "200", "number with its unit"),
        ("41.8781,-87.6298", "200 blocks", "number with its unit"),
        ("41.8781,-87.6298", "-5ft", "number with its unit"),
        ("41.8781,-87.6298", "0ft", "more than nothing"),
        ("41.8781,-87.6298", "6mi", "at most 5 miles"),
        ("41.8781,-87.6298", f"{'9' * 400}mi", "at most 5 miles"),
    ],
)
def test_what_is_no_circle_is_refused(point: str, radius: str, words: str) -> None:
    with pytest.raises(PermanentError, match=words):
        circle(point, radius)


SQUARE = [[-87.7, 41.9], [-87.6, 41.9], [-87.6, 42.0], [-87.7, 42.0], [-87.7, 41.9]]
GEOMETRY = {"type": "Polygon", "coordinates": [SQUARE]}
FEATURE = {"type": "Feature", "properties": {"name": "<script>"}, "geometry": GEOMETRY}


def written(folder: Path, content: Any) -> Path:
    file = folder / "outline.geojson"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def test_an_outline_may_reach_over_the_edge_of_the_city(tmp_path: Path) -> None:
    """Part of it in Chicago is enough, on whichever side the rest is."""
    for west, south in ((-88.5, 41.9), (-87.6, 41.9), (-87.7, 41.0), (-87.7, 41.95)):
        over = [[west, south], [west + 1, south], [west + 1, south + 0.8], [west, south + 0.8], [west, south]]
        assert polygon(written(tmp_path, {"type": "Polygon", "coordinates": [over]})).name == "outline.geojson"


@pytest.mark.parametrize(
    "content",
    [
        GEOMETRY,
        FEATURE,
        {"type": "FeatureCollection", "features": [FEATURE]},
        {"type": "MultiPolygon", "coordinates": [[SQUARE]]},
        {**GEOMETRY, "coordinates": [[[*corner, 180.0] for corner in SQUARE]]},
        {**FEATURE, "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}},
    ],
)
def test_a_polygon_is_read(tmp_path: Path, content: Any) -> None:
    found = polygon(written(tmp_path, content))
    assert found.name == "outline.geojson"
    shape = json.loads(found.geojson)
    rings = shape["coordinates"][0] if shape["type"] == "MultiPolygon" else shape["coordinates"]
    assert rings == [SQUARE]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no GeoJSON"),
        ("{", "no GeoJSON"),
        ("[1]", "no GeoJSON object"),
        ('{"type": "Polygon", "coordinates": [[[NaN, 1], [2, 3], [4, 5], [NaN, 1]]]}', "no GeoJSON"),
        ("[" * 100_000, "no GeoJSON"),
        ({"type": "Point", "coordinates": [-87.6, 41.9]}, "holds a Point"),
        ({"type": "Feature", "geometry": None}, "no GeoJSON object"),
        ({"type": "FeatureCollection", "features": [FEATURE, FEATURE]}, "holds 2 features"),
        ({"type": "FeatureCollection"}, "holds no features"),
        ({"type": "Polygon", "coordinates": []}, "empty outline"),
        ({"type": "Polygon", "coordinates": "everywhere"}, "no usable outline"),
        ({"type": "Polygon", "coordinates": [[[-87.7, 41.9]]]}, "no usable outline"),
        ({"type": "Polygon", "coordinates": [[["a", "b"]] * 4]}, "no usable outline"),
        ({"type": "Polygon"}, "no usable outline"),
        ({"type": "Polygon", "coordinates": [[corner[::-1] for corner in SQUARE]]}, "latitude first"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, "nowhere near Chicago"),
        ({"type": "Polygon", "coordinates": [[[1e6, 2e6], [2e6, 2e6], [2e6, 3e6], [1e6, 2e6]]]}, "nowhere near"),
        ({"type": "Polygon", "coordinates": [[SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]]}, "not valid"),
        ({**GEOMETRY, "crs": {"type": "name", "properties": {"name": "EPSG:3435"}}}, "another coordinate system"),
    ],
)  # fmt: skip
def test_what_is_no_outline_is_refused(tmp_path: Path, content: Any, words: str) -> None:
    with pytest.raises(PermanentError, match=words):
        polygon(written(tmp_path, content))


def test_an_outline_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="larger than 5 MB"):
        polygon(written(tmp_path, " " * 5_000_001))
    many = [[-87.7 + number * 1e-7, 41.9] for number in range(100_001)]
    with pytest.raises(PermanentError, match="more than 100,000 corners"):
        polygon(written(tmp_path, {"type": "Polygon", "coordinates": [[*many, [-87.65, 42.0], many[0]]]}))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="cannot be read"):
        polygon(tmp_path / "nowhere.geojson")
    with pytest.raises(PermanentError, match="cannot be read"):
        polygon(tmp_path)
