"""When the quality is scored: soon after loads the months they touched, every night all of them."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

import dagster as dg

from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.feeds.defs.quality import MONTH_FORMAT, quality_key
from chicago_crashes.feeds.defs.sensors import UNDER_WAY
from chicago_crashes.feeds.quality_scores import unscored_months
from chicago_crashes.orchestration.dagster_internals import UnresolvedAssetJobDefinition
from chicago_crashes.orchestration.partitions import CHICAGO, RANGE_END_TAG, RANGE_START_TAG, TIME_ZONE
from chicago_crashes.orchestration.resources import PostgisResource

SCORE = "score_quality"
SECONDS_BETWEEN_LOOKS = 120
LARGEST_GAP = 12
"""Months this near to one another are scored by one run: those between cost less than another run."""


def score_job() -> UnresolvedAssetJobDefinition:
    """The job that scores months of all feeds."""
    return dg.define_asset_job(
        SCORE,
        selection=dg.AssetSelection.assets(*(quality_key(feed) for feed in FEEDS)),
        description="Scores the quality of months of all feeds, from 0 to 100.",
        executor_def=dg.in_process_executor,
    )


def score_schedule(start: date, *, switched_on: bool) -> dg.ScheduleDefinition:
    """Every night, all months."""

    @dg.schedule(
        name="nightly_scores",
        job_name=SCORE,
        cron_schedule="0 4 * * *",
        execution_timezone=TIME_ZONE,
        description="Every night: scores the quality of all months anew.",
        default_status=dg.DefaultScheduleStatus.RUNNING if switched_on else dg.DefaultScheduleStatus.STOPPED,
    )
    def ask(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        today = context.scheduled_execution_time.astimezone(CHICAGO).date()
        if today < start:
            return dg.SkipReason(f"No month has begun yet since {start}, which CRASHES_START_DATE names.")
        return dg.RunRequest(tags=month_tags(start, today))

    return ask


def score_sensor(start: date, *, switched_on: bool) -> dg.SensorDefinition:
    """Soon after loads, the months they touched."""

    @dg.sensor(
        name="touched_months",
        job_name=SCORE,
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        description="Scores the quality of the months that were loaded since they were scored.",
        default_status=dg.DefaultSensorStatus.RUNNING if switched_on else dg.DefaultSensorStatus.STOPPED,
    )
    def look(context: dg.SensorEvaluationContext, postgis: PostgisResource) -> Iterator[dg.RunRequest] | dg.SkipReason:
        if context.instance.get_runs(dg.RunsFilter(job_name=SCORE, statuses=UNDER_WAY), limit=1):
            return dg.SkipReason("Months are being scored.")
        with postgis.connect() as connection:
            touched = {month: at for month, at in unscored_months(connection).items() if month >= start.replace(day=1)}
        if not touched:
            return dg.SkipReason("Every loaded month is scored.")
        return (
            dg.RunRequest(run_key=_run_key(touched, first, last), tags=month_tags(first, last))
            for first, last in ranges(touched)
        )

    return look


def month_tags(first: date, last: date) -> dict[str, str]:
    """The tags that make one run cover all months from that of `first` to that of `last`."""
    return {RANGE_START_TAG: first.strftime(MONTH_FORMAT), RANGE_END_TAG: last.strftime(MONTH_FORMAT)}


def ranges(months: Mapping[date, datetime]) -> list[tuple[date, date]]:
    """The fewest reasonable runs that cover the months."""
    found: list[tuple[date, date]] = []
    for month in sorted(months):
        if found and _months_between(found[-1][1], month) <= LARGEST_GAP:
            found[-1] = (found[-1][0], month)
        else:
            found.append((month, month))
    return found


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _run_key(touched: Mapping[date, datetime], first: date, last: date) -> str:
    """The same as long as nothing more is loaded: months that cannot be scored wait for the night."""
    newest = max(at for month, at in touched.items() if first <= month <= last)
    return f"{first:%Y-%m} {last:%Y-%m} {newest.isoformat()}"
