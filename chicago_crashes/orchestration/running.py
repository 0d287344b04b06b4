"""Run a job inside of a command, and read from its result what failed and how its checks went."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import uuid4

import dagster as dg
from dagster import DagsterInstance, EventLogEntry
from dagster_shared.error import SerializableErrorInfo

from chicago_crashes.orchestration.dead_runs import COMMAND_TAG
from chicago_crashes.orchestration.outcomes import OnStep

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""The command says itself what happened; the whole log of a run is in the event log."""


def run_here(
    job: dg.JobDefinition,
    instance: DagsterInstance,
    *,
    on_step: OnStep,
    command: str | None,
    tags: Mapping[str, str] | None = None,
    config: Mapping[str, Any] | None = None,
) -> dg.ExecuteInProcessResult:
    """Run a job in this process; what fails is in the result.

    `command` is the token that stands for this process, by which others know whether it still lives.
    """
    run_id = str(uuid4())
    instance.add_event_listener(run_id, _step_listener(on_step))
    return job.execute_in_process(
        instance=instance,
        run_id=run_id,
        tags={**(tags or {}), **({COMMAND_TAG: command} if command else {})},
        raise_on_error=False,
        run_config={**QUIET, **(config or {})},
    )


def tally(
    evaluations: Iterable[dg.AssetCheckEvaluation],
    name: Callable[[dg.AssetCheckEvaluation], str] = lambda evaluation: evaluation.check_name,
) -> tuple[int, dict[str, str]]:
    """How many checks passed, and of those that failed the reason, by name."""
    passed, failed = 0, {}
    for evaluation in evaluations:
        if evaluation.passed:
            passed += 1
        else:
            failed[name(evaluation)] = evaluation.description or evaluation.severity.value
    return passed, failed


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


def _step_listener(on_step: OnStep) -> Callable[[EventLogEntry], None]:
    """Tells of every step of a run as it ends."""
    ended = {dg.DagsterEventType.STEP_SUCCESS, dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.STEP_SKIPPED}

    def listen(entry: EventLogEntry) -> None:
        if entry.is_dagster_event and entry.get_dagster_event().event_type in ended:
            on_step(entry.get_dagster_event().step_key or "")

    return listen


def _first_cause(error: SerializableErrorInfo | None) -> str:
    """The message of the exception that started it all; Dagster wraps it in its own."""
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error else "It failed without a message; see the run's log in the Dagster UI."
