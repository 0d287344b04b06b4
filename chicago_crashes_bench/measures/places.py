"""Places: crashes to areas, against one plain ST_Contains join per layer."""

import time
from collections.abc import Callable, Mapping

import psycopg
from psycopg import sql

from chicago_crashes.answers.places.assignment import assign_locations
from chicago_crashes_bench import database
from chicago_crashes_bench.bench import Bench, Found
from chicago_crashes_bench.results import Amount, Bar, Kind, Measurement, Unit
from chicago_crashes_bench.sizes import CRASHES_A_DAY, FIRST_DAY
from chicago_crashes_bench.synthetic_facts import CRASHES_A_PLACE
from chicago_crashes_bench.synthetic_layers import EAST, LAYERS, NORTH, SOUTH, WEST, put_layers
from chicago_crashes_bench.watching import ProgramFailedError

DRAW_PLACES = """
create temporary table place as
select
    n,
    round((%(west)s + random() * (%(east)s - %(west)s))::numeric, 9)::float8 as longitude,
    round((%(south)s + random() * (%(north)s - %(south)s))::numeric, 9)::float8 as latitude
from generate_series(1, %(places)s) as n
"""
DRAW_CRASHES = """
create temporary table draw as
select i, 1 + floor(power(random(), 1.5) * %(places)s)::int as n from generate_series(1, %(crashes)s) as i
"""
CRASHES = """
insert into crashes (
    crash_record_id, crash_date, longitude, latitude, coordinate_status, beat_of_occurrence, street_no,
    street_direction, street_name, weather_condition, lighting_condition, first_crash_type, trafficway_type,
    alignment, roadway_surface_cond, road_defect, report_type, crash_type, damage, prim_contributory_cause,
    sec_contributory_cause, most_severe_injury, location
)
select
    lpad(to_hex(i), 128, '0'), %(first)s::timestamp + make_interval(days => i / %(a_day)s, mins => i %% 1440),
    longitude, latitude, 'ok', '0111', 1200, 'N', 'WESTERN AVE', 'CLEAR', 'DARKNESS, LIGHTED ROAD',
    'PARKED MOTOR VEHICLE', 'NOT DIVIDED', 'STRAIGHT AND LEVEL', 'DRY', 'NO DEFECTS', 'NOT ON SCENE (DESK REPORT)',
    'NO INJURY / DRIVE AWAY', 'OVER $1,500', 'FAILING TO REDUCE SPEED TO AVOID CRASH', 'UNABLE TO DETERMINE',
    'NO INDICATION OF INJURY', 'POINT (-87.683387053281 41.764608912236)'
from draw
join place using (n)
"""
PLAIN = """
create table {table} as
select crash_record_id, areas.area from crashes
join areas on areas.layer_id = {layer} and ST_Contains(areas.geometry, crashes.geometry)
"""
DIFFERING = """
select count(*) from {table} as plain
join crashes using (crash_record_id)
join locations using (longitude, latitude)
left join location_areas on location_areas.layer_id = {layer} and location_areas.location_id = locations.location_id
left join areas on areas.area_id = location_areas.area_id
where areas.area is distinct from plain.area or feet_away <> 0
"""


def measure(bench: Bench) -> Found:
    """Seconds until all crashes have their areas in all layers, cutting included, against one join per layer.

    Both begin with what loads have made: the join with the spatial index of the crashes, the platform with the places.
    """
    crashes = max(bench.sizes.rows)
    with bench.workplace.database("places") as url, psycopg.connect(url, autocommit=True) as connection:
        bench.tell(f"places: {crashes:,} crashes are made")
        places = _put_crashes(connection, crashes)
        database.keep_house(url)
        database.settle(url)
        bench.tell("places: found by the platform")
        finding = _seconds_of(lambda: assign_locations(connection))
        bench.tell(f"places: {len(LAYERS)} layers are made")
        corners = put_layers(connection)
        database.keep_house(url)
        database.settle(url)
        bench.tell("places: plain ST_Contains, layer by layer")
        layers: dict[str, int] = dict(
            connection.execute("select layer, layer_id from layers order by layer").fetchall()
        )
        plain = sum(_plain(connection, name, layer_id) for name, layer_id in layers.items())
        database.settle(url)
        bench.tell("places: assigned by the platform")
        assigning = _seconds_of(lambda: assign_locations(connection))
        _require_same(connection, layers)
    size = f"{crashes:,} crashes at {places:,} places, {corners:,} corners"
    yield Measurement(
        f"crashes to areas of {len(layers)} layers, by one ST_Contains join per layer",
        size,
        Amount(assigning, Unit.SECONDS),
        Bar(Kind.TIMES_FASTER, 2),
        Amount(plain, Unit.SECONDS),
    )
    yield Measurement(
        "the same, and the places found before",
        size,
        Amount(finding + assigning, Unit.SECONDS),
        baseline=Amount(plain, Unit.SECONDS),
    )


def _put_crashes(connection: psycopg.Connection, crashes: int) -> int:
    """Store crashes as wide as published ones, more of them at some places; how many places there are."""
    numbers = {
        "crashes": crashes, "places": round(crashes / CRASHES_A_PLACE * 1.25), "first": FIRST_DAY,
        "a_day": CRASHES_A_DAY, "west": WEST, "east": EAST, "south": SOUTH, "north": NORTH,
    }  # fmt: skip
    connection.execute("select setseed(0.5)")
    for statement in (DRAW_PLACES, DRAW_CRASHES, CRASHES):
        connection.execute(statement, numbers)
    ((places,),) = connection.execute("select count(distinct n) from draw").fetchall()
    connection.execute("drop table place, draw")
    return int(places)


def _plain(connection: psycopg.Connection, name: str, layer_id: int) -> float:
    statement = sql.SQL(PLAIN).format(table=sql.Identifier(f"plain_{name}"), layer=layer_id)
    return _seconds_of(lambda: connection.execute(statement))


def _seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _require_same(connection: psycopg.Connection, layers: Mapping[str, int]) -> None:
    """Every crash that a join found in an area must be assigned to it."""
    for name, layer_id in layers.items():
        query = sql.SQL(DIFFERING).format(table=sql.Identifier(f"plain_{name}"), layer=layer_id)
        ((differing,),) = connection.execute(query).fetchall()
        if differing:
            raise ProgramFailedError(
                f"{differing} crashes are assigned to another of the {name} than ST_Contains says."
            )
