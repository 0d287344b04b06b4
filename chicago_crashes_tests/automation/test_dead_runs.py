"""A command that was killed in the middle of a fetch holds up nobody: its run is ended by the next who loads."""

import signal
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from chicago_crashes.feeds import FEEDS
from chicago_crashes.local.portal.faults import ROWS, Fault
from chicago_crashes.local.portal.serve import RunningPortal, serving
from chicago_crashes.local.portal.store import PortalStore
from chicago_crashes.postgis.presence import is_present, present
from chicago_crashes_tests.commands.running import ended, publish, run, settings_for, started, synthetic_frames

FIRST, LAST = date(2024, 3, 1), date(2024, 3, 2)
SECONDS = 60


@pytest.fixture
def portal() -> Iterator[RunningPortal]:
    store = PortalStore()
    publish(store, synthetic_frames(FIRST, LAST, rows_per_day=5))
    with serving(store) as running:
        yield running


def test_a_killed_command_holds_up_nobody(portal: RunningPortal, database_url: str, tmp_path: Path) -> None:
    environment = settings_for(database_url, portal.url, tmp_path / "raw", FIRST)
    portal.faults.append(Fault(times=None, query_has=ROWS, seconds_before=5))
    killed = started(environment, "load", str(FIRST), str(LAST))
    deadline = time.monotonic() + SECONDS
    while not any("$order" in request.params for request in portal.requests):
        assert killed.poll() is None, ended(killed)
        assert time.monotonic() < deadline
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    assert ended(killed).status == -signal.SIGKILL
    portal.faults.clear()
    assert _runs(database_url) == ["STARTED"]

    next_one = run(environment, "load", str(FIRST), str(LAST))

    assert next_one.status == 0, next_one
    assert _runs(database_url) == ["FAILURE", "SUCCESS"]
    with psycopg.connect(database_url) as connection:
        for feed in FEEDS:
            loaded = connection.execute("select count(*) from ops.signatures where feed = %s", [feed.name]).fetchall()
            assert loaded == [(2,)]


def test_a_process_is_present_until_it_leaves(database_url: str) -> None:
    with present(database_url) as token:
        assert is_present(database_url, token)
        assert not is_present(database_url, "somebody else")
    assert not is_present(database_url, token)


def _runs(database_url: str) -> list[str]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select status from dagster.runs order by id").fetchall()
    return [status for (status,) in rows]
