"""The event log: the same events as Dagster's own, over few connections, in batches, also after forks and restarts."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from sqlalchemy.exc import InternalError

from chicago_crashes.orchestration import dagster_home
from chicago_crashes.orchestration.check_reports import report_verdicts
from chicago_crashes.orchestration.event_log import CrashesDagsterStorage, PooledEventLogStorage
from chicago_crashes.orchestration.partitions import day_of
from chicago_crashes.verdict import Verdict

DAYS = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-03-01", timezone="America/Chicago")
RANGE = {"dagster/asset_partition_range_start": "2024-01-01", "dagster/asset_partition_range_end": "2024-02-29"}

WRITE_ON_BOTH_SIDES_OF_A_FORK = """
import os, sys, sqlalchemy
from chicago_crashes.orchestration.event_log import PooledEventLogStorage

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


@dg.multi_asset_check(
    specs=[dg.AssetCheckSpec(name, asset="daily", partitions_def=DAYS) for name in ("is_sound", "is_whole")]
)
def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """Every day is whole, and the second day of a month is not sound."""
    days = [day_of(key) for key in context.op_execution_context.partition_keys]
    sound = [Verdict("is_sound", day, passed=day.day != 2, is_fault=False, numbers={"rows": day.day}) for day in days]
    whole = [Verdict("is_whole", day, passed=True, is_fault=True, numbers={}) for day in days]
    yield from report_verdicts(context, daily.key, iter([*sound, *whole]), blocking=frozenset())


@pytest.fixture
def storage_url(database_url: str) -> str:
    dagster_home.make_schema(database_url)
    return dagster_home.storage_url(database_url)


def an_instance(home: Path, module: str, storage: str, url: str) -> dg.DagsterInstance:
    (home / "dagster.yaml").write_text(
        f"storage:\n  custom:\n    module: {module}\n    class: {storage}\n    config:\n      postgres_url: '{url}'\n"
        "concurrency:\n  pools:\n    default_limit: 1\n"
    )
    return dg.DagsterInstance.from_config(str(home))


@pytest.fixture
def instance(storage_url: str, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with an_instance(
        tmp_path, "chicago_crashes.orchestration.event_log", "CrashesDagsterStorage", storage_url
    ) as instance:
        yield instance


@pytest.fixture
def plain_instance(storage_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """One with Dagster's own storage, in the same database."""
    home = tmp_path_factory.mktemp("plain")
    with an_instance(home, "dagster_postgres", "DagsterPostgresStorage", storage_url) as instance:
        yield instance


def test_a_ranged_run_records_every_day(instance: dg.DagsterInstance) -> None:
    assert dg.materialize([daily], instance=instance, tags=RANGE).success
    assert len(instance.get_materialized_partitions(daily.key)) == 60


@pytest.mark.parametrize("batch_size", ["0", "50"])
def test_events_are_the_same_as_those_of_dagsters_own_storage(
    instance: dg.DagsterInstance,
    plain_instance: dg.DagsterInstance,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    batch_size: str,
) -> None:
    stored = []
    for kept_in, size in ((plain_instance, "0"), (instance, batch_size)):
        monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", size)
        run_id = dg.materialize([daily, checks], instance=kept_in, tags=RANGE).run_id
        stored.append((events_of(database_url, run_id), check_records_of(database_url, run_id)))
    of_dagster, ours = stored
    assert ours == of_dagster
    events, records = ours
    assert len(records) == 2 * (60 + 1), "a result for every day, and one over the range"
    assert ("is_sound", "2024-02-02", "FAILED") in [record[:3] for record in records]
    assert ("is_sound", "2024-02-03", "SUCCEEDED") in [record[:3] for record in records]
    assert events["ASSET_CHECK_EVALUATION", None, None] == 2 * (60 + 1)
    assert events["ASSET_MATERIALIZATION_PLANNED", '["daily"]', "2024-02-29"] == 1
    assert instance.get_asset_records([daily.key])[0].asset_entry.last_run_id == run_id


def test_events_share_connections(instance: dg.DagsterInstance, database_url: str) -> None:
    before = sessions_so_far(database_url)
    dg.materialize([daily], instance=instance, tags=RANGE)
    assert sessions_so_far(database_url) - before < 8


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


def test_a_pool_that_another_process_makes_at_the_same_moment_is_made(
    instance: dg.DagsterInstance, database_url: str
) -> None:
    """As when two runs are the first ever to ask the portal."""
    pools = instance.event_log_storage
    with ThreadPoolExecutor(1) as beside, psycopg.connect(database_url) as other:
        other.execute(
            'insert into dagster.concurrency_limits (concurrency_key, "limit", using_default_limit)'
            " values ('portal', 1, true)"
        )
        other.execute("insert into dagster.concurrency_slots (concurrency_key, deleted) values ('portal', false)")
        made = beside.submit(pools.initialize_concurrency_limit_to_default, "portal")
        wait_for_lock(database_url)
        other.commit()
        assert made.result()
    assert pools.get_concurrency_info("portal").slot_count == 1


def test_a_pool_with_another_limit_is_not_passed_over(instance: dg.DagsterInstance, database_url: str) -> None:
    pools = instance.event_log_storage
    pools.initialize_concurrency_limit_to_default("portal")
    with psycopg.connect(database_url) as other:
        other.execute('update dagster.concurrency_limits set "limit" = 4')
    with pytest.raises(InternalError):
        pools.initialize_concurrency_limit_to_default("portal")


def wait_for_lock(url: str) -> None:
    """Until somebody waits for what another transaction has written."""
    with psycopg.connect(url, autocommit=True) as connection:
        while not connection.execute(
            "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        ).fetchone():
            pass


def test_a_forked_process_opens_its_own_connections(storage_url: str) -> None:
    program = [sys.executable, "-c", WRITE_ON_BOTH_SIDES_OF_A_FORK, storage_url]
    finished = subprocess.run(program, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr


def test_the_webserver_may_tune_it(storage_url: str) -> None:
    events = CrashesDagsterStorage(storage_url).event_log_storage
    events.optimize_for_webserver(statement_timeout=5000, pool_recycle=3600, max_overflow=20)
    assert list(events.all_asset_keys()) == []
    events.dispose()


def events_of(url: str, run_id: str) -> Counter[tuple[str, str | None, str | None]]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT dagster_event_type, asset_key, partition FROM dagster.event_logs WHERE run_id = %s", [run_id]
        ).fetchall()
    return Counter(rows)


def check_records_of(url: str, run_id: str) -> list[tuple[str, str, str, str, bool, bool]]:
    """Per check and day: how it went, what it says, and whether it points to its event and the day's data."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT c.check_name, c.partition, c.execution_status,"
            " c.evaluation_event::jsonb #>> '{dagster_event,event_specific_data,metadata}',"
            " c.evaluation_event = e.event AND c.evaluation_event_timestamp = e.timestamp AND e.run_id = c.run_id,"
            " m.partition IS NOT DISTINCT FROM c.partition"
            " FROM dagster.asset_check_executions c"
            " LEFT JOIN dagster.event_logs e ON e.id = c.evaluation_event_storage_id"
            " LEFT JOIN dagster.event_logs m ON m.id = c.materialization_event_storage_id"
            " WHERE c.run_id = %s ORDER BY 1, 2",
            [run_id],
        ).fetchall()


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
