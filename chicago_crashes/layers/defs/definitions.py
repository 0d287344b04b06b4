"""Published layers and people's own: assets with their checks, jobs, schedules, sensors."""

import dagster as dg

from chicago_crashes.layers.defs.layer_runs import missing_layers_sensor, refresh_layers_job, refresh_layers_schedule
from chicago_crashes.layers.defs.layers import layer_assets, portal_layer_assets
from chicago_crashes.layers.defs.upload_runs import uploads_job, uploads_sensor
from chicago_crashes.layers.defs.uploads import uploaded_asset
from chicago_crashes.orchestration.references import with_links_to_code
from chicago_crashes.settings import Settings


def layer_definitions(configured: Settings) -> dg.Definitions:
    """What Dagster is told of this room, for the given settings."""
    retries = dg.RetryPolicy(
        max_retries=2,
        delay=configured.retry_seconds,
        backoff=dg.Backoff.EXPONENTIAL,
        jitter=dg.Jitter.PLUS_MINUS,
    )
    return dg.Definitions(
        assets=with_links_to_code(
            [
                *portal_layer_assets(),
                *layer_assets(retries),
                uploaded_asset(configured.layers_folder),
            ],
            configured.code_url,
        ),
        jobs=[
            refresh_layers_job(),
            uploads_job(),
        ],
        schedules=[
            refresh_layers_schedule(switched_on=configured.schedules_on),
        ],
        sensors=[
            uploads_sensor(configured.layers_folder, switched_on=configured.schedules_on),
            missing_layers_sensor(switched_on=configured.schedules_on),
        ],
    )
