"""What a layer is made of, wherever it came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shapely.geometry.base import BaseGeometry

JsonValue = str | int | float | bool | list["JsonValue"] | dict[str, "JsonValue"] | None

UNKNOWN = "unknown"
"""The key under which statistics count the crashes that lie in no area; no feature's key."""


class Shape(StrEnum):
    """What all features of a layer are."""

    POLYGON = "polygon"
    LINE = "line"
    POINT = "point"


class LayerKind(StrEnum):
    """Where a layer came from."""

    PUBLISHED = "published"
    UPLOADED = "uploaded"


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer without its features. `name` is what people type; `source` a dataset id or a file name."""

    name: str
    title: str
    kind: LayerKind
    shape: Shape
    source: str
    label_field: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: its key within the layer, what people call it, and a valid geometry in longitude and latitude.

    The geometry is a MultiPolygon, a MultiLineString or a Point, as the layer's shape asks.
    """

    key: str
    label: str
    properties: Mapping[str, JsonValue]
    geometry: BaseGeometry
