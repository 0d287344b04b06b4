"""The bytes of a reply: JSON, CSV and GeoJSON exactly as the portal lays them out, a batch of rows at a time."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import orjson

from chicago_crashes.local.portal.datasets import SodaType
from chicago_crashes.local.portal.translate import Field

Rows = Iterable[Sequence[tuple[object, ...]]]
Writer = Callable[[Sequence[Field], Rows], Iterator[bytes]]

POINT = re.compile(r"POINT ?\((-?\d+(?:\.\d+)?) (-?\d+(?:\.\d+)?)\)")
CRS84 = b'{ "type": "name", "properties": { "name": "urn:ogc:def:crs:OGC:1.3:CRS84" } }'

CONTENT_TYPES = {
    "json": "application/json;charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/vnd.geo+json;charset=utf-8",
}


def json_bytes(fields: Sequence[Field], batches: Rows) -> Iterator[bytes]:
    """A list of objects: each row on a line, the comma before it, and no field where there is no value."""
    separator = b"["
    for batch in batches:
        yield separator + b"\n,".join(orjson.dumps(row) for row in _objects(fields, batch))
        separator = b"\n,"
    yield b"[]\n" if separator == b"[" else b"]\n"


def csv_bytes(fields: Sequence[Field], batches: Rows) -> Iterator[bytes]:
    """Every header and every value in quotes, and nothing where there is no value."""
    yield _csv_line([field.name for field in fields])
    for batch in batches:
        yield b"".join(_csv_line(row) for row in batch)


def geojson_bytes(fields: Sequence[Field], batches: Rows) -> Iterator[bytes]:
    """A feature per row: the first point is its geometry, everything else its properties, null where there is none."""
    place = next((number for number, field in enumerate(fields) if field.type is SodaType.POINT), None)
    separator = b'{ "type": "FeatureCollection", "features": [ '
    for batch in batches:
        yield separator + b",\n".join(orjson.dumps(_feature(fields, row, place)) for row in batch)
        separator = b",\n"
    if separator != b",\n":
        yield separator
    yield b' ], "crs" : ' + CRS84 + b" }\n"


WRITERS: dict[str, Writer] = {"json": json_bytes, "csv": csv_bytes, "geojson": geojson_bytes}


def _objects(fields: Sequence[Field], batch: Sequence[tuple[object, ...]]) -> Iterator[dict[str, object]]:
    names = [field.name for field in fields]
    points = [field.name for field in fields if field.type is SodaType.POINT]
    for row in batch:
        values = {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for name in points:
            if name in values:
                values[name] = _point(str(values[name]))
        yield values


def _point(text: str) -> object:
    """A point as GeoJSON with its digits as published; text that is no point stays what it is."""
    match = POINT.fullmatch(text)
    if match is None:
        return text
    # Through a number, a coordinate of many digits would lose some.
    return orjson.Fragment(f'{{"type":"Point","coordinates":[{_plain(match[1])},{_plain(match[2])}]}}'.encode())


def _plain(number: str) -> str:
    """A number as JSON allows it: without leading zeros."""
    return re.sub(r"^(-?)0+(?=\d)", r"\1", number)


def _feature(fields: Sequence[Field], row: Sequence[object], place: int | None) -> dict[str, Any]:
    geometry = None if place is None or row[place] is None else _point(str(row[place]))
    properties = {
        field.name: value for number, (field, value) in enumerate(zip(fields, row, strict=True)) if number != place
    }
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _csv_line(values: Iterable[object]) -> bytes:
    return (",".join(map(_csv_cell, values)) + "\n").encode()


def _csv_cell(value: object) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return '"' + text.replace('"', '""') + '"'
