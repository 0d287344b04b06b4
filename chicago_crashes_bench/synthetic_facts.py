"""Crash facts out of nothing, for measures of what reads them: along a grid of streets, more at its crossings."""

from datetime import date

import psycopg
from psycopg import sql

from chicago_crashes.answers.mart_tables import CRASH_FACTS
from chicago_crashes.answers.marts.citywide import refresh_citywide_daily

CRASHES_A_PLACE = 3.5
"""The City has published about a million crashes at about three hundred thousand places."""

LOCATIONS = """
insert into locations (longitude, latitude)
select distinct
    round(case when along_x then longitude else -87.84 + floor((longitude + 87.84) / 0.00243) * 0.00243 end, 6),
    round(case when along_x then 41.65 + floor((latitude - 41.65) / 0.00181) * 0.00181 else latitude end, 6)
from (
    select
        random() < 0.5 as along_x,
        (-87.84 + random() * 0.31)::numeric as longitude,
        (41.65 + random() * 0.37)::numeric as latitude
    from generate_series(1, %(locations)s)
) as drawn
"""
DRAWS = """
create temporary table drawn on commit drop as
select
    id, day, hour, is_dark, location_id, cause,
    case
        when fate < 0.0012 then 'K' when fate < 0.019 then 'A' when fate < 0.1 then 'B' when fate < 0.15 then 'C'
        when fate < 0.998 then 'O' else 'U'
    end as severity,
    case when who < 0.04 then 'pedestrians' when who < 0.06 then 'cyclists' else 'occupants' end as mode,
    who
from (
    select
        id,
        %(first)s::date + floor(random() * %(days)s)::integer as day,
        floor((random() + random()) * 12)::integer as hour,
        random() < 0.3 as is_dark,
        1 + floor(power(random(), 1.5) * %(locations)s)::integer as location_id,
        random() as fate,
        random() as who,
        floor(power(random(), 2) * 38)::integer as cause
    from generate_series(1, %(crashes)s) as id
) as dice
"""
DAYS = """
insert into ops.fact_days (day, crashes, is_provisional, made_from, refreshed_at)
select day, count(*), day > max(day) over () - 3, array[now(), null, null], now() from crash_facts group by day
"""
SIGNATURES = """
insert into ops.signatures (
    feed, day, source_rows, raw_rows, table_rows, quarantined_rows, repaired_rows, fetched_at, loaded_at, run_id
)
select 'crashes', day, crashes, crashes, crashes, 0, 0, now(), made_from[1], 'synthetic' from ops.fact_days
"""
DRAWN = {
    "crash_record_id": "lpad(to_hex(id), 128, '0')",
    "crash_date": "day + make_interval(hours => hour)",
    "day": "day",
    "month": "date_trunc('month', day)",
    "year": "extract(year from day)",
    "weekday": "extract(isodow from day)",
    "hour": "hour",
    "severity": "severity",
    "is_ksi": "severity in ('K', 'A')",
    **{f"persons_{letter.lower()}": f"(severity = '{letter}')::integer" for letter in "KABC"},
    "persons_o": "case when severity = 'U' then 0 else 2 end",
    "occupants": "2",
    **{
        f"{mode}_{letter.lower()}": f"(severity = '{letter}' and mode = '{mode}')::integer"
        for mode in ("pedestrians", "cyclists", "occupants")
        for letter in "KABC"
    },
    "pedestrians": "(mode = 'pedestrians')::integer",
    "cyclists": "(mode = 'cyclists')::integer",
    "units": "2",
    "motor_vehicles": "2",
    "is_hit_and_run": "who > 0.7",
    "is_dark": "is_dark",
    "primary_cause": "'CAUSE ' || cause",
    "first_crash_type": "'TYPE ' || cause % 18",
    "street": "'N STREET ' || location_id % 500",
    "location_id": "location_id",
}


def fill(database_url: str, crashes: int, first: date, days: int) -> None:
    """Fill an empty database with the facts of so many crashes, their places, and the numbers of the whole city."""
    zeros = {
        column.name: "false" if column.type.python_type is bool else "0"
        for column in CRASH_FACTS.columns
        if not column.nullable and column.name not in DRAWN
    }
    values = DRAWN | zeros
    with psycopg.connect(database_url, autocommit=True) as connection:
        with connection.transaction():
            connection.execute("select setseed(0.2026)")
            connection.execute(LOCATIONS, {"locations": int(crashes / CRASHES_A_PLACE)})
            (locations,) = connection.execute("select count(*) from locations").fetchone() or (0,)
            numbers = {"crashes": crashes, "locations": locations, "first": first, "days": days}
            connection.execute(DRAWS, numbers)
            connection.execute(
                sql.SQL("insert into crash_facts ({}) select {} from drawn").format(
                    sql.SQL(", ").join(map(sql.Identifier, values)),
                    sql.SQL(", ").join(sql.SQL(value) for value in values.values()),
                )
            )
            connection.execute(DAYS)
            connection.execute(SIGNATURES)
        connection.execute("vacuum (analyze) crash_facts, locations")
        refresh_citywide_daily(connection)
