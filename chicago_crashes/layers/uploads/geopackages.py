"""A GeoPackage: a SQLite database nobody vouches for, looked at before GDAL reads it.

Only plain tables are taken. A view or a computed column would run the file's own SQL, for as long as that likes.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pyproj

from chicago_crashes.layers.uploads.content import Content
from chicago_crashes.layers.uploads.gdal import named, read_layer
from chicago_crashes.layers.uploads.limits import Limits
from chicago_crashes.layers.uploads.systems import of_definition, of_number
from chicago_crashes.layers.uploads.texts import RefusedError, cleaned, quoted, shown

DRIVER = "GPKG"
MAGIC = b"SQLite format 3\0"

SECONDS = 20
STEPS_BETWEEN_LOOKS = 10_000
LONGEST_VALUE = 50_000_000

COMPUTED = frozenset({2, 3})
"""What `table_xinfo` says of a column that is computed."""

UNDEFINED = frozenset({-1, 0})
"""What the standard gives to systems nobody knows."""

METADATA = ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys")

LAYERS = """
    select contents.table_name
      from gpkg_contents as contents
      join gpkg_geometry_columns as columns on columns.table_name = contents.table_name
     where contents.data_type = 'features'
     order by contents.table_name
"""

SYSTEM = """
    select systems.organization, systems.organization_coordsys_id, systems.definition, columns.srs_id
      from gpkg_geometry_columns as columns
      left join gpkg_spatial_ref_sys as systems on systems.srs_id = columns.srs_id
     where columns.table_name = ?
"""


def read_geopackage(file: Path, layer_in_file: str | None, limits: Limits) -> Content:
    """What a layer of a GeoPackage holds.

    Raises:
        RefusedError: it is damaged, or holds what a map need not hold, or several layers of which none was named.
    """
    with file.open("rb") as opened:
        if opened.read(len(MAGIC)) != MAGIC:
            raise RefusedError("It is no GeoPackage: it does not begin as one. Save it anew.")
    try:
        with _opened(file) as database:
            layer, features = _layer(database, layer_in_file, limits)
            crs = _crs(database, layer)
    except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
        raise RefusedError(f"The GeoPackage is damaged: {shown(str(error))}. Save it anew.") from error
    table = read_layer(DRIVER, file, layer)
    if len(table.rows) != features:
        raise RefusedError(f"Of {features:,} features {len(table.rows):,} could be read. Save the GeoPackage anew.")
    return Content(table.fields, table.rows, table.geometries, crs)


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    give_up = time.monotonic() + SECONDS
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        database.set_progress_handler(lambda: int(time.monotonic() > give_up), STEPS_BETWEEN_LOOKS)
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
        database.execute("pragma trusted_schema = off")
        database.execute("pragma cell_size_check = on")
        yield database


def _layer(database: sqlite3.Connection, wanted: str | None, limits: Limits) -> tuple[str, int]:
    for table in METADATA:
        _require_plain(database, table, limits)
    found = [str(name) for (name,) in database.execute(LAYERS)]
    if not found:
        raise RefusedError("The GeoPackage holds no layer with features.")
    for name in found:
        _require_plain(database, name, limits)
    (verdict,) = database.execute("pragma quick_check(1)").fetchone()
    if verdict != "ok":
        raise RefusedError(f"The GeoPackage is damaged: {shown(str(verdict))}. Save it anew.")
    counts = {name: _count(database, name) for name in found}
    layer = named(counts, wanted, "layer")
    if counts[layer] > limits.features:
        raise RefusedError(f"It has {counts[layer]:,} features; at most {limits.features:,} are taken. Split it.")
    return layer, counts[layer]


def _require_plain(database: sqlite3.Connection, table: str, limits: Limits) -> None:
    row = database.execute("select type, sql from sqlite_master where name = ?", [table]).fetchone()
    if row is None:
        raise RefusedError(f"The GeoPackage lacks its table {quoted(table)}. Save it anew.")
    kind, definition = row
    if kind != "table" or cleaned(str(definition)).lower().startswith("create virtual"):
        raise RefusedError(
            f"{quoted(table)} in the GeoPackage is no plain table; views and virtual tables are not read. Export the "
            "layer to a GeoPackage of its own."
        )
    columns = database.execute("select hidden from pragma_table_xinfo(?)", [table]).fetchall()
    if any(hidden in COMPUTED for (hidden,) in columns):
        raise RefusedError(
            f"{quoted(table)} in the GeoPackage computes a column, which is not read. Export the layer anew."
        )
    if len(columns) > limits.fields:
        raise RefusedError(f"{quoted(table)} has more than {limits.fields} fields. Keep those you need.")


def _count(database: sqlite3.Connection, table: str) -> int:
    name = table.replace('"', '""')
    (count,) = database.execute(f'select count(*) from "{name}"').fetchone()  # noqa: S608 - quoted as SQL has it
    return int(count)


def _crs(database: sqlite3.Connection, layer: str) -> pyproj.CRS | None:
    organization, number, definition, own_number = database.execute(SYSTEM, [layer]).fetchone()
    if own_number in UNDEFINED:
        return None
    if str(organization).upper() in ("EPSG", "ESRI") and isinstance(number, int):
        return of_number(number)
    return of_definition(str(definition or ""), "The coordinate system in it")
