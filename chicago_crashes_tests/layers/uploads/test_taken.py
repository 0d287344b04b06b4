"""What is taken, what is put right on the way and told, and that the rest stays what it was."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import shapely
from shapely import LineString, MultiPolygon, Point
from shapely.geometry.base import BaseGeometry

from chicago_crashes.layers.features import Shape
from chicago_crashes.layers.uploads.upload import Upload, Wishes, read_upload
from chicago_crashes_tests.layers.uploads.files import (
    archive,
    bow_tie,
    feature,
    geojson,
    geopackage,
    named,
    projected,
    shapefile,
    square,
    squares,
    swapped,
    zipped,
    zipped_shapefile,
)
from chicago_crashes_tests.real_data import REAL_DATA, needs_real_data

METRE = 1e-5
"""In degrees; about what two ways of calculating may differ by."""


def told(upload: Upload, words: str) -> bool:
    return any(words in message for message in upload.messages)


def labels(upload: Upload) -> list[str]:
    return [each.label for each in upload.features]


def assert_same(found: BaseGeometry, expected: BaseGeometry) -> None:
    assert found.symmetric_difference(expected).area < METRE * shapely.length(expected)


@needs_real_data
def test_the_neighborhoods_as_the_city_publishes_them() -> None:
    upload = read_upload(REAL_DATA / "boundaries" / "neighborhoods_shapefile.zip", "mine")
    assert len(upload.features) == 98
    assert upload.layer.label_field == upload.key_field == "pri_neigh"
    assert (upload.repaired, upload.left_out, upload.messages) == (0, 0, [])
    assert labels(upload)[:2] == ["Albany Park", "Andersonville"]
    assert [(field.name, field.type, field.distinct) for field in upload.fields][:2] == [
        ("pri_neigh", "text", 98),
        ("sec_neigh", "text", 78),
    ]


@needs_real_data
@pytest.mark.parametrize(
    ("name", "label", "key", "first"),
    [
        ("wards", "ward", "ward", ["1", "2", "3"]),
        ("community_areas", "community", "community", ["ALBANY PARK", "ARCHER HEIGHTS", "ARMOUR SQUARE"]),
        ("police_beats", "beat_num", None, ["0111", "0112", "0113"]),
        ("police_districts", "dist_label", "dist_label", ["1ST", "2ND", "3RD"]),
    ],
)
def test_real_layers_are_called_as_people_call_them(name: str, label: str, key: str | None, first: list[str]) -> None:
    upload = read_upload(REAL_DATA / "boundaries" / f"{name}.geojson", "mine")
    assert (upload.layer.label_field, upload.key_field) == (label, key)
    assert labels(upload)[:3] == first


@pytest.mark.parametrize("epsg", [4326, 3435, 26971, 3857, 26916])
def test_any_system_is_brought_to_longitude_and_latitude(tmp_path: Path, epsg: int) -> None:
    drawn = [projected(square(place), epsg) for place in range(3)]
    crs = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{epsg}"}}
    files = [
        geopackage(tmp_path / "map.gpkg", {"areas": drawn}, epsg=epsg),
        zipped_shapefile(tmp_path / "map.zip", drawn, epsg=epsg),
        geojson(
            tmp_path / "map.geojson", *(feature(each, name=f"Area {n}") for n, each in enumerate(drawn, 1)), crs=crs
        ),
    ]
    for file in files:
        upload = read_upload(file, "mine")
        assert labels(upload) == ["Area 1", "Area 2", "Area 3"]
        for place, each in enumerate(upload.features):
            assert isinstance(each.geometry, MultiPolygon)
            assert_same(each.geometry, square(place))
        assert upload.messages == []


@pytest.mark.parametrize("epsg", [4326, 3435])
def test_coordinates_in_the_wrong_order_are_swapped(tmp_path: Path, epsg: int) -> None:
    drawn = [swapped(projected(square(place), epsg)) for place in range(2)]
    upload = read_upload(zipped_shapefile(tmp_path / "map.zip", drawn, epsg=epsg), "mine")
    assert_same(upload.features[1].geometry, square(1))
    assert told(upload, "latitude before longitude" if epsg == 4326 else "north before east")


def test_a_shapefile_without_a_system_is_taken_where_it_can_only_be_one(tmp_path: Path) -> None:
    upload = read_upload(zipped_shapefile(tmp_path / "map.zip", squares(2), epsg=None), "mine")
    assert told(upload, "does not say its coordinate system")
    assert_same(upload.features[0].geometry, square(0))


def test_what_a_mac_adds_is_no_part_of_the_map(tmp_path: Path) -> None:
    members = named(shapefile(squares(2)), "Folder/MAP")
    members |= {f"__MACOSX/Folder/._{name[7:]}": b"\0\5\26\7" for name in members}
    members |= {".DS_Store": b"x", "Folder/.DS_Store": b"x", "__MACOSX/bad.zip": archive({})}
    assert len(read_upload(zipped(tmp_path / "map.zip", members), "mine").features) == 2


def test_names_of_parts_in_capitals(tmp_path: Path) -> None:
    parts = {f"MAP{suffix.upper()}": part for suffix, part in shapefile(squares(2)).items()}
    assert len(read_upload(zipped(tmp_path / "MAP.ZIP", parts), "mine").features) == 2


def test_one_of_several(tmp_path: Path) -> None:
    path = zipped(tmp_path / "map.zip", {**named(shapefile(squares(2)), "old"), **named(shapefile(squares(3)), "new")})
    assert len(read_upload(path, "mine", Wishes(layer_in_file="new")).features) == 3
    path = geopackage(tmp_path / "map.gpkg", {"one": squares(1), 'tw"o; drop': squares(2)})
    assert len(read_upload(path, "mine", Wishes(layer_in_file='tw"o; drop')).features) == 2


@pytest.mark.parametrize(
    ("written", "cpg"),
    [
        ("UTF-8", b"UTF-8"),
        ("UTF-8", None),
        ("CP1252", b"1252"),
        ("CP1252", b"ANSI 1252"),
        ("CP1252", None),
        ("CP1252", b"UTF-8"),
        ("ISO-8859-2", b"ISO 88592"),
    ],
)
def test_texts_of_a_shapefile_in_any_encoding(tmp_path: Path, written: str, cpg: bytes | None) -> None:
    name = "Łódź Ave" if written == "ISO-8859-2" else "Café “Ñandú” – ÿ"
    parts = shapefile([square()], {"name": [name]}, encoding=written)
    parts.pop(".cpg", None)
    if cpg:
        parts[".cpg"] = cpg
    upload = read_upload(zipped(tmp_path / "map.zip", named(parts)), "mine")
    assert labels(upload) == [name]
    assert told(upload, "says UTF-8, which the texts are not") == (written == "CP1252" and cpg == b"UTF-8")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks(tmp_path: Path, encoding: str) -> None:
    path = geojson(tmp_path / "map.geojson", feature(square(), name="Café"))
    path.write_text(json.dumps(json.loads(path.read_text()), ensure_ascii=False), encoding=encoding)
    assert labels(read_upload(path, "mine")) == ["Café"]


HOSTILE = "<script>alert('x')</script> [bold red]\"; DROP TABLE areas; -- \\ %s {0} Ünï"


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".zip"])
def test_names_with_markup_and_quotes_are_kept(tmp_path: Path, suffix: str) -> None:
    columns = {"name": [HOSTILE, "Plain"]}
    files: Mapping[str, Callable[[Path], Path]] = {
        ".geojson": lambda path: geojson(path, feature(square(0), name=HOSTILE), feature(square(1), name="Plain")),
        ".gpkg": lambda path: geopackage(path, {"areas": squares(2)}, columns),
        ".zip": lambda path: zipped_shapefile(path, squares(2), columns),
    }
    upload = read_upload(files[suffix](tmp_path / f"map{suffix}"), "mine")
    assert sorted(labels(upload)) == sorted([HOSTILE, "Plain"])
    assert HOSTILE in [each.key for each in upload.features]


def test_control_characters_are_taken_out(tmp_path: Path) -> None:
    name = "Ward\x1b[31m 1\x00\x07\u202etxt\n\tsecond \ud800line"
    path = geojson(tmp_path / "map.geojson", feature(square(), **{"na\x1bme": name, "name2": {"a\x00": ["\x07b"]}}))
    upload = read_upload(path, "mine", Wishes(title="My\x1b\x07 title"))
    assert labels(upload) == ["Ward[31m 1txt second \ufffdline"]
    assert upload.features[0].properties == {"name": "Ward[31m 1txt second \ufffdline", "name2": {"a": ["b"]}}
    assert upload.layer.title == "My title"


def test_a_very_long_name_is_kept_and_called_shortly(tmp_path: Path) -> None:
    long = "very " * 1000 + "long"
    upload = read_upload(geojson(tmp_path / "map.geojson", feature(square(), name=long)), "mine")
    assert upload.features[0].properties["name"] == long
    assert len(upload.features[0].label) == 200
    assert upload.features[0].label.endswith("…")
    assert len(upload.features[0].key) <= 200


def test_values_that_json_or_postgresql_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "map.geojson"
    geojson(path, feature(square(), name="a", large=10**30, small=7, nothing=None, deep={"a": [1, True, None]}, e=0.5))
    path.write_text(path.read_text().replace('"e": 0.5', '"e": 1e999'))
    assert read_upload(path, "mine").features[0].properties == {
        "name": "a",
        "large": str(10**30),
        "small": 7,
        "nothing": None,
        "deep": {"a": [1, True, None]},
        "e": None,
    }


def test_rings_that_cross_themselves_are_mended_and_named(tmp_path: Path) -> None:
    path = zipped_shapefile(tmp_path / "map.zip", [square(0), bow_tie(1)], {"name": ["Good", "Crossed"]})
    upload = read_upload(path, "mine")
    assert upload.repaired == 1
    assert told(upload, "feature 2 (Crossed) was made valid: Self-intersection")
    assert all(each.geometry.is_valid for each in upload.features)


def test_features_without_a_geometry_are_left_out_and_counted(tmp_path: Path) -> None:
    empty = {"type": "Polygon", "coordinates": []}
    features = [feature(None, name="a"), feature(square(), name="b"), feature(empty, name="c")]
    for path in (
        geojson(tmp_path / "map.geojson", *features),
        zipped_shapefile(tmp_path / "map.zip", [None, square(), None], {"name": ["a", "b", "c"]}),
        geopackage(tmp_path / "map.gpkg", {"areas": [None, square(), None]}, {"name": ["a", "b", "c"]}),
    ):
        upload = read_upload(path, "mine")
        assert (labels(upload), upload.left_out) == (["b"], 2)
        assert told(upload, "without a geometry, which were left out: 2")


def test_second_copies_are_left_out_and_counted(tmp_path: Path) -> None:
    twice = [feature(square(0), name="a"), feature(square(0), name="a"), feature(square(1), name="b")]
    upload = read_upload(geojson(tmp_path / "map.geojson", *twice), "mine")
    assert (labels(upload), upload.left_out, upload.key_field) == (["a", "b"], 1, "name")
    assert told(upload, "Second copies of a feature, which were left out: 1")


def test_a_name_of_several_features_numbers_their_keys(tmp_path: Path) -> None:
    names = [*(f"Beat {number}" for number in range(1, 20)), "Beat 19"]
    path = geojson(tmp_path / "map.geojson", *(feature(square(place), name=name) for place, name in enumerate(names)))
    upload = read_upload(path, "mine")
    assert [each.key for each in upload.features][-2:] == ["Beat 19", "Beat 19 (2)"]
    assert told(upload, "Several features are called “Beat 19”")
    merged = read_upload(path, "mine", Wishes(key_field="name"))
    assert len(merged.features) == 19
    assert merged.features[-1].geometry.area == pytest.approx(2 * square().area)
    assert told(merged, "Beat 19 came in 2 parts, which were made one")


def test_polygons_and_multipolygons_are_one_shape_without_height(tmp_path: Path) -> None:
    several = MultiPolygon([square(1), square(2)])
    high = shapely.force_3d(square(0), 600)
    upload = read_upload(geojson(tmp_path / "map.geojson", feature(high, name="a"), feature(several, name="b")), "mine")
    assert {each.geometry.geom_type for each in upload.features} == {"MultiPolygon"}
    assert not any(each.geometry.has_z for each in upload.features)


def test_lines_and_points(tmp_path: Path) -> None:
    line = LineString([(-87.7, 41.8), (-87.6, 41.9)])
    upload = read_upload(zipped_shapefile(tmp_path / "map.zip", [line]), "mine")
    assert (upload.layer.shape, upload.features[0].geometry.geom_type) == (Shape.LINE, "MultiLineString")
    upload = read_upload(geopackage(tmp_path / "map.gpkg", {"places": [Point(-87.7, 41.8)]}), "mine")
    assert (upload.layer.shape, upload.features[0].geometry.geom_type) == (Shape.POINT, "Point")


def test_one_feature_by_itself(tmp_path: Path) -> None:
    (tmp_path / "map.geojson").write_text(json.dumps(feature(square(), name="Here")))
    assert labels(read_upload(tmp_path / "map.geojson", "mine")) == ["Here"]
