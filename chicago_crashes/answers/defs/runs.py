"""When the answers are refreshed: soon after loads and changed layers, all of them in the order they depend on."""

from datetime import UTC, datetime

import dagster as dg

from chicago_crashes.answers.defs.facts import LOCATION_AREAS_KEY, MARTS
from chicago_crashes.answers.outdated import outdated
from chicago_crashes.feeds.defs.sensors import LONGEST_RUN, TRIES, UNDER_WAY, days_of
from chicago_crashes.orchestration.dagster_internals import UnresolvedAssetJobDefinition
from chicago_crashes.orchestration.resources import PostgisResource

REFRESH = "refresh_answers"
SECONDS_BETWEEN_LOOKS = 120

STATE_TAG = "crashes/state"
"""Carried by a run the sensor requested: a digest of the loaded days and layers that the answers are to stand for."""


def answers_job() -> UnresolvedAssetJobDefinition:
    """The job that assigns places to areas and refreshes every mart."""
    return dg.define_asset_job(
        REFRESH,
        selection=dg.AssetSelection.assets(LOCATION_AREAS_KEY) | dg.AssetSelection.groups(MARTS),
        description="Brings all answers up to date: the areas of places, the facts, everything counted from them.",
        executor_def=dg.in_process_executor,
    )


def answers_sensor(*, switched_on: bool) -> dg.SensorDefinition:
    """Once loads have ended, whatever they and changed layers touched."""

    @dg.sensor(
        name="answers",
        job_name=REFRESH,
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        description="Refreshes the answers when days were loaded or layers changed, once nothing is being loaded.",
        default_status=dg.DefaultSensorStatus.RUNNING if switched_on else dg.DefaultSensorStatus.STOPPED,
    )
    def look(context: dg.SensorEvaluationContext, postgis: PostgisResource) -> dg.RunRequest | dg.SkipReason:
        alive = dg.RunsFilter(statuses=UNDER_WAY, created_after=datetime.now(UTC) - LONGEST_RUN)
        under_way = context.instance.get_runs(alive)
        if any(run.job_name == REFRESH for run in under_way):
            return dg.SkipReason("The answers are being refreshed.")
        if any(days_of(run) for run in under_way):
            return dg.SkipReason("Days are being loaded; the answers follow when they are done.")
        with postgis.connect() as connection:
            waiting = outdated(connection)
        if not waiting:
            return dg.SkipReason("The answers stand for all loaded days and all layers.")
        tries = tries_of(context.instance, waiting.state)
        if tries >= TRIES:
            return dg.SkipReason(
                f"{waiting}, but {tries} refreshes of what is loaded now did not bring the answers up to date: the "
                f"runs of {REFRESH} say why. Launch the job once that is mended; whatever is loaded next starts over."
            )
        context.log.info(f"{waiting} for a refresh.")
        return dg.RunRequest(run_key=f"{waiting.state} {tries}", tags={STATE_TAG: waiting.state})

    return look


def tries_of(instance: dg.DagsterInstance, state: str) -> int:
    """How many refreshes the sensor has requested for this state of what is loaded."""
    return instance.get_runs_count(dg.RunsFilter(job_name=REFRESH, tags={STATE_TAG: state}))
