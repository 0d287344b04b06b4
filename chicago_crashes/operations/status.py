"""The state of the copy, per feed: what is loaded, what is missing, what is stale and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import dagster as dg
import psycopg
from psycopg import sql

from chicago_crashes.errors import CrashesError
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.changes import Changes, find_changes
from chicago_crashes.feeds.inspection import day_checks, history_checks
from chicago_crashes.feeds.stale import Reason, Tally, tallies
from chicago_crashes.orchestration.description import table_key
from chicago_crashes.soda.client import Portal
from chicago_crashes.storage.lake import Lake


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """One feed.

    `days_missing` are days the portal holds rows of that were never loaded, `days_stale` loaded days that are stale for
    any reason. `stale_for` names the reasons of both, each with how many days and the first of them.
    `rows_without_a_day` are published rows whose date is missing or lies outside the days, `rows_out_of_reach` stored
    rows that no load removes. All these are None where the portal could not be asked or the raw lake not be listed;
    `portal_error` says why. `quarantined_rows` are counted, `repaired_rows` as they were recorded at the loads.
    """

    feed: str
    table: str
    days_loaded: int
    days_missing: int | None
    days_stale: int | None
    stale_for: Mapping[Reason, Tally] | None
    rows_without_a_day: int | None
    rows_out_of_reach: int | None
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
    lake: Lake,
    feed: Feed,
    *,
    first: date,
    last: date,
) -> FeedStatus:
    """The state of a feed over the days from `first` to `last`, both inclusive."""
    changes, portal_error = _changes(portal, connection, lake, feed, first, last)
    missing = sum(Reason.NEVER_LOADED in stale.reasons for stale in changes.stale.values()) if changes else 0
    loaded, repaired, newest_day, loaded_at = connection.execute(
        "select count(*), coalesce(sum(repaired_rows), 0), max(day) filter (where source_rows > 0), max(loaded_at)"
        " from ops.signatures where feed = %s",
        [feed.name],
    ).fetchone() or (0, 0, None, None)
    rows, newest_crash, quarantined = connection.execute(
        sql.SQL(
            "select count(*), max({}), (select count(*) from ops.quarantine where feed = {} and day is not null)"
            " from {}"
        ).format(sql.Identifier(feed.date), sql.Placeholder("feed"), sql.Identifier(feed.table)),
        {"feed": feed.name},
    ).fetchone() or (0, None, 0)
    materialization = instance.get_latest_materialization_event(table_key(feed))
    return FeedStatus(
        feed=feed.name,
        table=feed.table,
        days_loaded=loaded,
        days_missing=missing if changes else None,
        days_stale=len(changes.stale) - missing if changes else None,
        stale_for=tallies(changes.stale) if changes else None,
        rows_without_a_day=changes.rows_without_a_day if changes else None,
        rows_out_of_reach=sum(changes.out_of_reach.values()) if changes else None,
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
    portal: Portal, connection: psycopg.Connection, lake: Lake, feed: Feed, first: date, last: date
) -> tuple[Changes | None, str | None]:
    """What is stale, or why that is unknown."""
    try:
        return find_changes(portal, connection, lake, feed, first, last), None
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
