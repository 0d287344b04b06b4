"""The schedules, in Chicago time: each asks for the last days of some feeds as runs over ranges of days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import dagster as dg

from chicago_crashes.feeds.defs.jobs import CHECK_EVERYTHING, LOAD_ALL, feeds_by_cadence, named
from chicago_crashes.orchestration.partitions import CHICAGO, TIME_ZONE, chunks, range_tags


@dataclass(frozen=True, slots=True)
class Refresh:
    """A recurring load: which job, how many of the last days (None: all there are), when (cron, Chicago time)."""

    name: str
    job: str
    days: int | None
    cron: str
    description: str
    is_on: bool = False


FULL_REFRESH = Refresh("full_refresh", LOAD_ALL, None, "0 1 1 * *", "Every month: the whole history of all feeds.")


def refreshes() -> list[Refresh]:
    """The recurring loads: one for each cadence that feeds declare, and all of everything."""
    return [
        *(
            Refresh(
                cadence.schedule,
                cadence.job,
                cadence.days,
                cadence.cron,
                f"{cadence.told} of {named(feeds)}.",
                is_on=True,
            )
            for cadence, feeds in feeds_by_cadence().items()
        ),
        FULL_REFRESH,
    ]


def schedules(start: date, *, days_per_run: int, switched_on: bool) -> list[dg.ScheduleDefinition]:
    """The schedules. Those meant to be on start by themselves only in a deployment that asks for it."""
    return [_schedule(refresh, start, days_per_run, running=refresh.is_on and switched_on) for refresh in refreshes()]


def _schedule(refresh: Refresh, start: date, days_per_run: int, *, running: bool) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=refresh.name,
        job_name=refresh.job,
        cron_schedule=refresh.cron,
        execution_timezone=TIME_ZONE,
        description=refresh.description,
        default_status=dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED,
    )
    def ask(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest] | dg.SkipReason:
        tick = context.scheduled_execution_time.astimezone(CHICAGO)
        days = last_days(start, tick.date(), refresh.days)
        if days is None:
            return dg.SkipReason(f"No day is over yet since {start}, which CRASHES_START_DATE names.")
        return iter(
            dg.RunRequest(run_key=f"{refresh.name} {tick:%Y-%m-%d %H:%M} {first}", tags=range_tags(first, last))
            for first, last in chunks(*days, days_per_run)
        )

    return ask


def last_days(start: date, today: date, count: int | None) -> tuple[date, date] | None:
    """The first and the last of the newest `count` days (None: of all days) that are over; None if none is."""
    last = today - timedelta(days=1)
    first = start if count is None else max(start, last - timedelta(days=count - 1))
    return (first, last) if first <= last else None


def check_schedule(*, switched_on: bool) -> dg.ScheduleDefinition:
    """Every morning, when the day's loads are done: the checks of the whole history."""
    return dg.ScheduleDefinition(
        name="daily_checks",
        job_name=CHECK_EVERYTHING,
        cron_schedule="30 8 * * *",
        execution_timezone=TIME_ZONE,
        description="Every morning, after the loads: checks the whole history, and the portal's columns.",
        default_status=dg.DefaultScheduleStatus.RUNNING if switched_on else dg.DefaultScheduleStatus.STOPPED,
    )
