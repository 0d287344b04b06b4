"""A layer's whole way, from a portal over HTTP to the table: real boundaries, the invented city, and every fault."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from tenacity import RetryCallState

from chicago_crashes.errors import CrashesError, PermanentError, TransientError
from chicago_crashes.layers.examination import examine
from chicago_crashes.layers.published import (
    CITY_BOUNDARY,
    COMMUNITY_AREAS,
    NEIGHBORHOODS,
    POLICE_BEATS,
    POLICE_DISTRICTS,
    PUBLISHED_LAYERS,
    STREET_CENTER_LINES,
    WARDS,
    WARDS_2015,
    PublishedLayer,
)
from chicago_crashes.layers.refreshing import RefreshedLayer, refresh_layer
from chicago_crashes.layers.store import find_layer, layers
from chicago_crashes.soda.ceiling import Unlimited
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.layers import EmptyLayerError
from chicago_crashes.stand_in import faults
from chicago_crashes.stand_in.exports import publish_directory
from chicago_crashes.stand_in.faults import ROWS, Fault
from chicago_crashes.stand_in.layers import publish_rows
from chicago_crashes.stand_in.serve import RunningPortal, serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic.areas import wards
from chicago_crashes.stand_in.synthetic.layers import offer_layers
from chicago_crashes_tests.real_data import REAL_DATA, needs_real_data

Connection = psycopg.Connection[tuple[object, ...]]


SWAPPED = '{"type":"MultiPolygon","coordinates":[[[[41.8,-87.7],[41.9,-87.7],[41.9,-87.6],[41.8,-87.7]]]]}'


def at_once(_: RetryCallState) -> float:
    return 0.0


@pytest.fixture(scope="module")
def server() -> Iterator[RunningPortal]:
    with serving(PortalStore()) as portal:
        yield portal


@pytest.fixture(scope="module")
def invented() -> Iterator[PortalStore]:
    store = PortalStore()
    offer_layers(store)
    yield store
    store.close()


@pytest.fixture
def client(server: RunningPortal, invented: PortalStore) -> Iterator[Portal]:
    """A client of a portal without faults that serves the invented city, unless the test says otherwise."""
    server.store = invented
    server.faults.clear()
    with Portal(server.url, ceiling=Unlimited(), wait=at_once, read_timeout=5) as portal:
        yield portal


@pytest.fixture
def db(module_database_url: str) -> Iterator[Connection]:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        connection.execute("truncate layers, areas, layer_lines, layer_points, ops.layer_history cascade")
        yield connection


def stored_rows(db: Connection) -> list[tuple[object, ...]]:
    """Everything that is stored of layers, with the transactions that wrote it."""
    return db.execute(
        "select xmin::text, areas::text from areas union all select xmin::text, layers::text from layers"
        " union all select xmin::text, layer_history::text from ops.layer_history order by 2"
    ).fetchall()


def publishing(rows: Sequence[Mapping[str, str | None]], layer: PublishedLayer = WARDS) -> PortalStore:
    store = PortalStore()
    publish_rows(store, layer, rows)
    return store


@needs_real_data
def test_the_real_boundaries_load(client: Portal, server: RunningPortal, db: Connection) -> None:
    server.store = PortalStore()
    publish_directory(server.store, REAL_DATA / "boundaries")
    found: dict[str, RefreshedLayer] = {}
    for layer in (WARDS, COMMUNITY_AREAS, POLICE_BEATS, POLICE_DISTRICTS, CITY_BOUNDARY):
        found[layer.name] = refresh_layer(client, db, layer)
        examined = examine(db, found[layer.name].stored.layer_id, layer.shape, with_overlaps=True)
        assert examined.invalid == 0
        assert examined.repeated_labels == ()
        assert examined.overlapping_share < 0.001
    assert {name: (each.published_rows, each.stored.features) for name, each in found.items()} == {
        "wards": (50, 50),
        "community_areas": (77, 77),
        "police_beats": (277, 275),
        "police_districts": (22, 22),
        "city_boundary": (1, 1),
    }
    assert (found["police_beats"].merged, found["police_beats"].left_out) == (2, 0)
    assert db.execute("select ST_NumGeometries(geometry) from areas where area = '3100'").fetchall() == [(3,)]
    measured = db.execute(
        "select layer, (sum(square_feet) / 5280 ^ 2)::int from areas join layers using (layer_id) group by layer"
        " order by layer"
    )
    # The City says of its outline that it has 6,450,276,623 square feet; beat 3100 lies outside of it.
    assert measured.fetchall() == [
        ("city_boundary", 231),
        ("community_areas", 231),
        ("police_beats", 235),
        ("police_districts", 232),
        ("wards", 231),
    ]
    assert db.execute(
        "select properties ->> 'shape_area', abs(square_feet / 6450276623.31 - 1) < 0.0001 from areas"
        " join layers using (layer_id) where layer = 'city_boundary'"
    ).fetchall() == [("6450276623.31", True)]
    assert db.execute(
        "select area, label, position from areas join layers using (layer_id) where layer = 'community_areas'"
        " and area in ('1', '8', '32') order by label"
    ).fetchall() == [("32", "LOOP", 42), ("8", "NEAR NORTH SIDE", 48), ("1", "ROGERS PARK", 61)]

    again = refresh_layer(client, db, POLICE_BEATS)
    assert (again.stored.is_changed, again.stored.version) == (False, 1)


@needs_real_data
def test_the_real_neighborhoods_load(client: Portal, server: RunningPortal, db: Connection) -> None:
    import pyogrio
    import shapely

    shapefile = f"/vsizip/{REAL_DATA / 'boundaries' / 'neighborhoods_shapefile.zip'}"
    meta, _, geometries, values = pyogrio.raw.read(shapefile)
    fields = dict(zip(meta["fields"], values, strict=True))
    server.store = publishing(
        [
            {"pri_neigh": name, "sec_neigh": other, "the_geom": shapely.to_geojson(shapely.from_wkb(geometry))}
            for name, other, geometry in zip(fields["pri_neigh"], fields["sec_neigh"], geometries, strict=True)
        ],
        NEIGHBORHOODS,
    )
    refreshed = refresh_layer(client, db, NEIGHBORHOODS)
    assert (refreshed.stored.features, refreshed.left_out, refreshed.merged) == (98, 0, 0)
    assert db.execute("select count(*) from areas where label = 'Logan Square'").fetchall() == [(1,)]


def test_every_layer_of_the_invented_city_loads(client: Portal, server: RunningPortal, db: Connection) -> None:
    began = len(server.requests)
    found = {layer.name: refresh_layer(client, db, layer, page_rows=400) for layer in PUBLISHED_LAYERS}
    assert {layer.name: layer.features for layer in layers(db)} == {
        name: each.published_rows - each.left_out - each.merged for name, each in found.items()
    }
    assert {name: each.repaired for name, each in found.items() if each.repaired} == {"community_areas": 1}
    assert {name: each.left_out for name, each in found.items() if each.left_out} == {"street_center_lines": 2}
    assert {name: each.merged for name, each in found.items() if each.merged} == {
        "police_beats": 2,
        "police_districts": 2,
    }
    streets = found[STREET_CENTER_LINES.name]
    assert streets.published_rows == 1049
    assert streets.requests == 5, "a count, the columns and three pages"
    asked = server.requests[began:]
    assert not any("$offset" in request.params for request in asked)
    pages = [
        request for request in asked if request.path.startswith("/resource/pr57-gg9e") and "$order" in request.params
    ]
    assert [request.params.get("$where", "")[:7] for request in pages] == ["", ":id > '", ":id > '"]
    spiked = db.execute("select ST_NPoints(geometry) from areas where label = 'HOLLIS FIELDS'").fetchall()
    assert spiked == [(5,)], "the ring without its spike"
    for layer in PUBLISHED_LAYERS:
        state = find_layer(db, layer.name)
        assert state is not None
        assert (state.valid_from, state.valid_to) == (layer.valid_from, layer.valid_to)
        assert not refresh_layer(client, db, layer).stored.is_changed


def test_pages_that_are_just_full_end(client: Portal, db: Connection) -> None:
    assert refresh_layer(client, db, WARDS, page_rows=25).stored.features == 50
    assert refresh_layer(client, db, WARDS_2015, page_rows=1).stored.features == 50


def test_a_published_change_is_a_new_version(client: Portal, server: RunningPortal, db: Connection) -> None:
    refresh_layer(client, db, WARDS)
    rows = [dict(row) for row in wards()]
    rows[0]["the_geom"] = rows[1]["the_geom"]
    server.store = publishing(rows[::-1])
    changed = refresh_layer(client, db, WARDS)
    assert (changed.stored.version, changed.stored.amended, changed.stored.added) == (2, 1, 0)
    assert db.execute("select version, feature from ops.layer_history").fetchall() == [(1, "1")]


def test_the_same_rows_all_over_are_no_change(client: Portal, server: RunningPortal, db: Connection) -> None:
    refresh_layer(client, db, WARDS)
    before = stored_rows(db)
    server.store = publishing(list(wards())[::-1])
    assert not refresh_layer(client, db, WARDS).stored.is_changed
    assert stored_rows(db) == before


PASSING = {
    "429": lambda: faults.too_many_requests(query_has=ROWS),
    "500": lambda: faults.internal_error(query_has="count("),
    "a page of HTML": lambda: faults.internal_error_page(query_has=ROWS),
    "503": lambda: faults.unavailable(dataset_id=WARDS.dataset_id),
    "202": lambda: faults.accepted(query_has=ROWS),
    "cut JSON": lambda: Fault(query_has=ROWS, keep=500),
    "cut gzip": lambda: Fault(query_has=ROWS, keep_packed=300),
    "hung up": lambda: Fault(query_has=ROWS, breaks_off=True),
    "out of date": lambda: Fault(query_has=ROWS, is_out_of_date=True),
    "a short page": lambda: faults.stale_replica(publishing(list(wards())[:30]), says_so=False, query_has=ROWS),
    "a short count": lambda: faults.stale_replica(publishing(list(wards())[:30]), says_so=False, query_has="count("),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_fault_that_passes_does_no_harm(client: Portal, server: RunningPortal, db: Connection, fault: object) -> None:
    assert callable(fault)
    server.faults[:] = [fault()]
    refreshed = refresh_layer(client, db, WARDS, page_rows=20)
    assert (refreshed.published_rows, refreshed.stored.features) == (50, 50)
    assert server.faults[0].times == 0


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_fault_that_lasts_is_told_and_changes_nothing(
    client: Portal, server: RunningPortal, db: Connection, fault: object
) -> None:
    assert callable(fault)
    refresh_layer(client, db, WARDS)
    before = stored_rows(db)
    lasting = fault()
    lasting.times = None
    server.faults[:] = [lasting]
    with pytest.raises(TransientError, match=r"wards|p293-wvbd"):
        refresh_layer(client, db, WARDS, page_rows=20)
    assert stored_rows(db) == before


def test_rows_that_vanish_between_pages_are_noticed(client: Portal, server: RunningPortal, db: Connection) -> None:
    fewer = publishing(list(wards())[:45])

    def change() -> None:
        server.store = fewer

    server.faults[:] = [faults.changing(change, query_has="$where=:id >")]
    assert refresh_layer(client, db, WARDS, page_rows=20).stored.features == 45


@pytest.mark.parametrize(
    ("store", "kind", "words"),
    [
        (lambda: publishing([]), EmptyLayerError, "no rows in it.* map view, and those return nothing"),
        (PortalStore, PermanentError, "The portal has no dataset p293-wvbd"),
        (
            lambda: publishing([{"precinct": "1", "the_geom": None}]),
            PermanentError,
            "expected ward or ward_id, found precinct, the_geom",
        ),
        (lambda: publishing([{"ward": "1", "the_geom": None}]), PermanentError, "wards has no features"),
        (
            lambda: publishing([{"ward": "1", "the_geom": SWAPPED}]),
            PermanentError,
            "latitude comes before longitude",
        ),
        (lambda: publishing(list(wards())[:44]), PermanentError, "from 50 to 44 features, by more than 10%"),
    ],
    ids=["a map view", "no such dataset", "other fields", "no geometry", "swapped axes", "too few"],
)  # fmt: skip
def test_what_cannot_be_the_layer_is_refused(
    client: Portal, server: RunningPortal, db: Connection, store: object, kind: type[CrashesError], words: str
) -> None:
    assert callable(store)
    refresh_layer(client, db, WARDS)
    before = stored_rows(db)
    server.store = store()
    with pytest.raises(kind, match=words):
        refresh_layer(client, db, WARDS)
    assert stored_rows(db) == before


@pytest.mark.parametrize("layer", [each for each in PUBLISHED_LAYERS if each.map_views], ids=lambda layer: layer.name)
def test_a_layer_under_the_id_of_its_map_view_is_refused(client: Portal, db: Connection, layer: PublishedLayer) -> None:
    quoted = replace(layer, dataset_id=layer.map_views[0])
    with pytest.raises(EmptyLayerError, match=rf"{layer.map_views[0]} of {layer.name}, but no rows in it"):
        refresh_layer(client, db, quoted)
    assert layers(db) == []


def test_an_accepted_loss_is_stored(client: Portal, server: RunningPortal, db: Connection) -> None:
    refresh_layer(client, db, WARDS)
    server.store = publishing(list(wards())[:20])
    assert refresh_layer(client, db, WARDS, accept_shrink=True).stored.removed == 30


def test_a_folder_may_hold_layers_under_their_ids(
    client: Portal, server: RunningPortal, db: Connection, tmp_path: Path
) -> None:
    ring = [[-87.7, 41.8], [-87.6, 41.8], [-87.6, 41.9], [-87.7, 41.8]]
    (tmp_path / "qqq8-j68g.geojson").write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"CHICAGO"},'
        f'"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}]}}'
    )
    server.store = PortalStore()
    publish_directory(server.store, tmp_path)
    assert refresh_layer(client, db, CITY_BOUNDARY).stored.features == 1
