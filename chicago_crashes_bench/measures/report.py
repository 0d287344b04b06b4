"""The location report: how long the database takes for all within 500 feet of a place, and by which plan."""

import random
import time
from collections.abc import Sequence
from datetime import timedelta
from statistics import quantiles

import psycopg

from chicago_crashes_bench.bench import Bench, Found
from chicago_crashes_bench.database import settle
from chicago_crashes_bench.results import Amount, Bar, Kind, Measurement, Unit
from chicago_crashes_bench.sizes import CRASHES_A_DAY, FIRST_DAY
from chicago_crashes_bench.synthetic_facts import fill
from chicago_crashes_bench.watching import ProgramFailedError

PLACES = 200
RADIUS_FEET = 500
SEED = 2026
INDEXES = ("locations_geometry_feet_idx", "crash_facts_location_id_day_idx")


def measure(bench: Bench) -> Found:
    """The median and the 95th percentile over random places, once the connection is warm."""
    crashes = max(bench.sizes.rows)
    days = crashes // CRASHES_A_DAY
    with bench.workplace.database("report") as url:
        bench.tell(f"report: {crashes:,} crash facts are made")
        fill(url, crashes, FIRST_DAY, days)
        settle(url)
        bench.tell(f"report: {PLACES} places are asked for")
        with psycopg.connect(url, autocommit=True) as connection:
            places = _places(connection)
            first, last = FIRST_DAY, FIRST_DAY + timedelta(days=days - 1)
            _require_indexes(connection, places[0])
            seconds = []
            for longitude, latitude in places:
                started = time.perf_counter()
                connection.execute(
                    "select report_of_point(%s, %s, %s, %s, %s)", [latitude, longitude, RADIUS_FEET, first, last]
                ).fetchone()
                seconds.append(time.perf_counter() - started)
    size = f"{crashes:,} crashes, {RADIUS_FEET} ft, the whole history, {PLACES} places"
    parts = quantiles(seconds, n=20)
    yield Measurement("location report, median", size, Amount(1000 * parts[9], Unit.MILLISECONDS))
    yield Measurement(
        "location report, 95th percentile", size, Amount(1000 * parts[18], Unit.MILLISECONDS), Bar(Kind.UNDER, 200)
    )


def _places(connection: psycopg.Connection) -> Sequence[tuple[float, float]]:
    """Places where there were crashes, as people ask about those."""
    rows = connection.execute("select longitude, latitude from locations order by location_id").fetchall()
    return [(longitude, latitude) for longitude, latitude in random.Random(SEED).sample(rows, PLACES)]  # noqa: S311


def _require_indexes(connection: psycopg.Connection, place: tuple[float, float]) -> None:
    """That the two steps of the report, each of which the database plans by itself, go by their indexes."""
    longitude, latitude = place
    (locations,) = connection.execute(
        "select array(select report_locations_near(%s, %s, %s))", [latitude, longitude, RADIUS_FEET]
    ).fetchone() or ([],)
    plans = [
        connection.execute(
            "explain select * from report_locations_near(%s, %s, %s)", [latitude, longitude, RADIUS_FEET]
        ).fetchall(),
        connection.execute(
            "explain select * from report_facts(%s, '-infinity', 'infinity')", [list(locations)]
        ).fetchall(),
    ]
    for index, plan in zip(INDEXES, plans, strict=True):
        lines = "\n".join(line for (line,) in plan)
        if index not in lines:
            raise ProgramFailedError(f"The report does not go by {index}:\n{lines}")
