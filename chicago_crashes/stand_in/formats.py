"""The bytes of a reply: JSON, CSV and GeoJSON exactly as the portal lays them out.

The database itself writes the text of a row: fetching every value into Python first costs several times as much.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import orjson
import pyarrow as pa

from chicago_crashes.stand_in.datasets import GEOSPATIAL, SodaType
from chicago_crashes.stand_in.translate import Field, Translation

Piece = bytes | memoryview

POINT = r'^"POINT ?\((-?)0*(\d+(?:\.\d+)?) (-?)0*(\d+(?:\.\d+)?)\)"$'
GEOJSON_POINT = r'{"type":"Point","coordinates":[\1\2,\3\4]}'
"""The digits stay as published, but JSON allows no leading zeros."""
KEYWORDS = {SodaType.MULTILINE: "MULTILINESTRING", SodaType.MULTIPOLYGON: "MULTIPOLYGON"}
"""Geometries that are kept as GeoJSON, and how CSV calls them."""
GEOJSON_COORDINATES = '^.*"coordinates":(.*)}$'
PAIR = r"\[(-?[0-9.eE+-]+),(-?[0-9.eE+-]+)\]"
CRS84 = b'{ "type": "name", "properties": { "name": "urn:ogc:def:crs:OGC:1.3:CRS84" } }'

CONTENT_TYPES = {
    "json": "application/json;charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/vnd.geo+json;charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A statement that yields the text of each row, `separator` before it, and what stands around all of them."""

    sql: str
    parameters: tuple[object, ...]
    head: bytes
    separator: str
    tail: bytes

    def body(self, batches: Iterable[pa.StringArray]) -> Iterator[Piece]:
        """The bytes of the reply, from what the statement yields."""
        yield self.head
        begin = len(self.separator)
        for batch in batches:
            yield _end_to_end(batch)[begin:]
            begin = 0
        yield self.tail


def json_reply(translation: Translation) -> Reply:
    """A list of objects: each row on a line, the comma before it, and no field where there is no value."""
    values = [_in_json(place, field) for place, field in enumerate(translation.fields)]
    keys = _keys(translation, translation.fields)
    return _reply(translation, _object(keys, values), keys.values(), head=b"[", separator="\n,", tail=b"]\n")


def csv_reply(translation: Translation) -> Reply:
    """Every header and every value in quotes, and nothing where there is no value."""
    header = ",".join('"' + field.name.replace('"', '""') + '"' for field in translation.fields)
    texts = [_in_csv(place, field) for place, field in enumerate(translation.fields)]
    cells = ", ".join(f"""coalesce('"' || replace({text}, '"', '""') || '"', '')""" for text in texts)
    return _reply(translation, f"concat_ws(',', {cells}) || '\n'", head=f"{header}\n".encode())


def geojson_reply(translation: Translation) -> Reply:
    """A feature per row: the first geometry is its own, everything else its properties, null where there is none."""
    fields = dict(enumerate(translation.fields))
    values = {place: f"coalesce({_in_json(place, field)}, 'null')" for place, field in fields.items()}
    place = next((place for place, field in fields.items() if field.type in GEOSPATIAL), None)
    geometry = "'null'" if place is None else values.pop(place)
    keys = _keys(translation, [fields[place] for place in values])
    properties = _object(keys, values.values())
    return _reply(
        translation,
        f"""'{{"type":"Feature","geometry":' || {geometry} || ',"properties":' || {properties} || '}}'""",
        keys.values(),
        head=b'{ "type": "FeatureCollection", "features": [ ',
        separator=",\n",
        tail=b' ], "crs" : ' + CRS84 + b" }\n",
    )


REPLIES: dict[str, Callable[[Translation], Reply]] = {"json": json_reply, "csv": csv_reply, "geojson": geojson_reply}


def _reply(
    translation: Translation,
    row: str,
    parameters: Iterable[str] = (),
    *,
    head: bytes,
    separator: str = "",
    tail: bytes = b"",
) -> Reply:
    sql = f"select '{separator}' || {row} from ({translation.sql})"  # noqa: S608 - all that is not ours is bound
    return Reply(sql, (*translation.parameters, *parameters), head, separator, tail)


def _keys(translation: Translation, fields: Iterable[Field]) -> dict[str, str]:
    """What begins each member of an object, by the place where the statement has it bound."""
    first = len(translation.parameters) + 1
    return {f"${place}::varchar": f",{orjson.dumps(field.name).decode()}:" for place, field in enumerate(fields, first)}


def _object(keys: Iterable[str], values: Iterable[str]) -> str:
    """An object of the members that have a value; the comma before the first is one too many."""
    members = [f"{key} || {value}" for key, value in zip(keys, values, strict=True)]
    return f"'{{' || ltrim(concat({', '.join(members) or 'null'}), ',') || '}}'"


def _in_json(place: int, field: Field) -> str:
    """A value as JSON; text that should be a point and is none stays text."""
    if field.type in KEYWORDS:
        return f"f{place}"
    value = f"to_json(f{place})"
    return f"regexp_replace({value}, '{POINT}', '{GEOJSON_POINT}')" if field.type is SodaType.POINT else value


def _in_csv(place: int, field: Field) -> str:
    """A value as CSV has it, before quotes: geometries as well-known text."""
    text = f"f{place}::varchar"
    if field.type not in KEYWORDS:
        return text
    coordinates = f"regexp_extract({text}, '{GEOJSON_COORDINATES}', 1)"
    pairs = f"regexp_replace({coordinates}, '{PAIR}', '\\1 \\2', 'g')"
    return f"'{KEYWORDS[field.type]} ' || translate({pairs}, '[]', '()')"


def _end_to_end(texts: pa.StringArray) -> memoryview:
    """All the texts as one, which is how Arrow keeps them."""
    _, ends, characters = texts.buffers()
    positions = memoryview(ends).cast("i")[texts.offset : texts.offset + len(texts) + 1]
    return memoryview(characters)[positions[0] : positions[-1]]
