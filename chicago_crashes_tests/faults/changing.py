"""Small changes of the portal's data that fit every feed."""

import polars as pl

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.stand_in import mutations
from chicago_crashes_tests.faults.scene import DAYS, Scene


def change_every_day(scene: Scene, feed: Feed) -> None:
    """Something in every day, so that every day has to be fetched again."""
    for day in DAYS:
        (row,) = scene.some_rows(feed, day, 1)
        mutations.amend(scene.store, feed, {":id": row[":id"]}, {free_text(feed): "CHANGED"})


def free_text(feed: Feed) -> str:
    """A column of free text that is not part of a key."""
    return {
        "crashes": "street_name",
        "people": "city",
        "vehicles": "make",
        "fatalities": "crash_circumstances",
    }[feed.name]


KEY_COLUMN = {
    "crashes": "crash_record_id",
    "people": "person_id",
    "vehicles": "crash_unit_id",
    "fatalities": "person_id",
}
"""The column that makes a row another one."""


def late_row(scene: Scene, feed: Feed) -> pl.DataFrame:
    """A row of another key for the second day."""
    (row,) = scene.some_rows(feed, DAYS[1], 1)
    other = {"crashes": "f" * 128, "vehicles": "98765432"}.get(feed.name, "Q98765432")
    published = {name: value for name, value in row.items() if not name.startswith(":")}
    return pl.DataFrame([published | {KEY_COLUMN[feed.name]: other}], schema=dict.fromkeys(published, pl.String))
