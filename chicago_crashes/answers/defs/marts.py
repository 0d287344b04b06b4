"""The marts that are counted from the facts, as assets, and which questions are asked of each."""

from collections.abc import Mapping, Sequence

import dagster as dg
from sqlalchemy import Table

from chicago_crashes.answers import mart_tables as tables
from chicago_crashes.answers.costs import DEFAULT_COST_TABLE
from chicago_crashes.answers.defs.facts import LOCATION_AREAS_KEY, mart_asset, mart_key
from chicago_crashes.answers.fact_checks import Judge
from chicago_crashes.answers.marts import areas, circumstances, citywide, mart_checks, streets
from chicago_crashes.feeds.quality import CITYWIDE_SINCE
from chicago_crashes.layers.defs.layers import layer_key

COST = f"Costs are those of the cost table {DEFAULT_COST_TABLE}."
COVERAGE = f"Counted from {CITYWIDE_SINCE:%B %Y}, when every police district reported"

JUDGES: Mapping[Table, Sequence[Judge]] = {
    tables.CITYWIDE_DAILY: (mart_checks.days_add_up, mart_checks.classes_add_up),
    tables.CITYWIDE_MONTHLY: (mart_checks.months_add_up,),
    tables.AREA_DAILY: (mart_checks.areas_add_up,),
    tables.AREA_MONTHLY: (mart_checks.area_months_add_up,),
    tables.AREA_YEARLY: (mart_checks.area_years_add_up,),
    tables.CAUSES: (mart_checks.causes_add_up,),
    tables.TIME_OF_WEEK: (mart_checks.hours_add_up,),
    tables.STREETS: (mart_checks.streets_add_up,),
}
"""What is asked of each mart whenever it was refreshed."""


def counted_marts() -> list[dg.AssetsDefinition]:
    """Every mart but the facts."""
    facts, days = mart_key(tables.CRASH_FACTS), mart_key(tables.CITYWIDE_DAILY)
    area_days, area_months = mart_key(tables.AREA_DAILY), mart_key(tables.AREA_MONTHLY)
    return [
        mart_asset(
            tables.CITYWIDE_DAILY,
            citywide.refresh_citywide_daily,
            deps=[facts],
            description=f"The whole city, day by day, crashes without a place included. {COST}",
        ),
        mart_asset(
            tables.CITYWIDE_MONTHLY,
            citywide.refresh_citywide_monthly,
            deps=[days],
            description="The whole city, month by month. Trends need `is_comparable`: the month is over, and not "
            f"before {CITYWIDE_SINCE:%B %Y}, until when crashes seem to rise because more districts report. {COST}",
        ),
        mart_asset(
            tables.AREA_DAILY,
            areas.refresh_area_daily,
            deps=[facts, LOCATION_AREAS_KEY],
            description="The areas of every active layer, day by day; with the area `unknown`, for crashes in none, "
            f"they add up to the city. {COST}",
        ),
        mart_asset(
            tables.AREA_MONTHLY,
            areas.refresh_area_monthly,
            deps=[area_days, days],
            description="The areas of every active layer, month by month, ranked, and compared with the mean of the "
            f"same days in earlier years. {COST}",
        ),
        mart_asset(
            tables.AREA_YEARLY,
            areas.refresh_area_yearly,
            deps=[area_days, area_months, days],
            description="The areas of every active layer, year by year, ranked, and compared with the mean of the "
            f"same days in earlier years; the present year up to its last settled day. {COST}",
        ),
        mart_asset(
            tables.CAUSES,
            circumstances.refresh_causes,
            deps=[facts],
            description=f"Crashes by primary contributory cause and year. {COST}",
        ),
        mart_asset(
            tables.TIME_OF_WEEK,
            circumstances.refresh_time_of_week,
            deps=[facts],
            description=f"Crashes by year, weekday and hour. {COST}",
        ),
        mart_asset(
            tables.STREETS,
            streets.refresh_streets,
            deps=[facts],
            description=f"Every street, ranked by KSI and by severity (EPDO). {COVERAGE}. {COST}",
        ),
        mart_asset(
            tables.INTERSECTIONS,
            streets.refresh_intersections,
            deps=[facts, LOCATION_AREAS_KEY, layer_key(streets.CENTER_LINES)],
            description=f"Where streets meet, made from the layer {streets.CENTER_LINES}, ranked by KSI and by "
            f"severity (EPDO); crashes within {streets.REACH_FEET} feet belong to the nearest. {COVERAGE}. {COST} "
            "Without that layer it is empty, and says so in `made_from`.",
        ),
    ]
