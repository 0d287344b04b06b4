"""Where the benchmarks work: a PostGIS, a raw lake and a Dagster home of their own, gone when they end.

The server is configured like the platform's private one, crash safety included. Nothing of the user's is touched.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from filelock import FileLock, Timeout
from psycopg import sql
from sqlalchemy import make_url

from chicago_crashes.settings import PROJECT_ROOT
from chicago_crashes.storage.private_cluster import cluster
from chicago_crashes.storage.schema import migrate
from chicago_crashes_bench.sizes import FIRST_DAY

HOME = PROJECT_ROOT / ".local" / "bench"
MIGRATED = "bench_migrated"


@dataclass(frozen=True, slots=True)
class Workplace:
    """A running server and a folder."""

    server_url: str
    folder: Path

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """A database with the platform's empty schema, as long as the context lasts."""
        database = sql.Identifier(f"bench_{name}")
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(sql.SQL("create database {} template {}").format(database, sql.Identifier(MIGRATED)))
            try:
                yield self._url(f"bench_{name}")
            finally:
                connection.execute(sql.SQL("drop database {} with (force)").format(database))

    @contextmanager
    def place(self, name: str) -> Iterator[Path]:
        """An empty folder, as long as the context lasts."""
        path = self.folder / name
        path.mkdir(parents=True)
        try:
            yield path
        finally:
            shutil.rmtree(path)

    def environment(self, database_url: str, portal_url: str = "", lake: Path | None = None) -> dict[str, str]:
        """The environment of a process of the platform that works here."""
        return os.environ | {
            "CRASHES_DATABASE_URL": database_url,
            "CRASHES_PORTAL_URL": portal_url,
            "CRASHES_RAW_URL": str(lake or self.folder / "raw"),
            "CRASHES_START_DATE": FIRST_DAY.isoformat(),
            "CRASHES_REQUESTS_PER_HOUR": "1000000",
            "CRASHES_APP_TOKEN": "",
            "CRASHES_ALERT_URLS": "",
            "DAGSTER_HOME": str(self.folder / "dagster"),
        }

    def prepare(self) -> None:
        """Make the database that the others are copies of."""
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(MIGRATED)))
        migrate.upgrade(self._url(MIGRATED))

    def _url(self, database: str) -> str:
        return make_url(self.server_url).set(database=database).render_as_string(hide_password=False)


@contextmanager
def workplace(tell: Callable[[str], None]) -> Iterator[Workplace]:
    """The place to work, after whoever uses it now; what a killed benchmark left there is removed."""
    HOME.mkdir(parents=True, exist_ok=True)
    with _alone(tell):
        _clear()
        try:
            found = Workplace(cluster.start(HOME), HOME / "work")
            found.folder.mkdir()
            found.prepare()
            yield found
        finally:
            _clear()


@contextmanager
def _alone(tell: Callable[[str], None]) -> Iterator[None]:
    lock = FileLock(HOME / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tell("waiting for another benchmark in this checkout to end")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _clear() -> None:
    cluster.destroy(HOME)
    shutil.rmtree(HOME / "work", ignore_errors=True)
