"""Tell Dagster what became of each day of a run, one day or a range alike.

A run over a range is one step, and Dagster would call all its days failed if the step fails. So each day is reported
by itself: with its own metadata, and, where other days fail, with its own materialisation event.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import TypeVar

import dagster as dg

from chicago_crashes.errors import CrashesError, ShrinkError, TransientError
from chicago_crashes.orchestration.partitions import day_of
from chicago_crashes.soda.download import DayFailure

DAYS_NAMED = 20

PERMANENT_FAILURE = "crashes/permanent_failure"
"""Put on a run that failed for a reason that trying again does not mend; whoever retries looks for it."""

Done = TypeVar("Done")
Metadata = Mapping[str, int | float | str]


def requested_days(context: dg.AssetExecutionContext) -> list[date]:
    """The days of this run."""
    return [day_of(key) for key in context.partition_keys]


def report_days(
    context: dg.AssetExecutionContext,
    outcomes: Iterator[Done | DayFailure],
    day_report: Callable[[Done], tuple[date, Metadata]],
) -> list[Done]:
    """Consume the outcomes and report every day that is done; returns what the outcomes said of those days.

    Raises:
        dagster.Failure: some days failed; it names them, and allows retries only if trying again may help.
    """
    done: list[Done] = []
    failures: list[DayFailure] = []
    stopped_by: CrashesError | None = None
    try:
        for outcome in outcomes:
            if isinstance(outcome, DayFailure):
                failures.append(outcome)
                context.log.error(str(outcome.error))
            else:
                done.append(outcome)
    except CrashesError as error:
        stopped_by = error
    reports = [day_report(outcome) for outcome in done]
    if failures or stopped_by:
        for day, metadata in reports:
            context.log_event(
                dg.AssetMaterialization(context.asset_key, metadata=dict(metadata), partition=day.isoformat())
            )
        errors = [failure.error for failure in failures] + ([stopped_by] if stopped_by else [])
        worst = next((error for error in errors if isinstance(error, ShrinkError)), errors[0])
        raise _failure(context, failures, errors, worst, done=len(done)) from worst
    for day, metadata in reports:
        context.add_asset_metadata(dict(metadata), partition_key=day.isoformat())
    return done


def failure_of(context: dg.AssetExecutionContext, error: CrashesError) -> dg.Failure:
    """What a step raises for an error: its run is tried again only if that may help."""
    may_pass = isinstance(error, TransientError)
    _allow_retries(context, may_pass)
    return dg.Failure(description=str(error), allow_retries=may_pass)


def _failure(
    context: dg.AssetExecutionContext,
    failures: Sequence[DayFailure],
    errors: Sequence[CrashesError],
    worst: CrashesError,
    *,
    done: int,
) -> dg.Failure:
    total = len(context.partition_keys)
    failed = [failure.day.isoformat() for failure in failures]
    named = ", ".join(failed[:DAYS_NAMED]) + (" …" if len(failed) > DAYS_NAMED else "")
    which = f": {named}" if failed else ""
    may_pass = all(isinstance(error, TransientError) for error in errors)
    _allow_retries(context, may_pass)
    return dg.Failure(
        description=f"{total - done} of {total} days failed{which}. {worst}",
        metadata={"failed_days": dg.MetadataValue.json(failed), "days_done": done},
        allow_retries=may_pass,
    )


def _allow_retries(context: dg.AssetExecutionContext, may_pass: bool) -> None:
    """What `dagster.Failure` forbids stops the step alone; whoever launches whole runs again reads their tags."""
    if not may_pass:
        context.instance.add_run_tags(context.run.run_id, {PERMANENT_FAILURE: "true"})
