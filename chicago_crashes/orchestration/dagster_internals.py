"""Names of Dagster's private modules that rooms need: imported here, and nowhere else outside this room.

A new version of Dagster may move or change any of them, which is why `pyproject.toml` names one version exactly. A name
can go from here as soon as `dagster` itself offers it:

- `UnresolvedAssetJobDefinition` is what `define_asset_job` returns; it serves annotations only.
- `DagsterEvent`, `DagsterEventBatchMetadata`, `StepMaterializationData`, `RUNLESS_RUN_ID` and `RUNLESS_JOB_NAME` report
  many imported days at once; `report_runless_asset_event` does it one by one, which takes minutes for a whole history.
- `UserFailureData` tells why a step failed.
- What tells of ticks and daemons is what the doctor reads, as Dagster's own UI does.

What is overridden of Dagster's storage, and why, is told in `event_log` and `event_batches`.
"""

from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.events import DagsterEvent, DagsterEventBatchMetadata, StepMaterializationData
from dagster._core.execution.plan.objects import UserFailureData
from dagster._core.instance import RUNLESS_RUN_ID
from dagster._core.instance.utils import RUNLESS_JOB_NAME
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, TickStatus
from dagster._daemon.controller import get_daemon_statuses

__all__ = [
    "RUNLESS_JOB_NAME",
    "RUNLESS_RUN_ID",
    "DagsterEvent",
    "DagsterEventBatchMetadata",
    "InstigatorState",
    "InstigatorStatus",
    "StepMaterializationData",
    "TickStatus",
    "UnresolvedAssetJobDefinition",
    "UserFailureData",
    "get_daemon_statuses",
]
