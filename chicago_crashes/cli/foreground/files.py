"""Import the CSV exports of a folder from a command, file by file, with Dagster told of every day."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import psycopg
from dagster import DagsterInstance

from chicago_crashes.errors import CrashesError
from chicago_crashes.feeds.catalogue import feeds_named
from chicago_crashes.feeds.defs.imports import ImportReporter
from chicago_crashes.feeds.importing.files import ExportFile, RefusedFile, find_exports
from chicago_crashes.feeds.importing.importer import FileOutcome, OnBytes, import_file
from chicago_crashes.feeds.importing.judging import Kept
from chicago_crashes.operations.workplace import dagster_instance, database
from chicago_crashes.orchestration.partitions import CHICAGO, day_partitions
from chicago_crashes.settings import settings
from chicago_crashes.storage.lake import Lake

ProgressOfFile = Callable[[ExportFile], AbstractContextManager[OnBytes]]


@dataclass(slots=True)
class Imported:
    """What became of the files of a folder."""

    files: list[tuple[ExportFile, FileOutcome]] = field(default_factory=list)
    refused: list[tuple[Path, CrashesError]] = field(default_factory=list)

    @property
    def succeeded(self) -> bool:
        """Whether every file was imported to its end."""
        return not self.refused and not any(outcome.failures for _, outcome in self.files)


def import_directory(directory: Path, feed_names: Sequence[str], progress_of_file: ProgressOfFile) -> Imported:
    """Import the exports of a folder.

    Raises:
        PermanentError: an unknown feed, no export in the folder, or a database that is not ready.
    """
    found = list(find_exports(directory, feeds_named(feed_names)))
    with database() as url, dagster_instance(url) as instance:
        return import_files(found, url, instance, progress_of_file)


def import_files(
    found: Iterable[ExportFile | RefusedFile],
    database_url: str,
    instance: DagsterInstance,
    progress_of_file: ProgressOfFile,
) -> Imported:
    """Import files one after another; one that is refused does not stop the others."""
    imported = Imported()
    with psycopg.connect(database_url, autocommit=True, application_name="chicago-crashes") as connection:
        for file in found:
            if isinstance(file, RefusedFile):
                imported.refused.append((file.path, file.error))
                continue
            try:
                outcome = _import_one(connection, instance, file, imported, progress_of_file)
            except CrashesError as error:
                imported.refused.append((file.path, error))
            else:
                imported.files.append((file, outcome))
    return imported


def _import_one(
    connection: psycopg.Connection,
    instance: DagsterInstance,
    file: ExportFile,
    imported: Imported,
    progress_of_file: ProgressOfFile,
) -> FileOutcome:
    first = settings().start_date
    report = ImportReporter(instance, file.feed, file.name, day_partitions(first))
    with progress_of_file(file) as on_bytes:
        return import_file(
            connection,
            Lake(settings().raw_url),
            file,
            Kept(first, datetime.now(CHICAGO).date()),
            taken=_days_taken(imported, file),
            on_bytes=on_bytes,
            on_days=report,
        )


def _days_taken(imported: Imported, file: ExportFile) -> dict[date, str]:
    earlier = [(other, outcome) for other, outcome in imported.files if other.feed is file.feed]
    return {day: other.name for other, outcome in earlier for day in outcome.days}
