"""Layers as the portal publishes them: rows of text whose geometry is a column, from GeoJSON files or generated."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from chicago_crashes.errors import PermanentError
from chicago_crashes.layers.features import Shape
from chicago_crashes.layers.published import PUBLISHED_LAYERS, PublishedLayer
from chicago_crashes.stand_in.datasets import SodaType
from chicago_crashes.stand_in.store import PortalStore

GEOMETRY = {Shape.POLYGON: "the_geom", Shape.LINE: "the_geom", Shape.POINT: "location"}
TYPES = {Shape.POLYGON: SodaType.MULTIPOLYGON, Shape.LINE: SodaType.MULTILINE, Shape.POINT: SodaType.POINT}
MULTI = {"Polygon": "MultiPolygon", "LineString": "MultiLineString"}

Row = Mapping[str, str | None]


def publish_rows(store: PortalStore, layer: PublishedLayer, rows: Sequence[Row]) -> None:
    """Publish rows of a layer: text by field; the geometry is GeoJSON, a point `POINT (lon lat)`."""
    geometry = GEOMETRY[layer.shape]
    fields = dict.fromkeys([*(name for row in rows for name in row), geometry])
    frame = pl.DataFrame(
        [[row.get(field) for field in fields] for row in rows],
        schema=dict.fromkeys(fields, pl.String),
        orient="row",
    )
    store.publish(layer.dataset_id, frame, title=layer.title, types={geometry: TYPES[layer.shape]})


def publish_geojson(store: PortalStore, path: Path) -> None:
    """Publish a GeoJSON file named after a layer, by name or dataset id, as `wards.geojson` or `p293-wvbd.geojson`.

    Raises:
        PermanentError: the file cannot be read, or is named after no layer.
    """
    layer = _layer_of(path)
    try:
        features = orjson.loads(path.read_bytes())["features"]
        rows = [_row(layer, feature) for feature in features]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise PermanentError(
            f"{path} cannot be read as a GeoJSON feature collection of {layer.name}: {error!r}. "
            "Download it again from the portal."
        ) from error
    publish_rows(store, layer, rows)


def _layer_of(path: Path) -> PublishedLayer:
    for layer in PUBLISHED_LAYERS:
        if path.stem in (layer.name, layer.dataset_id, *layer.singular):
            return layer
    known = ", ".join(layer.name for layer in PUBLISHED_LAYERS)
    raise PermanentError(
        f"{path} is named after no layer. Name it after one of {known}, or after its dataset id, or take it away."
    )


def _row(layer: PublishedLayer, feature: Mapping[str, Any]) -> Row:
    row = {name.lower(): _text(value) for name, value in feature["properties"].items() if not name.startswith(":")}
    row[GEOMETRY[layer.shape]] = _published(feature.get("geometry"))
    return row


def _published(geometry: Mapping[str, Any] | None) -> str | None:
    """A geometry as the store keeps it; the portal's lines and polygons are always multiple."""
    if geometry is None:
        return None
    if geometry["type"] == "Point":
        longitude, latitude, *_ = geometry["coordinates"]
        return f"POINT ({longitude} {latitude})"
    multi = MULTI.get(geometry["type"])
    if multi:
        return orjson.dumps({"type": multi, "coordinates": [geometry["coordinates"]]}).decode()
    return orjson.dumps({"type": geometry["type"], "coordinates": geometry["coordinates"]}).decode()


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def geojson_files(directory: Path) -> list[Path]:
    """The layers among the files of a folder."""
    return sorted(directory.glob("*.geojson"))
