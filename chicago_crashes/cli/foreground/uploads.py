"""Bring, replace and delete layers from a command: the file is judged before anything is touched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import dagster as dg
import psycopg
from dagster import DagsterInstance

from chicago_crashes.definitions import build_defs
from chicago_crashes.errors import PermanentError
from chicago_crashes.layers.defs.upload_runs import LOAD_UPLOADED
from chicago_crashes.layers.defs.uploads import PARTITIONS
from chicago_crashes.layers.features import LayerKind
from chicago_crashes.layers.store import LayerState, delete_layer, find_layer
from chicago_crashes.layers.uploads.folder import LayersFolder
from chicago_crashes.layers.uploads.names import require_name
from chicago_crashes.layers.uploads.upload import Upload, Wishes, read_upload
from chicago_crashes.operations.workplace import dagster_instance, database
from chicago_crashes.orchestration.running import QUIET, failures_of
from chicago_crashes.settings import settings


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A layer that was stored, and what was read."""

    upload: Upload
    state: LayerState


def add_layer(file: Path, name: str, wishes: Wishes) -> Uploaded:
    """Make a layer of a file: put it into the folder and load it through Dagster.

    Raises:
        PermanentError: the name or the file cannot be taken, or loading failed; nothing is left of it.
    """
    upload = read_upload(file, require_name(name), wishes)
    folder = LayersFolder(settings().layers_folder)
    with _places() as (url, instance):
        _require_new(url, folder, name)
        wishes = replace(wishes, source=wishes.source or file.name)
        return Uploaded(upload, _load(url, instance, folder, name, file, wishes))


def replace_layer(file: Path, name: str, changes: Wishes) -> Uploaded:
    """Make an uploaded layer anew from another file; what was said of it stays, but for what is said now.

    Raises:
        PermanentError: there is no such layer, the file cannot be taken, or loading failed; the layer is as it was.
    """
    folder = LayersFolder(settings().layers_folder)
    with _places() as (url, instance):
        _require_uploaded(url, name)
        known = folder.file(name).wishes() if name in folder.files() else Wishes()
        wishes = Wishes(
            title=changes.title or known.title,
            label_field=changes.label_field or known.label_field,
            key_field=changes.key_field or known.key_field,
            layer_in_file=changes.layer_in_file or known.layer_in_file,
            source=file.name,
        )
        upload = read_upload(file, name, wishes)
        return Uploaded(upload, _load(url, instance, folder, name, file, wishes))


def remove_layer(name: str, confirm: Callable[[LayerState | None], bool]) -> bool:
    """Delete an uploaded layer: its features, its partition, its file. Whether it was confirmed.

    Raises:
        PermanentError: there is nothing of that name, or it is a layer of the City's.
    """
    folder = LayersFolder(settings().layers_folder)
    with _places() as (url, instance), psycopg.connect(url, autocommit=True) as connection:
        state = find_layer(connection, name)
        if state is not None and state.kind != LayerKind.UPLOADED:
            raise PermanentError(
                f"The layer {name} is the City's own and comes back with every refresh. To leave it out of the "
                f"answers: `chicago-crashes layer deactivate {name}`."
            )
        is_partition = instance.has_dynamic_partition(PARTITIONS, name)
        if state is None and not is_partition and name not in folder.files():
            raise PermanentError(
                f"There is no uploaded layer {name}. `chicago-crashes layer list` shows those there are."
            )
        if not confirm(state):
            return False
        # The file first: as long as it is there, the sensor may load it again.
        folder.remove(name)
        if state is not None:
            delete_layer(connection, name)
        if is_partition:
            instance.delete_dynamic_partition(PARTITIONS, name)
    return True


@contextmanager
def _places() -> Iterator[tuple[str, DagsterInstance]]:
    with database() as url, dagster_instance(url) as instance:
        yield url, instance


def _require_new(url: str, folder: LayersFolder, name: str) -> None:
    with psycopg.connect(url) as connection:
        state = find_layer(connection, name)
    if state is not None:
        raise PermanentError(
            f"There is a layer {name} already, {state.kind}. Take another name, or put the file in its place: "
            f"`chicago-crashes layer replace {name} FILE`."
        )
    waiting = folder.files().get(name)
    if waiting:
        raise PermanentError(
            f"{waiting[0].path} is to be the layer {name} already. Wait until it is loaded, or delete the file."
        )


def _require_uploaded(url: str, name: str) -> None:
    with psycopg.connect(url) as connection:
        state = find_layer(connection, name)
    if state is None:
        raise PermanentError(
            f"There is no layer {name} to replace. To make one: `chicago-crashes layer add FILE --name {name}`."
        )
    if state.kind != LayerKind.UPLOADED:
        raise PermanentError(f"The layer {name} is the City's own and cannot be replaced. Add yours by another name.")


def _load(
    url: str, instance: DagsterInstance, folder: LayersFolder, name: str, file: Path, wishes: Wishes
) -> LayerState:
    is_new = not instance.has_dynamic_partition(PARTITIONS, name)
    with folder.put(name, file, wishes):
        instance.add_dynamic_partitions(PARTITIONS, [name])
        try:
            _run(instance, name)
        except PermanentError:
            if is_new:
                instance.delete_dynamic_partition(PARTITIONS, name)
            raise
    with psycopg.connect(url) as connection:
        state = find_layer(connection, name)
    if state is None:
        raise PermanentError(f"The layer {name} was deleted while it was loaded. Add it again.")
    return state


def _run(instance: DagsterInstance, name: str) -> None:
    job: dg.JobDefinition = build_defs(settings()).resolve_job_def(LOAD_UPLOADED)
    result = job.execute_in_process(instance=instance, partition_key=name, raise_on_error=False, run_config=QUIET)
    if not result.success:
        raise PermanentError(next(iter(failures_of(result, name).values())))
