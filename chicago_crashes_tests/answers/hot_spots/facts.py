"""Hand-made facts, straight into the tables the analyses read: crashes on a plane in feet, streets, a city."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Boolean, Date, DateTime, Text

from chicago_crashes.answers.mart_tables import CRASH_FACTS

CORNER = (1_160_280.0, 1_880_340.0)
"""Where squares of 660 feet meet, in EPSG:3435, in the middle of the city."""
SIDE = 660.0


@dataclass(frozen=True)
class Crashes:
    """So many crashes of a severity on a day, at a place told in feet from the corner; nowhere if there is none."""

    day: date
    place: tuple[float, float] | None
    severity: str = "O"
    number: int = 1
    street: str | None = None


def add_crashes(
    connection: psycopg.Connection,
    crashes: Sequence[Crashes],
    *,
    provisional: Sequence[date] = (),
    in_degrees: bool = False,
) -> None:
    """Add facts, their locations and their days; places may be told in longitude and latitude instead."""
    place_of = _location if in_degrees else _location_from_corner
    locations = {place: place_of(connection, place) for place in {crash.place for crash in crashes if crash.place}}
    rows: list[dict[str, Any]] = []
    for crash in crashes:
        rows += [
            _sound(uuid.uuid4().hex, crash, locations.get(crash.place) if crash.place else None)
            for _ in range(crash.number)
        ]
    columns = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    with connection.cursor() as cursor:
        with cursor.copy(sql.SQL("copy crash_facts ({}) from stdin").format(columns)) as copy:
            for row in rows:
                copy.write_row(list(row.values()))
        cursor.executemany(
            "insert into ops.fact_days (day, crashes, is_provisional, refreshed_at) values (%s, 0, %s, now())"
            " on conflict do nothing",
            [(day, day in provisional) for day in {crash.day for crash in crashes}],
        )
    connection.execute(
        "update crash_facts set geometry = locations.geometry from locations"
        " where locations.location_id = crash_facts.location_id"
    )


def add_streets(connection: psycopg.Connection, **streets: tuple[str, Sequence[tuple[float, float]]]) -> None:
    """Add the layer of street centre lines: by key a street and where its line goes, in feet from the corner."""
    layer = _layer(connection, "street_center_lines", "line", len(streets))
    for place, (key, (street, points)) in enumerate(streets.items()):
        direction, name, kind = street.split()
        published = {"pre_dir": direction, "street_nam": name, "street_typ": kind, "l_f_add": "101", "r_t_add": "198"}
        connection.execute(
            "insert into layer_lines (layer_id, line, label, position, properties, feet, geometry)"
            " select %s, %s, %s, %s, %s, st_length(line), st_multi(st_transform(line, 4326))"
            " from st_setsrid(%s::geometry, 3435) as line",
            [layer, key, street, place, Jsonb(published), _line(points)],
        )


def add_boundary(connection: psycopg.Connection, left: float, bottom: float, right: float, top: float) -> None:
    """Add a city that is a rectangle, in feet from the corner."""
    layer = _layer(connection, "city_boundary", "polygon", 1)
    x, y = CORNER
    connection.execute(
        "insert into areas (layer_id, area, label, position, properties, square_feet, geometry)"
        " select %s, 'city', 'City', 1, '{}', st_area(city), st_multi(st_transform(city, 4326))"
        " from st_makeenvelope(%s, %s, %s, %s, 3435) as city",
        [layer, x + left, y + bottom, x + right, y + top],
    )


def _layer(connection: psycopg.Connection, name: str, shape: str, features: int) -> int:
    row = connection.execute(
        "insert into layers (layer, title, kind, shape, source, version, digest, features, repaired, left_out)"
        " values (%s, %s, 'published', %s, 'test', 1, '', %s, 0, 0) returning layer_id",
        [name, name, shape, features],
    ).fetchone()
    assert row
    return int(row[0])


def _line(points: Sequence[tuple[float, float]]) -> str:
    return f"LINESTRING({', '.join(f'{CORNER[0] + x} {CORNER[1] + y}' for x, y in points)})"


def _location_from_corner(connection: psycopg.Connection, place: tuple[float, float]) -> int:
    ((longitude, latitude),) = connection.execute(
        "select st_x(place), st_y(place) from st_transform(st_setsrid(st_makepoint(%s, %s), 3435), 4326) as place",
        [CORNER[0] + place[0], CORNER[1] + place[1]],
    ).fetchall()
    return _location(connection, (longitude, latitude))


def _location(connection: psycopg.Connection, place: tuple[float, float]) -> int:
    ((location,),) = connection.execute(
        "insert into locations (longitude, latitude) values (%s, %s) returning location_id", place
    ).fetchall()
    return int(location)


def _sound(key: str, crash: Crashes, location: int | None) -> dict[str, Any]:
    needed = {column.name: _nothing(column.type) for column in CRASH_FACTS.columns if not column.nullable}
    return needed | {
        "crash_record_id": key,
        "crash_date": crash.day,
        "day": crash.day,
        "month": crash.day.replace(day=1),
        "year": crash.day.year,
        "severity": crash.severity,
        "is_ksi": crash.severity in "KA",
        "street": crash.street,
        "location_id": location,
    }


def _nothing(kind: object) -> object:
    match kind:
        case Boolean():
            return False
        case Text():
            return ""
        case Date() | DateTime():
            return date(2024, 1, 1)
        case _:
            return 0
