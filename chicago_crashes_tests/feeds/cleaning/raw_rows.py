"""Raw rows for tests: whole rows of a feed as published, of which a test names only what matters to it."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

import polars as pl

from chicago_crashes.feeds.catalogue import SYSTEM_FIELDS, Feed
from chicago_crashes.feeds.cleaning.clean import DAY
from chicago_crashes.stand_in.synthetic.days import days_between
from chicago_crashes.stand_in.synthetic.declared import rows_of

A_DAY = date(2021, 12, 31)
NOON = "2021-12-31T12:00:00.000"
PUBLISHED = "2022-01-05T10:00:00.000Z"
Row = Mapping[str, str | None]

SOUND_ROWS: dict[str, dict[str, str]] = {
    "crashes": {
        "crash_record_id": "c1",
        "crash_date": NOON,
        "latitude": "41.9",
        "longitude": "-87.7",
        "location": "POINT (-87.7 41.9)",
        "hit_and_run_i": "Y",
        "beat_of_occurrence": "811",
        "weather_condition": "CLEAR",
        "street_name": "ARCHER AVE",
        "injuries_total": "0",
    },
    "people": {
        "crash_record_id": "c1",
        "person_id": "O1",
        "crash_date": NOON,
        "age": "40",
        "person_type": "DRIVER",
        "city": "CHICAGO",
        "bac_result_value": "0.08",
    },
    "vehicles": {
        "crash_unit_id": "1",
        "crash_record_id": "c1",
        "crash_date": NOON,
        "vehicle_year": "2015",
        "make": "TOYOTA",
        "towed_i": "N",
        "unit_type": "DRIVER",
    },
    "fatalities": {
        "person_id": "O1",
        "crash_date": NOON,
        "crash_location": "2400 S WENTWORTH AVE",
        "victim": "PEDESTRIAN",
        "latitude": "41.9",
        "longitude": "-87.7",
        "geocoded_column": "POINT (-87.7 41.9)",
    },
}


def sound_row(feed: Feed) -> Row:
    """A row without fault: the one above, or for a feed that has none there, one made from its declaration."""
    return SOUND_ROWS.get(feed.name) or _made(feed)


@cache
def _made(feed: Feed) -> Row:
    days = days_between(A_DAY, A_DAY, seed=7, rows_per_day=1)
    return dict(rows_of(feed, days).select(feed.column_names).row(0, named=True))


def raw_frame(feed: Feed, rows: Sequence[Row], *, day: date | None = A_DAY) -> pl.DataFrame:
    """A raw frame of sound rows, each with its own `:id`, changed as `rows` say; `day` None leaves the day out."""
    system = [
        {":id": f"row-{place}", ":created_at": PUBLISHED, ":updated_at": PUBLISHED, ":version": "rv-1"}
        for place in range(len(rows))
    ]
    whole = [{**given, **sound_row(feed), **row} for given, row in zip(system, rows, strict=True)]
    names = dict.fromkeys([*SYSTEM_FIELDS, *feed.column_names, *(name for row in rows for name in row)])
    frame = pl.DataFrame(
        [[row.get(name) for name in names] for row in whole], schema=dict.fromkeys(names, pl.String), orient="row"
    )
    return frame if day is None else frame.with_columns(pl.lit(day).alias(DAY))
