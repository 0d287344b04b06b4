"""A shapefile's parts: whether they are whole and fit together, what their texts are written in, where they lie.

GDAL reads damaged parts as far as it can; what it would pass over is found here.
"""

import codecs
import mmap
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyproj

from chicago_crashes.layers.uploads.content import Content
from chicago_crashes.layers.uploads.gdal import read_layer
from chicago_crashes.layers.uploads.limits import Limits
from chicago_crashes.layers.uploads.systems import LONGEST_DEFINITION, of_definition
from chicago_crashes.layers.uploads.texts import RefusedError

DRIVER = "ESRI Shapefile"

SHAPE_MAGIC = 9994
HEADER = 100
"""Bytes before the first record, in .shp and .shx alike."""

NULL_SHAPE = 0
POINTS = frozenset({1, 11, 21})
EMPTY_SHAPE_BYTES = 44
"""A record up to this long, if it is no point's, has a type, a box and no parts."""

DELETED = ord("*")
BYTES_PER_FIELD = 32

LANGUAGES = {0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x57: "cp1252", 0x64: "cp852", 0x65: "cp866"}
"""What byte 29 of a .dbf says of its encoding, where it says anything."""

USUAL_ENCODING = "cp1252"
MOST_BROKEN = 0.01
"""The share of characters that may be broken in a text that is UTF-8 still: long values are cut off anywhere."""

_ENCODING = re.compile(r"utf-8|ascii|cp\d+|iso8859-\d+|koi8-[ru]|mac-\w+|gb\w+|big5\w*|shift_jis\w*|euc_\w+")


@dataclass(frozen=True, slots=True)
class _Record:
    """What GDAL should make of a record."""

    has_geometry: bool
    is_deleted: bool


def read_shapefile(shp: Path, limits: Limits) -> Content:
    """What a shapefile holds; its parts lie beside it under the same name.

    Raises:
        RefusedError: a part is damaged, or the parts do not belong together.
    """
    records = _records(shp, limits)
    encoding, messages = _encoding(shp.with_suffix(".dbf"), shp.with_suffix(".cpg"))
    crs = _crs(shp.with_suffix(".prj"))
    for read in (".prj", ".cpg"):
        # GDAL need not understand them, too.
        shp.with_suffix(read).unlink(missing_ok=True)

    def decode(text: str) -> str:
        """GDAL is told that bytes are letters one to one, so that they can be read rightly here."""
        return text.encode("latin-1", "replace").decode(encoding, "replace")

    table = read_layer(DRIVER, shp, shp.stem, encoding="ISO-8859-1", decode=decode)
    expected = [record for record in records if not record.is_deleted]
    if len(table.rows) != len(expected):
        raise RefusedError(
            f"Of {len(expected):,} features {len(table.rows):,} could be read: the shapefile is damaged. Save it anew."
        )
    for place, (record, geometry) in enumerate(zip(expected, table.geometries, strict=True), 1):
        if record.has_geometry and geometry is None:
            raise RefusedError(f"The geometry of feature {place} is corrupt. Mend it and try again.")
    return Content(table.fields, table.rows, table.geometries, crs, messages)


def features_of(shp: Path) -> int:
    """How many features a shapefile says it has."""
    return max(0, (shp.with_suffix(".shx").stat().st_size - HEADER) // 8)


def _records(shp: Path, limits: Limits) -> Sequence[_Record]:
    shx, dbf = shp.with_suffix(".shx").read_bytes(), shp.with_suffix(".dbf").read_bytes()
    _require_header(shx[:HEADER], len(shx), ".shx")
    count = (len(shx) - HEADER) // 8
    if count > limits.features:
        raise RefusedError(f"It has {count:,} features; at most {limits.features:,} are taken. Split it.")
    if len(dbf) < BYTES_PER_FIELD:
        raise RefusedError("Its .dbf is damaged: it ends within its header. Save the shapefile anew.")
    rows, header, width = struct.unpack_from("<IHH", dbf, 4)
    if (header - 1) // BYTES_PER_FIELD - 1 > limits.fields:
        raise RefusedError(f"It has more than {limits.fields} fields. Keep those you need.")
    if rows != count:
        raise RefusedError(f"Its .dbf has {rows:,} rows and its .shx {count:,} features: they do not belong together.")
    if len(dbf) < header + rows * width:
        raise RefusedError("Its .dbf is damaged: it ends within its rows. Save the shapefile anew.")
    with shp.open("rb") as file:
        size = shp.stat().st_size
        _require_header(file.read(HEADER), size, ".shp")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return [
                _Record(
                    has_geometry=_has_geometry(content, size, shx, place),
                    is_deleted=width > 0 and dbf[header + place * width] == DELETED,
                )
                for place in range(count)
            ]


def _require_header(header: bytes, size: int, part: str) -> None:
    if len(header) < HEADER or struct.unpack_from(">i", header)[0] != SHAPE_MAGIC:
        raise RefusedError(f"Its {part} is none: it does not begin as one. Save the shapefile anew.")
    (words,) = struct.unpack_from(">i", header, 24)
    if 2 * words > size:
        raise RefusedError(
            f"Its {part} is damaged: it has {size:,} bytes, and {2 * words:,} were expected. Save the shapefile anew."
        )


def _has_geometry(content: mmap.mmap, size: int, shx: bytes, place: int) -> bool:
    offset, words = struct.unpack_from(">ii", shx, HEADER + 8 * place)
    begin, length = 2 * offset + 8, 2 * words
    if offset < HEADER // 2 or length < 4 or begin + length > size:
        raise RefusedError(
            f"The geometry of feature {place + 1} is corrupt: it lies outside of the .shp. Save it anew."
        )
    (kind,) = struct.unpack_from("<i", content, begin)
    return kind in POINTS or (kind != NULL_SHAPE and length > EMPTY_SHAPE_BYTES)


def _crs(prj: Path) -> pyproj.CRS | None:
    if not prj.exists():
        return None
    return of_definition(prj.read_bytes()[: LONGEST_DEFINITION + 1].decode("utf-8", "replace"), "Its .prj")


def _encoding(dbf: Path, cpg: Path) -> tuple[str, Sequence[str]]:
    """The encoding of the texts, and what has to be said of it. What the file says is believed if it can be true."""
    data = dbf.read_bytes()
    (header,) = struct.unpack_from("<H", data, 8)
    texts = data[header:]
    said = _named(cpg.read_bytes()[:64].decode("ascii", "replace")) if cpg.exists() else None
    fits_utf_8 = _is_utf_8(texts)
    if said == "utf-8" and not fits_utf_8:
        return USUAL_ENCODING, (f"The .cpg says UTF-8, which the texts are not: they were read as {USUAL_ENCODING}.",)
    if said:
        return said, ()
    if fits_utf_8:
        return "utf-8", ()
    return LANGUAGES.get(data[29], USUAL_ENCODING), ()


def _named(text: str) -> str | None:
    """The encoding that a .cpg names, as Python calls it: `UTF-8`, `1252`, `ANSI 1252`, `ISO 88591`, `65001`."""
    name = text.strip().strip("\0").lower().removeprefix("ansi ").replace("windows-", "cp")
    if name in ("65001", "utf8"):
        name = "utf-8"
    if iso := re.fullmatch(r"iso[ -]?8859[ -]?(\d+)", name):
        name = f"iso8859-{iso[1]}"
    if name.isdecimal():
        name = f"cp{name}"
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return known if _ENCODING.fullmatch(known) else None


def _is_utf_8(texts: bytes) -> bool:
    decoded = texts.decode("utf-8", "replace")
    broken = decoded.count("\ufffd")
    foreign = sum(not character.isascii() for character in decoded)
    return broken <= foreign * MOST_BROKEN
