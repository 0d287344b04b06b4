"""GeoJSON: read strictly and by ourselves.

GDAL would follow a link in `crs` to wherever it leads, and passes over what it cannot read.
"""

import codecs
import json
from collections.abc import Sequence

from shapely.geometry.base import BaseGeometry

from chicago_crashes.layers.features import JsonValue
from chicago_crashes.layers.repair import geometry_of_geojson
from chicago_crashes.layers.uploads.content import Content, Row
from chicago_crashes.layers.uploads.limits import Limits
from chicago_crashes.layers.uploads.systems import LONGITUDE_LATITUDE, of_geojson
from chicago_crashes.layers.uploads.texts import RefusedError, cleaned, quoted, shown

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_geojson(data: bytes, limits: Limits) -> Content:
    """What a GeoJSON file holds.

    Raises:
        RefusedError: it is no GeoJSON, or something in it is not as GeoJSON has it.
    """
    document = _parsed(_text(data))
    features = _features(document)
    if len(features) > limits.features:
        raise RefusedError(f"It has {len(features):,} features; at most {limits.features:,} are taken. Split it.")
    rows: list[Row] = []
    geometries: list[BaseGeometry | None] = []
    fields: dict[str, None] = {}
    for place, feature in enumerate(features, 1):
        row = _row(feature, place)
        fields.update(dict.fromkeys(row))
        if len(fields) > limits.fields:
            raise RefusedError(f"It has more than {limits.fields} fields. Keep those you need.")
        rows.append(row)
        geometries.append(_geometry(feature, place))
    crs = of_geojson(document["crs"]) if document.get("crs") is not None else None
    # Without a word on it, GeoJSON is longitude and latitude.
    return Content(list(fields), rows, geometries, crs or LONGITUDE_LATITUDE)


def _text(data: bytes) -> str:
    marked = [(mark, encoding) for mark, encoding in BYTE_ORDER_MARKS if data.startswith(mark)]
    mark, encoding = marked[0] if marked else (b"", "utf-8")
    try:
        return data.removeprefix(mark).decode(encoding)
    except UnicodeDecodeError as error:
        raise RefusedError(
            f"It is not in UTF-8, as GeoJSON must be (byte {error.start:,}). Save it anew in that encoding."
        ) from error


def _parsed(text: str) -> dict[str, JsonValue]:
    try:
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise RefusedError(
            f"It is no whole JSON: {error.msg} in line {error.lineno:,}, column {error.colno:,}. Save it anew."
        ) from error
    except RecursionError as error:
        raise RefusedError("It nests too deeply to be a map. Save it anew.") from error
    except ValueError as error:
        raise RefusedError(f"It is no JSON: {shown(str(error))}. Save it anew.") from error
    if not isinstance(document, dict):
        raise RefusedError("It is JSON, but no GeoJSON: an object with features was expected.")
    return document


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RefusedError(
            f"An object in it has {quoted(twice)} twice, and which is meant cannot be known. Save it anew."
        )
    return found


def _no_number(name: str) -> None:
    raise RefusedError(f"It holds {name} where a number was expected, which JSON does not have. Save it anew.")


def _features(document: dict[str, JsonValue]) -> Sequence[JsonValue]:
    match document.get("type"):
        case "FeatureCollection" if isinstance(document.get("features"), list):
            features = document["features"]
            return features if isinstance(features, list) else []
        case "Feature":
            return [document]
        case "Topology":
            raise RefusedError("It is TopoJSON. Save it as GeoJSON.")
        case found:
            raise RefusedError(
                f"It is JSON, but no GeoJSON: its type is {quoted(str(found))}, and a FeatureCollection with its "
                "features was expected. Save it as GeoJSON."
            )


def _row(feature: JsonValue, place: int) -> Row:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise RefusedError(f"Feature {place} is none: an object of type Feature was expected. Save it anew.")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise RefusedError(f"The properties of feature {place} are no object. Save it anew.")
    row: dict[str, JsonValue] = {}
    for name, value in properties.items():
        known = cleaned(name) or "field"
        if known in row:
            raise RefusedError(f"Feature {place} has two properties called {quoted(known)}. Rename one of them.")
        row[known] = value
    if "id" in feature and "id" not in row:
        row["id"] = feature["id"]
    return row


def _geometry(feature: JsonValue, place: int) -> BaseGeometry | None:
    try:
        return geometry_of_geojson(feature.get("geometry") if isinstance(feature, dict) else None)
    except (ValueError, TypeError) as error:
        raise RefusedError(
            f"The geometry of feature {place} is corrupt: {shown(str(error), 160)}. Mend it and try again."
        ) from error
