"""The state of the copy, per feed: what is loaded, what is missing, what the portal has changed since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import dagster as dg
import psycopg
from psycopg import sql

from chicago_crashes.assets.description import table_key
from chicago_crashes.changes import Changes, find_changes
from chicago_crashes.errors import CrashesError
from chicago_crashes.feeds import Feed
from chicago_crashes.inspection import day_checks, history_checks
from chicago_crashes.postgis.records import recorded_signatures
from chicago_crashes.soda.client import Portal


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """One feed.

    `days_missing` are days the portal holds rows of that were never loaded, `rows_without_a_day` published rows whose
    date is missing or lies outside the days. Both, and `days_stale`, are None where the portal could not be asked;
    `portal_error` says why.
    """

    feed: str
    table: str
    days_loaded: int
    days_missing: int | None
    days_stale: int | None
    rows_without_a_day: int | None
    portal_error: str | None
    table_rows: int
    quarantined_rows: int
    repaired_rows: int
    newest_day: date | None
    newest_crash: datetime | None
    last_loaded_at: datetime | None
    last_run: str | None
    failed_checks: tuple[str, ...]


def feed_status(
    connection: psycopg.Connection,
    instance: dg.DagsterInstance,
    portal: Portal,
    feed: Feed,
    *,
    first: date,
    last: date,
) -> FeedStatus:
    """The state of a feed over the days from `first` to `last`, both inclusive."""
    recorded = recorded_signatures(connection, feed)
    changes, portal_error = _changes(portal, connection, feed, first, last)
    missing = [day for day in changes.stale if day not in recorded] if changes else []
    quarantined, repaired, newest_day, loaded_at = connection.execute(
        "select coalesce(sum(quarantined_rows), 0), coalesce(sum(repaired_rows), 0),"
        " max(day) filter (where source_rows > 0), max(loaded_at) from ops.signatures where feed = %s",
        [feed.name],
    ).fetchone() or (0, 0, None, None)
    rows, newest_crash = connection.execute(
        sql.SQL("select count(*), max({}) from {}").format(sql.Identifier(feed.date), sql.Identifier(feed.table))
    ).fetchone() or (0, None)
    materialization = instance.get_latest_materialization_event(table_key(feed))
    return FeedStatus(
        feed=feed.name,
        table=feed.table,
        days_loaded=len(recorded),
        days_missing=len(missing) if changes else None,
        days_stale=len(changes.stale) - len(missing) if changes else None,
        rows_without_a_day=changes.rows_without_a_day if changes else None,
        portal_error=portal_error,
        table_rows=rows,
        quarantined_rows=quarantined,
        repaired_rows=repaired,
        newest_day=newest_day,
        newest_crash=newest_crash,
        last_loaded_at=loaded_at,
        last_run=materialization.run_id if materialization else None,
        failed_checks=_failed_checks(instance, feed),
    )


def _changes(
    portal: Portal, connection: psycopg.Connection, feed: Feed, first: date, last: date
) -> tuple[Changes | None, str | None]:
    """What the portal has changed, or why that is unknown."""
    try:
        return find_changes(portal, connection, feed, first, last), None
    except CrashesError as error:
        return None, str(error)


def _failed_checks(instance: dg.DagsterInstance, feed: Feed) -> tuple[str, ...]:
    names = [*day_checks(feed), *history_checks(feed)]
    keys: Sequence[dg.AssetCheckKey] = [dg.AssetCheckKey(table_key(feed), name) for name in names]
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    return tuple(
        key.name
        for key in keys
        if key in latest
        and (event := latest[key].event) is not None
        and event.dagster_event is not None
        and event.dagster_event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
        and not event.dagster_event.asset_check_evaluation_data.passed
    )
