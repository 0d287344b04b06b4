"""The ceiling holds across processes, and says so when its database is away."""

import logging
import subprocess
import sys
import time
from datetime import timedelta

import psycopg
import pytest

from chicago_crashes.errors import TransientError
from chicago_crashes.soda.ceiling import postgres_ceiling
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore

PER_WINDOW = 12
WINDOW = timedelta(seconds=1.5)
MARGIN = timedelta(seconds=0.8)
REQUESTS_EACH = 24

SENDER = """
import sys, time
from datetime import timedelta
from chicago_crashes.soda.ceiling import postgres_ceiling

url, per_window, window, margin, requests = sys.argv[1:]
ceiling = postgres_ceiling(
    url, int(per_window), window=timedelta(seconds=float(window)), margin=timedelta(seconds=float(margin))
)
for _ in range(int(requests)):
    ceiling.acquire()
    print(time.time(), flush=True)
"""


def test_two_processes_together_never_exceed_the_rate(database_url: str) -> None:
    command = [
        *(sys.executable, "-c", SENDER, database_url),
        *map(str, (PER_WINDOW, WINDOW.total_seconds(), MARGIN.total_seconds(), REQUESTS_EACH)),
    ]
    started = time.monotonic()
    senders = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [sender.communicate(timeout=60)[0] for sender in senders]
    elapsed = time.monotonic() - started

    assert [sender.returncode for sender in senders] == [0, 0]
    moments = sorted(float(line) for output in outputs for line in output.split())
    assert len(moments) == 2 * REQUESTS_EACH
    busiest = max(sum(first <= moment < first + WINDOW.total_seconds() for moment in moments) for first in moments)
    assert busiest <= PER_WINDOW
    # The ceiling is used, not merely kept: 48 requests at 12 a window need three full waits and little more.
    assert elapsed < 6 * (WINDOW + MARGIN).total_seconds() + 5


ASKER = """
import sys
from datetime import timedelta
from chicago_crashes.soda.ceiling import postgres_ceiling
from chicago_crashes.soda.client import Portal

database_url, portal_url, per_window, window, margin, requests = sys.argv[1:]
ceiling = postgres_ceiling(
    database_url, int(per_window), window=timedelta(seconds=float(window)), margin=timedelta(seconds=float(margin))
)
with Portal(portal_url, ceiling=ceiling) as portal:
    for _ in range(int(requests)):
        portal.get_metadata("85ca-t3if")
"""


def test_the_log_of_the_portal_shows_a_ceiling_of_sixty_never_exceeded_by_two_processes(database_url: str) -> None:
    per_window, requests_each, window, margin = 60, 75, 2.0, 0.8
    with serving(PortalStore()) as portal:
        arguments = map(str, (database_url, portal.url, per_window, window, margin, requests_each))
        command = [sys.executable, "-c", ASKER, *arguments]
        askers = [subprocess.Popen(command) for _ in range(2)]
        assert [asker.wait(timeout=120) for asker in askers] == [0, 0]
        moments = sorted(request.moment for request in portal.requests)
    assert len(moments) == 2 * requests_each
    busiest = max(sum(first <= moment < first + window for moment in moments) for first in moments)
    assert busiest <= per_window


def test_a_session_in_another_time_zone_counts_the_same(database_url: str) -> None:
    name = database_url.rpartition("/")[2].partition("?")[0]
    first = postgres_ceiling(database_url, 2, window=timedelta(minutes=1))
    first.acquire()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            psycopg.sql.SQL("ALTER DATABASE {} SET timezone TO 'Asia/Tokyo'").format(psycopg.sql.Identifier(name))
        )
    second = postgres_ceiling(database_url, 2, window=timedelta(minutes=1))
    second.acquire()

    assert second._seconds_to_wait() > 50  # type: ignore[attr-defined]


def test_the_wait_is_logged(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="chicago_crashes.soda.ceiling")
    ceiling = postgres_ceiling(database_url, 1, window=timedelta(seconds=0.3), margin=timedelta(0))

    ceiling.acquire()
    assert not caplog.records
    ceiling.acquire()
    assert ["The request ceiling is reached" in record.getMessage() for record in caplog.records] == [True]


def test_the_log_of_requests_does_not_grow(database_url: str) -> None:
    ceiling = postgres_ceiling(database_url, 1, window=timedelta(seconds=0.02), margin=timedelta(0))
    for _ in range(5):
        ceiling.acquire()

    with psycopg.connect(database_url) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM ops.ratelimit___portal_requests").fetchall()[0]
    assert rows == 1


def test_a_database_that_is_away_is_a_transient_failure_that_says_what_to_do() -> None:
    ceiling = postgres_ceiling("postgresql://nobody@127.0.0.1:1/nothing", 10)

    with pytest.raises(TransientError, match="CRASHES_DATABASE_URL"):
        ceiling.acquire()
