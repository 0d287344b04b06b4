"""A crash as published beside the crash as stored: which rows belong to it, where they are, and what was changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import polars as pl
from psycopg import Connection

from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.feeds.cleaning.clean import DAY, clean
from chicago_crashes.feeds.cleaning.keys import row_key_of
from chicago_crashes.feeds.traces import Trace, findings_of, quarantined_days, stored_rows, withdrawn_days
from chicago_crashes.storage.lake import DayFile, Lake

CRASH_ID = "crash_record_id"


class Place(StrEnum):
    """Where a published row is."""

    STORED = "stored"
    QUARANTINED = "quarantined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """A value as published and as stored, and the rules it broke."""

    name: str
    published: str | None
    stored: Any
    findings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One row of a feed; `file` is None where the raw lake has no version of the day that holds it."""

    feed: str
    day: date | None
    row_key: str
    place: Place
    reason: str
    file: str | None
    fetched_at: str | None
    columns: Sequence[ColumnPair] = field(default=())


def compare(connection: Connection, lake: Lake, crash_record_id: str) -> list[ComparedRow]:
    """Every row of every feed that belongs to the crash; empty if nobody has ever seen it."""
    return [
        row
        for feed in FEEDS
        if CRASH_ID in feed.column_names
        for row in _rows_of(connection, lake, feed, crash_record_id)
    ]


def _rows_of(connection: Connection, lake: Lake, feed: Feed, crash_record_id: str) -> Iterator[ComparedRow]:
    stored = stored_rows(connection, feed, crash_record_id)
    quarantined = quarantined_days(connection, feed, crash_record_id)
    withdrawn = withdrawn_days(connection, feed, crash_record_id)
    days = {trace.day for trace in (*stored, *quarantined, *withdrawn) if trace.day}
    published = {day: _published(lake, feed, day, crash_record_id) for day in sorted(days)}
    for trace in stored:
        file, rows = published[trace.day] if trace.day else (None, {})
        found = findings_of(connection, feed, trace)
        yield _compared(feed, trace, Place.STORED, "", file, rows.get(trace.row_key), found)
    present = {trace.row_key for trace in stored}
    for trace in withdrawn:
        if trace.row_key not in present:
            yield _compared(feed, trace, Place.WITHDRAWN, trace.reason, None, None, {})
    for trace in quarantined:
        file = published[trace.day][0] if trace.day else None
        refused = Trace(trace.day, trace.row_key, {}, trace.reason)
        yield _compared(feed, refused, Place.QUARANTINED, trace.reason, file, trace.row, {})


def _published(
    lake: Lake, feed: Feed, day: date, crash_record_id: str
) -> tuple[DayFile | None, Mapping[str, Mapping[str, Any]]]:
    """The newest file of a day, and its rows of the crash by the key they have in the table."""
    file = lake.newest(feed, day)
    if file is None:
        return None, {}
    rows = lake.read(file).filter(pl.col(CRASH_ID).str.strip_chars() == crash_record_id)
    return file, {
        key: row for row in rows.iter_rows(named=True) if (key := _key_in_the_table(feed, day, row, rows.schema))
    }


def _key_in_the_table(feed: Feed, day: date, row: Mapping[str, Any], schema: pl.Schema) -> str | None:
    """The key of a published row, as cleaning makes it; None for a row that has none."""
    cleaned = clean(feed, pl.DataFrame([row], schema).with_columns(pl.lit(day).alias(DAY))).rows
    return row_key_of(feed, cleaned.row(0, named=True)) if cleaned.height else None


def _compared(
    feed: Feed,
    trace: Trace,
    place: Place,
    reason: str,
    file: DayFile | None,
    published: Mapping[str, Any] | None,
    findings: Mapping[str, Sequence[str]],
) -> ComparedRow:
    raw = published or {}
    names = [*feed.column_names, *(name for name in raw if name not in feed.column_names)]
    beyond = [name for name in trace.row if name not in names]
    return ComparedRow(
        feed=feed.name,
        day=trace.day,
        row_key=trace.row_key,
        place=place,
        reason=reason,
        file=file.path if file and published else None,
        fetched_at=file.note.fetched_at.isoformat() if file and published else None,
        columns=[
            ColumnPair(name, raw.get(name), trace.row.get(name), findings.get(name, ())) for name in (*names, *beyond)
        ],
    )
