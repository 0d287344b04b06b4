"""From a row of the portal to a candidate: which of its fields are the key, the label and the geometry."""

from collections.abc import Collection, Mapping
from typing import Any

from shapely import Point
from shapely.geometry.base import BaseGeometry

from chicago_crashes.errors import PermanentError
from chicago_crashes.layers.features import Shape
from chicago_crashes.layers.published import Fields, PublishedLayer
from chicago_crashes.layers.repair import Candidate, clean_text, clean_value, geometry_of_geojson

COORDINATES = (("longitude", "latitude"), ("long", "lat"), ("lon", "lat"))
"""Fields that place a point whose geometry is not published."""


class LayerReader:
    """Reads the rows of one layer, which has these fields.

    Raises:
        PermanentError: none of the declared fields for keys or labels is among them.
    """

    def __init__(self, layer: PublishedLayer, fields: Collection[str]) -> None:
        self._layer = layer
        self._key = _chosen(layer, layer.keys, fields, "keys")
        self._label = _chosen(layer, layer.labels or layer.keys, fields, "labels")

    @property
    def label_field(self) -> str:
        """The field or fields that a feature's label is made of."""
        return " ".join(self._label)

    def candidate(self, row: Mapping[str, Any]) -> Candidate:
        """A row as a candidate; without a key of its own, it is one that will be left out."""
        name = str(row.get(":id", "a row without an id"))
        place, geometry, trouble = _geometry_of(row)
        key = self._layer.normal_key(_text_of(row, self._key))
        label = _text_of(row, self._label)
        if self._label == self._key:
            label = key
        properties = {
            clean_text(field): clean_value(value)
            for field, value in row.items()
            if field != place and not field.startswith(":")
        }
        if geometry is None and self._layer.shape is Shape.POINT:
            geometry = _point_of(row)
        if not key:
            return Candidate(f"{name}, which has no key,", name, label or name, properties, None)
        return Candidate(f"{name}{trouble}", key, label or key, properties, geometry)


def _chosen(layer: PublishedLayer, alternatives: tuple[Fields, ...], fields: Collection[str], what: str) -> Fields:
    """The first alternative of which the dataset has a field; a label may have parts that are always empty."""
    for alternative in alternatives:
        if any(field in fields for field in alternative):
            return alternative
    expected = " or ".join("+".join(alternative) for alternative in alternatives)
    raise PermanentError(
        f"The portal publishes {layer.name} ({layer.dataset_id}) without the field for its {what}: expected "
        f"{expected}, found {', '.join(sorted(fields)) or 'no fields'}. Nothing was stored. If the City renamed it, "
        "add the new name to the layer's declaration."
    )


def _text_of(row: Mapping[str, Any], fields: Fields) -> str:
    return " ".join(text for field in fields if (text := clean_text(str(row.get(field) or ""))))


def _geometry_of(row: Mapping[str, Any]) -> tuple[str | None, BaseGeometry | None, str]:
    """The field that holds the geometry, the geometry, and what is wrong with it if it cannot be read."""
    for field, value in row.items():
        if isinstance(value, dict) and "type" in value and "coordinates" in value:
            try:
                return field, geometry_of_geojson(value), ""
            except ValueError as error:
                return field, None, f", of whose geometry {error},"
    return None, None, ""


def _point_of(row: Mapping[str, Any]) -> Point | None:
    for longitude, latitude in COORDINATES:
        try:
            return Point(float(row[longitude]), float(row[latitude]))
        except (KeyError, TypeError, ValueError):
            continue
    return None
