"""A command that was killed in the middle of a fetch holds up nobody: its run is ended by the next who loads."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.orchestration.presence import is_present, present
from chicago_crashes.stand_in.faults import ROWS, Fault
from chicago_crashes.stand_in.serve import RunningPortal, serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.cli.running import ended, publish, run, settings_for, started, synthetic_frames

FIRST, LAST = date(2024, 3, 1), date(2024, 3, 2)
SECONDS = 60


@pytest.fixture
def portal() -> Iterator[RunningPortal]:
    store = PortalStore()
    publish(store, synthetic_frames(FIRST, LAST, rows_per_day=5))
    with serving(store) as running:
        yield running


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_command_holds_up_nobody(
    portal: RunningPortal, database_url: str, tmp_path: Path, workers: int
) -> None:
    environment = settings_for(database_url, portal.url, tmp_path / "raw", FIRST)
    environment["CRASHES_DAYS_PER_RUN"] = str(2 // workers)
    portal.faults.append(Fault(times=None, query_has=ROWS, seconds_before=5))
    killed = started(environment, "load", str(FIRST), str(LAST), "--workers", str(workers))
    _wait_until(
        lambda: (
            any("$order" in request.params for request in portal.requests)
            and _runs(database_url) == ["STARTED"] * workers
        )
    )
    assert killed.poll() is None, ended(killed)
    killed.send_signal(signal.SIGKILL)
    assert ended(killed).status == -signal.SIGKILL
    portal.faults.clear()
    assert _runs(database_url) == ["STARTED"] * workers

    next_one = run(environment, "load", str(FIRST), str(LAST))

    assert next_one.status == 0, next_one
    assert _runs(database_url) == ["FAILURE"] * workers + ["SUCCESS"] * workers
    assert _days_loaded(database_url) == {feed.name: 2 for feed in FEEDS}


def test_a_killed_worker_fails_its_days_and_the_command_says_so(
    portal: RunningPortal, database_url: str, tmp_path: Path
) -> None:
    environment = settings_for(database_url, portal.url, tmp_path / "raw", FIRST) | {"CRASHES_DAYS_PER_RUN": "1"}
    portal.faults.append(Fault(times=None, query_has=ROWS, seconds_before=5))
    command = started(environment, "load", str(FIRST), str(LAST), "--workers", "2")
    _wait_until(lambda: any("$order" in request.params for request in portal.requests))
    os.kill(_workers_of(command.pid)[0], signal.SIGKILL)
    portal.faults.clear()

    outcome = ended(command)

    assert outcome.status == 1
    assert "A process that loads days was ended from outside" in outcome.errors
    assert run(environment, "load", str(FIRST), str(LAST)).status == 0
    assert _days_loaded(database_url) == {feed.name: 2 for feed in FEEDS}


def test_a_process_is_present_until_it_leaves(database_url: str) -> None:
    with present(database_url) as token:
        assert is_present(database_url, token)
        assert not is_present(database_url, "somebody else")
    assert not is_present(database_url, token)


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _workers_of(command: int) -> list[int]:
    """The processes of a command that load days; another one only watches over what they share."""
    children = Path(f"/proc/{command}/task/{command}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _days_loaded(database_url: str) -> dict[str, int]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select feed, count(*) from ops.signatures group by feed").fetchall()
    return dict(rows)


def _runs(database_url: str) -> list[str]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select status from dagster.runs order by id").fetchall()
    return [status for (status,) in rows]
