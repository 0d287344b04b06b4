"""Runs whose command was killed: nobody will ever end them, so the next who loads does.

Dagster watches the processes it started itself. A run inside of a command is not among them: killed in the middle of a
fetch, it would hold the portal's pool, and with it every other run, until somebody frees it by hand.
"""

from collections.abc import Callable

import dagster as dg
from dagster import DagsterInstance

COMMAND_TAG = "crashes/command"
"""Carried by a run inside of a command: the token that stands for the command's process."""

UNFINISHED = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


def end_dead_runs(instance: DagsterInstance, is_alive: Callable[[str], bool]) -> None:
    """Let every run of a command that is no more have failed, and free the places it holds in pools."""
    for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED)):
        token = run.tags.get(COMMAND_TAG)
        if token is None or is_alive(token):
            continue
        instance.report_run_failed(run, "The command that ran this was killed. Load its days again.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
