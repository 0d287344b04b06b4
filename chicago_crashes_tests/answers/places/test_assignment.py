"""In which area a place lies: by hand, against plain PostGIS on random places, and on the City's own boundaries."""

import csv
from collections.abc import Iterable

import pytest

from chicago_crashes.answers.places.assignment import (
    CELLS_PER_DEGREE,
    LEAST_FEET_AWAY,
    NEAREST_WITHIN_FEET,
    agreement,
    assign_locations,
    outdated_layers,
)
from chicago_crashes_tests.answers.places.layers import published_areas, put_layer, square
from chicago_crashes_tests.feeds.loading import Connection, rows_of
from chicago_crashes_tests.real_data import REAL_DATA, needs_real_data

FEET_PER_DEGREE_NORTH = 364_400
"""At Chicago, to a thousandth."""

WEST, SOUTH = -87.70, 41.90


def put_crashes(db: Connection, *places: tuple[float, float], beat: str | None = None) -> None:
    """Crashes at longitudes and latitudes."""
    with db.cursor() as cursor:
        cursor.executemany(
            "insert into crashes (crash_record_id, crash_date, longitude, latitude, coordinate_status,"
            " beat_of_occurrence) values (gen_random_uuid()::text, '2024-01-10', %s, %s, 'ok', %s)",
            [(*place, beat) for place in places],
        )


def areas_of(db: Connection, layer: str) -> dict[tuple[float, float], tuple[str | None, float | None]]:
    """The area of each place in a layer, and how far away it is."""
    found = rows_of(
        db,
        "select longitude, latitude, area, feet_away from location_areas join locations using (location_id)"
        " left join areas using (area_id) where location_areas.layer_id ="
        " (select layer_id from layers where layer = %s)",
        layer,
    )
    return {(x, y): (area, feet) for x, y, area, feet in found}  # type: ignore[misc]


def test_a_place_has_the_area_it_lies_in(db: Connection) -> None:
    put_layer(db, "halves", {"west": square(WEST, SOUTH), "east": square(WEST + 0.01, SOUTH)})
    put_crashes(db, (WEST + 0.004, SOUTH + 0.005), (WEST + 0.016, SOUTH + 0.005), (WEST + 0.016, SOUTH + 0.005))
    refreshed = assign_locations(db)
    assert areas_of(db, "halves") == {
        (WEST + 0.004, SOUTH + 0.005): ("west", 0),
        (WEST + 0.016, SOUTH + 0.005): ("east", 0),
    }
    assert refreshed.rows == 2, "crashes at one place share it"
    assert refreshed.numbers["new_locations"] == 2
    assert refreshed.numbers["layers_assigned_anew"] == "halves"


def test_on_a_shared_border_the_first_area_has_the_place(db: Connection) -> None:
    border = (WEST + 0.01, SOUTH + 0.005)
    west, east = square(WEST, SOUTH), square(WEST + 0.01, SOUTH)
    put_layer(db, "west_first", {"west": west, "east": east})
    put_layer(db, "east_first", {"east": east, "west": west})
    corner = f"POLYGON(({WEST} {SOUTH},{WEST + 0.01} {SOUTH},{WEST + 0.01} {SOUTH + 0.01},{WEST} {SOUTH}))"
    put_layer(db, "overlapping", {"whole": west, "corner": corner})
    put_crashes(db, border, (WEST + 0.008, SOUTH + 0.002))
    assign_locations(db)
    assert areas_of(db, "west_first")[border] == ("west", 0)
    assert areas_of(db, "east_first")[border] == ("east", 0)
    assert areas_of(db, "overlapping")[(WEST + 0.008, SOUTH + 0.002)] == ("whole", 0)


def test_a_place_on_the_lines_of_the_grid_has_its_area(db: Connection) -> None:
    """The corners of the cells are exact numbers, so places on them lie in a cell, whichever."""
    x, y = -87.6875, 41.8984375
    assert (x * CELLS_PER_DEGREE).is_integer()
    assert (y * CELLS_PER_DEGREE).is_integer()
    cell = 1 / CELLS_PER_DEGREE
    put_layer(db, "cells", {"south_west": square(x - cell, y - cell, cell), "north_east": square(x, y, cell)})
    put_crashes(db, (x, y), (x - cell / 2, y), (x + cell, y + cell / 2), (x + cell, y + cell))
    assign_locations(db)
    assert areas_of(db, "cells") == {
        (x, y): ("south_west", 0),
        (x - cell / 2, y): ("south_west", 0),
        (x + cell, y + cell / 2): ("north_east", 0),
        (x + cell, y + cell): ("north_east", 0),
    }


def test_outside_the_nearest_area_within_two_hundred_feet(db: Connection) -> None:
    foot = 1 / FEET_PER_DEGREE_NORTH
    put_layer(db, "field", {"far": square(WEST, SOUTH - 0.0115), "near": square(WEST, SOUTH)})
    x, north, south = WEST + 0.005, SOUTH + 0.01, SOUTH
    put_crashes(db, (x, north + 195 * foot), (x, north + 205 * foot), (x, south - 100 * foot), (x, SOUTH + 0.1))
    refreshed = assign_locations(db)
    found = areas_of(db, "field")
    area, feet = found[(x, north + 195 * foot)]
    assert area == "near"
    assert feet == pytest.approx(195, abs=0.5)
    assert found[(x, north + 205 * foot)] == (None, None)
    assert found[(x, SOUTH + 0.1)] == (None, None)
    area, feet = found[(x, south - 100 * foot)]
    assert area == "near", "the gap is 547 feet wide"
    assert feet == pytest.approx(100, abs=0.5)
    assert refreshed.numbers["near"] == {"field": 2}
    assert refreshed.numbers["unknown"] == {"field": 2}
    assert NEAREST_WITHIN_FEET == 200


def test_however_near_outside_is_not_inside(db: Connection) -> None:
    put_layer(db, "field", {"only": square(WEST, SOUTH)})
    hair = (WEST + 0.005, SOUTH - 1e-13)
    put_crashes(db, hair)
    assign_locations(db)
    assert areas_of(db, "field")[hair] == ("only", LEAST_FEET_AWAY)


def test_of_two_areas_as_near_the_first(db: Connection) -> None:
    foot = 1 / FEET_PER_DEGREE_NORTH
    north, south = square(WEST, SOUTH + 0.01 + 100 * foot), square(WEST, SOUTH + 50 * foot)
    put_layer(db, "rows", {"north": north, "again": north, "south": south})
    put_crashes(db, (WEST + 0.005, SOUTH + 0.01 + 60 * foot))
    assign_locations(db)
    ((area, feet),) = areas_of(db, "rows").values()
    assert area == "south"
    assert feet == pytest.approx(10, abs=0.1)
    put_layer(db, "rows", {"north": north, "again": north})
    assign_locations(db)
    ((area, _),) = areas_of(db, "rows").values()
    assert area == "north"


def test_the_first_area_is_the_first_in_order_not_the_first_that_was_stored(db: Connection) -> None:
    """Both have the place inside, and both are as near to the one outside."""
    foot = 1 / FEET_PER_DEGREE_NORTH
    inside, outside = (WEST + 0.005, SOUTH + 0.005), (WEST + 0.005, SOUTH - 40 * foot)
    put_layer(db, "rows", {"stored first": square(WEST, SOUTH), "first in order": square(WEST, SOUTH)})
    db.execute("update areas set position = 3 - position")
    put_crashes(db, inside, outside)
    assign_locations(db)
    assert {area for area, _ in areas_of(db, "rows").values()} == {"first in order"}


def test_new_places_are_added_and_old_ones_left_alone(db: Connection) -> None:
    put_layer(db, "halves", {"west": square(WEST, SOUTH)})
    put_crashes(db, (WEST + 0.004, SOUTH + 0.005))
    assign_locations(db)
    before = rows_of(db, "select ctid::text, xmin::text from location_areas")
    put_crashes(db, (WEST + 0.004, SOUTH + 0.005), (WEST + 0.006, SOUTH + 0.005))
    refreshed = assign_locations(db)
    assert refreshed.numbers["new_locations"] == 1
    assert refreshed.numbers["layers_assigned_anew"] == "none"
    assert set(before) < set(rows_of(db, "select ctid::text, xmin::text from location_areas"))
    assert areas_of(db, "halves")[(WEST + 0.006, SOUTH + 0.005)] == ("west", 0)
    assert assign_locations(db).numbers["new_locations"] == 0


def test_crashes_without_a_place_have_none(db: Connection) -> None:
    db.execute(
        "insert into crashes (crash_record_id, crash_date, coordinate_status) values ('lost', '2024-01-10', 'zero')"
    )
    assign_locations(db)
    assert rows_of(db, "select count(*) from locations") == [(0,)]


def test_a_replaced_layer_is_assigned_anew(db: Connection) -> None:
    place = (WEST + 0.004, SOUTH + 0.005)
    put_layer(db, "halves", {"old": square(WEST, SOUTH)})
    put_layer(db, "other", {"same": square(WEST, SOUTH)})
    put_crashes(db, place)
    assign_locations(db)
    kept = rows_of(db, "select ctid::text, xmin::text from ops.area_cells where layer_id = %s", layer_id(db, "other"))
    put_layer(db, "halves", {"new": square(WEST, SOUTH)})
    assert outdated_layers(db) == 1
    assert assign_locations(db).numbers["layers_assigned_anew"] == "halves"
    assert areas_of(db, "halves") == {place: ("new", 0)}
    assert areas_of(db, "other") == {place: ("same", 0)}
    assert kept == rows_of(
        db, "select ctid::text, xmin::text from ops.area_cells where layer_id = %s", layer_id(db, "other")
    )
    assert rows_of(db, "select count(*) from ops.area_cells join areas using (area_id) where area = 'old'") == [(0,)]
    assert outdated_layers(db) == 0


@pytest.mark.parametrize(
    "change",
    ["update layers set is_active = false where layer = 'halves'", "delete from layers where layer = 'halves'"],
    ids=["deactivated", "deleted"],
)
def test_a_layer_that_is_no_more_has_no_places(db: Connection, change: str) -> None:
    place = (WEST + 0.004, SOUTH + 0.005)
    put_layer(db, "halves", {"west": square(WEST, SOUTH)})
    put_layer(db, "other", {"same": square(WEST, SOUTH)})
    put_crashes(db, place)
    assign_locations(db)
    db.execute(change.encode())
    assert outdated_layers(db) == 1
    assign_locations(db)
    other = layer_id(db, "other")
    for table in ("location_areas", "ops.area_cells", "ops.assignments"):
        assert rows_of(db, f"select distinct layer_id from {table}") == [(other,)]  # noqa: S608
    assert areas_of(db, "other") == {place: ("same", 0)}
    assert outdated_layers(db) == 0


def test_a_layer_that_is_active_again_has_its_places_again(db: Connection) -> None:
    put_layer(db, "halves", {"west": square(WEST, SOUTH)}, is_active=False)
    put_crashes(db, (WEST + 0.004, SOUTH + 0.005))
    assign_locations(db)
    assert areas_of(db, "halves") == {}
    db.execute("update layers set is_active = true")
    assign_locations(db)
    assert areas_of(db, "halves") == {(WEST + 0.004, SOUTH + 0.005): ("west", 0)}


def test_the_cells_of_an_area_are_the_area(db: Connection) -> None:
    """With a hole, two parts, and a border that follows the lines of the grid."""
    cell = 1 / CELLS_PER_DEGREE
    x, y = -87.75, 41.875
    outer = f"{x} {y},{x + 5 * cell} {y},{x + 5 * cell} {y + 4.5 * cell},{x} {y + 4.5 * cell},{x} {y}"
    hole = (
        f"{x + cell} {y + cell},{x + 2.5 * cell} {y + cell},{x + 2.5 * cell} {y + 2 * cell},"
        f"{x + cell} {y + 2 * cell},{x + cell} {y + cell}"
    )
    island = f"{x + 6.2 * cell} {y},{x + 6.8 * cell} {y},{x + 6.5 * cell} {y + 3 * cell},{x + 6.2 * cell} {y}"
    put_layer(db, "odd", {"odd": f"MULTIPOLYGON((({outer}),({hole})),(({island})))"})
    assign_locations(db)
    ((difference, whole),) = rows_of(
        db,
        "with cut as (select ST_Union(coalesce(piece, ST_MakeEnvelope("
        " x::float8 / %(n)s, y::float8 / %(n)s, (x + 1)::float8 / %(n)s, (y + 1)::float8 / %(n)s, 4326))) as shape"
        " from ops.area_cells) select ST_Area(ST_SymDifference(shape, geometry)) / ST_Area(geometry),"
        " (select count(*) from ops.area_cells where piece is null) from cut, areas".replace(
            "%(n)s", str(CELLS_PER_DEGREE)
        ),
    )
    assert difference < 1e-12  # type: ignore[operator]
    assert whole == 5 * 4 - 2, "the hole takes one cell and a half"


def test_random_places_have_the_area_plain_postgis_finds(db: Connection) -> None:
    put_layer(db, "jagged", jagged_areas())
    scatter(db, 20_000)
    assign_locations(db)
    assert differing(db, "jagged") == []


@needs_real_data
def test_the_citys_boundaries_give_every_place_the_area_plain_postgis_finds(db: Connection) -> None:
    """Real crashes, and as many random places as make differences at borders show."""
    put_citys_layers(db)
    put_published_crashes(db)
    scatter(db, 10_000)
    refreshed = assign_locations(db)
    for layer in ("wards", "community_areas", "police_beats", "police_districts", "city_boundary"):
        assert differing(db, layer) == []
    assert refreshed.rows == 5 * rows_of(db, "select count(*) from locations")[0][0]  # type: ignore[operator]


@needs_real_data
def test_how_far_reports_and_polygons_agree(db: Connection) -> None:
    put_citys_layers(db)
    put_published_crashes(db)
    assign_locations(db)
    found = agreement(db)
    assert found["located"] == 987
    assert found["outside"] == 2
    assert found["agreeing_inside"] == 984


def layer_id(db: Connection, layer: str) -> object:
    return rows_of(db, "select layer_id from layers where layer = %s", layer)[0][0]


def jagged_areas(count: int = 6) -> dict[str, str]:
    """Areas side by side whose borders are jagged, and shared point by point."""
    borders = [
        [(WEST + 0.02 * number + 0.004 * ((7 * step * step + 3 * number) % 5 - 2) / 5, SOUTH + 0.002 * step)
         for step in range(31)]
        for number in range(count + 1)
    ]  # fmt: skip
    areas = {}
    for number in range(count):
        ring = [*borders[number], *reversed(borders[number + 1]), borders[number][0]]
        areas[str(number + 1)] = f"POLYGON(({','.join(f'{x} {y}' for x, y in ring)}))"
    return areas


def scatter(db: Connection, count: int) -> None:
    """Crashes at random places in and around all areas there are."""
    db.execute("select setseed(0.5)")
    db.execute(
        "insert into crashes (crash_record_id, crash_date, longitude, latitude, coordinate_status)"
        " select gen_random_uuid()::text, '2024-01-10', ST_XMin(box) - 0.001 + random() * (ST_XMax(box) -"
        " ST_XMin(box) + 0.002), ST_YMin(box) - 0.001 + random() * (ST_YMax(box) - ST_YMin(box) + 0.002), 'ok'"
        " from (select ST_Extent(geometry) as box from areas) as all_areas cross join generate_series(1, %s)",
        [count],
    )


def differing(db: Connection, layer: str) -> list[tuple[object, ...]]:
    """Places whose area is another than the one that contains them, or 0 feet away and does not cover them."""
    return rows_of(
        db,
        "with plain as ("
        "  select location_id, count(*) as areas, min(area_id) as area_id from locations"
        "  join areas on ST_Contains(areas.geometry, locations.geometry)"
        "  where layer_id = (select layer_id from layers where layer = %(layer)s) group by location_id"
        "), ours as ("
        "  select location_id, area_id, feet_away from location_areas"
        "  where layer_id = (select layer_id from layers where layer = %(layer)s)"
        ") select location_id, ours.area_id, feet_away, plain.area_id from ours left join plain using (location_id)"
        " where (plain.areas = 1 and (ours.area_id, ours.feet_away) is distinct from (plain.area_id, 0))"
        " or (plain.areas is null and ours.feet_away = 0 and not (select ST_Covers(areas.geometry, locations.geometry)"
        "  from areas, locations where areas.area_id = ours.area_id and locations.location_id = ours.location_id))"
        " limit 5".replace("%(layer)s", f"'{layer}'"),
    )


def put_citys_layers(db: Connection) -> None:
    boundaries = REAL_DATA / "boundaries"
    put_layer(db, "wards", published_areas(boundaries / "wards.geojson", "ward"))
    put_layer(db, "community_areas", published_areas(boundaries / "community_areas.geojson", "area_number"))
    put_layer(db, "police_beats", published_areas(boundaries / "police_beats.geojson", "beat_num", digits=4))
    put_layer(db, "police_districts", published_areas(boundaries / "police_districts.geojson", "dist_num"))
    put_layer(db, "city_boundary", published_areas(boundaries / "city.geojson", "name"))


def put_published_crashes(db: Connection) -> None:
    for place, beat in published_places():
        put_crashes(db, place, beat=beat)


def published_places() -> Iterable[tuple[tuple[float, float], str]]:
    with (REAL_DATA / "portal-2021-12" / "crashes.csv").open() as file:
        for row in csv.DictReader(file):
            if row["latitude"]:
                yield (float(row["longitude"]), float(row["latitude"])), row["beat_of_occurrence"].zfill(4)
