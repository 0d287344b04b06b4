"""Layers behind the stand-in portal: as the City sends them, from files or from the invented city."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import shapely

from chicago_crashes.errors import PermanentError
from chicago_crashes.layers.published import (
    CITY_BOUNDARY,
    COMMUNITY_AREAS,
    POLICE_BEATS,
    POLICE_DISTRICTS,
    PUBLISHED_LAYERS,
    SPEED_CAMERAS,
    STREET_CENTER_LINES,
    WARDS,
    PublishedLayer,
)
from chicago_crashes.stand_in.exports import publish_directory
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import generate
from chicago_crashes.stand_in.synthetic.layers import LAYERS, offer_layers
from chicago_crashes_tests.stand_in.asking import Asking, asking

TWO_WARDS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {":id": "row-x", "Ward": 1, "open": True, "name": 'O\'Hare "x"'},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[-87.7, 41.8], [-87.6, 41.8], [-87.6, 41.9], [-87.7, 41.8]]],
            },
        },
        {"type": "Feature", "properties": {"Ward": 2, "name": None}, "geometry": None},
    ],
}
RING = [[[[-87.7, 41.8], [-87.6, 41.8], [-87.6, 41.9], [-87.7, 41.8]]]]


def path_of(layer: PublishedLayer, extension: str = "json") -> str:
    return f"/resource/{layer.dataset_id}.{extension}"


def rows(portal: Asking, layer: PublishedLayer, **clauses: str) -> list[dict[str, Any]]:
    reply = portal.get(path_of(layer), **({"select": "*,:id", "order": ":id", "limit": "5000"} | clauses))
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()
    return found


@pytest.fixture
def two_wards(tmp_path: Path) -> PortalStore:
    (tmp_path / "wards.geojson").write_text(json.dumps(TWO_WARDS))
    store = PortalStore()
    publish_directory(store, tmp_path)
    return store


@pytest.fixture(scope="module")
def city() -> Iterator[PortalStore]:
    store = PortalStore()
    offer_layers(store)
    yield store
    store.close()


def test_a_geojson_file_is_served_as_the_portal_would(two_wards: PortalStore) -> None:
    with asking(two_wards) as portal:
        reply = portal.get(path_of(WARDS), order=":id")
        assert reply.json() == [
            {
                "ward": "1",
                "open": "true",
                "name": 'O\'Hare "x"',
                "the_geom": {"type": "MultiPolygon", "coordinates": RING},
            },
            {"ward": "2"},
        ]
        assert json.loads(reply.headers["X-SODA2-Fields"]) == ["ward", "open", "name", "the_geom"]
        assert json.loads(reply.headers["X-SODA2-Types"]) == ["text", "text", "text", "multipolygon"]
        assert portal.get(path_of(WARDS, "csv"), select="ward,the_geom", order=":id").text == (
            '"ward","the_geom"\n"1","MULTIPOLYGON (((-87.7 41.8,-87.6 41.8,-87.6 41.9,-87.7 41.8)))"\n"2",\n'
        )
        features = portal.get(path_of(WARDS, "geojson"), select="ward,the_geom", order=":id").json()["features"]
        assert [feature["geometry"] for feature in features] == [{"type": "MultiPolygon", "coordinates": RING}, None]
        assert [feature["properties"] for feature in features] == [{"ward": "1"}, {"ward": "2"}]
        columns = portal.get(f"/api/views/{WARDS.dataset_id}.json").json()["columns"]
        assert columns[-1]["dataTypeName"] == "multipolygon"


@pytest.mark.parametrize(
    "clauses",
    [{"order": "the_geom"}, {"where": "the_geom = 'x'"}, {"select": "max(the_geom)"}],
    ids=["sorted", "compared", "aggregated"],
)
def test_geometries_are_not_compared(two_wards: PortalStore, clauses: dict[str, str]) -> None:
    with asking(two_wards) as portal:
        assert portal.get(path_of(WARDS), **clauses).status_code == 400


def test_what_is_no_layer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match=r"Expected exports .*wards\.geojson"):
        publish_directory(PortalStore(), tmp_path)
    (tmp_path / "parishes.geojson").write_text(json.dumps(TWO_WARDS))
    with pytest.raises(PermanentError, match=r"parishes\.geojson is named after no layer"):
        publish_directory(PortalStore(), tmp_path)
    (tmp_path / "parishes.geojson").rename(tmp_path / "beat.geojson")
    (tmp_path / "beat.geojson").write_text('{"features": [{"type": "Feature"}]}')
    with pytest.raises(PermanentError, match="cannot be read as a GeoJSON feature collection of police_beats"):
        publish_directory(PortalStore(), tmp_path)


def test_the_invented_city_has_every_layer_and_makes_it_when_asked(city: PortalStore) -> None:
    assert set(LAYERS) == {layer.name for layer in PUBLISHED_LAYERS}
    with asking(city.copy()) as portal:
        counts = {
            layer.name: int(portal.get(path_of(layer), select="count(*)").json()[0]["count"])
            for layer in PUBLISHED_LAYERS
        }
        views = [view for layer in PUBLISHED_LAYERS for view in layer.map_views]
        assert {portal.get(f"/resource/{view}.json").text for view in views} == {"[]\n"}, "map views hold nothing"
        assert portal.get("/resource/6piy-vbxa.json").status_code == 404
    assert counts == {
        "wards": 50,
        "wards_2015": 50,
        "community_areas": 77,
        "police_beats": 277,
        "police_districts": 25,
        "neighborhoods": 98,
        "zip_codes": 60,
        "census_tracts": 800,
        "city_boundary": 1,
        "street_center_lines": 1049,
        "speed_cameras": 27,
        "red_light_cameras": 25,
        "bike_routes": 56,
        "schools": 42,
    }


def test_two_portals_invent_the_same_city(city: PortalStore) -> None:
    other = PortalStore()
    offer_layers(other)
    for layer in (POLICE_BEATS, STREET_CENTER_LINES, SPEED_CAMERAS):
        published = [store.rows(layer.dataset_id).drop(":created_at", ":updated_at") for store in (city, other)]
        assert published[0].equals(published[1])


def test_beats_are_those_that_crashes_name(city: PortalStore) -> None:
    crashes = pl.concat(
        batch.frames["crashes"] for batch in generate(date(2024, 1, 1), date(2024, 1, 5), rows_per_day=400, dirt=None)
    ).select(pl.col("longitude", "latitude").cast(pl.Float64), pl.col("beat_of_occurrence").str.zfill(4))
    with asking(city) as portal:
        beats = rows(portal, POLICE_BEATS)
        (outline,) = rows(portal, CITY_BOUNDARY)
    areas = [shapely.from_geojson(json.dumps(beat["the_geom"])) for beat in beats]
    points = shapely.points(crashes["longitude"].to_numpy(), crashes["latitude"].to_numpy())
    places, found = shapely.STRtree(areas).query(points, predicate="within")
    by_polygon = dict(zip(places.tolist(), (beats[each]["beat_num"] for each in found), strict=True))
    assert len(by_polygon) == crashes.height
    assert [by_polygon[place] for place in range(crashes.height)] == crashes["beat_of_occurrence"].to_list()
    assert crashes["beat_of_occurrence"].n_unique() > 200
    inside = shapely.from_geojson(json.dumps(outline["the_geom"]))
    assert shapely.within(points, inside).all()
    assert shapely.area(areas[:-3]).sum() == pytest.approx(inside.area)


def test_what_is_wrong_with_the_citys_layers_is_wrong_here(city: PortalStore) -> None:
    with asking(city) as portal:
        beats = [row["beat_num"] for row in rows(portal, POLICE_BEATS)]
        assert [beat for beat in set(beats) if beats.count(beat) > 1] == ["3100"]
        assert beats.count("3100") == 3
        assert [row["dist_num"] for row in rows(portal, POLICE_DISTRICTS)].count("31") == 3
        areas = {
            row["area_numbe"]: shapely.from_geojson(json.dumps(row["the_geom"]))
            for row in rows(portal, COMMUNITY_AREAS)
        }
        assert [number for number, area in areas.items() if not area.is_valid] == ["54"]
        streets = rows(portal, STREET_CENTER_LINES)
        assert [row["objectid"] for row in streets if "the_geom" not in row] == ["69442", "69766"]


def test_streets_meet_in_nodes(city: PortalStore) -> None:
    with asking(city) as portal:
        streets = [row for row in rows(portal, STREET_CENTER_LINES) if "the_geom" in row]
    places: dict[str, set[tuple[float, float]]] = {}
    for row in streets:
        (line,) = row["the_geom"]["coordinates"]
        places.setdefault(row["fnode_id"], set()).add(tuple(line[0]))
        places.setdefault(row["tnode_id"], set()).add(tuple(line[-1]))
        assert int(row["l_t_add"]) >= int(row["l_f_add"]) - 1
    assert all(len(found) == 1 for found in places.values())
    assert len({place for found in places.values() for place in found}) == len(places)
    ends = [row[node] for row in streets for node in ("fnode_id", "tnode_id")]
    assert sum(ends.count(node) >= 3 for node in places) > 300
