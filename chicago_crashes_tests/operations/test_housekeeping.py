"""Old run logs go, and nothing that Dagster knows of days goes with them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg
import psycopg
import pytest

from chicago_crashes.definitions import build_defs
from chicago_crashes.feeds.catalogue import FEEDS, feed_named
from chicago_crashes.operations.defs.housekeeping import PRUNE, TYPES
from chicago_crashes.operations.run_logs import prune, size_of_event_log
from chicago_crashes.operations.workplace import dagster_instance
from chicago_crashes.orchestration.description import raw_key, table_key
from chicago_crashes.settings import Settings, settings
from chicago_crashes.stand_in.faults import ROWS, Fault
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.cli.running import load_here, publish, settings_for, synthetic_frames

FIRST, LAST = date(2024, 3, 4), date(2024, 3, 6)
KEPT_LINES = {
    "ASSET_CHECK_EVALUATION",
    "ASSET_CHECK_EVALUATION_PLANNED",
    "ASSET_MATERIALIZATION",
    "ASSET_MATERIALIZATION_PLANNED",
    "ASSET_FAILED_TO_MATERIALIZE",
    "PIPELINE_FAILURE",
    "STEP_FAILURE",
}


@dataclass(frozen=True)
class Deployment:
    """A loaded platform whose runs are kept in PostgreSQL."""

    url: str
    instance: dg.DagsterInstance

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()

    def age(self, condition: str = "true") -> None:
        """Let runs have ended 100 days ago."""
        with psycopg.connect(self.url) as connection:
            connection.execute(
                f"update dagster.runs set update_timestamp = now() - interval '100 days' where {condition}".encode()  # noqa: S608
            )

    def known(self) -> dict[str, Any]:
        """Everything Dagster shows of days: materialised, failed, checked."""
        found: dict[str, Any] = {}
        for feed in FEEDS:
            for key in (raw_key(feed), table_key(feed)):
                found[f"{key} there"] = self.instance.get_materialized_partitions(key)
                found[f"{key} newest"] = {
                    event.storage_id for event in self.instance.fetch_materializations(key, limit=100).records
                }
            found[f"{feed.name} checks"] = self.rows(
                'select distinct on (check_name, "partition") check_name, "partition", execution_status,'  # noqa: S608
                " evaluation_event_storage_id from dagster.asset_check_executions"
                f" where asset_key like '%\"{feed.table}\"%' and execution_status <> 'PLANNED'"
                ' order by check_name, "partition", id desc'
            )
        return found


@pytest.fixture(scope="module")
def loaded(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The settings of a platform with two days loaded twice, and a third that failed."""
    with serving(PortalStore()) as portal:
        publish(portal.store, synthetic_frames(FIRST, LAST, rows_per_day=10))
        environment = settings_for(module_database_url, portal.url, tmp_path_factory.mktemp("raw"), FIRST)
        for _ in range(2):
            assert load_here(environment, FIRST, date(2024, 3, 5)).succeeded
        portal.faults.append(Fault(times=None, query_has=ROWS, status=400))
        assert not load_here(environment, LAST, LAST, "crashes").succeeded
    return environment


@pytest.fixture
def deployment(
    loaded: dict[str, str], copy_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    """The loaded platform, for one test alone."""
    url = copy_database(loaded["CRASHES_DATABASE_URL"])
    for name, value in (loaded | {"CRASHES_DATABASE_URL": url}).items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    with dagster_instance(url) as instance:
        yield Deployment(url, instance)
    settings.cache_clear()


def failed_days(deployment: Deployment) -> set[str]:
    """The days of raw crashes that Dagster shows in red, reckoned anew from the event log."""
    log = deployment.instance.event_log_storage
    return set(
        log.get_latest_asset_partition_materialization_attempts_without_materializations(raw_key(feed_named("crashes")))
    )


def test_old_log_lines_go_and_what_is_known_of_days_stays(deployment: Deployment) -> None:
    deployment.age()
    known, failed = deployment.known(), failed_days(deployment)
    assert failed == {str(LAST)}
    before = deployment.rows("select count(*) from dagster.event_logs")[0][0]
    executions = deployment.rows("select feeds, status, inserted, error from ops.executions order by started")

    result = (
        build_defs(Settings(_env_file=None)).resolve_job_def(PRUNE).execute_in_process(instance=deployment.instance)
    )

    assert result.success
    (metadata,) = [
        event.step_output_data.metadata for event in result.all_events if event.event_type_value == "STEP_OUTPUT"
    ]
    told: dict[str, Any] = {name: value.value for name, value in metadata.items()}
    mine = f"run_id <> '{result.run_id}'"
    after = deployment.rows(f"select count(*) from dagster.event_logs where {mine}")[0][0]  # noqa: S608
    assert told["log_lines"] == before - after > 0
    assert told["check_results"] > 0
    assert told["rows"] == told["log_lines"] + told["check_results"]
    assert told["bytes"] > 1000
    types = deployment.rows(f"select distinct dagster_event_type from dagster.event_logs where {mine}")  # noqa: S608
    assert {kind for (kind,) in types} <= KEPT_LINES
    assert deployment.known() == known
    assert failed_days(deployment) == failed
    again = deployment.rows(
        f"select feeds, status, inserted, error from ops.executions where {mine} order by started"  # noqa: S608
    )
    assert again == executions


def test_runs_that_ended_lately_or_go_on_keep_their_logs(deployment: Deployment) -> None:
    before = deployment.rows("select count(*) from dagster.event_logs")
    with psycopg.connect(deployment.url, autocommit=True) as connection:
        assert prune(connection, TYPES, keep_days=90).events == 0
        deployment.age()
        connection.execute("update dagster.runs set status = 'STARTED'")
        assert prune(connection, TYPES, keep_days=90).events == 0
    assert deployment.rows("select count(*) from dagster.event_logs") == before


def test_small_batches_remove_as_much_as_large_ones(deployment: Deployment) -> None:
    deployment.age("status = 'SUCCESS'")
    with psycopg.connect(deployment.url, autocommit=True) as connection:
        size = size_of_event_log(connection)
        pruned = prune(connection, TYPES, keep_days=90, batch=7)
        assert pruned.events > 7
        assert prune(connection, TYPES, keep_days=90) == type(pruned)(0, 0, 0)
    assert size > pruned.bytes > 0


def test_the_size_of_no_event_log_is_zero(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        assert size_of_event_log(connection) == 0
