"""The change sensor: asks the portal what changed, and requests runs for exactly the stale days."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from chicago_crashes.assets.description import portal_key
from chicago_crashes.assets.partitions import CHICAGO, is_day, range_tags
from chicago_crashes.assets.reporting import PERMANENT_FAILURE
from chicago_crashes.assets.resources import PostgisResource, SodaResource
from chicago_crashes.automation.dead_runs import end_dead_runs
from chicago_crashes.automation.jobs import LOAD_ALL, asset_keys, day_check_keys
from chicago_crashes.changes import Changes, DayRange, find_changes, ranges_of
from chicago_crashes.errors import CrashesError
from chicago_crashes.feeds import FEEDS
from chicago_crashes.postgis.presence import is_present

CHANGE_TAG = "crashes/change"
"""Carried by a run the sensor requested: a digest of the days and signatures it is to load."""

TRIES = 3
"""How often the same change is tried. A portal that changes again, or a person, starts over."""

LONGEST_RUN = timedelta(hours=6)
"""A run older than this is dead, whatever its status says: `dagster.yaml` lets none run longer. Its days are free."""

UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.MANAGED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def change_sensor(start: date, *, days_per_run: int, seconds: int, switched_on: bool) -> dg.SensorDefinition:
    """The sensor that keeps the copy current, over the whole history."""

    @dg.sensor(
        name="portal_changes",
        job_name=LOAD_ALL,
        minimum_interval_seconds=seconds,
        description="Compares the portal's signatures with those last loaded and loads the stale days.",
        default_status=dg.DefaultSensorStatus.RUNNING if switched_on else dg.DefaultSensorStatus.STOPPED,
    )
    def poll(
        context: dg.SensorEvaluationContext, soda: SodaResource, postgis: PostgisResource
    ) -> dg.SensorResult | dg.SkipReason:
        last = datetime.now(CHICAGO).date() - timedelta(days=1)
        if last < start:
            return dg.SkipReason(f"No day is over yet since {start}, which CRASHES_START_DATE names.")
        end_dead_runs(context.instance, lambda token: is_present(postgis.url(), token))
        try:
            with soda.portal() as portal, postgis.connect() as connection:
                changes = [find_changes(portal, connection, feed, start, last) for feed in FEEDS]
        except CrashesError as error:
            # The tick fails with what people need to know; how the request was sent is of no help to them.
            raise type(error)(str(error)) from None
        stale = ranges_of(changes, longest=days_per_run)
        busy, given_up, due = _sorted_out(context.instance, stale, changes)
        context.log.info(
            f"{sum(len(change.stale) for change in changes)} stale days in {len(stale)} ranges: "
            f"{len(due)} requested, {len(busy)} under way, {len(given_up)} given up"
        )
        return dg.SensorResult(
            run_requests=[_request(days, changes, tries) for days, tries in due],
            asset_events=[_published(change) for change in changes],
            skip_reason=None if due else _reason(changes, busy, given_up),
        )

    return poll


def _sorted_out(
    instance: dg.DagsterInstance, stale: Sequence[DayRange], changes: Sequence[Changes]
) -> tuple[list[DayRange], list[DayRange], list[tuple[DayRange, int]]]:
    """The ranges that are under way, those given up, and those to request, with how often each was tried."""
    busy, given_up, due = [], [], []
    alive = dg.RunsFilter(statuses=UNDER_WAY, created_after=datetime.now(UTC) - LONGEST_RUN)
    in_flight = [days_of(run) for run in instance.get_runs(alive)]
    for days in stale:
        tried = instance.get_runs(dg.RunsFilter(tags={CHANGE_TAG: _digest(days, changes)}))
        if any(first <= days.last and days.first <= last for first, last in filter(None, in_flight)):
            busy.append(days)
        elif len(tried) >= TRIES or any(PERMANENT_FAILURE in run.tags for run in tried):
            given_up.append(days)
        else:
            due.append((days, len(tried)))
    return busy, given_up, due


def days_of(run: dg.DagsterRun) -> tuple[date, date] | None:
    """The days a run covers; None for runs that load none: those over months have partitions, too."""
    tags = run.tags
    first = tags.get("dagster/asset_partition_range_start") or tags.get("dagster/partition")
    last = tags.get("dagster/asset_partition_range_end") or first
    if not first or not last or not is_day(first):
        return None
    return date.fromisoformat(first), date.fromisoformat(last)


def _digest(days: DayRange, changes: Iterable[Changes]) -> str:
    """Names a change: the stale days of the range with the signatures they are to be loaded to."""
    parts = [
        f"{change.feed.name} {day} {signature.rows} {signature.updated_at}"
        for change in changes
        for day, signature in sorted(change.stale.items())
        if days.first <= day <= days.last
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _request(days: DayRange, changes: Sequence[Changes], tries: int) -> dg.RunRequest:
    digest = _digest(days, changes)
    return dg.RunRequest(
        run_key=f"{digest} {tries}",
        asset_selection=asset_keys(days.feeds),
        asset_check_keys=day_check_keys(days.feeds),
        tags={**range_tags(days.first, days.last), CHANGE_TAG: digest},
    )


def _published(change: Changes) -> dg.AssetMaterialization:
    """What the portal holds now, shown at the root of the lineage."""
    return dg.AssetMaterialization(
        portal_key(change.feed),
        metadata={
            "published_rows": change.published_rows,
            "stale_days": len(change.stale),
            "rows_without_a_day": change.rows_without_a_day,
        },
    )


def _reason(changes: Sequence[Changes], busy: Sequence[DayRange], given_up: Sequence[DayRange]) -> str:
    if not any(change.stale for change in changes):
        return "Every loaded day has the signature the portal gives now."
    parts = []
    if busy:
        parts.append(f"{len(busy)} ranges of stale days are being loaded")
    if given_up:
        named = ", ".join(map(str, given_up[:5]))
        parts.append(f"{len(given_up)} ranges failed for good and wait for a person: {named}")
    return "; ".join(parts)
