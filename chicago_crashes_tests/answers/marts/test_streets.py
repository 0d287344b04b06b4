"""Streets and intersections: which crash belongs where, weights and ranks, worked out by hand."""

import pytest
from psycopg.types.json import Jsonb

from chicago_crashes.answers.marts.streets import refresh_intersections, refresh_streets
from chicago_crashes.stand_in.synthetic.streets import street_center_lines
from chicago_crashes_tests.answers.marts.city import add_crash, load_days, make_facts
from chicago_crashes_tests.feeds.loading import Connection, rows_of

CORNER = (1_160_000.0, 1_880_000.0)
"""A point in the middle of the city, in EPSG:3435; places below are feet east and north of it."""

NODES = {1: (0, 0), 2: (0, 660), 3: (660, 0), 4: (-660, 0), 5: (0, -660), 6: (120, 0), 7: (120, 660)}
INTERSECTIONS = (
    "select intersection_id, name, legs, crashes, ksi, epdo, rank_ksi, rank_epdo from intersections order by 1"
)

Segment = tuple[int, int, str]


def put_streets(db: Connection, *segments: Segment, **published: str) -> None:
    """Store the layer of street centre lines: segments between nodes, each `<direction> <name> <type>`."""
    ((layer_id,),) = db.execute(
        "insert into layers as known (layer, title, kind, shape, source, version, digest, features, repaired, left_out)"
        " values ('street_center_lines', '', 'published', 'line', '', 1, '', %s, 0, 0) on conflict (layer) do update"
        " set version = known.version + 1, features = excluded.features, loaded_at = now() returning layer_id",
        [len(segments)],
    ).fetchall()
    db.execute("delete from layer_lines where layer_id = %s", [layer_id])
    for place, (start, end, street) in enumerate(segments, 1):
        direction, name, kind = street.split(" ")
        properties = {"pre_dir": direction, "street_nam": name, "street_typ": kind, "class": "4"} | published
        line = ", ".join(f"{CORNER[0] + x} {CORNER[1] + y}" for x, y in (NODES[start], NODES[end]))
        db.execute(
            "insert into layer_lines (layer_id, line, label, position, properties, feet, geometry) values"
            " (%s, %s, %s, %s, %s, 1, ST_Multi(ST_Transform(ST_GeomFromText(%s, 3435), 4326)))",
            [
                layer_id,
                str(place),
                street,
                place,
                Jsonb(properties | {"fnode_id": str(start), "tnode_id": str(end)}),
                f"LINESTRING({line})",
            ],
        )


def add_location(db: Connection, east: float, north: float) -> int:
    ((location,),) = db.execute(
        "insert into locations (longitude, latitude) select ST_X(place), ST_Y(place)"
        " from ST_Transform(ST_SetSRID(ST_MakePoint(%s, %s), 3435), 4326) as place returning location_id",
        [CORNER[0] + east, CORNER[1] + north],
    ).fetchall()
    return int(str(location))


CROSSING: tuple[Segment, ...] = (
    (1, 2, "N STATE ST"),
    (1, 3, "E MADISON ST"),
    (4, 1, "W MADISON ST"),
    (5, 1, "S STATE ST"),
)
FURTHER_WEST: tuple[Segment, ...] = ((4, 2, "N CANAL ST"), (5, 4, "S CANAL ST"))
"""With the segment of MADISON that comes from there, another crossing at node 4."""


def test_streets_are_ranked_by_ksi_and_by_weight(db: Connection) -> None:
    """STATE: K and O, 2 people killed: 167.88 + 1. CLARK: A, A, B and U: 2 x 167.88 + 22.03. HALSTED: C. LAKE: O."""
    for street, severity, hurt in (
        ("N STATE ST", "K", {"persons_k": 2}),
        ("N STATE ST", "O", {}),
        ("N CLARK ST", "A", {}),
        ("N CLARK ST", "A", {}),
        ("N CLARK ST", "B", {}),
        ("N CLARK ST", "U", {}),
        ("S HALSTED ST", "C", {}),
        ("W LAKE ST", "O", {}),
        (None, "K", {}),
    ):
        add_crash(db, "2024-05-01", severity, street=street, **hurt)
    add_crash(db, "2017-08-31", "K", street="W LAKE ST")
    for day in ("2017-08-31", "2024-05-01"):
        load_days(db, day, day)
    refresh_streets(db)
    assert rows_of(db, "select street, crashes, ksi, epdo, rank_ksi, rank_epdo from streets order by street") == [
        ("N CLARK ST", 4, 2, 357.79, 1, 1),
        ("N STATE ST", 2, 2, 168.88, 1, 2),
        ("S HALSTED ST", 1, 0, 10.91, 3, 3),
        ("W LAKE ST", 1, 0, 1.0, 3, 4),
    ]


def test_streets_that_tie_share_a_rank(db: Connection) -> None:
    for street, severity in (("A ST", "K"), ("B ST", "A"), ("C ST", "O")):
        add_crash(db, "2024-05-01", severity, street=street)
    load_days(db, "2024-05-01", "2024-05-01")
    refresh_streets(db)
    ranks = rows_of(db, "select street, rank_ksi, rank_epdo from streets order by street")
    assert ranks == [("A ST", 1, 1), ("B ST", 1, 1), ("C ST", 3, 3)]


def test_streets_follow_the_facts(db: Connection) -> None:
    add_crash(db, "2024-05-01", "O", street="W LAKE ST")
    load_days(db, "2024-05-01", "2024-05-01")
    refresh_streets(db)
    db.execute("update crash_facts set street = 'E LAKE ST'")
    refresh_streets(db)
    assert rows_of(db, "select street from streets") == [("W LAKE ST",)], "nothing says that facts are new"
    make_facts(db, "2024-05-01")
    refresh_streets(db)
    assert rows_of(db, "select street from streets") == [("E LAKE ST",)]


def test_a_crash_belongs_to_the_nearest_intersection_within_100_feet(db: Connection) -> None:
    """STATE and MADISON lies 120 feet west of WABASH and MADISON: 55 feet east of STATE is nearer to it than 65."""
    put_streets(
        db,
        *CROSSING,
        (6, 7, "N WABASH AVE"),
        (1, 6, "E MADISON ST"),
        (6, 3, "E MADISON ST"),
    )
    for east, north, severity in (
        (0, 0, "K"),
        (55, 0, "B"),
        (65, 0, "O"),
        (0, 99, "C"),
        (0, 101, "A"),
        (-300, 0, "A"),
    ):
        add_crash(db, "2024-05-01", severity, add_location(db, east, north))
    add_crash(db, "2024-05-01", "K")
    add_crash(db, "2017-08-31", "K", add_location(db, 1, 1))
    for day in ("2017-08-31", "2024-05-01"):
        load_days(db, day, day)

    refreshed = refresh_intersections(db)

    assert rows_of(db, INTERSECTIONS) == [
        (1, "MADISON ST & STATE ST", 5, 3, 1, 200.82, 1, 1),  # K, B and C: 167.88 + 22.03 + 10.91
        (6, "MADISON ST & WABASH AVE", 3, 1, 0, 1.0, 2, 2),
    ]
    assert refreshed.rows == 2
    assert refreshed.numbers["made_from"] == "version 1 of street_center_lines, 7 lines"
    off = rows_of(
        db,
        "select ST_Distance(ST_Transform(geometry, 3435), ST_SetSRID(ST_MakePoint(%s, %s), 3435)) < 0.01"
        " from intersections where intersection_id = 1",
        *CORNER,
    )
    assert off == [(True,)]


def test_intersections_that_tie_share_a_rank(db: Connection) -> None:
    put_streets(db, *CROSSING, (6, 7, "N WABASH AVE"), (1, 6, "E MADISON ST"), (6, 3, "E MADISON ST"), *FURTHER_WEST)
    for east, severity in ((0, "K"), (120, "A"), (-660, "O")):
        add_crash(db, "2024-05-01", severity, add_location(db, east, 0))
    load_days(db, "2024-05-01", "2024-05-01")
    refresh_intersections(db)
    ranks = rows_of(db, "select intersection_id, rank_ksi, rank_epdo from intersections order by 1")
    assert ranks == [(1, 1, 1), (4, 3, 3), (6, 1, 1)]


def test_one_stray_end_does_not_move_an_intersection(db: Connection) -> None:
    """Three of the four segments end in the corner, one sixty feet east and thirty feet north of it."""
    put_streets(db, *CROSSING)
    stray = f"LINESTRING({CORNER[0]} {CORNER[1] - 660}, {CORNER[0] + 60} {CORNER[1] + 30})"
    db.execute(
        "update layer_lines set geometry = ST_Multi(ST_Transform(ST_GeomFromText(%s, 3435), 4326)) where line = '4'",
        [stray],
    )
    refresh_intersections(db)
    ((feet,),) = rows_of(
        db,
        "select ST_Distance(ST_Transform(geometry, 3435), ST_SetSRID(ST_MakePoint(%s, %s), 3435)) from intersections",
        *CORNER,
    )
    assert feet == pytest.approx(0, abs=0.01)


def test_an_intersection_without_crashes_is_one(db: Connection) -> None:
    put_streets(db, *CROSSING)
    add_crash(db, "2024-05-01")
    load_days(db, "2024-05-01", "2024-05-01")
    refresh_intersections(db)
    assert rows_of(db, INTERSECTIONS) == [(1, "MADISON ST & STATE ST", 4, 0, 0, 0.0, 1, 1)]


@pytest.mark.parametrize(
    ("segments", "published"),
    [
        pytest.param(((1, 2, "N STATE ST"), (5, 1, "S STATE ST"), (1, 3, "N STATE ST")), {}, id="one street"),
        pytest.param(((1, 2, "N STATE ST"), (1, 3, "E MADISON ST")), {}, id="a bend"),
        pytest.param(CROSSING, {"class": "RIV"}, id="rivers"),
    ],
)
def test_what_is_no_intersection(db: Connection, segments: tuple[Segment, ...], published: dict[str, str]) -> None:
    put_streets(db, *segments, **published)
    refresh_intersections(db)
    assert rows_of(db, INTERSECTIONS) == []


def test_intersections_follow_the_layer_of_streets(db: Connection) -> None:
    add_crash(db, "2024-05-01", "O", add_location(db, 10, 10))
    load_days(db, "2024-05-01", "2024-05-01")
    refreshed = refresh_intersections(db)
    assert refreshed.rows == 0
    assert str(refreshed.numbers["made_from"]).startswith("nothing: there is no active layer street_center_lines")

    put_streets(db, *CROSSING)
    assert refresh_intersections(db).rows == 1
    assert rows_of(db, "select crashes from intersections") == [(1,)]

    put_streets(db, *CROSSING, (1, 6, "E WACKER PL"))
    refresh_intersections(db)
    assert rows_of(db, "select name, legs from intersections") == [("MADISON ST & STATE ST & WACKER PL", 5)]

    db.execute("update layers set is_active = false, loaded_at = now() - interval '1 day'")
    assert refresh_intersections(db).rows == 0


def test_intersections_of_streets_as_they_are_published(db: Connection) -> None:
    """The invented city publishes segments with the City's fields; the two without a line are in no layer."""
    put_streets(db)
    for row in street_center_lines():
        if row.get("the_geom"):
            published = {name: value for name, value in row.items() if name != "the_geom"}
            db.execute(
                "insert into layer_lines (layer_id, line, label, position, properties, feet, geometry)"
                " select layer_id, %(line)s, '', 1, %(properties)s, 1, ST_GeomFromGeoJSON(%(shape)s) from layers",
                {"line": row["objectid"], "properties": Jsonb(published), "shape": row["the_geom"]},
            )
    refresh_intersections(db)
    found = rows_of(
        db,
        "select count(*) > 100, min(legs), count(*) filter (where name not like '%% & %%'), count(distinct geometry)"
        " = count(*) from intersections",
    )
    assert found == [(True, 3, 0, True)]
