"""A small city made by hand: loaded days, facts of crashes, locations, and in which areas they lie."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from psycopg import sql

from chicago_crashes.answers.mart_tables import CRASH_FACTS
from chicago_crashes.answers.marts.areas import refresh_area_daily, refresh_area_monthly, refresh_area_yearly
from chicago_crashes.answers.marts.circumstances import refresh_causes, refresh_time_of_week
from chicago_crashes.answers.marts.citywide import refresh_citywide_daily, refresh_citywide_monthly
from chicago_crashes.answers.marts.streets import refresh_intersections, refresh_streets
from chicago_crashes.answers.refreshing import Refreshed
from chicago_crashes_tests.feeds.loading import Connection

REFRESHES: Mapping[str, Callable[[Connection], Refreshed]] = {
    "citywide_daily": refresh_citywide_daily,
    "citywide_monthly": refresh_citywide_monthly,
    "area_daily": refresh_area_daily,
    "area_monthly": refresh_area_monthly,
    "area_yearly": refresh_area_yearly,
    "causes": refresh_causes,
    "time_of_week": refresh_time_of_week,
    "streets": refresh_streets,
    "intersections": refresh_intersections,
}
"""The marts in the order in which they are made from one another."""

PROVISIONAL_DAYS = 3

_NOBODY = {
    column.name: 0
    for column in CRASH_FACTS.columns
    if column.name.startswith(
        ("persons_", "pedestrians", "cyclists", "motorcyclists", "occupants", "others", "children", "older_adults")
    )
}


def refresh_all(db: Connection) -> dict[str, Refreshed]:
    """Refresh every mart."""
    return {mart: refresh(db) for mart, refresh in REFRESHES.items()}


def add_crash(db: Connection, when: str, severity: str = "O", location: int | None = None, **facts: object) -> None:
    """Add a crash of two vehicles, at noon if only its day is told. K, A, B and C hurt one person each unless told."""
    moment = datetime.fromisoformat(when if "T" in when else f"{when}T12:00")
    hurt = {f"persons_{severity.lower()}": 1} if severity in "KABC" else {}
    row: dict[str, object] = {
        "crash_date": moment,
        "day": moment.date(),
        "month": moment.date().replace(day=1),
        "year": moment.year,
        "weekday": moment.isoweekday(),
        "hour": moment.hour,
        "severity": severity,
        "is_ksi": severity in "KA",
        **_NOBODY,
        **hurt,
        "motor_vehicles": 2,
        **dict.fromkeys(
            ("is_hit_and_run", "is_dooring", "is_work_zone", "is_speed_related", "is_alcohol_related"), False
        ),
        "is_provisional": False,
        "location_id": location,
        **facts,
    }
    ((number,),) = db.execute("select count(*) + 1 from crash_facts").fetchall()
    row.setdefault("crash_record_id", f"crash {number}")
    db.execute(
        sql.SQL("insert into crash_facts ({}) values ({})").format(
            sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join([sql.Placeholder()] * len(row))
        ),
        list(row.values()),
    )


def load_days(db: Connection, first: str, last: str) -> None:
    """Say of all days between that they are loaded and that their facts were just made, as many as there are."""
    db.execute(
        "insert into ops.signatures (feed, day, source_rows, raw_rows, table_rows, quarantined_rows, repaired_rows,"
        " fetched_at, loaded_at, run_id)"
        " select 'crashes', day, crashes, crashes, crashes, 0, 0, now(), now(), 'a run' from ("
        "  select day::date as day, (select count(*) from crash_facts as fact where fact.day = days.day) as crashes"
        "  from generate_series(%s::date, %s::date, '1 day') as days (day)) as counted"
        " on conflict (feed, day) do update set table_rows = excluded.table_rows, loaded_at = now()",
        [first, last],
    )
    make_facts(db, first, last)


def make_facts(db: Connection, first: str, last: str | None = None) -> None:
    """Record that the facts of the loaded days between were just made; the newest loaded days are provisional."""
    db.execute(
        "insert into ops.fact_days (day, crashes, refreshed_at)"
        " select day, (select count(*) from crash_facts where crash_facts.day = signatures.day), now()"
        " from ops.signatures where feed = 'crashes' and day between %s and %s"
        " on conflict (day) do update set crashes = excluded.crashes, refreshed_at = now()",
        [first, last or first],
    )
    db.execute(
        "with newest as (select day from ops.signatures where feed = 'crashes' order by day desc limit %s)"
        " update ops.fact_days set is_provisional = not is_provisional, refreshed_at = now()"
        " where is_provisional <> (day in (select day from newest))",
        [PROVISIONAL_DAYS],
    )


def put_layer(db: Connection, name: str, areas: Iterable[str], *, is_active: bool = True) -> None:
    """Store a layer of so many areas, or a new version in its place; where they lie does not matter to the marts."""
    ((layer_id,),) = db.execute(
        "insert into layers as known (layer, title, kind, shape, source, version, digest, features, repaired, left_out,"
        " is_active) values (%s, '', 'uploaded', 'polygon', '', 1, '', 0, 0, 0, %s)"
        " on conflict (layer) do update set version = known.version + 1 returning layer_id",
        [name, is_active],
    ).fetchall()
    db.execute("delete from areas where layer_id = %s", [layer_id])
    for place, area in enumerate(areas, 1):
        db.execute(
            "insert into areas (layer_id, area, label, position, properties, square_feet, geometry) values"
            " (%s, %s, %s, %s, '{}', 1, ST_Multi(ST_MakeEnvelope(-88, 41, -87, 42, 4326)))",
            [layer_id, area, f"Area {area}", place],
        )


def assign(db: Connection, name: str, areas: Mapping[int, str | None]) -> None:
    """Say in which area of the layer's present version each location lies; None: in none, and none is near."""
    ((layer_id,),) = db.execute("select layer_id from layers where layer = %s", [name]).fetchall()
    db.execute("delete from location_areas where layer_id = %s", [layer_id])
    for location, area in areas.items():
        db.execute(
            "insert into location_areas (layer_id, location_id, area_id, feet_away)"
            " select %(layer)s, %(location)s, min(area_id), case when min(area_id) is not null then 0 end"
            " from areas where layer_id = %(layer)s and area = %(area)s",
            {"layer": layer_id, "location": location, "area": area},
        )
    db.execute(
        "insert into ops.assignments (layer_id, version, assigned_at)"
        " select layer_id, version, now() from layers where layer_id = %s"
        " on conflict (layer_id) do update set version = excluded.version, assigned_at = excluded.assigned_at",
        [layer_id],
    )


def rows_of_mart(db: Connection, mart: str) -> list[tuple[object, ...]]:
    """Every row of a mart, in one order."""
    return sorted(db.execute(sql.SQL("select * from {}").format(sql.Identifier(mart))).fetchall(), key=str)
