"""A small platform below Dagster: a served portal, its client, a lake, a database; loading as the assets do."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

import polars as pl
import psycopg
from psycopg import sql
from tenacity import RetryCallState

from chicago_crashes.errors import CrashesError, ShrinkError
from chicago_crashes.feeds.catalogue import CRASHES, FATALITIES, PEOPLE, VEHICLES, Feed
from chicago_crashes.feeds.changes import find_changes
from chicago_crashes.feeds.ingest import FetchedDay, LoadedDay, fetch_days, load_days
from chicago_crashes.soda.ceiling import Unlimited
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.download import DayFailure
from chicago_crashes.soda.windows import MAX_ROWS
from chicago_crashes.stand_in.faults import ROWS, Fault
from chicago_crashes.stand_in.mutations import content
from chicago_crashes.stand_in.serve import RunningPortal
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import generate
from chicago_crashes.storage.lake import Lake
from chicago_crashes.storage.schema.all_tables import metadata
from chicago_crashes_tests.faults.convergence import tables_equal_portal

FIRST, LAST = date(2024, 3, 8), date(2024, 3, 11)
DAYS = tuple(FIRST + timedelta(days=number) for number in range(4))
LOOKS = 3

Snapshot = dict[str, list[tuple[object, ...]]]


def small_portal() -> PortalStore:
    """Four days of all feeds with documented dirt, people without a crash, and victims that nothing tells apart."""
    store = PortalStore()
    for batch in generate(FIRST, LAST, rows_per_day=6):
        for feed in (CRASHES, PEOPLE, VEHICLES):
            store.publish(feed.dataset_id, batch.frames[feed.name])
    store.publish(FATALITIES.dataset_id, _victims())
    return store


def _victims() -> pl.DataFrame:
    """Three a day; two of them were killed at one place in one moment and have no person id."""
    return pl.DataFrame(
        [
            {
                "person_id": None if place else f"O{day.day}",
                "crash_date": f"{day}T{8 + (place > 0)}:30:00.000",
                "crash_location": "1500 N CLARK ST",
                "victim": ["DRIVER", "PASSENGER", "PEDESTRIAN"][place],
                "crash_circumstances": None,
                "longitude": "-87.63",
                "latitude": "41.9",
                "geocoded_column": "POINT (-87.63 41.9)",
            }
            for day in DAYS
            for place in range(3)
        ],
        schema={column.name: pl.String for column in FATALITIES.columns},
        orient="row",
    )


@dataclass
class Loaded:
    """What a load said of itself: days fetched and loaded, and why others were not."""

    fetched: list[FetchedDay] = field(default_factory=list)
    loaded: list[LoadedDay] = field(default_factory=list)
    errors: list[CrashesError] = field(default_factory=list)
    failed: list[date] = field(default_factory=list)

    def total(self, count: str) -> int:
        """One of the counts, over all days."""
        return sum(getattr(day.counts, count) for day in self.loaded)

    @property
    def written(self) -> int:
        """How many rows the load changed."""
        return self.total("inserted") + self.total("updated") + self.total("withdrawn")


@dataclass
class Scene:
    """One test's platform."""

    portal: RunningPortal
    client: Portal
    connection: psycopg.Connection
    lake_folder: Path
    database_url: str
    began_at: int = 0
    """How many requests the portal had had before."""

    @property
    def store(self) -> PortalStore:
        """What the portal holds."""
        return self.portal.store

    @property
    def lake(self) -> Lake:
        """The raw lake."""
        return Lake(str(self.lake_folder))

    def own_copy(self) -> PortalStore:
        """Let the portal serve a store that only this test changes; what it held until now is returned."""
        old = self.portal.store
        self.portal.store = old.copy()
        return old

    def fails_with(self, *faults: Fault) -> None:
        """Let the portal have these faults and no others."""
        self.portal.faults[:] = faults

    def load(self, feed: Feed, days: Sequence[date] = DAYS, *, run_id: str = "run", max_rows: int = MAX_ROWS) -> Loaded:
        """Fetch days and load them as the assets do: if one cannot be fetched, none, but all that are not held back."""
        outcome = Loaded()
        try:
            for fetched in fetch_days(
                self.client, self.connection, self.lake, feed, days, run_id=run_id, max_rows=max_rows
            ):
                if isinstance(fetched, DayFailure):
                    outcome.errors.append(fetched.error)
                    outcome.failed.append(fetched.day)
                else:
                    outcome.fetched.append(fetched)
        except CrashesError as error:
            outcome.errors.append(error)
        if all(isinstance(error, ShrinkError) for error in outcome.errors):
            self.merge(feed, [fetched.day for fetched in outcome.fetched], outcome, run_id=run_id)
        return outcome

    def merge(self, feed: Feed, days: Sequence[date], outcome: Loaded, *, run_id: str = "run") -> Loaded:
        """Load days from the lake."""
        for loaded in load_days(self.connection, self.lake, feed, days, run_id=run_id):
            if isinstance(loaded, DayFailure):
                outcome.errors.append(loaded.error)
                outcome.failed.append(loaded.day)
            else:
                outcome.loaded.append(loaded)
        return outcome

    def refresh(self, feed: Feed, *, run_id: str = "refresh") -> list[Loaded]:
        """Load exactly the stale days until there are none, as often as the command looks."""
        outcomes: list[Loaded] = []
        while days := self.stale(feed):
            assert len(outcomes) < LOOKS, f"{days} stay stale: {outcomes}"
            outcomes.append(self.load(feed, days, run_id=run_id))
            assert not outcomes[-1].errors
        return outcomes

    def stale(self, feed: Feed) -> list[date]:
        """The feed's stale days."""
        return sorted(find_changes(self.client, self.connection, self.lake, feed, FIRST, LAST).stale)

    def converges(self, *feeds: Feed) -> None:
        """Mend the portal, refresh, and compare everything."""
        self.fails_with()
        for feed in feeds:
            self.refresh(feed)
        self.equals_portal(*feeds)

    def equals_portal(self, *feeds: Feed) -> None:
        """Compare the tables with what the portal holds."""
        tables_equal_portal(self.connection, self.store, FIRST, LAST, feeds)

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.connection.execute(query.encode(), parameters or None).fetchall()

    def snapshot(self) -> Snapshot:
        """Everything that is stored, down to which transaction wrote which row, and every file of the lake."""
        found: Snapshot = {
            table.fullname: sorted(
                self.connection.execute(
                    sql.SQL("select xmin::text, stored::text from {} as stored").format(_identifier(table.fullname))
                ).fetchall()
            )
            for table in metadata.sorted_tables
        }
        files = sorted(path for path in self.lake_folder.rglob("*") if path.is_file())
        found["lake"] = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files]
        return found

    def row_requests(self, since: int | None = None) -> list[str]:
        """The conditions of all requests for rows in this test, or after the first `since` requests of all tests."""
        return [
            request.params["$where"]
            for request in self.portal.requests[self.began_at if since is None else since :]
            if ROWS in request.params and request.path.startswith("/resource/")
        ]

    def some_rows(self, feed: Feed, day: date, count: int = 2) -> list[dict[str, Any]]:
        """Published rows of a day whose key is readable, newest last."""
        rows = content(self.store, feed).filter(pl.col(feed.date).str.starts_with(day.isoformat()))
        keys = [name for name in feed.key if name in rows.columns]
        assert rows.height >= count, f"{feed.name} {day} has {rows.height} rows only"
        return list(rows.drop_nulls(keys).head(count).iter_rows(named=True))

    @contextmanager
    def another_connection(self) -> Iterator[Self]:
        """The same platform, as another process sees it."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            yield type(self)(self.portal, self.client, connection, self.lake_folder, self.database_url)

    def on_another_client(self, client: Portal) -> Self:
        """The same platform, asking through another client."""
        return type(self)(self.portal, client, self.connection, self.lake_folder, self.database_url)


def eager_client(url: str, **settings: Any) -> Portal:
    """A client that waits for nothing between its attempts."""
    return Portal(url, ceiling=Unlimited(), wait=_no_wait, **settings)


@contextmanager
def empty_database(url: str) -> Iterator[psycopg.Connection]:
    """A connection outside a transaction to a database whose tables are empty."""
    tables = sql.SQL(", ").join(_identifier(table.fullname) for table in metadata.sorted_tables)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("truncate {}").format(tables))
        yield connection


def _identifier(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split("."))


def _no_wait(_: RetryCallState) -> float:
    return 0.0
