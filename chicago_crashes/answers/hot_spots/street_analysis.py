"""The City's index on streets, from facts and centre lines to the table, kept with how it was made."""

from dataclasses import asdict

import polars as pl
from psycopg import Connection

from chicago_crashes.answers.hot_spots import store as stored
from chicago_crashes.answers.hot_spots.cell_analysis import NOTHING_TO_COUNT
from chicago_crashes.answers.hot_spots.parameters import Measure, SegmentParameters
from chicago_crashes.answers.hot_spots.streets import SEGMENT, STREET, house_numbers, ranked
from chicago_crashes.answers.refreshing import Refreshed, record_refresh
from chicago_crashes.answers.severity import CITY_WEIGHTS
from chicago_crashes.layers.published import STREET_CENTER_LINES

MART = "high_crash_segments"
ANALYSIS = "streets"
NO_STREETS = (
    f"the layer {STREET_CENTER_LINES.name} is not loaded: `chicago-crashes layer refresh {STREET_CENTER_LINES.name}`"
)


def refresh_high_crash_segments(connection: Connection, chosen: SegmentParameters | None = None) -> Refreshed:
    """Work out the City's index of every segment and street anew, in one transaction that replaces all rows."""
    chosen = chosen or SegmentParameters()
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        stored.forget_segments(connection, ANALYSIS)
        days = stored.period(connection, chosen.years)
        lines = stored.street_lines(connection)
        if lines.is_empty():
            return _nothing(connection, NO_STREETS)
        places = stored.crashes_by_location_and_street(connection, days) if days else pl.DataFrame()
        if days is None or places.is_empty():
            return _nothing(connection, NOTHING_TO_COUNT)
        found, members = ranked(places, house_numbers(lines), chosen)
        rows = stored.add_segments(connection, days, found, members)
        located = stored.located_crashes(connection, days)
        on_segments = int(found.filter(kind=SEGMENT)[Measure.CRASHES].sum())
        numbers = {
            "lines": lines.height,
            "ranked_segments": found.filter(pl.col("rank").is_not_null(), kind=SEGMENT).height,
            "ranked_streets": found.filter(pl.col("rank").is_not_null(), kind=STREET).height,
            "crashes": located,
            "crashes_on_segments": on_segments,
            "crashes_out_of_reach": located - on_segments,
        }
        stored.record_analysis(
            connection,
            ANALYSIS,
            days,
            parameters={**asdict(chosen), "city_weights": dict(CITY_WEIGHTS)},
            numbers=numbers,
        )
        record_refresh(connection, MART, rows=rows, through=days.last)
    return Refreshed(rows, {"first_day": str(days.first), "last_day": str(days.last), **numbers})


def _nothing(connection: Connection, reason: str) -> Refreshed:
    record_refresh(connection, MART, rows=0)
    return Refreshed(0, {"nothing": reason})
