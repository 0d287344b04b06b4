"""Places, facts, marts, hot spots and the report: assets, checks, job, sensor."""

import dagster as dg

from chicago_crashes.answers.defs.checks import answer_check
from chicago_crashes.answers.defs.facts import (
    CRASH_FACTS_KEY,
    LOCATION_AREAS_KEY,
    crash_facts_asset,
    location_areas_asset,
    mart_key,
    polygon_layers,
)
from chicago_crashes.answers.defs.hot_spots import hot_spot_assets
from chicago_crashes.answers.defs.marts import counted_marts
from chicago_crashes.answers.defs.report import location_report_asset
from chicago_crashes.answers.defs.runs import answers_job, answers_sensor
from chicago_crashes.answers.fact_checks import FACT_CHECKS, PLACE_CHECKS
from chicago_crashes.answers.marts.mart_checks import MART_CHECKS
from chicago_crashes.orchestration.references import with_links_to_code
from chicago_crashes.settings import Settings


def answer_definitions(configured: Settings) -> dg.Definitions:
    """What Dagster is told of this room, for the given settings."""
    return dg.Definitions(
        assets=with_links_to_code(
            [
                location_areas_asset(polygon_layers()),
                crash_facts_asset(),
                *counted_marts(),
                location_report_asset(),
                *hot_spot_assets(),
            ],
            configured.code_url,
        ),
        asset_checks=[
            *(answer_check(LOCATION_AREAS_KEY, check) for check in PLACE_CHECKS),
            *(answer_check(CRASH_FACTS_KEY, check) for check in FACT_CHECKS),
            *(answer_check(mart_key(mart), check) for mart, checks in MART_CHECKS.items() for check in checks),
        ],
        jobs=[
            answers_job(),
        ],
        sensors=[
            answers_sensor(switched_on=configured.schedules_on),
        ],
    )
