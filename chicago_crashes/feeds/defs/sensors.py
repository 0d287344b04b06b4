"""The change sensor: asks the portal what changed, and requests runs for exactly the stale days."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from chicago_crashes.errors import CrashesError
from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.feeds.changes import Changes, DayRange, find_changes, ranges_of
from chicago_crashes.feeds.defs.jobs import LOAD_ALL, asset_keys, day_check_keys
from chicago_crashes.feeds.stale import tallies, told, told_out_of_reach
from chicago_crashes.orchestration.day_reports import PERMANENT_FAILURE
from chicago_crashes.orchestration.dead_runs import end_dead_runs
from chicago_crashes.orchestration.description import portal_key
from chicago_crashes.orchestration.partitions import is_day, last_day_over, range_tags
from chicago_crashes.orchestration.presence import is_present
from chicago_crashes.orchestration.resources import LakeResource, PostgisResource, SodaResource

CHANGE_TAG = "crashes/change"
"""Carried by a run the sensor requested: a digest of the days it is to load and of what is to be mended of them."""

TRIES = 3
"""How often the same change is tried. A portal that changes again, another fault, or a person, starts over."""

NOTHING_STALE = "Every loaded day has the signature the portal gives now, and is stored as it was loaded"

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
        description="Compares what the portal publishes, what is stored and what the raw lake holds, day by day, with "
        "what was last loaded, and loads the days that are stale.",
        default_status=dg.DefaultSensorStatus.RUNNING if switched_on else dg.DefaultSensorStatus.STOPPED,
    )
    def poll(
        context: dg.SensorEvaluationContext, soda: SodaResource, postgis: PostgisResource, lake: LakeResource
    ) -> dg.SensorResult | dg.SkipReason:
        last = last_day_over(datetime.now(UTC))
        if last < start:
            return dg.SkipReason(f"No day is over yet since {start}, which CRASHES_START_DATE names.")
        end_dead_runs(context.instance, lambda token: is_present(postgis.url(), token))
        try:
            with soda.portal() as portal, postgis.connect() as connection:
                changes = [find_changes(portal, connection, lake.lake(), feed, start, last) for feed in FEEDS]
        except CrashesError as error:
            # The tick fails with what people need to know; how the request was sent is of no help to them.
            raise type(error)(str(error)) from None
        stale = _ranges(changes, longest=days_per_run)
        busy, given_up, due = _sorted_out(context.instance, stale)
        for line in _told(changes):
            context.log.warning(line)
        context.log.info(
            f"{sum(len(change.stale) for change in changes)} stale days in {len(stale)} ranges: "
            f"{len(due)} requested, {len(busy)} under way, {len(given_up)} given up"
        )
        return dg.SensorResult(
            run_requests=[_request(change, tries) for change, tries in due],
            asset_events=[_published(change) for change in changes],
            skip_reason=None if due else _reason(changes, busy, given_up),
        )

    return poll


@dataclass(frozen=True, slots=True)
class _Range:
    """Days to be loaded by one run, and a digest of what is to be mended of them."""

    days: DayRange
    digest: str


def _ranges(changes: Sequence[Changes], *, longest: int) -> list[_Range]:
    """The ranges to be loaded; days whose counts alone are wrong go by themselves.

    What is wrong with those may be beyond us. Together with other days, which the portal changes every hour, they would
    be another change every hour, and tried for ever.
    """
    miscounted = [change.only(lambda _, stale: stale.is_only_miscounted) for change in changes]
    others = [change.only(lambda _, stale: not stale.is_only_miscounted) for change in changes]
    return [
        _Range(days, _digest(days, group))
        for group in (others, miscounted)
        for days in ranges_of(group, longest=longest)
    ]


def _sorted_out(
    instance: dg.DagsterInstance, stale: Sequence[_Range]
) -> tuple[list[DayRange], list[DayRange], list[tuple[_Range, int]]]:
    """The ranges that are under way, those given up, and those to request, with how often each was tried."""
    busy, given_up, due = [], [], []
    alive = dg.RunsFilter(statuses=UNDER_WAY, created_after=datetime.now(UTC) - LONGEST_RUN)
    in_flight = [days_of(run) for run in instance.get_runs(alive)]
    for change in stale:
        days = change.days
        tried = instance.get_runs(dg.RunsFilter(tags={CHANGE_TAG: change.digest}))
        if any(first <= days.last and days.first <= last for first, last in filter(None, in_flight)):
            busy.append(days)
        elif len(tried) >= TRIES or any(PERMANENT_FAILURE in run.tags for run in tried):
            given_up.append(days)
        else:
            due.append((change, len(tried)))
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
    """Names a change: the stale days of the range, each with what is to be mended."""
    parts = [
        f"{change.feed.name} {day} {stale.mark}"
        for change in changes
        for day, stale in sorted(change.stale.items())
        if days.first <= day <= days.last
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _request(change: _Range, tries: int) -> dg.RunRequest:
    days = change.days
    return dg.RunRequest(
        run_key=f"{change.digest} {tries}",
        asset_selection=asset_keys(days.feeds),
        asset_check_keys=day_check_keys(days.feeds),
        tags={**range_tags(days.first, days.last), CHANGE_TAG: change.digest},
    )


def _published(change: Changes) -> dg.AssetMaterialization:
    """What the portal holds now, shown at the root of the lineage."""
    return dg.AssetMaterialization(
        portal_key(change.feed),
        metadata={
            "published_rows": change.published_rows,
            "stale_days": len(change.stale),
            **{f"days_{reason}": tally.days for reason, tally in tallies(change.stale).items()},
            "rows_without_a_day": change.rows_without_a_day,
        },
    )


def _told(changes: Sequence[Changes]) -> Iterator[str]:
    """Which days of which feed are stale, and why, a line a feed."""
    for change in changes:
        if change.stale:
            yield f"{change.feed.name}: {told(change.stale)}"
        if change.out_of_reach:
            yield told_out_of_reach(change.feed, change.out_of_reach)


def _reason(changes: Sequence[Changes], busy: Sequence[DayRange], given_up: Sequence[DayRange]) -> str:
    found = list(_told(changes))
    if not any(change.stale for change in changes):
        return ". ".join([NOTHING_STALE, *found])
    parts = []
    if busy:
        parts.append(f"{len(busy)} ranges of stale days are being loaded")
    if given_up:
        named = ", ".join(map(str, given_up[:5]))
        parts.append(f"{len(given_up)} ranges failed for good and wait for a person: {named}")
    return "; ".join([*parts, *found])
