"""The declared layers, and how rows of the portal and of the real files are read by them."""

import re
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from shapely import Point

from chicago_crashes.errors import PermanentError
from chicago_crashes.layers.features import Shape
from chicago_crashes.layers.published import (
    COMMUNITY_AREAS,
    POLICE_BEATS,
    PUBLISHED_LAYERS,
    SCHOOLS,
    SPEED_CAMERAS,
    STREET_CENTER_LINES,
    WARDS,
    WARDS_2015,
    PublishedLayer,
    published_layer_named,
    published_layers_named,
)
from chicago_crashes.layers.published_rows import LayerReader

SQUARE = {
    "type": "MultiPolygon",
    "coordinates": [[[[-87.7, 41.8], [-87.6, 41.8], [-87.6, 41.9], [-87.7, 41.9], [-87.7, 41.8]]]],
}


def test_every_layer_is_declared_once_under_the_id_that_answers() -> None:
    assert {layer.name: layer.dataset_id for layer in PUBLISHED_LAYERS} == {
        "wards": "p293-wvbd",
        "wards_2015": "k9yb-bpqx",
        "community_areas": "igwz-8jzy",
        "police_beats": "n9it-hstw",
        "police_districts": "24zt-jpfn",
        "neighborhoods": "y6yq-dbs2",
        "zip_codes": "unjd-c2ca",
        "census_tracts": "7qjk-677h",
        "city_boundary": "qqq8-j68g",
        "street_center_lines": "pr57-gg9e",
        "speed_cameras": "4i42-qv3h",
        "red_light_cameras": "thvf-6diy",
        "bike_routes": "hvv9-38ut",
        "schools": "pb6d-zzuh",
    }
    views = {view for layer in PUBLISHED_LAYERS for view in layer.map_views}
    assert views.isdisjoint(layer.dataset_id for layer in PUBLISHED_LAYERS)
    words = Counter(word for layer in PUBLISHED_LAYERS for word in (layer.name, *layer.singular))
    assert set(words.values()) == {1}
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", word) for word in words)
    assert "new id, every school year" not in SCHOOLS.title
    assert "every school year" in SCHOOLS.description


def test_the_wards_follow_one_another_without_a_gap() -> None:
    assert (WARDS_2015.valid_from, WARDS_2015.valid_to) == (date(2015, 5, 18), date(2023, 5, 14))
    assert WARDS_2015.valid_to is not None
    assert WARDS.valid_from == WARDS_2015.valid_to + timedelta(days=1)
    assert WARDS.valid_to is None


@pytest.mark.parametrize(
    ("layer", "published", "key"),
    [
        (POLICE_BEATS, "111", "0111"),
        (POLICE_BEATS, "1713", "1713"),
        (WARDS, "35", "35"),
        (WARDS, " 35.0 ", "35"),
        (COMMUNITY_AREAS, "8.", "8"),
        (SPEED_CAMERAS, "CHI001", "CHI001"),
    ],
)
def test_keys_are_stored_in_one_form(layer: PublishedLayer, published: str, key: str) -> None:
    assert layer.normal_key(published) == key


def test_layers_are_known_by_what_people_call_them() -> None:
    assert published_layer_named("Beat") is POLICE_BEATS
    assert published_layers_named(["wards", "ward"]) == (WARDS,)
    assert published_layers_named([]) == PUBLISHED_LAYERS
    with pytest.raises(PermanentError, match=r"no layer called 'parishes'.*wards, wards_2015"):
        published_layer_named("parishes")


@pytest.mark.parametrize(
    ("layer", "row", "key", "label"),
    [
        (COMMUNITY_AREAS, {"area_numbe": "1", "community": "ROGERS PARK"}, "1", "ROGERS PARK"),
        (COMMUNITY_AREAS, {"area_number": "1", "community": "ROGERS PARK"}, "1", "ROGERS PARK"),
        (COMMUNITY_AREAS, {"area_num_1": "1", "community": "ROGERS PARK"}, "1", "ROGERS PARK"),
        (POLICE_BEATS, {"beat_num": "111", "district": "1"}, "0111", "0111"),
        (WARDS, {"ward": "35", "ward_id": "99"}, "35", "35"),
    ],
)
def test_the_fields_of_keys_and_labels_are_found(
    layer: PublishedLayer, row: dict[str, Any], key: str, label: str
) -> None:
    found = LayerReader(layer, row.keys()).candidate(row | {"the_geom": SQUARE, ":id": "row-1"})
    assert (found.key, found.label, found.origin) == (key, label, "row-1")
    assert found.properties == row
    assert found.geometry is not None
    assert found.geometry.area == pytest.approx(0.01)


def test_a_street_is_called_by_all_parts_of_its_name() -> None:
    row = {"objectid": "7", "pre_dir": "N", "street_nam": "WESTERN", "street_typ": "AVE"}
    reader = LayerReader(STREET_CENTER_LINES, [*row, "suf_dir"])
    assert reader.candidate(row).label == "N WESTERN AVE"
    assert reader.label_field == "pre_dir street_nam street_typ suf_dir"


def test_a_layer_without_its_key_field_is_refused_with_what_it_has() -> None:
    with pytest.raises(PermanentError, match="expected area_numbe or area_number or area_num_1, found area, community"):
        LayerReader(COMMUNITY_AREAS, ["community", "area"])


def test_rows_that_cannot_be_features_say_why() -> None:
    reader = LayerReader(WARDS, ["ward", "the_geom"])
    keyless = reader.candidate({"the_geom": SQUARE, ":id": "row-2"})
    assert (keyless.geometry, keyless.origin) == (None, "row-2, which has no key,")
    damaged = reader.candidate(
        {"ward": "1", "the_geom": {"type": "Polygon", "coordinates": [[[0, 0]]]}, ":id": "row-3"}
    )
    assert damaged.geometry is None
    assert damaged.origin.startswith("row-3, of whose geometry it is no GeoJSON geometry")
    assert "the_geom" not in damaged.properties


def test_a_point_without_geometry_is_placed_by_its_coordinates() -> None:
    assert SCHOOLS.shape is Shape.POINT
    reader = LayerReader(SPEED_CAMERAS, ["location_id", "address"])
    row = {"location_id": "CHI001", "address": "2900 W OGDEN", "longitude": "-87.69", "latitude": "41.86"}
    assert reader.candidate(row).geometry == Point(-87.69, 41.86)
    assert reader.candidate(row | {"longitude": "west"}).geometry is None
