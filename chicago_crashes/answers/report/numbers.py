"""The location report as the database makes it, the crashes it counts, and what a map of them needs. Only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection, errors, sql
from psycopg.rows import class_row

from chicago_crashes.answers.report.area_lookup import KnownArea
from chicago_crashes.answers.report.places import Area, Circle, Place, Polygon
from chicago_crashes.errors import PermanentError
from chicago_crashes.storage.sql_files import sql_file

GeoJson = Mapping[str, Any]
KINDS = {Area: "area", Circle: "point", Polygon: "polygon"}
"""How the functions for each kind of place end."""


@dataclass(frozen=True, slots=True)
class Crash:
    """One crash of a report."""

    crash_record_id: str
    crash_date: datetime
    severity: str
    killed: int
    seriously_injured: int
    injured: int
    pedestrians_injured: int
    cyclists_injured: int
    is_hit_and_run: bool
    street: str | None
    primary_cause: str | None
    first_crash_type: str | None
    is_provisional: bool
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Line:
    """A part of a street: what it is called, whether it is a main one, and its course."""

    name: str
    is_main: bool
    course: GeoJson


@dataclass(frozen=True, slots=True)
class Ground:
    """What a map shows below the crashes, in longitude and latitude."""

    outline: GeoJson | None
    neighbours: Sequence[GeoJson]
    streets: Sequence[Line]


def report_of(connection: Connection, place: Place, first: date, last: date, costs: str) -> dict[str, Any]:
    """The report of a place, as the database's functions of that name make it.

    Raises:
        PermanentError: there is no such place, cost table or loaded day.
    """
    call, parameters = _call("report_of", place, first=first, last=last, cost_table=costs)
    try:
        row = connection.execute(sql.SQL("select {}").format(call), parameters).fetchone()
    except (errors.NoDataFound, errors.InvalidParameterValue) as error:
        said = error.diag
        raise PermanentError(" ".join(filter(None, [said.message_primary, said.message_hint]))) from error
    content: dict[str, Any] = row[0] if row else {}
    return content


def crashes_of(connection: Connection, place: Place, first: date, last: date) -> list[Crash]:
    """The crashes that the report of the place counts."""
    call, parameters = _call("report_crashes_of", place, first=first, last=last)
    statement = sql.SQL("select {} from {}").format(sql.SQL(", ").join(map(sql.Identifier, Crash.__slots__)), call)
    with connection.cursor(row_factory=class_row(Crash)) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def known_areas(connection: Connection) -> list[KnownArea]:
    """All areas of the layers that crashes are assigned to, in the layers' own order."""
    with connection.cursor(row_factory=class_row(KnownArea)) as cursor:
        return cursor.execute(
            "select layer, area, label from layers join areas using (layer_id) "
            "join ops.assignments using (layer_id, version) where is_active order by layer, position"
        ).fetchall()


def require_answers(connection: Connection) -> tuple[date, date]:
    """The first and the last day of which there are crash facts.

    Raises:
        PermanentError: there are none; the message says what to run.
    """
    oldest, newest, loaded = connection.execute(
        "select min(day), max(day), (select count(*) from ops.signatures where feed = 'crashes') from ops.fact_days"
    ).fetchone() or (None, None, 0)
    if oldest is None or newest is None:
        raise PermanentError(
            "No crashes are loaded yet. Run `chicago-crashes load START END`, then `chicago-crashes answers`."
            if not loaded
            else f"{loaded:,} days of crashes are loaded, but nothing is counted yet. Run `chicago-crashes answers`."
        )
    return oldest, newest


def ground_of(connection: Connection, place: Place) -> Ground:
    """What lies around and within a place."""
    nothing = dict.fromkeys(("layer", "area", "latitude", "longitude", "radius_feet", "geojson"))
    row = connection.execute(sql_file(__file__, "report_ground"), nothing | _place_arguments(place)).fetchone()
    found: Mapping[str, Any] = row[0] if row else {}
    return Ground(
        outline=found["outline"],
        neighbours=found["neighbours"],
        streets=[Line(each["name"], each["is_main"], each["line"]) for each in found["streets"]],
    )


def _call(function: str, place: Place, **arguments: object) -> tuple[sql.Composable, dict[str, object]]:
    """The call of a function of the report for this kind of place, and its parameters."""
    parameters = _place_arguments(place) | arguments
    call = sql.SQL("{}({})").format(
        sql.Identifier(f"{function}_{KINDS[type(place)]}"),
        sql.SQL(", ").join(
            sql.SQL("ST_GeomFromGeoJSON({})").format(sql.Placeholder(name))
            if name == "geojson"
            else sql.Placeholder(name)
            for name in parameters
        ),
    )
    return call, parameters


def _place_arguments(place: Place) -> dict[str, object]:
    match place:
        case Area(layer, area):
            return {"layer": layer, "area": area}
        case Circle(latitude, longitude, radius_feet):
            return {"latitude": latitude, "longitude": longitude, "radius_feet": radius_feet}
        case Polygon(geojson):
            return {"geojson": geojson}
