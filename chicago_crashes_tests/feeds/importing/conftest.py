"""A database, a raw lake and a Dagster instance for imports."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from dagster import DagsterInstance
from psycopg.rows import dict_row

from chicago_crashes.cli.foreground.files import Imported, import_files
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.importing.files import ExportFile, find_exports
from chicago_crashes.feeds.importing.importer import FileOutcome, OnBytes
from chicago_crashes.settings import settings
from chicago_crashes.storage.lake import Lake


@dataclass(frozen=True)
class Workplace:
    """Where a test imports to, and the folder it imports from."""

    database_url: str
    instance: DagsterInstance
    lake: Lake
    files: Path

    def run(self) -> Imported:
        """Import whatever is in the folder."""
        return import_files(find_exports(self.files), self.database_url, self.instance, unseen_progress)

    def import_one(self) -> FileOutcome:
        """Import the one file in the folder, which must not be refused."""
        imported = self.run()
        assert imported.refused == []
        ((_, outcome),) = imported.files
        return outcome

    def query(self, statement: str, *params: object) -> list[tuple[object, ...]]:
        """The rows of a query."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(statement.encode(), params or None).fetchall()

    def execute(self, statements: str) -> None:
        """Change the database behind the platform's back."""
        with psycopg.connect(self.database_url) as connection:
            connection.execute(statements.encode())

    def rows(self, feed: Feed, columns: Sequence[str]) -> list[dict[str, object]]:
        """The named columns of all rows of a feed's table."""
        with psycopg.connect(self.database_url, row_factory=dict_row) as connection:
            rows = connection.execute(f"select * from {feed.table}".encode()).fetchall()  # noqa: S608 - declared name
        return [{name: row[name] for name in columns} for row in rows]


@contextmanager
def unseen_progress(_file: ExportFile) -> Iterator[OnBytes]:
    yield lambda _position: None


@pytest.fixture
def workplace(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    monkeypatch.setenv("CRASHES_DATABASE_URL", database_url)
    monkeypatch.setenv("CRASHES_RAW_URL", str(tmp_path / "raw"))
    monkeypatch.setenv("CRASHES_START_DATE", "2013-03-03")
    settings.cache_clear()
    files = tmp_path / "files"
    files.mkdir()
    try:
        with DagsterInstance.ephemeral() as instance:
            yield Workplace(database_url, instance, Lake(str(tmp_path / "raw")), files)
    finally:
        settings.cache_clear()
