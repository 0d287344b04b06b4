"""`chicago-crashes import`: seed the raw lake and the tables from CSV files downloaded from the portal."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from dagster import DagsterInstance
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from chicago_crashes.assets.imports import ImportReporter
from chicago_crashes.assets.partitions import CHICAGO, day_partitions
from chicago_crashes.commands.console import console, errors
from chicago_crashes.errors import CrashesError
from chicago_crashes.feeds import feeds_named
from chicago_crashes.importing.files import ExportFile, RefusedFile, find_exports
from chicago_crashes.importing.importer import FileOutcome, OnBytes, import_file
from chicago_crashes.importing.judging import Kept
from chicago_crashes.lake import Lake
from chicago_crashes.local.workplace import dagster_instance, database
from chicago_crashes.settings import settings

FAILURES_NAMED = 10
COUNTED = ("inserted", "updated", "unchanged", "withdrawn", "repaired", "quarantined")

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


def import_exports(
    directory: Annotated[Path, typer.Argument(help="The folder that holds the CSV files.")],
    feed: Annotated[list[str] | None, typer.Option(help="Only this feed; may be given more than once.")] = None,
) -> None:
    """Import the portal's CSV exports in DIRECTORY into the raw lake and the tables.

    Days that were fetched from the portal stay as they are. Rows that cannot be trusted are refused into
    ops.quarantine, with file, line and reason. The exit status is 0 if every file could be imported, rows refused or
    not. Afterwards `chicago-crashes refresh` brings everything up to date.
    """
    with _progress() as progress_of_file:
        imported = import_directory(directory, feed or [], progress_of_file)
    _show(imported)
    if not imported.succeeded:
        raise typer.Exit(1)


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


@contextmanager
def _progress() -> Iterator[ProgressOfFile]:
    """A bar per file over the bytes that are read; the merging that follows shows by the clock."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as progress:

        @contextmanager
        def of_file(file: ExportFile) -> Iterator[OnBytes]:
            task = progress.add_task(f"reading {file.name}", total=file.bytes)

            def on_bytes(position: int) -> None:
                merging = position >= file.bytes
                progress.update(
                    task, completed=position, description=f"{'merging' if merging else 'reading'} {file.name}"
                )

            yield on_bytes
            progress.update(task, completed=file.bytes, description=f"done    {file.name}")
            progress.stop_task(task)

        yield of_file


def _show(imported: Imported) -> None:
    """Print what became of every file: where its rows are, what they changed, why rows or files were refused."""
    if imported.files:
        console.print(_rows_table(imported))
        console.print(_changes_table(imported))
    for file, outcome in imported.files:
        for reason, rows in sorted(outcome.refused.items()):
            errors.print(f"refused rows  {file.name}: {rows:,} × {reason}", markup=False, highlight=False)
        for failure in outcome.failures[:FAILURES_NAMED]:
            errors.print(str(failure.error), style="red", markup=False, highlight=False)
    for _, error in imported.refused:
        errors.print(str(error), style="red", markup=False, highlight=False)
    if imported.files and all(outcome.changed_nothing for _, outcome in imported.files):
        console.print("Nothing has changed: all of it was here before.")


def _rows_table(imported: Imported) -> Table:
    table = Table(title="Rows of the files: read = stored + refused + held (fetched from the portal before)")
    for heading in ("feed", "file"):
        table.add_column(heading, overflow="fold")
    for heading in ("read", "stored", "refused", "held", "days imported", "days held"):
        table.add_column(heading, justify="right")
    for file, outcome in imported.files:
        numbers = (outcome.rows_read, outcome.rows_stored, outcome.refused.total(), outcome.rows_held)
        days = (len(outcome.days), outcome.days_held)
        table.add_row(file.feed.name, escape(file.name), *(f"{number:,}" for number in (*numbers, *days)))
    return table


def _changes_table(imported: Imported) -> Table:
    table = Table(title="What the imported days changed in the tables")
    table.add_column("feed")
    for heading in COUNTED:
        table.add_column(heading, justify="right")
    for file, outcome in imported.files:
        table.add_row(file.feed.name, *(f"{getattr(outcome, name):,}" for name in COUNTED))
    return table
