"""Housekeeping of Dagster's own records: the job that removes old run logs, and its schedule."""

import dagster as dg

from chicago_crashes.operations.run_logs import EventTypes, prune, size_of_event_log
from chicago_crashes.orchestration.partitions import TIME_ZONE
from chicago_crashes.orchestration.resources import PostgisResource

PRUNE = "prune_run_logs"

PLANS = {dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED, dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED}
CHECKS = {dg.DagsterEventType.ASSET_CHECK_EVALUATION}
KEPT = {
    dg.DagsterEventType.ASSET_MATERIALIZATION,
    dg.DagsterEventType.ASSET_OBSERVATION,
    dg.DagsterEventType.ASSET_FAILED_TO_MATERIALIZE,
    dg.DagsterEventType.ASSET_WIPED,
    dg.DagsterEventType.ASSET_HEALTH_CHANGED,
    dg.DagsterEventType.FRESHNESS_STATE_EVALUATION,
    dg.DagsterEventType.FRESHNESS_STATE_CHANGE,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.RUN_FAILURE,
}
TYPES = EventTypes(
    of_runs=sorted(kind.value for kind in set(dg.DagsterEventType) - KEPT - PLANS - CHECKS),
    of_plans=sorted(kind.value for kind in PLANS),
    of_checks=sorted(kind.value for kind in CHECKS),
)


def prune_job(keep_days: int) -> dg.JobDefinition:
    """The job that removes the logs of runs that ended more than `keep_days` ago."""

    @dg.op(
        name="remove_old_logs", description="Removes old log lines; what tells of days stays.", out=dg.Out(dg.Nothing)
    )
    def remove(context: dg.OpExecutionContext, postgis: PostgisResource) -> None:
        with postgis.connect() as connection:
            pruned = prune(connection, TYPES, keep_days=keep_days)
            size = size_of_event_log(connection)
        metadata = {
            "rows": pruned.events + pruned.check_results,
            "log_lines": pruned.events,
            "check_results": pruned.check_results,
            "bytes": pruned.bytes,
            "bytes_of_event_log": size,
            "kept_days": keep_days,
        }
        context.add_output_metadata(metadata)
        context.log.info(
            f"Removed {pruned.events:,} log lines and {pruned.check_results:,} old check results of runs that ended "
            f"more than {keep_days} days ago ({pruned.bytes:,} bytes)."
        )

    @dg.job(
        name=PRUNE,
        description=f"Removes what runs that ended more than {keep_days} days ago have logged.",
        executor_def=dg.in_process_executor,
    )
    def prune_run_logs() -> None:
        remove()

    return prune_run_logs


def prune_schedule(*, switched_on: bool) -> dg.ScheduleDefinition:
    """Every night, before the first load of the day."""
    return dg.ScheduleDefinition(
        name="daily_pruning",
        job_name=PRUNE,
        cron_schedule="30 4 * * *",
        execution_timezone=TIME_ZONE,
        description="Every night: removes old run logs (CRASHES_KEEP_RUN_LOGS_DAYS).",
        default_status=dg.DefaultScheduleStatus.RUNNING if switched_on else dg.DefaultScheduleStatus.STOPPED,
    )
