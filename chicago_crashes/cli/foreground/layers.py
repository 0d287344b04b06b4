"""Refresh the City's layers from a command: everything is checked before the run is launched."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from chicago_crashes.definitions import build_defs
from chicago_crashes.layers.defs.layer_runs import LayersOutcome, launch_layers
from chicago_crashes.layers.published import published_layers_named
from chicago_crashes.operations.workplace import dagster_instance, database
from chicago_crashes.orchestration.dead_runs import end_dead_runs
from chicago_crashes.orchestration.outcomes import OnStep
from chicago_crashes.orchestration.presence import is_present, present
from chicago_crashes.settings import settings


def refresh_layers(
    names: Sequence[str],
    progress: Callable[[int], AbstractContextManager[OnStep]],
    *,
    accept_shrink: bool = False,
) -> LayersOutcome:
    """Bring the layers of these names, or all of them, up to what the portal publishes.

    Raises:
        PermanentError: there is no such layer, or the database is not ready.
        TransientError: the database does not answer.
    """
    layers = published_layers_named(names)
    with database() as url, dagster_instance(url) as instance:
        end_dead_runs(instance, lambda token: is_present(url, token))
        with present(url) as token, progress(len(layers)) as on_step:
            return launch_layers(
                build_defs(settings()),
                instance,
                layers,
                on_step=on_step,
                accept_shrink=accept_shrink,
                command=token,
            )
