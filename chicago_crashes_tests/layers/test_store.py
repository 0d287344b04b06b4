"""Layers in the database: what storing writes, what it leaves alone, what it keeps, and what it refuses."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from psycopg import Rollback
from shapely import LineString, MultiLineString, MultiPolygon, Point, box
from shapely.geometry.base import BaseGeometry

from chicago_crashes.errors import PermanentError
from chicago_crashes.layers.examination import examine
from chicago_crashes.layers.features import Feature, Layer, LayerKind, Shape
from chicago_crashes.layers.store import StoredLayer, delete_layer, find_layer, layers, set_active, store_layer
from chicago_crashes_tests.feeds.loading import Connection

WARDS = Layer("wards", "Wards", LayerKind.PUBLISHED, Shape.POLYGON, "p293-wvbd", "ward", valid_from=date(2023, 5, 15))
STREETS = Layer("streets", "Streets", LayerKind.PUBLISHED, Shape.LINE, "pr57-gg9e")
SCHOOLS = Layer("schools", "Schools", LayerKind.UPLOADED, Shape.POINT, "schools.geojson")


def square(place: int) -> MultiPolygon:
    west = -87.7 + place / 100
    return MultiPolygon([box(west, 41.8, west + 0.01, 41.81)])


def feature(key: str, geometry: BaseGeometry | None = None, label: str = "", **properties: str) -> Feature:
    return Feature(key, label or key, properties, geometry or square(int(key)))


TEN_WARDS = [feature(str(number), color="red") for number in range(1, 11)]


def store(db: Connection, layer: Layer, features: Sequence[Feature], *, may_shrink: bool = True) -> StoredLayer:
    return store_layer(db, layer, features, repaired=1, left_out=2, may_shrink=may_shrink)


def written(db: Connection) -> list[tuple[object, ...]]:
    """Every stored feature and layer, with the transaction that wrote it."""
    return db.execute(
        "select 'area', xmin::text, areas::text from areas union all select 'layer', xmin::text, layers::text"
        " from layers union all select 'old', xmin::text, layer_history::text from ops.layer_history order by 1, 3"
    ).fetchall()


def test_a_new_layer_is_stored_with_what_is_measured_of_it(db: Connection) -> None:
    stored = store(db, WARDS, TEN_WARDS)
    assert (stored.version, stored.features, stored.is_changed) == (1, 10, True)
    assert (stored.added, stored.amended, stored.removed) == (10, 0, 0)
    areas = db.execute(
        "select area, label, position, properties, ST_GeometryType(geometry), ST_SRID(geometry) from areas"
        " where layer_id = %s order by position",
        [stored.layer_id],
    ).fetchall()
    assert areas == [
        (str(number), str(number), number, {"color": "red"}, "ST_MultiPolygon", 4326) for number in range(1, 11)
    ]
    # 0.01 degrees of longitude by 0.01 of latitude, in feet, at this latitude.
    feet = db.execute("select min(square_feet), max(square_feet) from areas").fetchone()
    assert feet is not None
    assert all(value == pytest.approx(2_726 * 3_644, rel=0.002) for value in feet)
    (state,) = layers(db)
    assert (state.name, state.kind, state.shape, state.source, state.label_field) == (
        "wards",
        "published",
        "polygon",
        "p293-wvbd",
        "ward",
    )
    assert (state.repaired, state.left_out, state.is_active) == (1, 2, True)
    assert (state.valid_from, state.valid_to) == (date(2023, 5, 15), None)


def test_the_same_again_writes_nothing(db: Connection) -> None:
    store(db, WARDS, TEN_WARDS)
    before = written(db)
    again = store(db, WARDS, TEN_WARDS)
    assert (again.version, again.is_changed, again.added, again.amended, again.removed) == (1, False, 0, 0, 0)
    assert written(db) == before


def test_what_is_said_of_a_layer_may_change_without_a_new_version(db: Connection) -> None:
    store(db, WARDS, TEN_WARDS)
    assert store(db, replace(WARDS, valid_to=date(2030, 1, 1)), TEN_WARDS).version == 1
    state = find_layer(db, "wards")
    assert state is not None
    assert state.valid_to == date(2030, 1, 1)


def test_a_change_keeps_ids_and_the_old_versions(db: Connection) -> None:
    stored = store(db, WARDS, TEN_WARDS)
    ids = db.execute("select area, area_id from areas order by 1").fetchall()
    changed = [
        *TEN_WARDS[:6],
        feature("7", square(77), color="red"),
        feature("8", label="Eight", color="red"),
        feature("9", color="blue"),
        feature("11", color="red"),
    ]
    amended = store(db, WARDS, changed)
    assert (amended.version, amended.features) == (2, 10)
    assert (amended.added, amended.amended, amended.removed) == (1, 3, 1)
    now = db.execute(
        "select area, area_id from areas where layer_id = %s and area <> '11' order by 1", [stored.layer_id]
    )
    assert now.fetchall() == [row for row in ids if row[0] != "10"]
    assert db.execute(
        "select layer, version, feature, label, properties ->> 'color', ST_XMin(geometry)::numeric(5, 2)::text"
        " from ops.layer_history order by feature::int"
    ).fetchall() == [
        ("wards", 1, "7", "7", "red", "-87.63"),
        ("wards", 1, "8", "8", "red", "-87.62"),
        ("wards", 1, "9", "9", "red", "-87.61"),
        ("wards", 1, "10", "10", "red", "-87.60"),
    ]
    assert (
        db.execute(
            "select area from areas where ST_Area(ST_Transform(geometry, 3435)) is distinct from square_feet"
        ).fetchall()
        == []
    )

    assert store(db, WARDS, TEN_WARDS).version == 3
    versions = db.execute("select version, count(*) from ops.layer_history group by version order by version")
    assert versions.fetchall() == [(1, 4), (2, 4)]


def test_another_order_is_another_version_without_history(db: Connection) -> None:
    store(db, WARDS, TEN_WARDS)
    assert store(db, WARDS, TEN_WARDS[::-1]).version == 2
    assert db.execute("select area from areas order by position limit 2").fetchall() == [("10",), ("9",)]
    assert db.execute("select count(*) from ops.layer_history").fetchall() == [(0,)]


@pytest.mark.parametrize(("left", "is_refused"), [(9, False), (8, True)])
def test_a_layer_that_lost_too_much_is_refused_unless_somebody_says_so(
    db: Connection, left: int, is_refused: bool
) -> None:
    store(db, WARDS, TEN_WARDS)
    before = written(db)
    if not is_refused:
        assert store(db, WARDS, TEN_WARDS[:left], may_shrink=False).features == left
        return
    with pytest.raises(PermanentError, match=r"from 10 to 8 features, by more than 10%.*refresh wards --accept-shrink"):
        store(db, WARDS, TEN_WARDS[:left], may_shrink=False)
    assert written(db) == before
    assert store(db, WARDS, TEN_WARDS[:left]).removed == 2


def test_lines_are_measured_and_points_are_where_they_are(db: Connection) -> None:
    mile = MultiLineString([LineString([(-87.7, 41.8), (-87.7, 41.8 + 5280 / 364_430)])])
    streets = store(db, STREETS, [feature("a", mile)])
    schools = store(db, SCHOOLS, [feature("b", Point(-87.7, 41.8))])
    ((feet,),) = db.execute("select feet from layer_lines where layer_id = %s", [streets.layer_id]).fetchall()
    assert feet == pytest.approx(5280, rel=0.001)
    (point,) = db.execute("select point, ST_AsText(geometry) from layer_points where layer_id = %s", [schools.layer_id])
    assert point == ("b", "POINT(-87.7 41.8)")
    assert store(db, STREETS, [feature("a", mile, "A Street")]).amended == 1


def test_an_uploaded_layer_may_become_one_of_another_shape(db: Connection) -> None:
    store(db, SCHOOLS, [feature("a", Point(-87.7, 41.8)), feature("1", Point(-87.6, 41.8))])
    grounds = store(db, replace(SCHOOLS, shape=Shape.POLYGON), [feature("1")])
    assert (grounds.version, grounds.added, grounds.removed) == (2, 1, 2)
    assert db.execute("select count(*) from layer_points").fetchall() == [(0,)]
    assert db.execute("select feature from ops.layer_history order by 1").fetchall() == [("1",), ("a",)]


def test_a_name_belongs_to_one_kind_of_layer(db: Connection) -> None:
    store(db, WARDS, TEN_WARDS)
    with pytest.raises(PermanentError, match="There is a layer wards already, which is published"):
        store(db, replace(WARDS, kind=LayerKind.UPLOADED), TEN_WARDS)


@pytest.mark.parametrize(("features", "words"), [([], "has no features"), ([TEN_WARDS[0]] * 2, "the key '1' twice")])
def test_what_makes_no_sense_is_refused(db: Connection, features: list[Feature], words: str) -> None:
    with pytest.raises(PermanentError, match=words):
        store(db, WARDS, features)
    assert layers(db) == []


def test_storing_is_part_of_the_transaction_it_is_called_in(db: Connection) -> None:
    with db.transaction():
        store(db, WARDS, TEN_WARDS)
        store(db, STREETS, [feature("a", MultiLineString([[(-87.7, 41.8), (-87.6, 41.8)]]))])
        assert len(layers(db)) == 2
        raise Rollback
    assert layers(db) == []


def test_a_deleted_layer_is_kept_in_the_history_and_its_versions_go_on(db: Connection) -> None:
    stored = store(db, WARDS, TEN_WARDS)
    db.execute("insert into location_areas values (%s, 1, 1, 0)", [stored.layer_id])
    delete_layer(db, "wards")
    assert db.execute("select (select count(*) from areas), (select count(*) from layers)").fetchall() == [(0, 0)]
    assert db.execute("select version, count(*) from ops.layer_history group by version").fetchall() == [(1, 10)]
    assert store(db, WARDS, TEN_WARDS).version == 2
    with pytest.raises(PermanentError, match=r"There is no layer parishes. There are: wards."):
        delete_layer(db, "parishes")


def test_a_layer_is_active_until_somebody_says_otherwise(db: Connection) -> None:
    store(db, WARDS, TEN_WARDS)
    set_active(db, "wards", False)
    store(db, WARDS, TEN_WARDS[:9])
    (state,) = layers(db)
    assert (state.is_active, state.version) == (False, 2)
    set_active(db, "wards", True)
    assert layers(db)[0].is_active
    with pytest.raises(PermanentError, match="There is no layer parishes"):
        set_active(db, "parishes", True)


def test_what_is_wrong_with_a_layer_is_counted(db: Connection) -> None:
    overlapping = MultiPolygon([box(-87.685, 41.8, -87.675, 41.81)])  # half in 1, half in 2
    stored = store(db, WARDS, [feature("1"), feature("2", label="1"), feature("3", overlapping)])
    db.execute(
        "update areas set geometry = ST_GeomFromText("
        "'MULTIPOLYGON(((-87.9 41.8, -87.8 41.9, -87.8 41.8, -87.9 41.9, -87.9 41.8)))', 4326) where area = '2'"
    )
    found = examine(db, stored.layer_id, Shape.POLYGON)
    assert (found.features, found.invalid, found.repeated_labels) == (3, 1, ("1",))
    assert found.overlapping_share == 0
    db.execute("update areas set geometry = ST_GeomFromText(%s, 4326) where area = '2'", [square(2).wkt])
    measured = examine(db, stored.layer_id, Shape.POLYGON, with_overlaps=True)
    assert measured.overlapping_share == pytest.approx(1 / 3, rel=0.001)
    streets = store(db, STREETS, [feature("a", MultiLineString([[(-87.7, 41.8), (-87.6, 41.8)]]))])
    assert examine(db, streets.layer_id, Shape.LINE).features == 1
