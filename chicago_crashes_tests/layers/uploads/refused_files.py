"""Files that must not be taken, each with what people are told of it."""

import io
import os
import sqlite3
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import shapely
from shapely import GeometryCollection, LineString, MultiPoint, Point, Polygon

from chicago_crashes_tests.layers.uploads.files import (
    altered,
    archive,
    feature,
    geojson,
    geopackage,
    named,
    patched,
    projected,
    shapefile,
    square,
    squares,
    zipped,
    zipped_shapefile,
)


class RefusedFile(NamedTuple):
    """A file, made in a folder, and words of the message."""

    name: str
    make: Callable[[Path], object]
    message: str


def _zip_with(member: str, content: bytes = b"x", **parts: bytes) -> Callable[[Path], object]:
    """A whole shapefile, and one member more."""
    return lambda path: zipped(path, {**named(shapefile([square()])), member: content, **parts})


def _symbolic_link(path: Path) -> None:
    link = zipfile.ZipInfo("map.shp")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr(link, "/etc/passwd")


def _encrypted(path: Path) -> None:
    """Every member marked so, in its own header (flags at 6) and in the table of contents (at 8)."""
    data = archive(named(shapefile([square()])))
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        found = data.find(magic)
        while found >= 0:
            data = patched(data, found + place, struct.pack("<H", 1))
            found = data.find(magic, found + 4)
    path.write_bytes(data)


def _lying(path: Path) -> None:
    """A member that is longer than the table of contents says."""
    data = archive({**named(shapefile([square()])), "map.dbf": b"\0" * 5000})
    entry = data.rfind(b"PK\x01\x02", 0, data.find(b"map.dbf", data.find(b"PK\x01\x02")))
    path.write_bytes(patched(data, entry + 24, struct.pack("<I", 100)))


def _long_table(path: Path) -> None:
    data = archive({"map.shp": b""})
    path.write_bytes(patched(data, data.rfind(b"PK\x05\x06") + 12, struct.pack("<I", 50_000_000)))


def _zip64(path: Path) -> None:
    data = archive({"map.shp": b""})
    end = data.rfind(b"PK\x05\x06")
    path.write_bytes(data[:end] + b"PK\x06\x07" + b"\0" * 16 + data[end:])


def _twice(path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as opened:
        opened.writestr("map.shp", b"1")
        opened.writestr("MAP.SHP", b"2")
    path.write_bytes(held.getvalue())


def _without(*suffixes: str) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        parts = shapefile([square()])
        zipped(path, named({suffix: part for suffix, part in parts.items() if suffix not in suffixes}))

    return make


def _damaged(suffix: str, damage: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        parts = shapefile(squares(3))
        zipped(path, named({**parts, suffix: damage(parts[suffix])}))

    return make


def _huge_ring(shp: bytes) -> bytes:
    """The second feature says that it has a hundred million points; its count of points is 40 bytes into it."""
    (length,) = struct.unpack_from(">i", shp, 104)
    second = 100 + 8 + 2 * length + 8
    return patched(shp, second + 40, struct.pack("<i", 100_000_000))


def _geopackage(*statements: str) -> Callable[[Path], object]:
    return lambda path: altered(geopackage(path, {"areas": squares(2)}), *statements)


def _no_geopackage(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("create table notes (note text)")
    database.commit()
    database.close()


def _endless_view(path: Path) -> None:
    """A layer that would never end: a view over a query that counts for ever."""
    altered(
        geopackage(path, {"areas": squares(2)}),
        "drop table areas",
        "create view areas as with recursive n(fid) as (select 1 union all select fid + 1 from n)"
        " select fid, zeroblob(1000000) as geom, 'x' as name from n",
    )


def _computed_column(path: Path) -> None:
    altered(
        geopackage(path, {"areas": squares(2)}),
        "alter table areas add column bomb text generated always as (hex(zeroblob(500000000))) virtual",
    )


def _torn(path: Path) -> None:
    whole = geopackage(path, {"areas": squares(200)}, {"name": ["n" * 3000] * 200}).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _text(text: str, encoding: str = "utf-8") -> Callable[[Path], object]:
    return lambda path: path.write_text(text, encoding=encoding)


def _features(*features: dict[str, object], **members: object) -> Callable[[Path], object]:
    return lambda path: geojson(path, *features, **members)


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 101_000_000)


NEW_YORK = shapely.box(-74.0, 40.7, -73.9, 40.8)
DEEP = '{"type":"FeatureCollection","features":' + "[" * 100_000
RING = '{"type":"FeatureCollection","features":[{"type":"Feature","properties":%s,"geometry":%s}]}'
POINT = '{"type":"Point","coordinates":[-87.7,41.85]}'

ARCHIVES = [
    RefusedFile("no_zip.zip", lambda path: path.write_bytes(b"a map, honestly" * 9), "It is no zip file"),
    RefusedFile(
        "torn.zip",
        lambda path: path.write_bytes(archive(named(shapefile(squares(9))))[:-30]),
        "its end is missing",
    ),
    RefusedFile("traversal.zip", _zip_with("../../map.shp"), r"outside its own folder: “\.\./\.\./map\.shp”"),
    RefusedFile("junk_traversal.zip", _zip_with("__MACOSX/../../x"), "outside its own folder"),
    RefusedFile("absolute.zip", _zip_with("/etc/cron.d/map.shp"), "outside its own folder"),
    RefusedFile("drive.zip", _zip_with("C:\\map.shp"), "outside its own folder"),
    RefusedFile("backslashes.zip", _zip_with("..\\..\\map.shp"), "outside its own folder"),
    RefusedFile("link.zip", _symbolic_link, "symbolic link: “map.shp”"),
    RefusedFile("encrypted.zip", _encrypted, "encrypted"),
    RefusedFile("nested.zip", _zip_with("inner.zip", archive({"a.shp": b""})), "another archive: “inner.zip”"),
    RefusedFile("bomb.zip", _zip_with("map.sbn", b"\0" * 20_000_000), "blows up when unpacked: “map.sbn”.*100 times"),
    RefusedFile("lying.zip", _lying, "The zip file is damaged"),
    RefusedFile(
        "crowd.zip",
        lambda path: zipped(path, {f"{n}.txt": b"" for n in range(101)}),
        "holds 101 members; at most 100",
    ),
    RefusedFile("long_table.zip", _long_table, "holds too many members"),
    RefusedFile("zip64.zip", _zip64, "more than 4 GB"),
    RefusedFile(
        "unusual.zip",
        lambda path: zipped(path, named(shapefile([square()])), zipfile.ZIP_BZIP2),
        "in an unusual way",
    ),
    RefusedFile("twice.zip", _twice, "holds “map.shp” twice"),
    RefusedFile(
        "same_name.zip",
        lambda path: zipped(path, {**named(shapefile([square()]), "a/map"), **named(shapefile([square()]), "b/map")}),
        "two shapefiles called “map”",
    ),
    RefusedFile(
        "several.zip",
        lambda path: zipped(path, {**named(shapefile(squares(2)), "old"), **named(shapefile(squares(3)), "new")}),
        r"2 shapefiles: “old” \(2 features\), “new” \(3 features\).*--layer-in-file",
    ),
    RefusedFile("no_shapefile.zip", lambda path: zipped(path, {"map.geojson": b"{}"}), "holds no shapefile"),
    RefusedFile(
        "only_junk.zip",
        lambda path: zipped(path, {"__MACOSX/._map.shp": b"x", ".DS_Store": b"x"}),
        "holds no shapefile",
    ),
    RefusedFile("no_members.zip", lambda path: zipped(path, {}), "holds no shapefile"),
]

SHAPEFILES = [
    RefusedFile("no_shx.zip", _without(".shx"), r"lacks its \.shx"),
    RefusedFile("no_dbf.zip", _without(".dbf"), r"lacks its \.dbf"),
    RefusedFile("only_shp.zip", _without(".dbf", ".shx"), r"lacks its \.shx and \.dbf"),
    RefusedFile("no_shp_really.zip", _damaged(".shp", lambda shp: b"x" * len(shp)), "does not begin as one"),
    RefusedFile("torn_shp.zip", _damaged(".shp", lambda shp: shp[:-50]), r"\.shp is damaged"),
    RefusedFile("torn_shx.zip", _damaged(".shx", lambda shx: shx[:-8]), r"\.shx is damaged"),
    RefusedFile("torn_dbf.zip", _damaged(".dbf", lambda dbf: dbf[:-90]), r"\.dbf is damaged: it ends within its rows"),
    RefusedFile(
        "no_dbf_really.zip", _damaged(".dbf", lambda _dbf: b"\3"), r"\.dbf is damaged: it ends within its head"
    ),
    RefusedFile(
        "astray.zip",
        _damaged(".shx", lambda shx: patched(shx, 100 + 8, struct.pack(">i", 1 << 28))),
        r"feature 2 is corrupt: it lies outside",
    ),
    RefusedFile("huge_ring.zip", _damaged(".shp", _huge_ring), "feature 2 is corrupt"),
    RefusedFile(
        "strangers.zip",
        lambda path: zipped(path, named({**shapefile(squares(3)), ".dbf": shapefile(squares(2))[".dbf"]})),
        "do not belong together",
    ),
    RefusedFile(
        "no_prj.zip",
        lambda path: zipped_shapefile(path, [projected(square(), 3435)], epsg=None),
        r"does not say its coordinate system.*would fit EPSG:3435",
    ),
    RefusedFile(
        "wrong_prj.zip", _damaged(".prj", lambda _prj: b"<b>nonsense</b>"), "names no coordinate system that is known"
    ),
    RefusedFile(
        "other_prj.zip",
        lambda path: zipped(
            path, named({**shapefile([projected(square(), 26971)]), ".prj": shapefile([square()], epsg=3435)[".prj"]})
        ),
        "far from Chicago.*would fit EPSG:26971",
    ),
]

GEOPACKAGES = [
    RefusedFile("no_gpkg.gpkg", lambda path: path.write_bytes(b"no database" * 99), "It is no GeoPackage"),
    RefusedFile("only_sqlite.gpkg", _no_geopackage, "lacks its table “gpkg_contents”"),
    RefusedFile("torn.gpkg", _torn, "The GeoPackage is damaged"),
    RefusedFile("header_only.gpkg", lambda path: path.write_bytes(b"SQLite format 3\0"), "GeoPackage is damaged"),
    RefusedFile("view.gpkg", _endless_view, "“areas” in the GeoPackage is no plain table"),
    RefusedFile(
        "endless_contents.gpkg",
        _geopackage(
            "alter table gpkg_contents rename to kept",
            "create view gpkg_contents as with recursive n(i) as (select 1 union all select i + 1 from n)"
            " select 'areas' as table_name, 'features' as data_type from n",
        ),
        "“gpkg_contents” in the GeoPackage is no plain table",
    ),
    RefusedFile("computed.gpkg", _computed_column, "computes a column"),
    RefusedFile(
        "virtual.gpkg",
        _geopackage("drop table areas", "create virtual table areas using rtree(id, a, b)"),
        "no plain table",
    ),
    RefusedFile(
        "several.gpkg",
        lambda path: geopackage(path, {"one": squares(1), "two": squares(2)}),
        r"2 layers: “one” \(1 features\), “two” \(2 features\).*--layer-in-file",
    ),
    RefusedFile("no_layer.gpkg", _geopackage("update gpkg_contents set data_type = 'attributes'"), "holds no layer"),
    RefusedFile(
        "corrupt_geometry.gpkg",
        _geopackage("update areas set geom = substr(geom, 1, 60) where fid = 2"),
        "feature 2 is corrupt|cannot be read",
    ),
    RefusedFile("no_rows.gpkg", _geopackage("delete from areas"), "holds no features"),
    RefusedFile(
        "unknown_system.gpkg",
        _geopackage(
            "update gpkg_spatial_ref_sys set organization = 'me', definition = 'nonsense' where srs_id = 4326",
        ),
        "names no coordinate system that is known",
    ),
]

GEOJSON = [
    RefusedFile("empty.geojson", lambda path: path.touch(), "It is empty"),
    RefusedFile("no_features.geojson", _features(), "holds no features"),
    RefusedFile(
        "nothing_drawn.geojson", _features(feature(None, name="a"), feature(None, name="b")), "2 features have no"
    ),
    RefusedFile(
        "torn.geojson", _text('{"type":"FeatureCollection","features":[{"ty'), "no whole JSON: .* line 1, column"
    ),
    RefusedFile("zip_by_another_name.geojson", lambda path: zipped_shapefile(path, [square()]), "UTF-8|JSON"),
    RefusedFile("latin.geojson", _text(RING % ('{"name":"Café"}', POINT), "latin-1"), "not in UTF-8"),
    RefusedFile("nan.geojson", _text(RING % ("{}", '{"type":"Point","coordinates":[NaN,41]}')), "holds NaN"),
    RefusedFile("deep.geojson", _text(DEEP), "nests too deeply|no whole JSON"),
    RefusedFile("topology.json", _text('{"type":"Topology","objects":{}}'), "It is TopoJSON"),
    RefusedFile("esri.json", _text('{"features":[{"attributes":{}}]}'), "its type is “None”"),
    RefusedFile("list.json", _text("[1, 2]"), "no GeoJSON: an object"),
    RefusedFile("no_feature.geojson", _features({"properties": {}}), "Feature 1 is none"),
    RefusedFile(
        "twice_said.geojson",
        _text(RING % ('{"name":"a","name":"b"}', POINT)),
        "has “name” twice",
    ),
    RefusedFile(
        "twice_drawn.geojson",
        _text('{"type":"FeatureCollection","features":[],"features":[]}'),
        "has “features” twice",
    ),
    RefusedFile(
        "unknown_crs.geojson",
        _features(feature(square()), crs={"type": "name", "properties": {"name": "EPSG:99999"}}),
        "no coordinate system EPSG:99999",
    ),
    RefusedFile(
        "open_ring.geojson",
        _features(
            feature(square(), name="a"), feature({"type": "Polygon", "coordinates": [[[-87.7, 41.8]]]}, name="b")
        ),
        "geometry of feature 2 is corrupt",
    ),
    RefusedFile(
        "no_kind.geojson", _features(feature({"type": "Circle", "coordinates": [1, 2]})), "feature 1 is corrupt"
    ),
    RefusedFile(
        "words.geojson", _features(feature({"type": "Point", "coordinates": ["a", "b"]})), "feature 1 is corrupt"
    ),
    RefusedFile(
        "endless.geojson", _text(RING % ("{}", '{"type":"Point","coordinates":[1e999,41]}')), "no number|corrupt"
    ),
    RefusedFile(
        "flat.geojson",
        _features(feature(square(), name="a"), feature(Polygon([(-87.7, 41.8)] * 4), name="<i>flat</i>")),
        r"feature 2 \(<i>flat</i>\) cannot be mended",
    ),
    RefusedFile(
        "mixed.geojson",
        _features(feature(square()), feature(Point(-87.7, 41.8)), feature(LineString([(-87.7, 41.8), (-87.6, 41.8)]))),
        "mixes shapes: 1 polygon, 1 point, 1 line",
    ),
    RefusedFile(
        "gathered.geojson",
        _features(feature(GeometryCollection([square(), Point(-87.7, 41.8)]))),
        "feature 1 is a GeometryCollection",
    ),
    RefusedFile(
        "scattered.geojson",
        _features(feature(MultiPoint([(-87.7, 41.8), (-87.6, 41.8)]))),
        "feature 1 is several points",
    ),
    RefusedFile(
        "new_york.geojson",
        _features(feature(square(), name="Here"), feature(NEW_YORK, name="Far")),
        r"1 of 2 features lie far from Chicago.*feature 2 \(Far\) at longitude -73\.9500, latitude 40\.7500",
    ),
    RefusedFile("null_island.geojson", _features(feature(Point(0, 0), name="Nowhere")), "lie far from Chicago"),
    RefusedFile(
        "feet.geojson", _features(feature(projected(square(), 3435), name="a")), "far from Chicago.*would fit EPSG:3435"
    ),
    RefusedFile(
        "long_text.geojson", _features(feature(square(), story="x" * 20_001)), "Field “story” of feature 1 has 20,001"
    ),
    RefusedFile(
        "many_fields.geojson",
        _features(feature(square(), **{f"f{n}": n for n in range(201)})),
        "more than 200 fields",
    ),
    RefusedFile("large.geojson", _sparse, r"has 101\.0 MB; at most 100\.0 MB"),
]

NAMES = [
    RefusedFile("wards.geojson", _features(feature(square())), "the City's own layer wards"),
    RefusedFile("Ward.geojson", _features(feature(square())), "the City's own layer wards"),
]

ALL = [*ARCHIVES, *SHAPEFILES, *GEOPACKAGES, *GEOJSON, *NAMES]
