"""`ops.executions`: every run as a row, with or without Dagster's tables, and fast where the event log is long."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.stand_in.faults import ROWS, Fault
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.storage.schema import migrate
from chicago_crashes_tests.cli.running import load_here, publish, settings_for, synthetic_frames
from chicago_crashes_tests.feeds.loading import connected

FIRST, LAST = date(2024, 3, 4), date(2024, 3, 5)
RUNS = 500
OFTEN = 3

MANY_RUNS = """
insert into dagster.runs (run_id, pipeline_name, status, run_body, start_time, end_time)
select 'run ' || number, pipeline_name, status, run_body, start_time - number * 3600, end_time - number * 3600
from dagster.runs, generate_series(1, %(runs)s) as number where run_id = %(run_id)s;
"""
MANY_EVENTS = """
insert into dagster.event_logs (run_id, event, dagster_event_type, "timestamp", step_key, asset_key, partition)
select 'run ' || number, event, dagster_event_type, "timestamp", step_key, asset_key, partition
from generate_series(1, %(runs)s) as number, dagster.event_logs, generate_series(1, 3)
where run_id = %(run_id)s order by number;
"""

OPEN_THE_INSTANCE = """
from chicago_crashes.operations.workplace import dagster_instance
from chicago_crashes.settings import settings
with dagster_instance(settings().database_url.get_secret_value()) as instance:
    print(instance.get_runs_count())
"""


@pytest.fixture(scope="module")
def loaded(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with a run that loaded everything, one of a single feed that changed a row, and one that failed."""
    frames = synthetic_frames(FIRST, LAST, rows_per_day=10)
    with serving(PortalStore()) as portal:
        publish(portal.store, frames)
        environment = settings_for(module_database_url, portal.url, tmp_path_factory.mktemp("lake"), FIRST)
        assert load_here(environment, FIRST, LAST).succeeded
        assert load_here(environment, FIRST, FIRST, "people").succeeded
        portal.faults.append(Fault(times=None, query_has=ROWS, status=400))
        assert not load_here(environment, LAST, LAST, "crashes", refetch=True).succeeded
    return module_database_url


def test_every_run_is_a_row(loaded: str) -> None:
    with connected(loaded) as db:
        runs: list[tuple[Any, ...]] = db.execute(
            "select feeds, first_day, last_day, status, inserted, updated, withdrawn, error, job, duration"
            " from ops.executions order by started"
        ).fetchall()
        counts: list[Any] = [db.execute(f"select count(*) from {feed.table}").fetchall()[0][0] for feed in FEEDS]  # noqa: S608
    first, second, third = runs
    assert first[:8] == (
        ["crashes", "fatalities", "people", "vehicles"],
        FIRST,
        LAST,
        "SUCCESS",
        sum(counts),
        0,
        0,
        None,
    )
    assert first[8] == "load_days"
    assert first[9].total_seconds() > 0
    assert second[:7] == (["people"], FIRST, FIRST, "SUCCESS", 0, 0, 0)
    assert third[:4] == (["crashes"], LAST, LAST, "FAILURE")
    assert third[4:7] == (None, None, None)
    assert third[7].startswith("1 of 1 days failed. The portal refused rows 2024-03-05")


def test_without_dagsters_tables_there_are_no_runs(database_url: str) -> None:
    with connected(database_url) as db:
        assert db.execute("select to_regnamespace('dagster') is null").fetchall() == [(True,)]
        assert db.execute("select * from ops.executions").fetchall() == []
        db.execute("create schema dagster")
        assert db.execute("select * from ops.executions").fetchall() == []
    migrate.upgrade(database_url)


def test_dagster_may_change_and_drop_its_tables(make_database: Callable[[], str], tmp_path: Path) -> None:
    url = make_database()
    opened = subprocess.run(
        [sys.executable, "-c", OPEN_THE_INSTANCE],
        env=os.environ | {"CRASHES_DATABASE_URL": url},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert opened.returncode == 0, opened.stderr
    with connected(url) as db:
        db.execute("alter table dagster.runs alter column status type text")
        assert db.execute("select * from ops.executions").fetchall() == []
        db.execute("drop schema dagster cascade")
        assert db.execute("select * from ops.executions").fetchall() == []


def test_the_last_runs_are_found_at_once_in_a_long_event_log(loaded: str) -> None:
    with connected(loaded) as db:
        run_id = db.execute("select run_id from ops.executions order by started limit 1").fetchall()[0][0]
        try:
            parameters = {"runs": RUNS, "run_id": run_id}
            db.execute(MANY_RUNS.encode(), parameters)
            db.execute(MANY_EVENTS.encode(), parameters)
            db.execute("analyze dagster.event_logs")
            everything = seconds(db, "select * from ops.executions")
            newest = seconds(db, "select * from ops.executions order by started desc limit 10")
            one = seconds(db, "select * from ops.executions where run_id = 'run 7'")
        finally:
            db.execute("delete from dagster.event_logs where run_id like 'run %'")
            db.execute("delete from dagster.runs where run_id like 'run %'")
    assert newest < everything / 5
    assert one < everything / 5


def seconds(db: psycopg.Connection, query: str) -> float:
    """The CPU-bound time of the query at its best."""
    best = float("inf")
    for _ in range(OFTEN):
        started = time.perf_counter()
        db.execute(query.encode()).fetchall()
        best = min(best, time.perf_counter() - started)
    return best
