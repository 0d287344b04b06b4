"""Dagster: its storage, its daemon, what runs by itself, and how large its event log has grown."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg
from psycopg import Connection

from chicago_crashes.operations.defs.housekeeping import PRUNE
from chicago_crashes.operations.doctor.condition import Condition, ok, problem, warning
from chicago_crashes.operations.run_logs import size_of_event_log
from chicago_crashes.orchestration.dagster_internals import (
    InstigatorState,
    InstigatorStatus,
    TickStatus,
    get_daemon_statuses,
)

GIGABYTE = 1_000_000_000
LARGE = 5 * GIGABYTE
PATIENCE_SECONDS = 120
"""A daemon at work gives a sign of life every half a minute."""

ON = {InstigatorStatus.RUNNING, InstigatorStatus.DECLARED_IN_CODE}


def storage(instance: dg.DagsterInstance) -> Iterator[Condition]:
    """Whether Dagster's tables are there, and of the version Dagster expects."""
    runs = instance.get_runs_count()
    versions = {
        "runs": instance.run_storage.alembic_version(),
        "events": instance.event_log_storage.alembic_version(),
        "schedules": instance.schedule_storage.alembic_version() if instance.schedule_storage else None,
    }
    behind = [name for name, found in versions.items() if found and found[0] != found[1]]
    if behind:
        yield problem(
            "Dagster's storage",
            f"The tables of {', '.join(behind)} are of another version than Dagster.",
            "Stop the platform and run `dagster instance migrate`, with DAGSTER_HOME as in .env.",
        )
    else:
        yield ok("Dagster's storage", f"It is current, and knows {runs:,} runs.")


def automation(
    instance: dg.DagsterInstance,
    declared: Sequence[dg.ScheduleDefinition | dg.SensorDefinition],
    *,
    switched_on: bool,
) -> Iterator[Condition]:
    """Which of the declared schedules and sensors are on, and whether they did what they should when last due."""
    states = _states(instance)
    on = [each for each in declared if _is_on(each, states)]
    off = [each for each in declared if each not in on]
    says = f"On: {_names(on)}. Off: {_names(off)}."
    stopped = [each for each in off if switched_on and _is_meant_to_run(each)]
    if stopped:
        yield warning(
            "automation", f"{says} Somebody has stopped {_names(stopped)}.", "Switch it on in the UI: *Automation*."
        )
    elif not on and not switched_on:
        yield warning(
            "automation",
            f"{says} Nothing keeps the copy current.",
            "Run `make up`, set CRASHES_SCHEDULES_ON=true, or switch portal_changes on in the UI: *Automation*.",
        )
    else:
        yield ok("automation", says)
    for each in on:
        if state := states.get(each.name):
            yield from _last_tick(instance, state)


def daemon(
    instance: dg.DagsterInstance,
    declared: Sequence[dg.ScheduleDefinition | dg.SensorDefinition],
    *,
    switched_on: bool,
    now: float | None = None,
) -> Iterator[Condition]:
    """Whether the daemon is alive; it should be if anything is on or waits for it."""
    states = _states(instance)
    waiting = instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED]))
    on = [each.name for each in declared if _is_on(each, states)]
    moment = now if now is not None else time.time()
    statuses = get_daemon_statuses(
        instance,
        instance.get_required_daemon_types(),
        curr_time_seconds=moment,
        heartbeat_tolerance_seconds=PATIENCE_SECONDS,
    )
    silent = sorted(kind for kind, found in statuses.items() if found.healthy is False)
    beats = [found.last_heartbeat.timestamp for found in statuses.values() if found.last_heartbeat]
    seen = f"It was last seen {datetime.fromtimestamp(max(beats), UTC):%Y-%m-%d %H:%M} UTC." if beats else "Never seen."
    errors = [
        error.message
        for found in statuses.values()
        if found.last_heartbeat
        for error in found.last_heartbeat.errors or []
    ]
    if not silent:
        yield ok("daemon", f"Every part of it is alive. {seen}")
    elif errors and len(silent) < len(statuses):
        yield problem(
            "daemon", f"{', '.join(silent)} fails: {errors[0]}", "Mend what it says, then restart the platform."
        )
    elif on or switched_on or waiting:
        why = f"{waiting} runs wait for it" if waiting else f"{', '.join(on) or 'the schedules'} should run"
        yield problem(
            "daemon",
            f"No sign of life from {', '.join(silent)}, though {why}. {seen}",
            "Start the platform: `make up`, or the service `daemon` of docker/compose.yaml.",
        )
    else:
        yield ok("daemon", f"It does not run, and nothing is on that needs it. {seen}")


def event_log(connection: Connection, *, large: int = LARGE) -> Iterator[Condition]:
    """How large the event log has grown."""
    size = size_of_event_log(connection)
    says = f"{size / GIGABYTE:,.2f} GB."
    if size > large:
        yield warning(
            "event log",
            says,
            f"Launch the job {PRUNE}, see that the schedule daily_pruning is on, or lower CRASHES_KEEP_RUN_LOGS_DAYS; "
            "`vacuum full dagster.event_logs` gives the room back to the disk.",
        )
    else:
        yield ok("event log", says)


def _states(instance: dg.DagsterInstance) -> dict[str, InstigatorState]:
    return {state.instigator_name: state for state in instance.all_instigator_state()}


def _is_on(each: dg.ScheduleDefinition | dg.SensorDefinition, states: dict[str, InstigatorState]) -> bool:
    state = states.get(each.name)
    return state.status in ON if state else _is_meant_to_run(each)


def _is_meant_to_run(each: dg.ScheduleDefinition | dg.SensorDefinition) -> bool:
    return each.default_status in (dg.DefaultScheduleStatus.RUNNING, dg.DefaultSensorStatus.RUNNING)


def _names(some: Sequence[dg.ScheduleDefinition | dg.SensorDefinition]) -> str:
    return ", ".join(sorted(each.name for each in some)) or "none"


def _last_tick(instance: dg.DagsterInstance, state: InstigatorState) -> Iterator[Condition]:
    """A problem if the last tick failed."""
    ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
    if ticks and ticks[0].status == TickStatus.FAILURE:
        error = ticks[0].error
        cause = error
        while cause is not None and cause.cause is not None:
            cause = cause.cause
        yield problem(
            state.instigator_name,
            f"Its last tick failed: {cause.message if cause else 'without a message'}",
            "Mend what it says; its next tick shows whether that was it.",
        )
