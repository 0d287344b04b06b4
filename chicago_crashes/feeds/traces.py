"""What the database knows of the rows of one crash: stored, withdrawn, quarantined, and their findings. Only reads."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.cleaning.keys import row_key_of
from chicago_crashes.feeds.records import current_rows, old_versions


@dataclass(frozen=True, slots=True)
class Trace:
    """A row somebody has seen, its day and its key; `reason` says why it is not in the table."""

    day: date | None
    row_key: str
    row: Mapping[str, Any]
    reason: str = ""


def stored_rows(connection: Connection, feed: Feed, crash_record_id: str) -> list[Trace]:
    """The rows in the table."""
    return [
        Trace(datetime.fromisoformat(row[feed.date]).date(), row_key_of(feed, row), row)
        for row in current_rows(connection, feed, crash_record_id)
    ]


def withdrawn_days(connection: Connection, feed: Feed, crash_record_id: str) -> list[Trace]:
    """The rows the portal withdrew, as they were last."""
    return [
        Trace(
            datetime.fromisoformat(version.old_row[feed.date]).date(),
            version.row_key,
            version.old_row,
            f"withdrawn by the portal, seen {version.valid_to:%Y-%m-%d %H:%M} UTC",
        )
        for version in old_versions(connection, feed, crash_record_id)
        if version.kind == "withdrawn"
    ]


def quarantined_days(connection: Connection, feed: Feed, crash_record_id: str) -> list[Trace]:
    """The rows in quarantine, as published."""
    rows = connection.execute(
        "select day, reason, row_key, rival_day, raw_row from ops.quarantine"
        " where feed = %s and trim(raw_row ->> 'crash_record_id') = %s order by quarantine_id",
        [feed.name, crash_record_id],
    ).fetchall()
    return [
        Trace(day, row_key or row_key_of(feed, raw_row), raw_row, _why(day, reason, rival_day))
        for day, reason, row_key, rival_day, raw_row in rows
    ]


def _why(day: date | None, reason: str, rival_day: date | None) -> str:
    return f"{reason} ({rival_day})" if rival_day and rival_day != day else reason


def findings_of(connection: Connection, feed: Feed, trace: Trace) -> Mapping[str, Sequence[str]]:
    """The findings of a stored row, by column."""
    found: dict[str, list[str]] = defaultdict(list)
    for column, rule, action in connection.execute(
        "select column_name, rule, action from ops.findings where feed = %s and day = %s and row_key = %s"
        " order by column_name, rule",
        [feed.name, trace.day, trace.row_key],
    ):
        found[column].append(f"{rule}: {action}")
    return found
