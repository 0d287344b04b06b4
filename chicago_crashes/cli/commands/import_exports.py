"""`chicago-crashes import`: seed the raw lake and the tables from CSV files downloaded from the portal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from chicago_crashes.cli.commands.console import console, errors

if TYPE_CHECKING:
    from chicago_crashes.cli.foreground.files import Imported, ProgressOfFile
    from chicago_crashes.feeds.importing.files import ExportFile
    from chicago_crashes.feeds.importing.importer import OnBytes

FAILURES_NAMED = 10
COUNTED = ("inserted", "updated", "unchanged", "withdrawn", "recleaned", "repaired", "quarantined")


def import_exports(
    directory: Annotated[Path, typer.Argument(help="The folder that holds the CSV files.")],
    feed: Annotated[list[str] | None, typer.Option(help="Only this feed; may be given more than once.")] = None,
) -> None:
    """Import the portal's CSV exports in DIRECTORY into the raw lake and the tables.

    Days that were fetched from the portal stay as they are. Rows that cannot be trusted are refused into
    ops.quarantine, with file, line and reason. The exit status is 0 if every file could be imported, rows refused or
    not. Afterwards `chicago-crashes refresh` brings everything up to date.
    """
    from chicago_crashes.cli.foreground.files import import_directory  # Dagster is slow to import

    with _progress() as progress_of_file:
        imported = import_directory(directory, feed or [], progress_of_file)
    _show(imported)
    if not imported.succeeded:
        raise typer.Exit(1)


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
