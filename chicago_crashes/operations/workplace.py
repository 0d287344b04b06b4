"""Everything a command needs before it can run: the database, its schema, Dagster's home and instance."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chicago_crashes.orchestration import dagster_home
from chicago_crashes.settings import settings
from chicago_crashes.storage.private_cluster import cluster
from chicago_crashes.storage.schema import migrate

if TYPE_CHECKING:
    from dagster import DagsterInstance


@contextmanager
def some_database() -> Iterator[str]:
    """The URL of the database in use, at whatever schema.

    The private cluster is started if need be, and stopped again by whoever started it.
    """
    configured = settings().database_url
    if configured:
        yield configured.get_secret_value()
        return
    with cluster.running() as url:
        yield url


@contextmanager
def database() -> Iterator[str]:
    """The URL of the database in use, at the current schema.

    A database of the user's own is only ever migrated when the user asks for it; the private one always.
    """
    with some_database() as url:
        if settings().database_url:
            migrate.require_current(url)
        else:
            migrate.upgrade(url)
        yield url


@contextmanager
def dagster_instance(database_url: str) -> Iterator[DagsterInstance]:
    """The Dagster instance whose runs, events and schedules live beside the tables."""
    from dagster import DagsterInstance  # slow to import, and most commands need only the database

    os.environ.update(dagster_home.prepare(database_url))
    with DagsterInstance.get() as instance:
        yield instance
