"""The layers people bring: the job that loads them, and the sensor that watches the folder they are dropped into."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import dagster as dg

from chicago_crashes.layers.defs.uploads import DIGEST, PARTITIONS, UPLOADED, uploaded_partitions
from chicago_crashes.layers.uploads.folder import LayerFile, LayersFolder
from chicago_crashes.orchestration.dagster_internals import UnresolvedAssetJobDefinition

LOAD_UPLOADED = "load_uploaded_layers"
SECONDS_BETWEEN_LOOKS = 30


@dataclass(slots=True)
class _Seen:
    """What earlier looks found, by the layer's name: how its file was, and which content was asked for."""

    stamps: dict[str, str] = field(default_factory=dict)
    handled: dict[str, str] = field(default_factory=dict)
    """The stamp of what was requested, or found to be loaded already."""


def uploads_job() -> UnresolvedAssetJobDefinition:
    """The job that loads uploaded layers."""
    return dg.define_asset_job(
        LOAD_UPLOADED,
        selection=dg.AssetSelection.assets(UPLOADED),
        description="Loads layers that people brought, from their files in the folder.",
        executor_def=dg.in_process_executor,
    )


def uploads_sensor(layers_folder: str, *, switched_on: bool) -> dg.SensorDefinition:
    """The sensor that takes files once they have stopped changing, and each content once."""

    @dg.sensor(
        name="dropped_layers",
        job_name=LOAD_UPLOADED,
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        description="Loads the files that were dropped into CRASHES_LAYERS_FOLDER, and those that changed.",
        default_status=dg.DefaultSensorStatus.RUNNING if switched_on else dg.DefaultSensorStatus.STOPPED,
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        folder = LayersFolder(layers_folder)
        seen = _seen(context.cursor)
        now, requests, changing = _Seen(), [], []
        for name, files in folder.files().items():
            stamp = " and ".join(f"{file.path.name} {file.stamp()}" for file in files)
            now.stamps[name] = stamp
            if seen.handled.get(name) == stamp:
                now.handled[name] = stamp
            elif seen.stamps.get(name) != stamp:
                changing.append(name)
            else:
                now.handled[name] = stamp
                if len(files) > 1 or not _is_loaded(context.instance, name, files[0]):
                    requests.append(dg.RunRequest(run_key=f"{name} {stamp}", partition_key=name))
        new = [request.partition_key for request in requests if request.partition_key]
        return dg.SensorResult(
            run_requests=requests,
            dynamic_partitions_requests=[uploaded_partitions().build_add_request(new)] if new else [],
            cursor=json.dumps(asdict(now)),
            skip_reason=None if requests else _reason(changing, folder.nameless()),
        )

    return look


def _seen(cursor: str | None) -> _Seen:
    found: dict[str, Any] = json.loads(cursor) if cursor else {}
    return _Seen(**found)


def _is_loaded(instance: dg.DagsterInstance, name: str, file: LayerFile) -> bool:
    """Whether the layer was last loaded from just this: a command loads what it puts into the folder."""
    if not instance.has_dynamic_partition(PARTITIONS, name):
        return False
    newest = instance.fetch_materializations(dg.AssetRecordsFilter(UPLOADED, asset_partitions=[name]), limit=1).records
    if not newest or newest[0].asset_materialization is None:
        return False
    return newest[0].asset_materialization.metadata[DIGEST].value == file.digest()


def _reason(changing: list[str], nameless: list[str]) -> str:
    told = [*nameless]
    if changing:
        told.append(f"Wait until they stop changing: {', '.join(changing)}.")
    return " ".join(told) or "Every file in the folder was taken."
