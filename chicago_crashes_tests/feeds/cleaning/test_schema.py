"""The schemas of a table: which rows they refuse; and the rules: how much they allow."""

from dataclasses import replace
from datetime import datetime

import pandera.errors
import polars as pl
import pytest

from chicago_crashes.feeds.catalogue import CRASHES, FATALITIES, FEEDS, PEOPLE, VEHICLES, Feed
from chicago_crashes.feeds.catalogue.rules import Question, Rule, quarantine_rules, value_checks, value_rules
from chicago_crashes.feeds.cleaning.clean import clean
from chicago_crashes.feeds.cleaning.rules import rules
from chicago_crashes.feeds.cleaning.schema import (
    Failures,
    bounds_schema,
    failures,
    key_schema,
    stored_types,
    valid_schema,
    value_schema,
)
from chicago_crashes_tests.feeds.cleaning.raw_rows import raw_frame

# ruff: noqa: DTZ001 - the portal's timestamps are wall time and carry no zone

every_feed = pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)


def failing(feed: Feed, rows: pl.DataFrame) -> dict[str, list[int]]:
    """The places of the rows that fail, by what they fail."""
    schemas = {check.question: value_schema(feed, check.question) for check in value_checks(feed)}
    found = {name: failures(schema, rows) for name, schema in {"keys": key_schema(feed), **schemas}.items()}
    assert {name for name, failing in found.items() if failing.new_categories} <= {"valid"}
    return {name: failing.broken for name, failing in found.items()} | {"categories": found["valid"].new_categories}


def rule(feed: Feed, column: str, name: str) -> Rule:
    return next(rule for rule in value_rules(feed) if (rule.column, rule.name) == (column, name))


def stored(feed: Feed, *rows: dict[str, object]) -> pl.DataFrame:
    """Rows as the table could hold them if nothing protected it: a sound row each, changed as told."""
    sound = clean(feed, raw_frame(feed, [{}])).rows.select(*stored_types(feed)).row(0, named=True)
    keys: list[dict[str, object]] = [
        {name: place if name == "crash_unit_id" else f"k{place}" for name in feed.key} for place in range(len(rows))
    ]
    whole = [{**sound, **key, **row} for key, row in zip(keys, rows, strict=True)]
    return pl.DataFrame(whole, schema=stored_types(feed))


@every_feed
def test_sound_rows_meet_every_schema(feed: Feed) -> None:
    assert set(map(tuple, failing(feed, stored(feed, {}, {}, {})).values())) == {()}


@every_feed
def test_no_rows_meet_every_schema(feed: Feed) -> None:
    assert set(map(tuple, failing(feed, stored(feed, {}).clear()).values())) == {()}


@pytest.mark.parametrize(
    ("feed", "name", "row"),
    [
        (CRASHES, "coordinates_in_bounds", {"latitude": 41.599}),
        (CRASHES, "coordinates_in_bounds", {"latitude": 42.101}),
        (CRASHES, "coordinates_in_bounds", {"longitude": -87.951}),
        (FATALITIES, "coordinates_in_bounds", {"longitude": -87.499}),
        (FATALITIES, "coordinates_in_bounds", {"latitude": 0.0, "longitude": 0.0}),
        (PEOPLE, "ages_in_bounds", {"age": -1}),
        (PEOPLE, "ages_in_bounds", {"age": 121}),
        (VEHICLES, "vehicle_years_in_bounds", {"vehicle_year": 1899}),
        (VEHICLES, "vehicle_years_in_bounds", {"vehicle_year": 2023}),
        (VEHICLES, "vehicle_years_in_bounds", {"vehicle_year": 2017, "crash_date": datetime(2015, 1, 1)}),
        (CRASHES, "categories", {"weather_condition": "FROGS"}),
        (CRASHES, "valid", {"beat_of_occurrence": "811"}),
        (CRASHES, "valid", {"beat_of_occurrence": "08110"}),
        (CRASHES, "valid", {"street_name": "x" * 501}),
        (FATALITIES, "valid", {"crash_circumstances": "x" * 4001}),
        (CRASHES, "keys", {"crash_date": None}),
        (CRASHES, "keys", {"crash_record_id": None}),
        (PEOPLE, "keys", {"person_id": None}),
        (VEHICLES, "keys", {"crash_unit_id": None}),
        (FATALITIES, "keys", {"fatality_id": None}),
    ],
)
def test_a_bad_row_fails_by_itself(feed: Feed, name: str, row: dict[str, object]) -> None:
    found = failing(feed, stored(feed, {}, row, {}))

    assert found.pop(name) == [1]
    assert set(map(tuple, found.values())) == {()}


@pytest.mark.parametrize(
    ("feed", "row"),
    [
        (CRASHES, {"latitude": 41.6, "longitude": -87.95}),
        (CRASHES, {"latitude": 42.1, "longitude": -87.5}),
        (CRASHES, {"latitude": None, "longitude": None}),
        (CRASHES, {"street_name": "é" * 500, "beat_of_occurrence": None}),
        (PEOPLE, {"age": 0}),
        (PEOPLE, {"age": 120}),
        (PEOPLE, {"age": None}),
        (VEHICLES, {"vehicle_year": 1900}),
        (VEHICLES, {"vehicle_year": 2022}),
        (VEHICLES, {"vehicle_year": None}),
    ],
)
def test_bounds_are_inclusive_and_null_is_no_fault(feed: Feed, row: dict[str, object]) -> None:
    assert set(map(tuple, failing(feed, stored(feed, row)).values())) == {()}


def test_rows_with_one_key_are_not_unique() -> None:
    rows = stored(PEOPLE, {}, {"crash_record_id": "k0", "person_id": "k0"}, {"crash_record_id": "k0"})

    found = failures(key_schema(PEOPLE), rows).broken

    assert 1 in found
    assert 2 not in found


def test_several_faults_of_a_row_count_once() -> None:
    sound: dict[str, object] = {"weather_condition": "FROGS"}
    rows = stored(CRASHES, {"latitude": 0.0, "longitude": 0.0}, {"latitude": 1.0, "longitude": 1.0}, sound)

    assert failures(bounds_schema(CRASHES, "coordinates_in_bounds"), rows) == Failures([0, 1], [])
    assert failures(valid_schema(CRASHES), rows) == Failures([], [2])


def test_rows_that_fail_are_named_in_order_whatever_they_fail() -> None:
    rows: list[dict[str, object]] = [{} for _ in range(12)]
    for place in (9, 3, 6):
        rows[place] = {"weather_condition": "FROGS", "beat_of_occurrence": "811"}
    for place in (8, 2):
        rows[place] = {"lighting_condition": "GLOW", "street_name": "x" * 501}

    found = failures(valid_schema(CRASHES), stored(CRASHES, *rows))

    assert found == Failures(broken=[2, 3, 6, 8, 9], new_categories=[2, 3, 6, 8, 9])


def test_a_column_of_another_type_is_no_fault_of_a_row() -> None:
    rows = stored(PEOPLE, {}).with_columns(pl.col("age").cast(pl.String))

    with pytest.raises(pandera.errors.SchemaErrors, match="age"):
        failures(valid_schema(PEOPLE), rows)


def test_a_missing_column_is_no_fault_of_a_row() -> None:
    with pytest.raises(pandera.errors.SchemaErrors, match="age"):
        failures(valid_schema(PEOPLE), stored(PEOPLE, {}).drop("age"))
    with pytest.raises(pandera.errors.SchemaErrors, match="age"):
        failures(bounds_schema(PEOPLE, "ages_in_bounds"), stored(PEOPLE, {}).drop("age"))


@pytest.mark.parametrize(("rows", "allowed"), [(0, 0), (1, 1), (100, 1), (101, 2), (1000, 10)])
def test_a_threshold_never_fails_for_a_single_row(rows: int, allowed: int) -> None:
    assert rule(PEOPLE, "age", "bounds").threshold == 0.01
    assert rule(PEOPLE, "age", "bounds").allowed(rows) == allowed


@every_feed
def test_every_declared_rule_has_a_condition_and_a_meaning(feed: Feed) -> None:
    assert [applied.declared for applied in rules(feed)] == list(value_rules(feed))
    for declared in (*value_rules(feed), *quarantine_rules(feed)):
        assert declared.meaning.endswith("."), declared
        assert 0 < declared.threshold < 0.1
        assert set(declared.columns) <= {*feed.column_names, *feed.key}
    labels = [declared.label for declared in value_rules(feed)]
    assert len(labels) == len(set(labels))


@every_feed
def test_every_rule_on_values_is_asked_by_one_check(feed: Feed) -> None:
    valid, *bounds = value_checks(feed)

    assert sorted(rule.label for check in (valid, *bounds) for rule in check.rules) == sorted(
        rule.label for rule in value_rules(feed)
    )
    assert all(rule.question == check.question for check in (valid, *bounds) for rule in check.rules)
    assert (valid.question, valid.threshold) == (Question.VALID, None)
    assert {check.question for check in bounds} & {question.value for question in Question} == set()


def test_bounds_that_people_look_for_have_a_check_of_their_own() -> None:
    asked = {
        (feed.name, check.question): (check.threshold, {rule.label for rule in check.rules})
        for feed in FEEDS
        for check in value_checks(feed)[1:]
    }

    def places(point: str) -> set[str]:
        of_each = ("coordinates_zero", "coordinates_out_of_bounds")
        return {
            f"{point} point_out_of_bounds",
            *(f"{column} {name}" for column in ("latitude", "longitude", point) for name in of_each),
        }

    assert asked == {
        ("crashes", "coordinates_in_bounds"): (0.02, places("location")),
        ("people", "ages_in_bounds"): (0.01, {"age bounds"}),
        ("vehicles", "vehicle_years_in_bounds"): (0.01, {"vehicle_year bounds"}),
        ("fatalities", "coordinates_in_bounds"): (0.02, places("geocoded_column")),
    }


def test_a_check_of_bounds_says_which() -> None:
    meanings = {check.question: check.meaning for feed in FEEDS for check in value_checks(feed)}

    assert meanings["ages_in_bounds"] == "age: The value is 0 to 120"
    assert meanings["vehicle_years_in_bounds"] == "vehicle_year: The value is 1900 to the year after crash_date"
    assert "The place lies within Chicago's bounding box." in meanings["coordinates_in_bounds"]


def test_bounds_without_a_check_of_their_own_are_asked_by_valid() -> None:
    limit = replace(CRASHES.column("posted_speed_limit"), lowest=0, highest=70)
    feed = replace(CRASHES, columns=tuple(limit if column.name == limit.name else column for column in CRASHES.columns))

    assert rule(feed, "posted_speed_limit", "bounds").question == Question.VALID
    found = failing(feed, stored(feed, {}, {"posted_speed_limit": 71}, {"posted_speed_limit": -1}))
    assert found == {"keys": [], "valid": [1, 2], "coordinates_in_bounds": [], "categories": []}
