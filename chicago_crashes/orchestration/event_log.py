"""Dagster's storage in the platform's own database, in the schema `dagster`, made for runs over many days.

`dagster.yaml` names `CrashesDagsterStorage`. It asks for the database like everything else does, so Dagster needs no
address of its own, and its processes start the private cluster when they are the first to need it.

What is overridden here is Dagster's own business, which is why `pyproject.toml` names one version exactly. Each part
waits for something upstream and can go once that is released:

- Connections that are kept (`PooledRunStorage`, `PooledEventLogStorage.__init__`): dagster#33935, pull request #33936.
  It can go when `dagster.yaml` has a setting for the size of the pool, and `test_event_log.py`, which counts
  connections, passes with the setting in its place.
- Events in batches (`store_event`, `store_event_batch`): dagster#33831, pull request #33832, for planned events; for
  the results of checks nothing is proposed yet. The planned events can go from `event_batches` when the pull request is
  released, all of it when check results of many days are written together, too. `test_event_log.py` compares what both
  ways store, and the bench of a run over many days how long they take.
- `initialize_concurrency_limit_to_default`: dagster#33054, pull request #33599. It can go when the insert is in a
  savepoint there; the test of two runs that need a pool at once must pass without it.
- That a check's result does not ask `has_table`, which keeps a connection each time (dagster#34058): mended by pull
  request #34154, which is in versions after 1.13.27. Nothing here is only for that.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any, Self
from weakref import WeakSet

from dagster import EventLogEntry, Field, StringSource
from dagster._config.config_schema import UserConfigSchema
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage, PostgresEventLogStorage, PostgresRunStorage
from dagster_postgres.utils import create_pg_engine
from sqlalchemy import Engine
from sqlalchemy.exc import InternalError
from sqlalchemy.pool import QueuePool

from chicago_crashes.orchestration import event_batches
from chicago_crashes.orchestration.dagster_home import make_schema, storage_url
from chicago_crashes.storage.private_cluster.cluster import database_url

logger = logging.getLogger(__name__)

CONFIG_TYPE: UserConfigSchema = {"postgres_url": Field(StringSource, is_required=False)}
KEPT_CONNECTIONS = 2


class CrashesDagsterStorage(DagsterPostgresStorage):
    """Runs, schedules and events of Dagster, next to the tables."""

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        self._run_storage = PooledRunStorage(postgres_url)
        self._event_log_storage = PooledEventLogStorage(postgres_url)

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """What `dagster.yaml` may say: another database than the platform's, for those who want one."""
        return CONFIG_TYPE

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """The storage that `dagster.yaml` asks for."""
        if configured := config_value.get("postgres_url"):
            return cls(configured, inst_data)
        url = database_url()
        make_schema(url)
        return cls(storage_url(url), inst_data)


class PooledRunStorage(PostgresRunStorage):
    """The runs with connections that are kept; the original opens one whenever it is asked, some twenty times a run."""

    def __init__(self, postgres_url: str) -> None:
        super().__init__(postgres_url)
        self._engine = _pooled_engine(postgres_url)
        _storages.add(self)

    def dispose(self) -> None:
        """Close the kept connections with the Dagster instance that owns this storage."""
        super().dispose()
        self._engine.dispose()

    def forget_connections(self) -> None:
        """Leave the connections to the parent process."""
        self._engine.dispose(close=False)


class PooledEventLogStorage(PostgresEventLogStorage):
    """The event log with connections that are kept, and with batches of every event there is one of a day.

    The original opens a connection for every event and writes most of them one by one; that is most of the time a run
    over thousands of days spends on bookkeeping.
    """

    def __init__(self, postgres_url: str) -> None:
        super().__init__(postgres_url)
        self._engine = _pooled_engine(postgres_url)
        _storages.add(self)

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event, in one transaction where we know how."""
        if event_batches.may_be_written_together([event]):
            self.store_event_batch([event])
        else:
            super().store_event(event)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events that belong together, in few statements where we know how."""
        if not event_batches.may_be_written_together(events):
            super().store_event_batch(events)
            return
        rows = [self._event_to_row(event) for event in events]
        with self.index_transaction() as connection:
            ids = event_batches.insert_events(connection, rows)
            event_batches.record_checks(connection, events, [row["event"] for row in rows], ids)
            of_assets = event_batches.of_assets(events, ids)
            self._store_asset_event_tags(connection, *of_assets)
            for event, event_id in event_batches.last_of_each_asset(*of_assets):
                self._store_asset_event(connection, event, event_id)

    def initialize_concurrency_limit_to_default(self, concurrency_key: str) -> bool:
        """Make a pool that is needed for the first time; another process may make it at the same moment.

        The original then goes on in the transaction that this has spoilt, and the run of the later one fails. A pool
        that is there with another limit still fails it, because nobody may think that the new limit holds.
        """
        try:
            return super().initialize_concurrency_limit_to_default(concurrency_key)
        except InternalError:
            made = {pool.name: pool.limit for pool in self.get_pool_limits()}
            if (
                concurrency_key not in made
                or made[concurrency_key] != self._instance.global_op_concurrency_default_limit
            ):
                raise
            logger.info("The pool %s was made by another process at the same moment.", concurrency_key)
            return True

    def dispose(self) -> None:
        """Close the kept connections with the Dagster instance that owns this storage."""
        super().dispose()
        self._engine.dispose()

    def forget_connections(self) -> None:
        """Leave the connections to the parent process: two processes on one connection garble each other."""
        self._engine.dispose(close=False)


def _pooled_engine(postgres_url: str) -> Engine:
    """The pool may grow without bound, because connections without one may, too."""
    return create_pg_engine(
        postgres_url,
        isolation_level="AUTOCOMMIT",
        poolclass=QueuePool,
        pool_size=KEPT_CONNECTIONS,
        max_overflow=-1,
        pool_pre_ping=True,
    )


_storages: WeakSet[PooledRunStorage | PooledEventLogStorage] = WeakSet()


def _after_fork() -> None:
    for storage in list(_storages):
        storage.forget_connections()


os.register_at_fork(after_in_child=_after_fork)
