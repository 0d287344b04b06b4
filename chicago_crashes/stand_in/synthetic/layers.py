"""All layers of the synthetic portal, generated when one is first asked for."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import polars as pl

from chicago_crashes.layers.published import PUBLISHED_LAYERS, PublishedLayer
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import areas, streets

Row = Mapping[str, str | None]

LAYERS: dict[str, Callable[[], Iterator[Row]]] = {
    "wards": areas.wards,
    "wards_2015": areas.wards_2015,
    "community_areas": areas.community_areas,
    "police_beats": areas.police_beats,
    "police_districts": areas.police_districts,
    "neighborhoods": areas.neighborhoods,
    "zip_codes": areas.zip_codes,
    "census_tracts": areas.census_tracts,
    "city_boundary": areas.city_boundary,
    "street_center_lines": streets.street_center_lines,
    "speed_cameras": streets.speed_cameras,
    "red_light_cameras": streets.red_light_cameras,
    "bike_routes": streets.bike_routes,
    "schools": streets.schools,
}
"""What makes the rows of every layer, by its name."""


def offer_layers(store: PortalStore) -> None:
    """Let the store publish every layer that the City does, as the invented city has it; map views hold nothing."""
    for layer in PUBLISHED_LAYERS:
        store.offer(layer.dataset_id, _publisher(layer))
        for view in layer.map_views:
            store.offer(view, partial(_publish_nothing, view))


def _publisher(layer: PublishedLayer) -> Callable[[PortalStore], None]:
    def publish(store: PortalStore) -> None:
        # Shapely and the rows of a layer are needed by few who start a portal.
        from chicago_crashes.stand_in.layers import publish_rows

        publish_rows(store, layer, list(LAYERS[layer.name]()))

    return publish


def _publish_nothing(view: str, store: PortalStore) -> None:
    store.publish(view, pl.DataFrame(schema={"the_geom": pl.String}))
