"""Cleaning against the synthetic portal: no finding where nothing was planted, and every planted fault found."""

from collections.abc import Iterator
from datetime import date
from functools import cache

import polars as pl
import pytest

from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.feeds.catalogue.rules import value_checks
from chicago_crashes.feeds.cleaning.clean import DAY, Cleaned, clean
from chicago_crashes.feeds.cleaning.schema import failures, key_schema, valid_schema, value_schema
from chicago_crashes.stand_in.synthetic import DOCUMENTED_DIRT, HEAVY_DIRT, Dirt, generate

FIRST, LAST = date(2022, 6, 1), date(2022, 6, 21)
CRASHES_PER_DAY = 40
every_feed = pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)

RULES_OF_DIRT = {
    "zero_coordinates": "coordinates_zero",
    "coordinates_out_of_bounds": "coordinates_out_of_bounds",
    "negative_age": "bounds",
    "age_above_120": "bounds",
    "impossible_year": "bounds",
    "unknown_category": "category",
}
NO_FAULT_OF_THE_VALUE = {
    "missing_coordinates",
    "speed_limit_zero",
    "speed_limit_99",
    "lane_count_zero",
    "lane_count_is_street_number",
    "crash_without_people",
    "late_notification",
    "orphan",
    "dated_differently",
    "unit_number_zero",
    "unit_number_huge",
    "axle_count_huge",
    "quoted_make",
    "null_marker",
    "whitespace",
    "integer_with_decimals",
    "unknown_flag",
    "blank_person_id",
    "two_person_ids",
    "repeated_person_id",
    "injuries_off_by_one",
    "killed_miscounted",
    "unknown_injuries",
    "another_severity",
    "another_hour",
    "another_weekday",
    "another_month",
    "units_miscounted",
    "another_unit",
    "another_vehicle",
    "no_such_person",
    "survivor_listed",
}
PLACED_ON = {"crashes": "location", "fatalities": "geocoded_column"}


@cache
def portal(dirt: Dirt | None) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """The raw frame of every feed for the whole range, and the account of what was planted."""
    batches = list(generate(FIRST, LAST, rows_per_day=CRASHES_PER_DAY, dirt=dirt))
    frames = {feed.name: pl.concat([as_raw(batch.frames[feed.name]) for batch in batches]) for feed in FEEDS}
    return frames, pl.concat([batch.seeded for batch in batches])


def as_raw(frame: pl.DataFrame) -> pl.DataFrame:
    """A generated frame as the raw lake would hold it."""
    return frame.with_row_index(":id").with_columns(
        pl.col(":id").cast(pl.String),
        pl.col(":created_at", ":updated_at").dt.to_string("%Y-%m-%dT%H:%M:%S%.3fZ"),
        pl.col("crash_date").str.slice(0, 10).str.to_date().alias(DAY),
    )


def cleaned(feed: Feed, dirt: Dirt | None) -> tuple[pl.DataFrame, Cleaned]:
    raw = portal(dirt)[0][feed.name]
    return raw, clean(feed, raw)


@every_feed
def test_without_dirt_nothing_is_found(feed: Feed) -> None:
    raw, result = cleaned(feed, None)

    assert raw.height > 0
    assert result.rows.height == raw.height
    assert result.findings.is_empty()
    assert result.quarantined.is_empty()


@every_feed
@pytest.mark.parametrize("dirt", [DOCUMENTED_DIRT, HEAVY_DIRT], ids=["documented", "heavy"])
def test_exactly_the_planted_faults_are_found(feed: Feed, dirt: Dirt) -> None:
    _, result = cleaned(feed, dirt)
    seeded = portal(dirt)[1].filter(feed=feed.name)

    assert set(seeded["dirt"]) <= RULES_OF_DIRT.keys() | NO_FAULT_OF_THE_VALUE
    assert sorted(result.findings.group_by("day", "column_name", "rule").len().iter_rows()) == sorted(
        expected(feed, seeded)
    )
    assert result.quarantined.is_empty()


def expected(feed: Feed, seeded: pl.DataFrame) -> Iterator[tuple[date, str, str, int]]:
    """The findings that an account of planted dirt amounts to: by day, column and rule."""
    faults = seeded.filter(pl.col("dirt").is_in(list(RULES_OF_DIRT))).with_columns(
        pl.col("dirt").replace_strict(RULES_OF_DIRT).alias("rule")
    )
    for day, column, rule, rows in faults.group_by("day", "column", "rule").agg(pl.col("rows").sum()).iter_rows():
        if column == PLACED_ON.get(feed.name):
            yield from ((day, name, rule, rows) for name in ("latitude", "longitude", column))
        else:
            yield (day, column, rule, rows)


def test_heavy_dirt_has_every_kind_of_fault() -> None:
    _, seeded = portal(HEAVY_DIRT)

    assert set(seeded["dirt"]) >= RULES_OF_DIRT.keys()


@every_feed
def test_what_states_no_value_becomes_null_without_a_finding(feed: Feed) -> None:
    raw, result = cleaned(feed, HEAVY_DIRT)
    for column in feed.columns:
        stated_nothing = raw[column.name].str.to_uppercase().is_in(["", "NULL", "N/A", "UNK"])
        assert result.rows[column.name].filter(stated_nothing).is_null().all(), column.name


@every_feed
def test_cleaned_rows_meet_every_schema_but_for_new_categories(feed: Feed) -> None:
    _, result = cleaned(feed, HEAVY_DIRT)

    assert failures(key_schema(feed), result.rows).broken == []
    found = failures(valid_schema(feed), result.rows)
    for check in value_checks(feed):
        assert failures(value_schema(feed, check.question), result.rows).broken == [], check.question
    assert len(found.new_categories) == result.findings.filter(rule="category")["row_key"].n_unique()
