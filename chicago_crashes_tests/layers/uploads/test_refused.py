"""What must not be taken is refused with a clear message, and nothing of it is stored; nor is anything half-loaded."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from chicago_crashes.layers.uploads.limits import Limits
from chicago_crashes.layers.uploads.names import name_of_file
from chicago_crashes.layers.uploads.texts import RefusedError
from chicago_crashes.layers.uploads.upload import Wishes, read_upload
from chicago_crashes_tests.layers.uploads.conftest import Place
from chicago_crashes_tests.layers.uploads.files import (
    feature,
    geojson,
    geopackage,
    square,
    squares,
    zipped_shapefile,
)
from chicago_crashes_tests.layers.uploads.refused_files import ALL, RefusedFile

SECRET = "leave me be"


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_file_that_is_refused_stores_nothing(place: Place, case: RefusedFile) -> None:
    path = place.folder / case.name
    case.make(path)
    outside = place.folder.parent / "map.shp"
    told = place.load(name_of_file(path))
    assert told is not None
    assert place.rows() == 0
    assert told.startswith(f"{case.name} is refused. ") or "the City's own" in told
    assert_told(told, case.message)
    assert not outside.exists()


def assert_told(told: str, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        raise RefusedError(told)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(features=2), "3 features; at most 2"),
        (Limits(unzipped_bytes=1000), r"would have 0\.0 MB|Unpacked"),
        (Limits(file_bytes=500), "at most"),
        (Limits(vertices=14), "15 points; at most 14"),
        (Limits(fields=0), "more than 0 fields"),
        (Limits(members=3), "holds too many members|holds [45] members; at most 3"),
    ],
    ids=lambda value: "" if isinstance(value, str) else str(value).replace("Limits", ""),
)
def test_limits_of_a_zip_file(tmp_path: Path, limits: Limits, message: str) -> None:
    path = zipped_shapefile(tmp_path / "map.zip", squares(3))
    with pytest.raises(RefusedError, match=message):
        read_upload(path, "mine", limits=limits)


@pytest.mark.parametrize(
    ("limits", "message"),
    [(Limits(features=2), "3 features; at most 2"), (Limits(fields=1), "more than 1 fields")],
    ids=["features", "fields"],
)
def test_limits_of_a_geopackage(tmp_path: Path, limits: Limits, message: str) -> None:
    path = geopackage(tmp_path / "map.gpkg", {"areas": squares(3)})
    with pytest.raises(RefusedError, match=message):
        read_upload(path, "mine", limits=limits)


def test_many_features_of_a_geojson(tmp_path: Path) -> None:
    path = geojson(tmp_path / "map.geojson", *(feature(square(place)) for place in range(3)))
    with pytest.raises(RefusedError, match="3 features; at most 2"):
        read_upload(path, "mine", limits=Limits(features=2))


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        (Wishes(label_field="[red]nope"), r"no field “\[red\]nope”\. There is: “name”, “code”"),
        (Wishes(key_field="nope"), "no field “nope”"),
        (Wishes(key_field="code"), "Feature 2 has no “code”"),
        (Wishes(layer_in_file="x"), "holds one layer"),
    ],
    ids=["label", "key", "blank key", "layer"],
)
def test_wishes_that_cannot_be_met(tmp_path: Path, wishes: Wishes, message: str) -> None:
    path = geojson(
        tmp_path / "map.geojson", feature(square(0), name="a", code="1"), feature(square(1), name="b", code="")
    )
    with pytest.raises(RefusedError, match=message):
        read_upload(path, "mine", wishes)


def test_a_key_nobody_can_type(tmp_path: Path) -> None:
    path = geojson(tmp_path / "map.geojson", feature(square(), name="x" * 201))
    with pytest.raises(RefusedError, match="feature 1 has more than 200 characters"):
        read_upload(path, "mine", Wishes(key_field="name"))


def test_a_layer_that_is_not_in_the_file(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "map.gpkg", {"one": squares(1)})
    with pytest.raises(RefusedError, match=r"no layer “two” in it\. There is: “one”"):
        read_upload(path, "mine", Wishes(layer_in_file="two"))
    path = zipped_shapefile(tmp_path / "map.zip", squares(1))
    with pytest.raises(RefusedError, match=r"no shapefile “two” in it\. There is: “map”"):
        read_upload(path, "mine", Wishes(layer_in_file="two"))


@pytest.mark.parametrize("name", ["map.kml", "map", "map.shp", "map.geojson.exe"])
def test_a_kind_that_is_not_taken(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(RefusedError, match=r"kind is not taken: GeoJSON .* was expected"):
        read_upload(tmp_path / name, "mine")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="There is no such file"):
        read_upload(tmp_path / "map.geojson", "mine")
    (tmp_path / "folder.zip").mkdir()
    with pytest.raises(RefusedError, match="no ordinary file"):
        read_upload(tmp_path / "folder.zip", "mine")


def test_a_link_to_a_coordinate_system_is_not_followed(tmp_path: Path) -> None:
    """GDAL would ask whatever address the file names."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/crs"
        for kind in ("link", "url", "name"):
            crs = {"type": kind, "properties": {"href": address, "url": address, "name": address}}
            path = geojson(tmp_path / "map.geojson", feature(square()), crs=crs)
            with pytest.raises(RefusedError, match="links are not followed"):
                read_upload(path, "mine")
        with pytest.raises(BlockingIOError):
            server.accept()


def test_gdal_reads_nothing_while_it_has_other_drivers(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "map.gpkg", {"areas": squares(1)})
    command = [sys.executable, "-m", "chicago_crashes.layers.uploads.gdal_reader"]
    ended = subprocess.run(
        [*command, "GPKG", str(path), "areas", "", str(tmp_path / "result")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "GDAL has drivers it must not use" in ended.stderr
    assert not (tmp_path / "result").exists()


def test_virtual_paths_of_gdal_mean_nothing() -> None:
    for path in ("/vsicurl/http://127.0.0.1:9/map.gpkg", "/vsizip//etc/map.zip", "GPKG:/etc/map.gpkg"):
        with pytest.raises(RefusedError, match="There is no such file"):
            read_upload(Path(path), "mine")


def test_what_is_said_beside_the_file_may_be_wrong(place: Place) -> None:
    geojson(place.folder / "mine.geojson", feature(square(), name="a"))
    for said, message in (
        ("title = ", "no TOML"),
        ("titel = 'x'", "cannot say “titel”"),
        ("title = 3", "cannot say “title”"),
    ):
        (place.folder / "mine.toml").write_text(said)
        told = place.load("mine")
        assert told is not None
        assert_told(told, message)
    assert place.rows() == 0


def test_two_files_of_one_name(place: Place) -> None:
    geojson(place.folder / "mine.geojson", feature(square(), name="a"))
    geojson(place.folder / "Mine.json", feature(square(), name="b"))
    told = place.load("mine")
    assert told is not None
    assert_told(told, "“Mine.json” and “mine.geojson” would both be the layer mine")
    assert place.rows() == 0


def test_a_link_in_the_folder_is_no_layer(place: Place, tmp_path: Path) -> None:
    secret = geojson(tmp_path / "secret.geojson", feature(square(), name=SECRET))
    (place.folder / "mine.geojson").symlink_to(secret)
    told = place.load("mine")
    assert told is not None
    assert_told(told, "There is no file of the layer mine")
    assert place.rows() == 0
