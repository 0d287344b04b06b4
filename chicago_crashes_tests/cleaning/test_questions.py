"""The questions asked of a table: which rows their schemas refuse, and what they allow."""

from datetime import datetime

import pandera.errors
import polars as pl
import pytest

from chicago_crashes.cleaning.clean import clean
from chicago_crashes.cleaning.questions import Question, questions
from chicago_crashes.cleaning.rules import rules
from chicago_crashes.cleaning.schema import failing_rows, stored_types
from chicago_crashes.feeds import FEEDS, Feed
from chicago_crashes_tests.cleaning.raw_rows import raw_frame

# ruff: noqa: DTZ001 - the portal's timestamps are wall time and carry no zone

CRASHES, PEOPLE, VEHICLES, FATALITIES = FEEDS
every_feed = pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)


def question(feed: Feed, name: str) -> Question:
    return next(asked for asked in questions(feed) if asked.name == name)


def stored(feed: Feed, *rows: dict[str, object]) -> pl.DataFrame:
    """Rows as the table could hold them if nothing protected it: a sound row each, changed as told."""
    sound = clean(feed, raw_frame(feed, [{}])).rows.select(*stored_types(feed)).row(0, named=True)
    keys: list[dict[str, object]] = [
        {name: place if name == "crash_unit_id" else f"k{place}" for name in feed.key} for place in range(len(rows))
    ]
    whole = [{**sound, **key, **row} for key, row in zip(keys, rows, strict=True)]
    return pl.DataFrame(whole, schema=stored_types(feed))


def test_the_questions_of_every_table() -> None:
    asked = {feed.table: [question.name for question in questions(feed)] for feed in FEEDS}
    assert asked == {
        "crashes": ["keys", "types", "categories", "coordinates_in_bounds"],
        "crash_people": ["keys", "types", "categories", "age_in_bounds"],
        "crash_vehicles": ["keys", "types", "categories", "vehicle_year_in_bounds"],
        "vision_zero_fatalities": ["keys", "types", "categories", "coordinates_in_bounds"],
    }


@every_feed
def test_sound_rows_answer_every_question(feed: Feed) -> None:
    rows = stored(feed, {}, {}, {})
    for asked in questions(feed):
        assert failing_rows(asked.schema, rows) == [], asked.name


@every_feed
def test_no_rows_answer_every_question(feed: Feed) -> None:
    for asked in questions(feed):
        assert failing_rows(asked.schema, stored(feed, {}).clear()) == [], asked.name


@pytest.mark.parametrize(
    ("feed", "name", "row"),
    [
        (CRASHES, "coordinates_in_bounds", {"latitude": 41.599}),
        (CRASHES, "coordinates_in_bounds", {"latitude": 42.101}),
        (CRASHES, "coordinates_in_bounds", {"longitude": -87.951}),
        (FATALITIES, "coordinates_in_bounds", {"longitude": -87.499}),
        (FATALITIES, "coordinates_in_bounds", {"latitude": 0.0, "longitude": 0.0}),
        (PEOPLE, "age_in_bounds", {"age": -1}),
        (PEOPLE, "age_in_bounds", {"age": 121}),
        (VEHICLES, "vehicle_year_in_bounds", {"vehicle_year": 1899}),
        (VEHICLES, "vehicle_year_in_bounds", {"vehicle_year": 2023}),
        (VEHICLES, "vehicle_year_in_bounds", {"vehicle_year": 2017, "crash_date": datetime(2015, 1, 1)}),
        (CRASHES, "categories", {"weather_condition": "FROGS"}),
        (CRASHES, "types", {"beat_of_occurrence": "811"}),
        (CRASHES, "types", {"beat_of_occurrence": "08110"}),
        (CRASHES, "types", {"street_name": "x" * 501}),
        (FATALITIES, "types", {"crash_circumstances": "x" * 4001}),
        (CRASHES, "keys", {"crash_date": None}),
        (CRASHES, "keys", {"crash_record_id": None}),
        (PEOPLE, "keys", {"person_id": None}),
        (VEHICLES, "keys", {"crash_unit_id": None}),
        (FATALITIES, "keys", {"fatality_id": None}),
    ],
)
def test_a_bad_row_fails_its_question_and_no_other(feed: Feed, name: str, row: dict[str, object]) -> None:
    rows = stored(feed, {}, row, {})

    failing = {asked.name: failing_rows(asked.schema, rows) for asked in questions(feed)}

    assert failing.pop(name) == [1]
    assert set(map(tuple, failing.values())) == {()}


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
    for asked in questions(feed):
        assert failing_rows(asked.schema, stored(feed, row)) == []


def test_rows_with_one_key_fail_the_question_of_keys() -> None:
    rows = stored(PEOPLE, {}, {"crash_record_id": "k0", "person_id": "k0"}, {"crash_record_id": "k0"})

    failing = failing_rows(question(PEOPLE, "keys").schema, rows)

    assert 1 in failing
    assert 2 not in failing


def test_several_faults_of_a_row_count_once() -> None:
    rows = stored(CRASHES, {"latitude": 0.0, "longitude": 0.0}, {"latitude": 1.0})

    assert failing_rows(question(CRASHES, "coordinates_in_bounds").schema, rows) == [0, 1]


def test_a_column_of_another_type_is_no_fault_of_a_row() -> None:
    rows = stored(PEOPLE, {}).with_columns(pl.col("age").cast(pl.String))

    with pytest.raises(pandera.errors.SchemaErrors, match="age"):
        failing_rows(question(PEOPLE, "types").schema, rows)


def test_a_missing_column_is_no_fault_of_a_row() -> None:
    with pytest.raises(pandera.errors.SchemaErrors, match="age"):
        failing_rows(question(PEOPLE, "age_in_bounds").schema, stored(PEOPLE, {}).drop("age"))


@pytest.mark.parametrize(("rows", "allowed"), [(0, 0), (1, 1), (100, 1), (101, 2), (1000, 10)])
def test_a_threshold_never_fails_for_a_single_row(rows: int, allowed: int) -> None:
    assert question(PEOPLE, "age_in_bounds").threshold == 0.01
    assert question(PEOPLE, "age_in_bounds").allowed(rows) == allowed


@every_feed
def test_every_finding_counts_for_some_question(feed: Feed) -> None:
    """A rule nobody asks about would repair values without anybody ever seeing a check go red."""
    for rule in rules(feed):
        assert any(
            rule.name in asked.rules and (not asked.columns or rule.column in asked.columns)
            for asked in questions(feed)
        ), (rule.name, rule.column)
