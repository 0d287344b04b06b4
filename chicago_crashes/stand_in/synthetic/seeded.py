"""What planted dirt amounts to: how many rows of each day break which rule of which feed."""

import polars as pl

from chicago_crashes.feeds.catalogue import Feed, feed_named
from chicago_crashes.feeds.catalogue.rules import SECOND_ROW

VALUE_RULES = ("bounds", "category", "coordinates_zero", "coordinates_out_of_bounds")

BREAKS: dict[tuple[str, str], str] = {
    ("crashes", "zero_coordinates"): "coordinates_zero",
    ("crashes", "coordinates_out_of_bounds"): "coordinates_out_of_bounds",
    ("crashes", "unknown_category"): "category",
    ("crashes", "injuries_off_by_one"): "injuries_add_up",
    ("crashes", "killed_miscounted"): "fatal_people_counted",
    ("crashes", "unknown_injuries"): "unknown_injuries_without_people",
    ("crashes", "another_severity"): "worst_injury_of_people",
    ("crashes", "another_hour"): "hour_of_date",
    ("crashes", "another_weekday"): "weekday_of_date",
    ("crashes", "another_month"): "month_of_date",
    ("crashes", "units_miscounted"): "units_counted",
    ("people", "negative_age"): "bounds",
    ("people", "age_above_120"): "bounds",
    ("people", "unknown_category"): "category",
    ("people", "missing_person_id"): "no readable person_id",
    ("people", "orphan"): "crash_exists",
    ("people", "dated_differently"): "dated_like_crash",
    ("people", "another_unit"): "unit_exists",
    ("people", "another_vehicle"): "vehicle_exists",
    ("vehicles", "impossible_year"): "bounds",
    ("vehicles", "unknown_category"): "category",
    ("vehicles", "orphan"): "crash_exists",
    ("vehicles", "dated_differently"): "dated_like_crash",
    ("fatalities", "unknown_category"): "category",
    ("fatalities", "no_such_person"): "person_exists",
    ("fatalities", "survivor_listed"): "person_died",
}
"""By feed and kind of dirt: the rule it breaks. Dirt that is not here breaks none: it is odd, or only looks like it."""
OF_ANY_FEED = {"second_row": SECOND_ROW}


def seeded_by_rule(seeded: pl.DataFrame) -> dict[tuple[str, str], dict[str, int]]:
    """By feed and day: how many rows break each rule, each called what the checks call it.

    A value's rule is called by its column, too; a place is three columns, and all three break the rule.
    """
    found: dict[tuple[str, str], dict[str, int]] = {}
    for feed, day, column, dirt, rows in seeded.iter_rows():
        rule = BREAKS.get((feed, dirt)) or OF_ANY_FEED.get(dirt)
        if rule is None:
            continue
        columns = _place(feed_named(feed), column)
        of_day = found.setdefault((feed, day.isoformat()), {})
        for label in [f"{name} {rule}" for name in columns] if rule in VALUE_RULES else [rule]:
            of_day[label] = of_day.get(label, 0) + rows
    return found


def _place(feed: Feed, column: str) -> tuple[str, ...]:
    """The columns that break a rule together: the three of a place, or the one."""
    places = feed.coordinates
    return (places.latitude, places.longitude, column) if places and column == places.point else (column,)
