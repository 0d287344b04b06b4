"""The pooled event log: the same events as without a pool, over few connections, also after forks and restarts."""

import subprocess
import sys
from collections.abc import Iterator

import dagster as dg
import psycopg
import pytest

from chicago_crashes.local import dagster_home
from chicago_crashes.local.event_log import CrashesDagsterStorage, PooledEventLogStorage

DAYS = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-03-01", timezone="America/Chicago")
RANGE = {"dagster/asset_partition_range_start": "2024-01-01", "dagster/asset_partition_range_end": "2024-02-29"}

WRITE_ON_BOTH_SIDES_OF_A_FORK = """
import os, sys, sqlalchemy
from chicago_crashes.local.event_log import PooledEventLogStorage

def backend(storage):
    with storage.index_connection() as connection:
        return connection.execute(sqlalchemy.text("SELECT pg_backend_pid()")).scalar_one()

storage = PooledEventLogStorage(sys.argv[1])
before = backend(storage)
child = os.fork()
if child == 0:
    os._exit(0 if backend(storage) != before else 1)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0, "the child used its parent's connection"
assert backend(storage) == before, "the parent lost its connection to the child"
"""


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def daily() -> None:
    """Nothing but its events matters."""


@pytest.fixture
def storage_url(database_url: str) -> str:
    dagster_home.make_schema(database_url)
    return dagster_home.storage_url(database_url)


@pytest.fixture
def instance(storage_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    home = tmp_path_factory.mktemp("dagster")
    (home / "dagster.yaml").write_text(
        "storage:\n  custom:\n    module: chicago_crashes.local.event_log\n    class: CrashesDagsterStorage\n"
        f"    config:\n      postgres_url: '{storage_url}'\n"
    )
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def test_a_ranged_run_records_every_day(instance: dg.DagsterInstance) -> None:
    assert dg.materialize([daily], instance=instance, tags=RANGE).success
    assert len(instance.get_materialized_partitions(daily.key)) == 60


def test_events_share_connections(instance: dg.DagsterInstance, database_url: str) -> None:
    before = sessions_so_far(database_url)
    dg.materialize([daily], instance=instance, tags=RANGE)
    assert sessions_so_far(database_url) - before < 60


def test_disposing_closes_the_connections(storage_url: str, database_url: str) -> None:
    storage = PooledEventLogStorage(storage_url)
    with storage.index_connection(), storage.index_connection():
        pass
    assert open_connections(database_url) == 2
    storage.dispose()
    assert open_connections(database_url) == 0


def test_a_lost_connection_is_replaced(storage_url: str, database_url: str) -> None:
    storage = PooledEventLogStorage(storage_url)
    assert storage.has_table("event_logs")
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert storage.has_table("event_logs")
    storage.dispose()


def test_a_forked_process_opens_its_own_connections(storage_url: str) -> None:
    program = [sys.executable, "-c", WRITE_ON_BOTH_SIDES_OF_A_FORK, storage_url]
    finished = subprocess.run(program, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr


def test_the_webserver_may_tune_it(storage_url: str) -> None:
    events = CrashesDagsterStorage(storage_url).event_log_storage
    events.optimize_for_webserver(statement_timeout=5000, pool_recycle=3600, max_overflow=20)
    assert list(events.all_asset_keys()) == []
    events.dispose()


def sessions_so_far(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT sessions FROM pg_stat_database WHERE datname = current_database()").fetchone()
    assert row is not None
    return int(row[0])


def open_connections(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    assert row is not None
    return int(row[0])
