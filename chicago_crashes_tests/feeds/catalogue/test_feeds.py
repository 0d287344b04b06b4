"""The declarations against the portal's own description of its columns."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import FEEDS, Feed, Kind, feed_named, feeds_named
from chicago_crashes.feeds.catalogue.columns import LONGEST_TEXT, NULL_MARKERS
from chicago_crashes.settings import PROJECT_ROOT

METADATA = Path(os.environ.get("CRASHES_TEST_DATA", PROJECT_ROOT.parent / "shared" / "data")) / "metadata"
NOT_YET_DESCRIBED = {"idot_control_no"}
every_feed = pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)


@pytest.mark.parametrize(("name", "columns"), [("crashes", 49), ("people", 29), ("vehicles", 71), ("fatalities", 8)])
def test_no_column_is_dropped(name: str, columns: int) -> None:
    assert len(feed_named(name).columns) == columns


@pytest.mark.parametrize("name", ["crashes", "people", "vehicles"])
def test_names_are_those_of_the_catalogue(name: str) -> None:
    feed = feed_named(name)
    entries = [result["resource"] for result in _metadata("catalog_response.json")["results"]]
    published = next(entry["columns_field_name"] for entry in entries if entry["id"] == feed.dataset_id)

    assert set(feed.column_names) - NOT_YET_DESCRIBED == _without_regions(published)


@pytest.mark.parametrize("name", ["crashes", "vehicles"])
def test_names_and_headers_are_those_of_the_column_descriptions(name: str) -> None:
    feed = feed_named(name)
    described = {column["fieldName"]: column["name"] for column in _metadata(f"{name}_columns.json")}
    published = _without_regions(described)

    in_order = [column.name for column in feed.columns if column.name in published]
    assert in_order == [field for field in described if field in published]
    # The export's header of this one was another for years; the declaration says which one it knows.
    known_differences = {"private_property_i"}
    for column in feed.columns:
        if column.name in published - known_differences:
            assert column.header == described[column.name]


@pytest.mark.parametrize("name", ["crashes", "vehicles"])
def test_official_descriptions_are_kept(name: str) -> None:
    feed = feed_named(name)
    official = {column["fieldName"]: column.get("description") for column in _metadata(f"{name}_columns.json")}
    for column in feed.columns:
        if column.kind is Kind.TEXT and official.get(column.name):
            assert column.description.split()[:3] == official[column.name].split()[:3], column.name


@pytest.mark.parametrize(
    ("feed", "name"),
    [
        ("crashes", "private_property_i"),
        ("crashes", "idot_control_no"),
        ("crashes", "prim_contributory_cause"),
        ("crashes", "intersection_related_i"),
        ("crashes", "beat_of_occurrence"),
        ("vehicles", "hazmat_placards_i"),
        ("vehicles", "cmrc_veh_i"),
        ("vehicles", "crash_unit_id"),
        ("people", "ems_run_no"),
        ("people", "bac_result_value"),
        ("fatalities", "geocoded_column"),
        ("fatalities", "crash_circumstances"),
    ],
)
def test_names_that_are_easily_got_wrong(feed: str, name: str) -> None:
    assert name in feed_named(feed).column_names


@every_feed
def test_names_and_headers_are_unique(feed: Feed) -> None:
    assert len(set(feed.column_names)) == len(feed.columns)
    assert len({column.header for column in feed.columns}) == len(feed.columns)


@every_feed
def test_everything_a_declaration_refers_to_exists(feed: Feed) -> None:
    surrogate = {feed.surrogate.name} if feed.surrogate else set()
    stored = {*feed.column_names, *surrogate}

    assert set(feed.key) <= stored
    assert {name for index in feed.indexes for name in index} <= stored
    assert feed.column(feed.date).kind is Kind.TIMESTAMP
    assert not surrogate & set(feed.column_names)
    if feed.surrogate:
        assert set(feed.surrogate.parts) <= set(feed.column_names)
    if feed.coordinates:
        assert feed.column(feed.coordinates.latitude).kind is Kind.NUMBER
        assert feed.column(feed.coordinates.longitude).kind is Kind.NUMBER
        assert feed.column(feed.coordinates.point).kind is Kind.POINT
    for column in feed.columns:
        if column.highest_year_after:
            assert feed.column(column.highest_year_after).kind is Kind.TIMESTAMP


@every_feed
def test_every_column_says_what_it_is(feed: Feed) -> None:
    assert feed.description
    for column in feed.columns:
        assert column.description.strip(), column.name
        assert column.header, column.name
        assert bool(column.values) == (column.kind is Kind.CATEGORY), column.name
        assert bool(column.digits) == (column.kind is Kind.CODE), column.name
        assert len(set(column.values)) == len(column.values), column.name


@every_feed
def test_declared_categories_are_values_that_cleaning_can_keep(feed: Feed) -> None:
    for column in feed.columns:
        for value in column.values:
            assert value == value.strip()
            assert value
            assert len(value) <= LONGEST_TEXT
            if value.upper() in NULL_MARKERS:
                assert value in NULL_MARKERS, f"{column.name} lists {value!r} in another case than the marker"


def test_bounds_are_the_documented_ones() -> None:
    for feed in (feed_named("crashes"), feed_named("fatalities")):
        assert (feed.column("latitude").lowest, feed.column("latitude").highest) == (41.6, 42.1)
        assert (feed.column("longitude").lowest, feed.column("longitude").highest) == (-87.95, -87.5)
    age = feed_named("people").column("age")
    assert (age.lowest, age.highest) == (0, 120)
    year = feed_named("vehicles").column("vehicle_year")
    assert (year.lowest, year.highest, year.highest_year_after) == (1900, None, "crash_date")


def test_tables_and_datasets_are_not_mixed_up() -> None:
    assert {feed.name: (feed.dataset_id, feed.table, feed.key) for feed in FEEDS} == {
        "crashes": ("85ca-t3if", "crashes", ("crash_record_id",)),
        "people": ("u6pd-qa9d", "crash_people", ("crash_record_id", "person_id")),
        "vehicles": ("68nd-jvt3", "crash_vehicles", ("crash_unit_id",)),
        "fatalities": ("gzaz-isa6", "vision_zero_fatalities", ("fatality_id",)),
    }


def test_an_unknown_feed_is_answered_with_the_known_ones() -> None:
    with pytest.raises(PermanentError, match=r"'weather'.*crashes, people, vehicles, fatalities"):
        feed_named("weather")


def test_no_names_mean_all_feeds() -> None:
    assert feeds_named([]) == tuple(FEEDS)
    assert [feed.name for feed in feeds_named(["people", "crashes"])] == ["people", "crashes"]


def test_an_unknown_column_names_the_feed() -> None:
    with pytest.raises(KeyError, match="feed people has no column latitude"):
        feed_named("people").column("latitude")


def _metadata(file: str) -> Any:
    path = METADATA / file
    if not path.exists():
        pytest.skip(f"{path} is absent; set CRASHES_TEST_DATA to the folder that holds metadata/")
    return json.loads(path.read_text())


def _without_regions(names: Any) -> set[str]:
    return {name for name in names if not name.startswith(":@")}
