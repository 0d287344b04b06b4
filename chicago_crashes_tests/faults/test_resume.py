"""A load that is cut short anywhere leaves whole days; the next one fetches only what is missing, and is complete."""

import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import polars as pl
import psycopg
import pytest
from psycopg import sql

from chicago_crashes.errors import TransientError
from chicago_crashes.feeds.catalogue import CRASHES, FATALITIES, PEOPLE, VEHICLES, Feed
from chicago_crashes.soda.errors import PortalUnavailableError
from chicago_crashes.stand_in import faults, mutations
from chicago_crashes.storage.lake import LakeUnavailableError
from chicago_crashes_tests.faults.changing import change_every_day
from chicago_crashes_tests.faults.scene import DAYS, Loaded, Scene

SECONDS_TO_HAPPEN = 30.0


def test_a_portal_that_goes_down_in_the_middle(scene: Scene, feed: Feed) -> None:
    scene.fails_with(*(faults.unavailable(times=None, query_has=f">= '{day}T") for day in DAYS[2:]))
    outcome = scene.load(feed, max_rows=day_by_day(scene, feed))
    assert {type(error) for error in outcome.errors} == {PortalUnavailableError}
    assert [day.day for day in outcome.fetched] == list(DAYS[:2])
    assert held_days(scene, feed) == list(DAYS[:2])
    goes_on_with(scene, feed, DAYS[2:])


@pytest.mark.parametrize("feed", [CRASHES, PEOPLE], ids=lambda feed: feed.name)
def test_a_worker_killed_while_it_fetches(scene: Scene, feed: Feed) -> None:
    release = threading.Event()
    scene.fails_with(faults.changing(lambda: release.wait(SECONDS_TO_HAPPEN), query_has=f">= '{DAYS[2]}T"))
    before = len(scene.portal.requests)
    kill_when(lambda: any(f">= '{DAYS[2]}T" in where for where in scene.row_requests(before)), scene, feed)
    release.set()
    assert held_days(scene, feed) == list(DAYS[:2])
    assert scene.rows("select count(*) from ops.signatures") == [(0,)]
    goes_on_with(scene, feed, DAYS[2:])


@pytest.mark.parametrize("feed", [VEHICLES, FATALITIES], ids=lambda feed: feed.name)
def test_a_worker_killed_while_it_merges(loaded: Scene, feed: Feed) -> None:
    change_every_day(loaded, feed)
    before = loaded.snapshot()
    with table_locked(loaded, feed):
        kill_when(lambda: somebody_waits_for(loaded, feed), loaded, feed)
    assert held_days(loaded, feed) == list(DAYS)
    assert loaded.snapshot() | {"lake": []} == before | {"lake": []}
    goes_on_with(loaded, feed, [])


def test_a_database_that_restarts_while_a_day_is_merged(loaded: Scene, feed: Feed) -> None:
    change_every_day(loaded, feed)
    before = loaded.snapshot()
    outcome = Loaded()
    with loaded.another_connection() as other:

        def load() -> None:
            found = other.load(feed)
            outcome.errors, outcome.loaded = found.errors, found.loaded

        with table_locked(loaded, feed):
            thread = threading.Thread(target=load)
            thread.start()
            wait_until(lambda: somebody_waits_for(loaded, feed))
            loaded.rows("select pg_terminate_backend(%s)", other.connection.info.backend_pid)
            thread.join(SECONDS_TO_HAPPEN)
        # Whoever goes on with a lost connection is told the same.
        assert {type(error) for error in other.load(feed).errors} == {TransientError}
    assert outcome.loaded == []
    assert len(outcome.errors) == len(DAYS)
    assert all(isinstance(error, TransientError) for error in outcome.errors)
    assert loaded.snapshot() | {"lake": []} == before | {"lake": []}
    goes_on_with(loaded, feed, [])


def test_a_lake_without_room(loaded: Scene, feed: Feed) -> None:
    change_every_day(loaded, feed)
    before = loaded.snapshot()
    with largest_file(1_000):
        errors = loaded.load(feed).errors
    assert {type(error) for error in errors} == {LakeUnavailableError}
    assert len(errors) == len(DAYS)
    assert loaded.snapshot() == before
    goes_on_with(loaded, feed, DAYS)


def test_a_lake_that_cannot_take_one_day(scene: Scene, feed: Feed) -> None:
    in_the_way = scene.lake_folder / feed.name / "2024" / str(DAYS[1])
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_text("no folder")
    outcome = scene.load(feed)
    (error,) = outcome.errors
    assert isinstance(error, LakeUnavailableError)
    assert str(DAYS[1]) in str(error)
    assert scene.rows("select count(*) from ops.signatures") == [(0,)]
    in_the_way.unlink()
    assert held_days(scene, feed) == [DAYS[0], *DAYS[2:]]
    goes_on_with(scene, feed, [DAYS[1]])


def test_two_loads_of_the_same_days_at_once(loaded: Scene, feed: Feed) -> None:
    """They meet at the merge: the second waits for the first and finds nothing left to do."""
    change_every_day(loaded, feed)
    written: list[int] = []

    def load(other: Scene) -> None:
        outcome = other.load(feed)
        assert not outcome.errors
        written.append(outcome.written)

    with loaded.another_connection() as one, loaded.another_connection() as two, table_locked(loaded, feed) as lock:
        threads = [threading.Thread(target=load, args=(each,)) for each in (one, two)]
        for thread in threads:
            thread.start()
        wait_until(lambda: somebody_waits_for(loaded, feed))
        lock.commit()
        for thread in threads:
            thread.join(SECONDS_TO_HAPPEN)
    assert len(written) == 2
    assert min(written) == 0 < max(written)
    loaded.equals_portal(feed)
    assert loaded.stale(feed) == []


def goes_on_with(scene: Scene, feed: Feed, days: list[date] | tuple[date, ...]) -> None:
    """Assert that the next load asks for the rows of these days only, and then everything is there."""
    scene.fails_with()
    requests = len(scene.portal.requests)
    outcome = scene.load(feed, max_rows=day_by_day(scene, feed))
    assert not outcome.errors
    asked = {day for day in DAYS for where in scene.row_requests(requests) if f">= '{day}T" in where}
    assert sorted(asked) == list(days)
    scene.equals_portal(feed)
    assert scene.stale(feed) == []
    assert not [path for path in scene.lake_folder.rglob("*") if path.name.endswith(".unfinished")]


def day_by_day(scene: Scene, feed: Feed) -> int:
    """A window so small that every day is one of its own."""
    days = mutations.content(scene.store, feed)[feed.date].str.slice(0, 10)
    return min(int((days == str(day)).sum()) for day in DAYS) - 1


def held_days(scene: Scene, feed: Feed) -> list[date]:
    """The days of which the lake holds what the portal publishes now, whole."""
    found = []
    for day, file in scene.lake.newest_files(feed, DAYS):
        rows = mutations.content(scene.store, feed).filter(pl.col(feed.date).str.starts_with(day.isoformat()))
        if file and sorted(scene.lake.read(file)[":version"]) == sorted(rows[":version"]):
            found.append(day)
    return found


def kill_when(is_time: Callable[[], bool], scene: Scene, feed: Feed) -> None:
    """Load in another process, and kill it when it is time."""
    arguments = [feed.name, str(day_by_day(scene, feed)), scene.database_url, scene.portal.url, str(scene.lake_folder)]
    worker = subprocess.Popen([sys.executable, "-m", "chicago_crashes_tests.faults.worker", *arguments])
    try:
        wait_until(lambda: is_time() or worker.poll() is not None)
        assert worker.poll() is None, "the worker ended before it was killed"
    finally:
        worker.kill()
        worker.wait()


@contextmanager
def table_locked(scene: Scene, feed: Feed) -> Iterator[psycopg.Connection]:
    """Nobody else writes to the table meanwhile."""
    with psycopg.connect(scene.database_url) as connection:
        connection.execute(sql.SQL("lock table {} in exclusive mode").format(sql.Identifier(feed.table)))
        yield connection


def somebody_waits_for(scene: Scene, feed: Feed) -> bool:
    """Whether a merge has come to the locked table; its copies in the databases of other tests have the same id."""
    query = (
        "select count(*) > 0 from pg_locks join pg_database on pg_database.oid = pg_locks.database"
        " where datname = current_database() and not granted and relation = to_regclass(%s)"
    )
    return scene.rows(query, feed.table) == [(True,)]


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def wait_until(is_so: Callable[[], bool]) -> None:
    """Look again and again until it is so."""
    deadline = time.monotonic() + SECONDS_TO_HAPPEN
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
