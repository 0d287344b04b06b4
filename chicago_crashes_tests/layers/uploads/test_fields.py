"""Which field names features, which tells them apart, and in which order they stand."""

from pathlib import Path
from typing import Any

import pytest

from chicago_crashes.layers.uploads.content import Row
from chicago_crashes.layers.uploads.fields import summaries
from chicago_crashes.layers.uploads.limits import LIMITS
from chicago_crashes.layers.uploads.names import name_of_file, require_name
from chicago_crashes.layers.uploads.texts import RefusedError
from chicago_crashes.layers.uploads.upload import Upload, Wishes, read_upload
from chicago_crashes_tests.layers.uploads.files import feature, geojson, square

UUIDS = [f"{{DB2A2A7D-FAF1-42A4-B061-AE18C31A80B{number}}}" for number in range(4)]


def made(folder: Path, **columns: list[Any]) -> Upload:
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return read_upload(
        geojson(folder / "map.geojson", *(feature(square(place), **row) for place, row in enumerate(rows))), "mine"
    )


@pytest.mark.parametrize(
    ("columns", "label", "key"),
    [
        ({"OBJECTID": [1, 2, 3, 4], "name": ["a", "b", "c", "d"]}, "name", "name"),
        ({"ward": [1, 2, 3, 4], "alderman": ["a", "b", "c", "d"]}, "alderman", "alderman"),
        ({"kind": ["x", "x", "x", "y"], "ward": [1, 2, 3, 4], "GlobalID": UUIDS}, "ward", "ward"),
        ({"globalid": UUIDS, "shape_area": [1.5, 2.5, 3.5, 4.5]}, None, "globalid"),
        ({"st_area_sh": ["1.5", "2.5", "3.5", "4.5"], "count": [5, 6, 7, 8]}, "count", "count"),
        ({"other": ["a", "b", "c", "d"], "Community_Name": ["e", "f", "g", "h"]}, "Community_Name", "Community_Name"),
        ({"name": ["a", "b", "", ""], "code": ["A1", "A2", "A3", "A4"]}, "code", "code"),
        ({"url": ["https://a", "https://b", "https://c", "https://d"], "zone": [1, 2, 3, 4]}, "zone", "zone"),
        ({"since": ["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04"]}, None, None),
        ({"kind": ["x", "x", "y", "y"]}, None, None),
        ({"ward_id": ["1", "2", "3", "4"], "ward": ["1", "2", "3", "4"]}, "ward", "ward"),
        ({"beat": [1.0, 2.0, 3.0, 4.0]}, "beat", "beat"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_the_field_that_names_features(
    tmp_path: Path, columns: dict[str, list[Any]], label: str | None, key: str | None
) -> None:
    upload = made(tmp_path, **columns)
    assert (upload.layer.label_field, upload.key_field) == (label, key)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Ward 10", "Ward 2", "ward 1"], ["ward 1", "Ward 2", "Ward 10"]),
        (["10", "1", "2"], ["1", "2", "10"]),
        ([10, 1, 2], ["1", "2", "10"]),
        ([10.0, 1.0, 2.0], ["1", "2", "10"]),
        (["0113", "1713", "0111"], ["0111", "0113", "1713"]),
        (["9th", "10th", "Zone", "1st"], ["1st", "9th", "10th", "Zone"]),
    ],
    ids=str,
)
def test_the_natural_order(tmp_path: Path, names: list[Any], expected: list[str]) -> None:
    assert [each.label for each in made(tmp_path, name=names).features] == expected


def test_no_feature_is_taken_for_the_places_in_no_area(tmp_path: Path) -> None:
    zones = [f"Zone {letter}" for letter in "ABCDEFGHIJKLMNOPQRST"]
    features = made(tmp_path, name=["unknown", *zones, "unknown"]).features
    assert {each.key: each.label for each in features if each.key not in zones} == {
        "unknown (2)": "unknown",
        "unknown (3)": "unknown",
    }
    assert [each.key for each in made(tmp_path, name=["unknown", "Zone"]).features] == ["unknown (2)", "Zone"]
    with pytest.raises(RefusedError, match="feature 1 is “unknown”, which statistics call the places that lie in no"):
        read_upload(tmp_path / "map.geojson", "mine", Wishes(key_field="name"))


def test_features_without_a_name_are_numbered(tmp_path: Path) -> None:
    path = geojson(tmp_path / "map.geojson", *(feature(square(place)) for place in range(11)))
    upload = read_upload(path, "mine")
    assert [each.label for each in upload.features] == [str(number) for number in range(1, 12)]
    assert upload.fields == []


def test_the_preview_of_fields() -> None:
    rows: list[Row] = [
        {"a": "x", "b": 1, "c": None},
        {"a": "x", "b": 2.5, "c": ""},
        {"a": "y", "b": True, "c": None},
        {"a": "z"},
    ]
    found = summaries(["a", "b", "c"], rows)
    assert [(each.name, each.type, each.distinct, each.nulls, list(each.examples)) for each in found] == [
        ("a", "text", 3, 0, ["x", "y", "z"]),
        ("b", "mixed", 3, 1, ["1", "2.5", "true"]),
        ("c", "text", 0, 4, []),
    ]


@pytest.mark.parametrize(
    ("file", "name"),
    [("My Wards (2).zip", "my_wards_2"), ("a.geojson", "a"), ("Ünder score--X.gpkg", "nder_score_x")],
)
def test_the_name_of_a_file_is_that_of_its_layer(file: str, name: str) -> None:
    assert name_of_file(Path(file)) == name


@pytest.mark.parametrize("file", ["2020.zip", "___.zip", f"{'x' * 42}.zip", "日本.zip"])
def test_names_of_files_that_make_no_layer(file: str) -> None:
    with pytest.raises(RefusedError, match="gives no name for a layer"):
        name_of_file(Path(file))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("My Wards", r"“My Wards” cannot be the name.*Use my_wards\."),
        ("1st", "Use a name such as my_wards"),
        ("", "Use a name such as"),
        ("../../etc/passwd", r"Use etc_passwd\."),
        ("x; drop table layers", r"Use x_drop_table_layers\."),
        ("x" * 42, "at most 41"),
        ("name\n", r"Use name\."),
        ("wards", "the City's own layer wards"),
        ("beat", "the City's own layer police_beats"),
    ],
)
def test_names_no_layer_can_have(name: str, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        require_name(name)


def test_limits_leave_room_for_the_citys_own_layers() -> None:
    """The largest has 56,338 features and 76 MB."""
    assert LIMITS.features > 56_338
    assert LIMITS.file_bytes > 76_000_000
