"""What the platform recorded of its loads: signatures and history. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import class_row, dict_row

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.soda.signatures import Signature


def recorded_signatures(connection: Connection, feed: Feed) -> dict[date, Signature]:
    """What the portal said of each day when it was last loaded."""
    rows = connection.execute(
        "select day, source_rows, source_updated_at from ops.signatures where feed = %s", [feed.name]
    ).fetchall()
    return {day: Signature(source_rows, updated_at) for day, source_rows, updated_at in rows}


def newest_fetches(connection: Connection, feed: Feed, days: Sequence[date]) -> dict[date, datetime]:
    """When the version of each day that is loaded was fetched."""
    return dict(
        connection.execute(
            "select day, fetched_at from ops.signatures where feed = %s and day = any(%s)", [feed.name, list(days)]
        ).fetchall()
    )


@dataclass(frozen=True, slots=True)
class OldVersion:
    """One version of a row that was amended or withdrawn."""

    feed: str
    row_key: str
    kind: str
    valid_from: datetime
    valid_to: datetime
    run_id: str
    old_row: dict[str, Any]


def old_versions(connection: Connection, feed: Feed, crash_record_id: str) -> list[OldVersion]:
    """The old versions of the feed's rows that belong to a crash, by row, oldest first."""
    with connection.cursor(row_factory=class_row(OldVersion)) as cursor:
        return cursor.execute(
            "select feed, row_key, kind, valid_from, valid_to, run_id, old_row from ops.history"
            " where feed = %s and old_row ->> 'crash_record_id' = %s order by row_key, valid_to, history_id",
            [feed.name, crash_record_id],
        ).fetchall()


def current_rows(connection: Connection, feed: Feed, crash_record_id: str) -> Sequence[dict[str, Any]]:
    """The feed's stored rows that belong to a crash."""
    with connection.cursor(row_factory=dict_row) as cursor:
        query = sql.SQL(
            "select to_jsonb(stored) - array['geometry', 'needs_geocoding'] as stored_row"
            " from {} as stored where crash_record_id = %s"
        ).format(sql.Identifier(feed.table))
        return [row["stored_row"] for row in cursor.execute(query, [crash_record_id]).fetchall()]
