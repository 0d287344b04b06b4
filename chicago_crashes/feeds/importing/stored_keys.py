"""What was fetched from the portal already: its own answer is newer than any export, so an import leaves it alone."""

from collections.abc import Sequence
from datetime import date

import polars as pl
from psycopg import Connection, sql

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.importing.judging import joined_keys, key_columns, typed
from chicago_crashes.feeds.row_keys import stored_row_key
from chicago_crashes.storage.copy import copy_to_stage
from chicago_crashes.storage.lake import Lake
from chicago_crashes.storage.sql_files import sql_file

IMPORTED_BY = "import "
"""The `run_id` of what came from a file is this and the file's name; no run of Dagster is called so."""


def days_from_the_portal(connection: Connection, lake: Lake, feed: Feed, days: Sequence[date]) -> set[date]:
    """The days whose rows in the lake or in the table were fetched from the portal."""
    loaded = connection.execute(
        "select day from ops.signatures where feed = %s and day = any(%s) and not starts_with(run_id, %s)",
        [feed.name, list(days), IMPORTED_BY],
    )
    held = {day for (day,) in loaded.fetchall()}
    files = lake.newest_files(feed, [day for day in days if day not in held])
    return held | {day for day, file in files if file and not file.note.run_id.startswith(IMPORTED_BY)}


def rows_from_the_portal(connection: Connection, feed: Feed, rows: pl.DataFrame) -> pl.Series:
    """Which of the rows the table has from the portal, perhaps on another day than the export says.

    Loading the export's version would move such a row back to its old day. The portal would be right to withdraw it
    from there, and its new day, which has not changed, would not be loaded again: the row would be lost.
    """
    keys = key_columns(feed)
    if not keys or rows.is_empty():
        return pl.repeat(False, rows.height, eager=True)
    query = sql_file(__file__, "keys_from_the_portal").format(
        row_key=stored_row_key(feed),
        table=sql.Identifier(feed.table),
        date=sql.Identifier(feed.date),
        key=sql.SQL(", ").join(map(sql.Identifier, keys)),
    )
    params = {"feed": feed.name, "imported_by": IMPORTED_BY}
    with connection.transaction():
        copy_to_stage(connection, sql.Identifier("staged_keys"), sql.Identifier(feed.table), typed(feed, rows, keys))
        found = [key for (key,) in connection.execute(query, params).fetchall()]
    return joined_keys(feed, rows).is_in(pl.Series(found, dtype=pl.String).implode())
