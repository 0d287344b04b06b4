"""The state of the copy, per feed: what is loaded, what is missing, what the portal has changed since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import dagster as dg
import psycopg
from psycopg import sql

from chicago_crashes.assets.description import table_key
from chicago_crashes.cleaning.questions import questions
from chicago_crashes.errors import CrashesError
from chicago_crashes.feeds import Feed
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.signatures import Signature, day_signatures


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """One feed. `days_stale` is None where the portal could not be asked; `portal_error` says why."""

    feed: str
    table: str
    days_loaded: int
    days_missing: int
    days_stale: int | None
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
    recorded = _recorded_signatures(connection, feed)
    stale, portal_error = _stale_days(portal, feed, recorded, first, last)
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
        days_missing=(last - first).days + 1 - sum(first <= day <= last for day in recorded),
        days_stale=stale,
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


def _recorded_signatures(connection: psycopg.Connection, feed: Feed) -> dict[date, Signature]:
    rows = connection.execute(
        "select day, source_rows, source_updated_at from ops.signatures where feed = %s", [feed.name]
    ).fetchall()
    return {day: Signature(source_rows, updated_at) for day, source_rows, updated_at in rows}


def _stale_days(
    portal: Portal, feed: Feed, recorded: dict[date, Signature], first: date, last: date
) -> tuple[int | None, str | None]:
    """How many loaded days the portal has changed since, or why that is unknown."""
    try:
        current = day_signatures(portal, feed, first, last + timedelta(days=1))
    except CrashesError as error:
        return None, str(error)
    return sum(day in current and current[day] != signature for day, signature in recorded.items()), None


def _failed_checks(instance: dg.DagsterInstance, feed: Feed) -> tuple[str, ...]:
    names = ["reconciled", *(question.name for question in questions(feed))]
    keys: Sequence[dg.AssetCheckKey] = [dg.AssetCheckKey(table_key(feed), name) for name in names]
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    return tuple(
        key.name
        for key in keys
        if key in latest
        and (event := latest[key].event) is not None
        and event.dagster_event is not None
        and not event.dagster_event.asset_check_evaluation_data.passed
    )
