"""Day after day: the portal changes as it always does, and Dagster's daemon and the change sensor follow by themselves.

`python -m chicago_crashes_tests.soak.simulation` runs thirty days. A simulated day is over as soon as the sensor finds
nothing stale any more. The sensor asks every few seconds here instead of every hour; so the requests of its polls are
told apart from those of the loads.
"""

import argparse
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.stand_in.app import LoggedRequest
from chicago_crashes.stand_in.serve import serving
from chicago_crashes_tests.dagster_ui import DagsterUi, dagster_ui
from chicago_crashes_tests.faults.convergence import tables_equal_portal
from chicago_crashes_tests.soak.agreement import agreements
from chicago_crashes_tests.soak.changing import City, synthetic_portal
from chicago_crashes_tests.soak.private import private_database, say

FIRST = date(2024, 3, 1)
DAYS_BEFORE = 10
CRASHES_PER_DAY = 12
SECONDS_BETWEEN_POLLS = 10
SECONDS_PER_DAY = 180.0
NOTHING_STALE = "Every loaded day has the signature"
MOST_REQUESTS = 20
"""What a day may cost on average: one poll that finds what changed, and the loads."""

SENSOR = {
    "repositoryName": "__repository__",
    "repositoryLocationName": "chicago_crashes",
    "sensorName": "portal_changes",
}


@dataclass(frozen=True, slots=True)
class SimulatedDay:
    """What a day took."""

    day: date
    load_requests: int
    polls: int
    runs: int
    seconds: float

    @property
    def requests(self) -> int:
        """What the changes of the day cost; polls that find nothing new come on top, each a request per feed."""
        return len(FEEDS) + self.load_requests

    def __str__(self) -> str:
        return (
            f"{self.day}  {self.requests:3} requests: {len(FEEDS)} for the poll that found the changes, "
            f"{self.load_requests} to load them in {self.runs} runs  ({self.polls} polls in all, {self.seconds:.0f} s)"
        )


def simulate(
    *, days: int, seed: int, database_url: str, folder: Path, tell: Callable[[str], None]
) -> list[SimulatedDay]:
    """Follow a portal through so many days, with a migrated database; raises AssertionError if a row differs."""
    last = FIRST + timedelta(days=DAYS_BEFORE - 1)
    store = synthetic_portal(FIRST, last, seed)
    city = City(store, FIRST, last, Random(seed))  # noqa: S311 - to be drawn again from the same seed
    with serving(store) as portal:
        environment = {
            "CRASHES_DATABASE_URL": database_url,
            "CRASHES_PORTAL_URL": portal.url,
            "CRASHES_RAW_URL": str(folder / "raw"),
            "CRASHES_START_DATE": FIRST.isoformat(),
            "CRASHES_REQUESTS_PER_HOUR": "100000",
            "CRASHES_SCHEDULES_ON": "false",
            "CRASHES_POLL_SECONDS": str(SECONDS_BETWEEN_POLLS),
        }
        with dagster_ui(environment, folder) as ui:
            _start_sensor(ui)
            _wait_until_nothing_is_stale(ui, time.time())
            tell(f"{DAYS_BEFORE} days loaded with {len(portal.requests)} requests")
            followed = []
            for number in range(1, days + 1):
                before, runs = len(portal.requests), _runs(database_url)
                started = time.time()
                city.next_day(last + timedelta(days=number), CRASHES_PER_DAY)
                _wait_until_nothing_is_stale(ui, time.time())
                made = portal.requests[before:]
                polls = sum(map(_is_poll, made)) // len(FEEDS)
                loads = sum(not _is_poll(request) for request in made)
                followed.append(
                    SimulatedDay(city.last, loads, polls, _runs(database_url) - runs, time.time() - started)
                )
                tell(str(followed[-1]))
    with psycopg.connect(database_url) as connection:
        found = agreements(connection, store, FIRST, city.last)
        tables_equal_portal(connection, store, FIRST, city.last)
    differences = [told for agreement in found for told in agreement.differences]
    assert not differences, "\n".join(differences)
    tell(
        f"{sum(agreement.rows for agreement in found):,} rows compared after {days} days, "
        f"missing {sum(agreement.missing for agreement in found)}, "
        f"extra {sum(agreement.extra for agreement in found)}, stale {sum(agreement.stale for agreement in found)}"
    )
    return followed


def _is_poll(request: LoggedRequest) -> bool:
    """Only the sensor asks for the signatures of all days there are."""
    return "$group" in request.params and "$where" not in request.params


def _runs(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        ((count,),) = connection.execute("select count(*) from dagster.runs").fetchall()
    return int(count)


def _start_sensor(ui: DagsterUi) -> None:
    started = ui.ask(
        """
        mutation ($sensor: SensorSelector!) {
          startSensor(sensorSelector: $sensor) { __typename ... on Sensor { sensorState { status } } }
        }
        """,
        sensor=SENSOR,
    )["startSensor"]
    assert started == {"__typename": "Sensor", "sensorState": {"status": "RUNNING"}}, started


def _wait_until_nothing_is_stale(ui: DagsterUi, since: float) -> None:
    """Return once the sensor looked after `since` and found every day loaded; a failed run is told at once."""

    def look() -> bool | None:
        ticks: list[dict[str, Any]] = ui.ask(
            """
            query ($sensor: SensorSelector!) {
              sensorOrError(sensorSelector: $sensor) {
                ... on Sensor { sensorState { ticks(limit: 20) {
                  timestamp status skipReason error { message } runs { runId status }
                } } }
              }
            }
            """,
            sensor=SENSOR,
        )["sensorOrError"]["sensorState"]["ticks"]
        for tick in ticks:
            if tick["timestamp"] <= since:
                continue
            assert tick["status"] != "FAILURE", tick
            assert not any(run["status"] == "FAILURE" for run in tick["runs"]), tick
            if tick["status"] == "SKIPPED" and (tick["skipReason"] or "").startswith(NOTHING_STALE):
                return True
        return None

    ui.wait_for(look, SECONDS_PER_DAY, "A sensor that finds nothing stale")


def main() -> int:
    """Run the simulation that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m chicago_crashes_tests.soak.simulation", description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=30)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    with private_database() as (url, folder):
        followed = simulate(days=asked.days, seed=asked.seed, database_url=url, folder=folder, tell=say)
    requests = [day.requests for day in followed]
    runs = sum(day.runs for day in followed)
    say(
        f"{len(followed)} days, {runs} runs; requests per day: at least {min(requests)}, on average "
        f"{sum(requests) / len(requests):.1f}, at most {max(requests)} (expected: fewer than {MOST_REQUESTS})"
    )
    return int(sum(requests) >= MOST_REQUESTS * len(requests))


if __name__ == "__main__":
    sys.exit(main())
