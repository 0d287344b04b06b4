"""When the City's layers are refreshed, and how a command has them refreshed: by the same job, in a run of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import dagster as dg
from dagster import DagsterInstance

from chicago_crashes.layers.defs.layers import layer_checks, layer_key
from chicago_crashes.layers.published import PUBLISHED_LAYERS, PublishedLayer
from chicago_crashes.layers.store import layers as stored_layers
from chicago_crashes.orchestration.dagster_internals import UnresolvedAssetJobDefinition
from chicago_crashes.orchestration.outcomes import OnStep
from chicago_crashes.orchestration.partitions import CHICAGO, TIME_ZONE
from chicago_crashes.orchestration.resources import PostgisResource
from chicago_crashes.orchestration.running import failures_of, run_here, tally

REFRESH_LAYERS = "refresh_layers"
SECONDS_BETWEEN_LOOKS = 300


@dataclass(slots=True)
class LayerOutcome:
    """What became of one layer: what its asset showed, and how its checks went. Nothing is shown of one that failed."""

    numbers: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    checks_passed: int = 0
    checks_failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LayersOutcome:
    """What became of a refresh: the layers, and the messages of the steps that failed."""

    layers: dict[str, LayerOutcome]
    failures: dict[str, str]

    @property
    def all_held(self) -> bool:
        """Whether every layer was refreshed and every check passed."""
        return not self.failures and not any(layer.checks_failed for layer in self.layers.values())


def refresh_layers_job() -> UnresolvedAssetJobDefinition:
    """The job that brings all layers up to date."""
    return dg.define_asset_job(
        REFRESH_LAYERS,
        selection=dg.AssetSelection.assets(*(layer_key(layer.name) for layer in PUBLISHED_LAYERS)),
        description="Brings the City's layers up to date; a layer that has not changed is left as it is.",
        executor_def=dg.in_process_executor,
    )


def refresh_layers_schedule(*, switched_on: bool) -> dg.ScheduleDefinition:
    """Every week, in the night to Sunday."""
    return dg.ScheduleDefinition(
        name="weekly_layers",
        job_name=REFRESH_LAYERS,
        cron_schedule="0 3 * * 0",
        execution_timezone=TIME_ZONE,
        description="Every Sunday: brings the City's boundaries, streets, cameras, bike routes and schools up to date.",
        default_status=dg.DefaultScheduleStatus.RUNNING if switched_on else dg.DefaultScheduleStatus.STOPPED,
    )


def missing_layers_sensor(*, switched_on: bool) -> dg.SensorDefinition:
    """As soon as a layer is missing, which is so on the first day, and when a new one is declared."""

    @dg.sensor(
        name="missing_layers",
        job_name=REFRESH_LAYERS,
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        description="Fetches the City's layers that are not there yet; one that cannot be had is asked for once a day.",
        default_status=dg.DefaultSensorStatus.RUNNING if switched_on else dg.DefaultSensorStatus.STOPPED,
    )
    def look(_context: dg.SensorEvaluationContext, postgis: PostgisResource) -> dg.RunRequest | dg.SkipReason:
        with postgis.connect() as connection:
            there = {layer.name for layer in stored_layers(connection)}
        missing = [layer.name for layer in PUBLISHED_LAYERS if layer.name not in there]
        if not missing:
            return dg.SkipReason("Every layer of the City is there.")
        return dg.RunRequest(
            run_key=f"{datetime.now(CHICAGO):%Y-%m-%d} {' '.join(missing)}",
            asset_selection=[layer_key(name) for name in missing],
        )

    return look


def launch_layers(
    defs: dg.Definitions,
    instance: DagsterInstance,
    layers: Sequence[PublishedLayer],
    *,
    on_step: OnStep,
    accept_shrink: bool = False,
    command: str | None = None,
) -> LayersOutcome:
    """Refresh the layers in one run; one that fails does not stop the others.

    `command` is the token that stands for this process, by which others know whether it still lives.
    """
    config = {"config": {"accept_shrink": accept_shrink}}
    job = defs.resolve_job_def(REFRESH_LAYERS).get_subset(
        asset_selection=frozenset(layer_key(layer.name) for layer in layers),
        asset_check_selection=frozenset(
            dg.AssetCheckKey(layer_key(layer.name), check.name) for layer in layers for check in layer_checks(layer)
        ),
    )
    result = run_here(
        job,
        instance,
        on_step=on_step,
        command=command,
        config={"ops": {layer_key(layer.name).to_python_identifier(): config for layer in layers}},
    )
    outcomes = {layer.name: _outcome(layer, result) for layer in layers}
    failed = {name.partition(",")[0].replace("__", "/"): told for name, told in failures_of(result, "").items()}
    return LayersOutcome(outcomes, failed)


def _outcome(layer: PublishedLayer, result: dg.ExecuteInProcessResult) -> LayerOutcome:
    outcome = LayerOutcome()
    key = layer_key(layer.name)
    for event in result.get_asset_materialization_events():
        materialization = event.step_materialization_data.materialization
        if materialization.asset_key == key:
            outcome.numbers = _numbers(materialization.metadata)
            notes = materialization.metadata.get("notes")
            outcome.notes = [str(note) for note in notes.value or ()] if isinstance(notes, dg.JsonMetadataValue) else []
    outcome.checks_passed, outcome.checks_failed = tally(
        evaluation for evaluation in result.get_asset_check_evaluations() if evaluation.asset_key == key
    )
    return outcome


def _numbers(metadata: Any) -> dict[str, int]:
    return {name: value.value or 0 for name, value in metadata.items() if isinstance(value, dg.IntMetadataValue)}
