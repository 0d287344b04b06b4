"""Launch days from the command line: the same jobs, runs and events as from Dagster's UI, one run per chunk of days."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import dagster as dg
from dagster import DagsterInstance, EventLogEntry
from dagster_shared.error import SerializableErrorInfo

from chicago_crashes.assets.description import table_key
from chicago_crashes.assets.partitions import range_tags
from chicago_crashes.automation.dead_runs import COMMAND_TAG
from chicago_crashes.automation.jobs import LOAD_ALL, asset_keys, day_check_keys, load_config
from chicago_crashes.changes import DayRange
from chicago_crashes.feeds import Feed
from chicago_crashes.outcomes import COUNTED, FeedOutcome, OnStep, Outcome, together
from chicago_crashes.relations import comparisons_of

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""The command says itself what happened; the whole log of a run is in the event log."""


def steps_of(ranges: Sequence[DayRange]) -> int:
    """How many steps a launch will report: in each run each feed is fetched, loaded, checked and compared."""
    return sum(3 + len(comparisons_of(feed)) for days in ranges for feed in days.feeds)


def launch(
    defs: dg.Definitions,
    instance: DagsterInstance,
    ranges: Sequence[DayRange],
    *,
    on_step: OnStep,
    refetch: bool = False,
    command: str | None = None,
) -> Outcome:
    """Load the ranges of days, one run each; a run that fails does not stop the others.

    `command` is the token that stands for this process, by which others know whether it still lives.
    """
    job = defs.resolve_job_def(LOAD_ALL)
    return together(_run(job, instance, days, on_step, refetch, command) for days in ranges)


def _run(
    job: dg.JobDefinition,
    instance: DagsterInstance,
    days: DayRange,
    on_step: OnStep,
    refetch: bool,
    command: str | None,
) -> Outcome:
    run_id = str(uuid4())
    instance.add_event_listener(run_id, step_listener(on_step))
    selected = job.get_subset(
        asset_selection=frozenset(asset_keys(days.feeds)),
        asset_check_selection=frozenset(day_check_keys(days.feeds)) & _checks_of(job),
    )
    result = selected.execute_in_process(
        instance=instance,
        run_id=run_id,
        tags=range_tags(days.first, days.last) | ({COMMAND_TAG: command} if command else {}),
        raise_on_error=False,
        run_config=QUIET | load_config(days.feeds, refetch=refetch),
    )
    return Outcome({feed.name: _feed_outcome(feed, result) for feed in days.feeds}, failures_of(result, str(days)))


def _checks_of(job: dg.JobDefinition) -> set[dg.AssetCheckKey]:
    """The checks there are: a benchmark of empty work may have none."""
    return set(job.asset_layer.asset_graph.asset_check_keys)


def step_listener(on_step: OnStep) -> Callable[[EventLogEntry], None]:
    """Tells of every step of a run as it ends."""
    ended = {dg.DagsterEventType.STEP_SUCCESS, dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.STEP_SKIPPED}

    def listen(entry: EventLogEntry) -> None:
        if entry.is_dagster_event and entry.get_dagster_event().event_type in ended:
            on_step(entry.get_dagster_event().step_key or "")

    return listen


def _feed_outcome(feed: Feed, result: dg.ExecuteInProcessResult) -> FeedOutcome:
    outcome = FeedOutcome()
    key = table_key(feed)
    for event in result.get_asset_materialization_events():
        materialization = event.step_materialization_data.materialization
        if materialization.asset_key != key:
            continue
        outcome.days += 1
        for name in COUNTED:
            outcome.counts[name] += _whole_number(materialization.metadata[name])
    evaluations = [found for found in result.get_asset_check_evaluations() if found.asset_key == key]
    over_all_days = [found for found in evaluations if found.partition is None]
    for evaluation in over_all_days or evaluations:
        if evaluation.passed:
            outcome.checks_passed += 1
        else:
            outcome.checks_failed[evaluation.check_name] = evaluation.description or evaluation.severity.value
    return outcome


def _whole_number(value: dg.MetadataValue[Any]) -> int:
    return value.value or 0 if isinstance(value, dg.IntMetadataValue) else 0


def failures_of(result: dg.ExecuteInProcessResult, what: str) -> dict[str, str]:
    """What failed in a run, with the reason; `what` says what the run was about."""
    found = {}
    for event in result.filter_events(lambda event: event.is_step_failure):
        data = event.step_failure_data
        told = data.user_failure_data.description if data.user_failure_data else None
        found[f"{event.step_key}, {what}"] = told or _first_cause(data.error)
    if not result.success and not found:
        whole = [event.job_failure_data.error for event in result.filter_events(lambda event: event.is_job_failure)]
        found[f"run {result.run_id}, {what}"] = _first_cause(whole[0] if whole else None)
    return found


def _first_cause(error: SerializableErrorInfo | None) -> str:
    """The message of the exception that started it all; Dagster wraps it in its own."""
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error else "It failed without a message; see the run's log in the Dagster UI."
