"""`chicago-crashes history`: what changed when in everything that belongs to one crash."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import psycopg
import typer
from rich.table import Table

from chicago_crashes.cli.commands.console import console
from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.operations.workplace import database

if TYPE_CHECKING:
    from chicago_crashes.feeds.records import OldVersion

BY_US = " (by our rules)"
BOOKKEEPING = {"created_at", "updated_at", "source_updated_at"}


def history(
    crash_record_id: Annotated[str, typer.Argument(help="The crash's key, 128 characters.")],
) -> None:
    """Show what changed of a crash, its people and its vehicles, when we saw it, and whether it was us.

    What the portal amended or withdrew is told plainly; what changed because we clean by other rules says so.
    """
    # Columns of data take a while to import.
    from chicago_crashes.feeds.cleaning.keys import last_part, row_key_of
    from chicago_crashes.feeds.records import current_rows, old_versions

    table = Table()
    for heading in ("seen (UTC)", "feed", "row", "what", "from", "to"):
        table.add_column(heading, overflow="fold")
    known = False
    with database() as url, psycopg.connect(url) as connection:
        for feed in FEEDS:
            if "crash_record_id" not in feed.column_names:
                continue
            current = {row_key_of(feed, row): row for row in current_rows(connection, feed, crash_record_id)}
            versions = old_versions(connection, feed, crash_record_id)
            known = known or bool(current) or bool(versions)
            for row_key, group in groupby(versions, key=lambda version: version.row_key):
                for line in _changes(list(group), current.get(row_key)):
                    table.add_row(line[0], feed.name, last_part(feed, row_key)[:24], *line[1:])
    if not known:
        raise PermanentError(f"No row of crash {crash_record_id} was ever loaded. Give the whole crash_record_id.")
    if not table.row_count:
        console.print("Nothing of this crash has changed since it was loaded.")
        return
    console.print(table)


def _changes(versions: list["OldVersion"], current: Mapping[str, Any] | None) -> Iterator[tuple[str, str, str, str]]:
    """When, what, from, to: one line per changed value, withdrawal and return."""
    following: list[Mapping[str, Any] | None] = [*(version.old_row for version in versions[1:]), current]
    for version, after in zip(versions, following, strict=True):
        seen = f"{version.valid_to:%Y-%m-%d %H:%M}"
        if version.kind == "withdrawn":
            yield seen, "withdrawn by the portal", "", ""
            if after is not None:
                yield str(after["created_at"])[:16].replace("T", " "), "published again", "", ""
            continue
        by_us = BY_US if version.kind == "recleaned" else ""
        if by_us and not _is_still_there(version, after):
            yield seen, f"set aside{by_us}", "", ""
            continue
        for name, value in version.old_row.items():
            if after is not None and name not in BOOKKEEPING and after.get(name) != value:
                yield seen, f"{name}{by_us}", str(value), str(after.get(name))


def _is_still_there(version: "OldVersion", after: Mapping[str, Any] | None) -> bool:
    """Whether the next version took the old one's place; one that was stored anew came back later."""
    return after is not None and after["created_at"] == version.old_row["created_at"]
