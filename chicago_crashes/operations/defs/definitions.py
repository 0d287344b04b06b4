"""What keeps the platform well: alerts and housekeeping."""

import dagster as dg

from chicago_crashes.operations.defs.alerts import alert_sensors
from chicago_crashes.operations.defs.housekeeping import prune_job, prune_schedule
from chicago_crashes.settings import Settings


def operation_definitions(configured: Settings) -> dg.Definitions:
    """What Dagster is told of this room, for the given settings."""
    return dg.Definitions(
        jobs=[
            prune_job(configured.keep_run_logs_days),
        ],
        schedules=[
            prune_schedule(switched_on=configured.schedules_on),
        ],
        sensors=[
            *alert_sensors(configured),
        ],
    )
