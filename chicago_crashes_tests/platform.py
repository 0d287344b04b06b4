"""The whole platform for a test: a database, a raw lake, a stand-in portal, and launches through Dagster."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dagster import DagsterInstance

from chicago_crashes.definitions import build_defs
from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.feeds.changes import DayRange
from chicago_crashes.feeds.defs.launch import launch
from chicago_crashes.orchestration.outcomes import Outcome
from chicago_crashes.orchestration.partitions import chunks
from chicago_crashes.settings import settings
from chicago_crashes.stand_in.serve import RunningPortal, serving
from chicago_crashes.stand_in.store import PortalStore


@dataclass(frozen=True)
class Platform:
    """A platform under test."""

    database_url: str
    lake: Path
    portal: RunningPortal
    instance: DagsterInstance

    def load(self, first: date, last: date, feeds: Sequence[Feed] = FEEDS, *, days_per_run: int = 100) -> Outcome:
        """Load days through Dagster, as the command does."""
        ranges = [DayRange(start, end, tuple(feeds)) for start, end in chunks(first, last, days_per_run)]
        return self.launch(ranges)

    def launch(self, ranges: Sequence[DayRange]) -> Outcome:
        """Load ranges of days through Dagster, as the commands do."""
        return launch(build_defs(settings()), self.instance, ranges, on_step=lambda _step: None)

    def query_and_commit(self, statement: str) -> None:
        """Change the database behind the platform's back."""
        with psycopg.connect(self.database_url) as connection:
            connection.execute(statement.encode())

    def query(self, statement: str, *params: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(statement.encode(), params or None).fetchall()


@contextmanager
def platform(store: PortalStore, database_url: str, folder: Path, *, start: date) -> Iterator[Platform]:
    """A platform whose portal serves `store`."""
    with serving(store) as portal, DagsterInstance.ephemeral() as instance, pytest.MonkeyPatch.context() as environment:
        environment.setenv("CRASHES_DATABASE_URL", database_url)
        environment.setenv("CRASHES_PORTAL_URL", portal.url)
        environment.setenv("CRASHES_RAW_URL", str(folder / "raw"))
        environment.setenv("CRASHES_START_DATE", start.isoformat())
        environment.setenv("CRASHES_REQUESTS_PER_HOUR", "100000")
        environment.setenv("CRASHES_RETRY_SECONDS", "0")
        environment.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")
        settings.cache_clear()
        try:
            yield Platform(database_url, folder / "raw", portal, instance)
        finally:
            settings.cache_clear()
