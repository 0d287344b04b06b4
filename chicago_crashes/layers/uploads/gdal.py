"""Has GDAL read a file of our own making, in a process that can do nothing else.

GDAL is given a copy under a name we chose, never a path or a name that came with the file, so that none of its virtual
file systems is ever meant. Of its hundred drivers the process has the two that `gdal_reader.py` allows.
"""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from pathlib import Path

import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from chicago_crashes.layers.features import JsonValue
from chicago_crashes.layers.uploads.content import Row
from chicago_crashes.layers.uploads.limits import ALLOWED_DRIVERS, REFUSED
from chicago_crashes.layers.uploads.texts import RefusedError, cleaned, quoted, shown

SECONDS = 180
LONGEST_REASON = 200

Decode = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Table:
    """The features of one layer, in the file's order."""

    fields: Sequence[str]
    rows: Sequence[Row]
    geometries: Sequence[BaseGeometry | None]


def read_layer(driver: str, file: Path, layer: str, *, encoding: str = "", decode: Decode = str) -> Table:
    """All features of a layer; `decode` is what every text and every name of a field goes through.

    Raises:
        RefusedError: GDAL cannot read it.
    """
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "features.arrow"
        command = [sys.executable, "-m", "chicago_crashes.layers.uploads.gdal_reader"]
        try:
            ended = subprocess.run(  # noqa: S603 - our own module, and arguments that no shell reads
                [*command, driver, str(file), layer, encoding, str(result)],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise RefusedError(f"Reading took more than {SECONDS} seconds. Simplify the file, or split it.") from error
        if ended.returncode == REFUSED or ended.returncode < 0:
            raise RefusedError(f"It cannot be read: {_reason(ended)}. Save it anew with QGIS or ogr2ogr.")
        if ended.returncode:
            raise RuntimeError(f"Reading ended with {ended.returncode}: {ended.stderr.decode(errors='replace')}")
        with pa.memory_map(str(result)) as source:
            return _table(pa.ipc.open_file(source).read_all(), decode)


@cache
def _environment() -> Mapping[str, str]:
    import pyogrio  # slow to import, and most of the platform never reads a file of this kind

    others = sorted(set(pyogrio.list_drivers()) - ALLOWED_DRIVERS)
    return {
        "GDAL_SKIP": ",".join(others),
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_HTTP_TIMEOUT": "1",
        "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
        "PROJ_NETWORK": "OFF",
        "PYTHONPATH": ":".join(filter(None, sys.path)),
    }


def _reason(ended: subprocess.CompletedProcess[bytes]) -> str:
    if ended.returncode < 0:
        return f"reading it was ended by {signal.Signals(-ended.returncode).name}"
    lines = ended.stderr.decode(errors="replace").strip().splitlines() or ["it has not enough memory"]
    return shown(lines[-1], LONGEST_REASON).rstrip(".")


def _table(table: pa.Table, decode: Decode) -> Table:
    """GDAL puts the geometry last; a field may have the same name."""
    names = unique([decode(name) for name in table.column_names[:-1]])
    columns = [
        (name, table.column(place))
        for place, name in enumerate(names)
        if not pa.types.is_binary(table.column(place).type)
    ]
    values = [[_json(value, decode) for value in column.to_pylist()] for _name, column in columns]
    fields = [name for name, _column in columns]
    rows = [dict(zip(fields, row, strict=True)) for row in zip(*values, strict=True)] if fields else []
    return Table(fields, rows or [{} for _ in range(table.num_rows)], _geometries(table.column(table.num_columns - 1)))


def unique(names: Sequence[str]) -> list[str]:
    """The names of fields, cleaned; a second one of the same name gets a number."""
    found: list[str] = []
    for place, name in enumerate(map(cleaned, names), 1):
        whole = name or f"field_{place}"
        found.append(whole if whole not in found else f"{whole}_{place}")
    return found


def _json(value: object, decode: Decode) -> JsonValue:
    match value:
        case str():
            return decode(value)
        case None | bool() | int() | float():
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return str(value)


def _geometries(column: pa.ChunkedArray) -> list[BaseGeometry | None]:
    encoded = column.to_pylist()
    geometries: list[BaseGeometry | None] = list(shapely.from_wkb(encoded, on_invalid="ignore"))
    for place, (wkb, geometry) in enumerate(zip(encoded, geometries, strict=True), 1):
        if wkb and geometry is None:
            raise RefusedError(
                f"The geometry of feature {place} is corrupt, or of a kind that is no polygon, line or point (curves). "
                "Mend it, or save it as simple features, and try again."
            )
    return geometries


def named(layers: Mapping[str, int], wanted: str | None, what: str) -> str:
    """Which of the layers of a file is meant; `layers` are their names with their numbers of features.

    Raises:
        RefusedError: the file has several and none was named, or none of that name.
    """
    told = ", ".join(f"{quoted(name)} ({features:,} features)" for name, features in layers.items())
    if wanted is not None:
        if wanted not in layers:
            raise RefusedError(f"There is no {what} {quoted(wanted)} in it. There is: {told}.")
        return wanted
    if len(layers) > 1:
        raise RefusedError(f"It holds {len(layers)} {what}s: {told}. Say which with --layer-in-file NAME.")
    return next(iter(layers))
