"""The marts that are counted from the facts, as assets."""

import dagster as dg

from chicago_crashes.answers import mart_tables as tables
from chicago_crashes.answers.costs import DEFAULT_COST_TABLE
from chicago_crashes.answers.defs.facts import LOCATION_AREAS_KEY, mart_asset, mart_key
from chicago_crashes.answers.marts import areas, circumstances, citywide, streets
from chicago_crashes.feeds.quality import CITYWIDE_SINCE
from chicago_crashes.layers.defs.layers import layer_key

COST = f"Costs are those of the cost table {DEFAULT_COST_TABLE}."
COVERAGE = f"Counted from {CITYWIDE_SINCE:%B %Y}, when every police district reported"


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
