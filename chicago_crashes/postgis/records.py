"""What the platform recorded of its loads: signatures, accepted shrinks, history. Reads, and one way to accept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import class_row, dict_row

from chicago_crashes.feeds import Feed
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
class AcceptedShrink:
    """Somebody's word that the portal may publish as few as `published_rows` of the days, both inclusive."""

    first_day: date
    last_day: date
    published_rows: int
    stored_rows: int
    reason: str
    accepted_by: str
    accepted_at: datetime


def accepted_shrinks(connection: Connection, feed: Feed) -> list[AcceptedShrink]:
    """Every accepted shrink of the feed, newest first."""
    with connection.cursor(row_factory=class_row(AcceptedShrink)) as cursor:
        return cursor.execute(
            "select first_day, last_day, published_rows, stored_rows, reason, accepted_by, accepted_at"
            " from ops.accepted_shrinks where feed = %s order by accepted_at desc",
            [feed.name],
        ).fetchall()


def accept_shrink(
    connection: Connection,
    feed: Feed,
    first: date,
    last: date,
    *,
    published_rows: int,
    stored_rows: int,
    reason: str,
    accepted_by: str,
) -> None:
    """Record that the portal may publish as few rows of these days as it does now."""
    connection.execute(
        "insert into ops.accepted_shrinks"
        " (feed, first_day, last_day, published_rows, stored_rows, reason, accepted_by)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        [feed.name, first, last, published_rows, stored_rows, reason, accepted_by],
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
