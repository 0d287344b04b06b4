"""`chicago-crashes raw`: a crash as the City published it, beside the crash as it is stored."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer
from rich.markup import escape
from rich.table import Table

from chicago_crashes.cli.commands.console import console
from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import feed_named
from chicago_crashes.operations.workplace import database
from chicago_crashes.settings import settings

if TYPE_CHECKING:
    from chicago_crashes.feeds.comparison import ComparedRow

SHORT = 24


def raw(
    crash_record_id: Annotated[str, typer.Argument(help="The crash's key, 128 characters.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show a crash, its people and its vehicles: column by column as published, as stored, and what cleaning found."""
    from chicago_crashes.feeds.comparison import compare
    from chicago_crashes.storage.lake import Lake

    with database() as url, psycopg.connect(url) as connection:
        rows = compare(connection, Lake(settings().raw_url), crash_record_id.strip())
    if not rows:
        raise PermanentError(
            f"No row of crash {crash_record_id} was ever loaded or put into quarantine. Give the whole "
            "crash_record_id; if the portal has published it since, run `chicago-crashes refresh`."
        )
    if as_json:
        print(json.dumps([asdict(row) for row in rows], default=str, indent=2))  # noqa: T201 - the output itself
        return
    for row in rows:
        console.print(_table(row))
        if row.place == "stored" and row.file is None:
            console.print(
                f"The newest file of {row.feed} {row.day} in the raw lake does not hold this row, or there is none. "
                f"`chicago-crashes load {row.day} {row.day} --feed {row.feed} --refetch` fetches the day again.",
                soft_wrap=True,
                style="yellow",
            )


def _table(row: "ComparedRow") -> Table:
    from chicago_crashes.feeds.cleaning.keys import last_part

    where = {
        "stored": "in the table",
        "quarantined": f"in quarantine: {row.reason}",
        "withdrawn": f"{row.reason}; `chicago-crashes history` has what it was",
    }[row.place]
    key = last_part(feed_named(row.feed), row.row_key)
    shown = key if len(key) <= SHORT else f"{key[:SHORT]}…"
    source = f"\n{row.file}" if row.file else ""
    table = Table(title=escape(f"{row.feed} {shown}, {row.day or 'no day'}, {where}{source}"), title_justify="left")
    for heading in ("column", "as published", "as stored", "finding"):
        table.add_column(heading, overflow="fold")
    for column in row.columns:
        if column.published is None and column.stored is None and not column.findings:
            continue
        table.add_row(
            escape(column.name),
            "" if column.published is None else escape(str(column.published)),
            "" if column.stored is None else escape(str(column.stored)),
            escape(", ".join(column.findings)),
            style="yellow" if column.findings else None,
        )
    return table
