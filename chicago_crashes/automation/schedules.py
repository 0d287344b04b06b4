"""The schedules, in Chicago time: each asks for the last days of some feeds as runs over ranges of days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import dagster as dg

from chicago_crashes.assets.partitions import TIME_ZONE, chunks, day_of, range_tags
from chicago_crashes.automation.jobs import LOAD_ALL, LOAD_CRASHES, LOAD_FATALITIES


@dataclass(frozen=True, slots=True)
class Refresh:
    """A recurring load: which job, how many of the last days (None: all there are), when (cron, Chicago time)."""

    name: str
    job: str
    days: int | None
    cron: str
    description: str
    is_on: bool = False


REFRESHES = (
    Refresh(
        "daily_refresh",
        LOAD_CRASHES,
        30,
        "30 6 * * *",
        "Every morning, after the portal's own refresh: the last 30 days of crashes, people and vehicles.",
        is_on=True,
    ),
    Refresh(
        "fatalities_refresh",
        LOAD_FATALITIES,
        183,
        "0 7 * * 1",
        "Every Monday: the last 6 months of the Vision Zero fatalities, which are edited as cases are settled.",
        is_on=True,
    ),
    Refresh("full_refresh", LOAD_ALL, None, "0 1 1 * *", "Every month: the whole history of all feeds."),
)


def schedules(
    partitions: dg.DailyPartitionsDefinition, *, days_per_run: int, switched_on: bool
) -> list[dg.ScheduleDefinition]:
    """The schedules. Those meant to be on start by themselves only in a deployment that asks for it."""
    return [
        _schedule(refresh, partitions, days_per_run, running=refresh.is_on and switched_on) for refresh in REFRESHES
    ]


def _schedule(
    refresh: Refresh, partitions: dg.DailyPartitionsDefinition, days_per_run: int, *, running: bool
) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=refresh.name,
        job_name=refresh.job,
        cron_schedule=refresh.cron,
        execution_timezone=TIME_ZONE,
        description=refresh.description,
        default_status=dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED,
    )
    def ask(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest] | dg.SkipReason:
        days = last_days(partitions, refresh.days)
        if not days:
            return dg.SkipReason("No day is over yet since CRASHES_START_DATE.")
        tick = context.scheduled_execution_time
        return iter(
            dg.RunRequest(run_key=f"{refresh.name} {tick:%Y-%m-%d %H:%M} {first}", tags=range_tags(first, last))
            for first, last in chunks(days[0], days[-1], days_per_run)
        )

    return ask


def last_days(partitions: dg.DailyPartitionsDefinition, count: int | None) -> Sequence[date]:
    """The first and the last of the newest `count` days (None: of all days) that are partitions; empty if none is."""
    earliest, latest = partitions.get_first_partition_key(), partitions.get_last_partition_key()
    if earliest is None or latest is None:
        return ()
    last = day_of(latest)
    first = day_of(earliest) if count is None else max(day_of(earliest), last - timedelta(days=count - 1))
    return (first, last)
