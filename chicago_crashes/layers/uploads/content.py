"""What an uploaded file holds, before anything of it is judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyproj
from shapely.geometry.base import BaseGeometry

from chicago_crashes.layers.features import JsonValue

Row = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Content:
    """The features of a file in its own coordinates: a row and a geometry each, in the file's order."""

    fields: Sequence[str]
    rows: Sequence[Row]
    geometries: Sequence[BaseGeometry | None]
    crs: pyproj.CRS | None
    """None: the file does not say."""

    messages: Sequence[str] = field(default_factory=tuple)
    """What was put right, for people."""
