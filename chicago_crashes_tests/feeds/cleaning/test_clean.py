"""Cleaning by hand: the forms that occur and the forms that must not pass, each with what becomes of it."""

# ruff: noqa: DTZ001 - the portal's timestamps are wall time and carry no zone

import json
import re
from datetime import UTC, date, datetime

import polars as pl
import pytest

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import CRASHES, FATALITIES, FEEDS, PEOPLE, VEHICLES, Feed
from chicago_crashes.feeds.cleaning.clean import DAY, FINDING_SCHEMA, QUARANTINE_SCHEMA, Cleaned, clean
from chicago_crashes_tests.feeds.cleaning.raw_rows import A_DAY, NOON, Row, raw_frame

Found = tuple[str, str, str | None, str]
TYPE_FAULT, KEPT = "type", None


def cleaned(feed: Feed, *rows: Row) -> Cleaned:
    return clean(feed, raw_frame(feed, rows))


def found(result: Cleaned) -> list[Found]:
    return sorted(result.findings.select("column_name", "rule", "value", "action").iter_rows())


def one_value(feed: Feed, column: str, text: str | None, **others: str | None) -> tuple[object, list[tuple[str, str]]]:
    """The value a text becomes, and the rules broken in its column with the value they keep."""
    result = cleaned(feed, {column: text, **others})
    assert result.rows.height == 1
    broken = [(rule, value or "") for name, rule, value, _ in found(result) if name == column]
    return result.rows[column][0], broken


def test_sound_rows_have_no_findings() -> None:
    for feed in FEEDS:
        result = cleaned(feed, {})
        assert result.rows.height == 1
        assert result.findings.is_empty()
        assert result.quarantined.is_empty()


@pytest.mark.parametrize(
    "marker", ["", "NULL", "N/A", "UNKNOWN", "UNK", "null", "n/a", "Unknown", "unk", "  Unk\t", "   "]
)
@pytest.mark.parametrize(
    ("feed", "column"),
    [
        (CRASHES, "street_name"),
        (CRASHES, "posted_speed_limit"),
        (CRASHES, "hit_and_run_i"),
        (CRASHES, "date_police_notified"),
        (CRASHES, "beat_of_occurrence"),
        (PEOPLE, "bac_result_value"),
        (PEOPLE, "sex"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_null_markers_state_that_there_is_no_value(feed: Feed, column: str, marker: str) -> None:
    assert one_value(feed, column, marker) == (None, [])


@pytest.mark.parametrize("text", ["NA", "NONE", "UNKNOWN/NA", "NULL ISLAND", "-", "N / A"])
def test_text_that_only_looks_like_a_marker_is_kept(text: str) -> None:
    assert one_value(VEHICLES, "make", text) == (text, [])


def test_unknown_is_an_answer_where_it_is_a_category() -> None:
    assert one_value(CRASHES, "weather_condition", "UNKNOWN") == ("UNKNOWN", [])
    assert one_value(CRASHES, "weather_condition", " UNKNOWN ") == ("UNKNOWN", [])
    assert one_value(CRASHES, "weather_condition", "N/A") == (None, [])
    assert one_value(VEHICLES, "travel_direction", "UNKNOWN") == ("UNKNOWN", [])


def test_a_new_category_is_kept_and_flagged() -> None:
    result = cleaned(CRASHES, {"weather_condition": "FROGS"})

    assert result.rows["weather_condition"].to_list() == ["FROGS"]
    assert found(result) == [("weather_condition", "category", "FROGS", "flagged")]


def test_a_category_in_another_case_is_a_new_category() -> None:
    assert one_value(CRASHES, "weather_condition", "clear") == ("clear", [("category", "clear")])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("+7", 7),
        ("-7", -7),
        ("007", 7),
        ("123.0", 123),
        ("123.", 123),
        ("53.000", 53),
        ("1,191,625", 1191625),
        ("433,634", 433634),
        ("1,234.0", 1234),
        ("2147483647", 2147483647),
    ],
)
def test_integers_in_the_forms_that_occur(text: str, value: int) -> None:
    assert one_value(CRASHES, "lane_cnt", text) == (value, [])


@pytest.mark.parametrize(
    "text",
    ["53.5", "1,23", "1,2345", ",123", "12,", "1e5", "0x10", "1_000", "٣", "one", "$5", "2147483648", "-2147483649",
     "9" * 40, "1 000", "--1", "."],
)  # fmt: skip
def test_what_is_no_integer_is_nulled_with_the_original_kept(text: str) -> None:
    result = cleaned(CRASHES, {"lane_cnt": text})

    assert result.rows["lane_cnt"].to_list() == [None]
    assert found(result) == [("lane_cnt", "type", text, "nulled")]
    assert result.rows.schema["lane_cnt"] == pl.Int32


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.08", 0.08), ("1,234.5", 1234.5), (".5", 0.5), ("5.", 5.0), ("1e-3", 0.001), ("-0.25", -0.25), ("+2", 2.0)],
)
def test_numbers_in_the_forms_that_occur(text: str, value: float) -> None:
    assert one_value(PEOPLE, "bac_result_value", text) == (value, [])


@pytest.mark.parametrize("text", ["NaN", "inf", "-Infinity", "1e999", ".", "e5", "1.2.3", "0,08", "1,2,3", "0.08%"])
def test_what_is_no_number_is_nulled(text: str) -> None:
    assert one_value(PEOPLE, "bac_result_value", text) == (None, [("type", text)])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2021-12-31T14:00:00.000", datetime(2021, 12, 31, 14)),
        ("2019-10-12T01:57:00", datetime(2019, 10, 12, 1, 57)),
        ("09/05/2023 07:05:00 PM", datetime(2023, 9, 5, 19, 5)),
        ("09/05/2023 07:05:00 AM", datetime(2023, 9, 5, 7, 5)),
        ("12/30/2021 12:00:00 AM", datetime(2021, 12, 30)),
        ("12/30/2021 12:00:00 PM", datetime(2021, 12, 30, 12)),
        ("12/30/2021 12:59:59 am", datetime(2021, 12, 30, 0, 59, 59)),
        ("2021-03-14T02:30:00.000", datetime(2021, 3, 14, 2, 30)),  # wall time that no clock in Chicago showed
        ("2021-11-07T01:30:00.000", datetime(2021, 11, 7, 1, 30)),  # wall time that occurred twice
        ("2020-02-29T00:00:00.000", datetime(2020, 2, 29)),
        ("2021-12-31T23:59:59.999", datetime(2021, 12, 31, 23, 59, 59, 999000)),
        ("1900-01-01T00:00:00.000", datetime(1900, 1, 1)),
        ("2200-01-01T00:00:00.000", datetime(2200, 1, 1)),
    ],
)
def test_timestamps_in_both_forms(text: str, value: datetime) -> None:
    assert one_value(CRASHES, "date_police_notified", text) == (value, [])


@pytest.mark.parametrize(
    "text",
    ["0000-01-01T00:00:00.000", "0001-01-01T00:00:00.000", "9999-12-31T23:59:59.000", "99999-01-01T00:00:00.000",
     "+262143-12-31T00:00:00", "1899-12-31T23:59:59.000",
     "2200-01-01T00:00:00.001", "2021-02-29T00:00:00.000", "2021-13-01T00:00:00.000",
     "2021-12-31T24:00:00.000", "2021-12-31T23:60:00.000", "13/01/2021 01:00:00 PM", "09/05/2023 19:05", "43549.61319",
     "09/05/2023 13:05:00 PM", "09/05/2023 00:05:00 AM", "2021-12-31", "yesterday", "2021-12-31T14:00:00.000 CST"],
)  # fmt: skip
def test_what_is_no_timestamp_is_nulled(text: str) -> None:
    assert one_value(CRASHES, "date_police_notified", text) == (None, [("type", text)])


def test_a_leap_second_never_moves_a_row_to_another_day() -> None:
    text = "2021-12-31T23:59:60.000"

    assert one_value(CRASHES, "date_police_notified", text) == (None, [("type", text)])


@pytest.mark.parametrize(
    ("text", "value"),
    [("Y", True), ("N", False), ("y", True), ("n", False), ("true", True), ("false", False), ("TRUE", True),
     (" Y ", True), ("U", None), ("u", None), ("UNKNOWN", None)],
)  # fmt: skip
def test_flags(text: str, value: bool | None) -> None:
    assert one_value(CRASHES, "hit_and_run_i", text) == (value, [])


@pytest.mark.parametrize("text", ["1", "0", "YES", "X", "T"])
def test_other_flags_are_nulled(text: str) -> None:
    assert one_value(CRASHES, "hit_and_run_i", text) == (None, [("type", text)])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("811", "0811"),
        ("0811", "0811"),
        ("1222", "1222"),
        ("6100", "6100"),
        ("811.0", "0811"),
        ("0", "0000"),
        ("9999", "9999"),
    ],
)
def test_beats_have_four_digits(text: str, value: str) -> None:
    assert one_value(CRASHES, "beat_of_occurrence", text) == (value, [])


@pytest.mark.parametrize("text", ["10000", "10001", "12345", "-811", "-1", "81A", "811.5"])
def test_what_is_no_beat_is_nulled(text: str) -> None:
    assert one_value(CRASHES, "beat_of_occurrence", text) == (None, [("type", text)])


@pytest.mark.parametrize(
    ("text", "value", "broken"),
    [("-1", None, True), ("-177", None, True), ("0", 0, False), ("120", 120, False), ("121", None, True)],
)
def test_ages(text: str, value: int | None, *, broken: bool) -> None:
    assert one_value(PEOPLE, "age", text) == (value, [("bounds", text)] if broken else [])


@pytest.mark.parametrize(
    ("text", "value", "broken"),
    [("1899", None, True), ("1900", 1900, False), ("2022", 2022, False), ("2023", None, True), ("9999", None, True)],
)
def test_vehicle_years_are_judged_by_the_year_of_the_crash(text: str, value: int | None, *, broken: bool) -> None:
    assert one_value(VEHICLES, "vehicle_year", text) == (value, [("bounds", text)] if broken else [])


def test_the_next_model_year_moves_with_the_crash() -> None:
    assert one_value(VEHICLES, "vehicle_year", "2017", crash_date="2016-05-01T00:00:00.000") == (2017, [])
    assert one_value(VEHICLES, "vehicle_year", "2018", crash_date="2016-05-01T00:00:00.000")[0] is None


def test_text_that_is_too_long_is_nulled_and_kept_in_the_finding() -> None:
    assert one_value(VEHICLES, "make", "x" * 500) == ("x" * 500, [])
    assert one_value(VEHICLES, "make", "é" * 500) == ("é" * 500, [])
    assert one_value(VEHICLES, "make", "x" * 501) == (None, [("length", "x" * 501)])


def test_a_category_that_is_too_long_is_nulled() -> None:
    """An index entry has room for 2,704 bytes; a longer value would make the database refuse the whole day."""
    value, broken = one_value(CRASHES, "most_severe_injury", "x" * 501)

    assert value is None
    assert ("length", "x" * 501) in broken


def test_text_with_a_nul_is_nulled_and_shown_in_the_finding() -> None:
    assert one_value(VEHICLES, "make", "TO\0YOTA") == (None, [("type", "TO\N{REPLACEMENT CHARACTER}YOTA")])


def test_white_space_around_a_value_is_no_fault() -> None:
    assert one_value(VEHICLES, "make", " \tTOYOTA  MOTOR\n") == ("TOYOTA  MOTOR", [])


PAIR = ("latitude", "longitude", "location")


@pytest.mark.parametrize(
    ("latitude", "longitude", "location", "status", "broken"),
    [
        ("41.9", "-87.7", "POINT (-87.7 41.9)", "ok", []),
        ("41.9", "-87.7", None, "ok", []),
        ("41.6", "-87.95", None, "ok", []),
        ("42.1", "-87.5", None, "ok", []),
        (None, None, None, "missing", []),
        ("", "unknown", "NULL", "missing", []),
        ("41.9", None, None, "missing", [("latitude", "coordinates_pair")]),
        (None, "-87.7", None, "missing", [("longitude", "coordinates_pair")]),
        ("north", "-87.7", None, "missing", [("latitude", "type"), ("longitude", "coordinates_pair")]),
        (None, None, "POINT (-87.7 41.9)", "missing", [("location", "coordinates_pair")]),
        ("0", "0", "POINT (0 0)", "zero", [(name, "coordinates_zero") for name in PAIR]),
        ("0.0", "-0.000", None, "zero", [(name, "coordinates_zero") for name in PAIR[:2]]),
        ("0", "-87.7", None, "out_of_bounds", [(name, "coordinates_out_of_bounds") for name in PAIR[:2]]),
        ("41.599999", "-87.7", None, "out_of_bounds", [(name, "coordinates_out_of_bounds") for name in PAIR[:2]]),
        ("42.100001", "-87.7", None, "out_of_bounds", [(name, "coordinates_out_of_bounds") for name in PAIR[:2]]),
        ("41.9", "-87.950001", None, "out_of_bounds", [(name, "coordinates_out_of_bounds") for name in PAIR[:2]]),
        ("41.9", "-87.499999", None, "out_of_bounds", [(name, "coordinates_out_of_bounds") for name in PAIR[:2]]),
        ("-87.7", "41.9", None, "out_of_bounds", [(name, "coordinates_out_of_bounds") for name in PAIR[:2]]),
        ("41.9", "-87.7", "POINT (0 0)", "ok", [("location", "point_out_of_bounds")]),
        ("41.9", "-87.7", "POINT (-87.7 1e999)", "ok", [("location", "point_out_of_bounds")]),
        ("41.9", "-87.7", "somewhere", "ok", [("location", "type")]),
    ],
)
def test_coordinates(
    latitude: str | None, longitude: str | None, location: str | None, status: str, broken: list[tuple[str, str]]
) -> None:
    result = cleaned(CRASHES, {"latitude": latitude, "longitude": longitude, "location": location})

    (row,) = result.rows.iter_rows(named=True)
    assert row["coordinate_status"] == status
    assert sorted((name, rule) for name, rule, _, _ in found(result)) == sorted(broken)
    if status == "ok":
        assert (row["latitude"], row["longitude"]) == (float(latitude or 0), float(longitude or 0))
    else:
        assert [row[name] for name in PAIR] == [None, None, None]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("POINT (-87.683387053281 41.764608912236)", "POINT (-87.683387053281 41.764608912236)"),
        ("point(-87.7  41.9)", "POINT (-87.7 41.9)"),
        (
            '{"type":"Point","coordinates":[-87.683387053281,41.764608912236]}',
            "POINT (-87.683387053281 41.764608912236)",
        ),
        ('{"type": "Point", "coordinates": [ -87.7 , 41.9 ]}', "POINT (-87.7 41.9)"),
        ('{"coordinates":[-87.7,41.9],"type":"Point"}', "POINT (-87.7 41.9)"),
    ],
)
def test_points_as_wkt_and_as_geojson(text: str, value: str) -> None:
    assert one_value(CRASHES, "location", text) == (value, [])


@pytest.mark.parametrize(
    "text", ["POINT EMPTY", "POINT (1)", "POINT (a b)", "LINESTRING (1 2, 3 4)", '{"type":"Point"}', "41.9,-87.7", "{}"]
)
def test_what_is_no_point_is_nulled(text: str) -> None:
    assert one_value(CRASHES, "location", text) == (None, [("type", text)])


def test_null_injuries_are_not_zero() -> None:
    assert one_value(CRASHES, "injuries_total", None) == (None, [])
    assert one_value(CRASHES, "injuries_total", "0") == (0, [])


def test_unknown_columns_are_kept_as_published() -> None:
    result = clean(CRASHES, raw_frame(CRASHES, [{"rd_no": ' J"1 ', "speed": None}, {"crash_record_id": "c2"}]))

    extras = dict(result.rows.select("crash_record_id", "extra").iter_rows())
    assert json.loads(extras["c1"]) == {"rd_no": ' J"1 '}
    assert extras["c2"] is None


def test_what_one_row_lacks_does_not_depend_on_its_neighbours() -> None:
    """Days are cleaned together in batches; an unknown column of one day must not show in the rows of another."""
    alone = cleaned(CRASHES, {"rd_no": "J1"})
    together = cleaned(CRASHES, {"rd_no": "J1"}, {"crash_record_id": "c2", "mood": "GRIM"})

    assert together.rows["extra"][0] == alone.rows["extra"][0]


def test_unknown_columns_with_a_nul_can_be_stored() -> None:
    result = cleaned(CRASHES, {"rd_no": "J\0"})

    assert json.loads(result.rows["extra"][0]) == {"rd_no": "J\N{REPLACEMENT CHARACTER}"}


def test_a_column_that_a_vintage_lacks_is_null() -> None:
    raw = raw_frame(CRASHES, [{}]).drop("idot_control_no")

    result = clean(CRASHES, raw)

    assert result.rows["idot_control_no"].to_list() == [None]
    assert result.findings.is_empty()
    assert result.rows["extra"].to_list() == [None]


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_no_rows_at_all(feed: Feed) -> None:
    result = clean(feed, raw_frame(feed, []))

    assert result.rows.is_empty()
    assert dict(result.findings.schema) == FINDING_SCHEMA
    assert dict(result.quarantined.schema) == QUARANTINE_SCHEMA


@pytest.mark.parametrize(
    ("feed", "row", "reason"),
    [
        (CRASHES, {"crash_record_id": None}, "no readable crash_record_id"),
        (CRASHES, {"crash_record_id": " unk "}, "no readable crash_record_id"),
        (CRASHES, {"crash_record_id": "c\0"}, "no readable crash_record_id"),
        (CRASHES, {"crash_record_id": "c" * 129}, "no readable crash_record_id"),
        (PEOPLE, {"person_id": ""}, "no readable person_id"),
        (PEOPLE, {"person_id": "O" * 501}, "no readable person_id"),
        (PEOPLE, {"crash_record_id": None}, "no readable crash_record_id"),
        (VEHICLES, {"crash_unit_id": "one"}, "no readable crash_unit_id"),
        (VEHICLES, {"crash_unit_id": "9999999999"}, "no readable crash_unit_id"),
        *((feed, {"crash_date": "soon"}, "no readable crash_date") for feed in FEEDS),
        *((feed, {"crash_date": None}, "no readable crash_date") for feed in FEEDS),
    ],
)
def test_rows_that_cannot_be_loaded_are_set_aside_whole(feed: Feed, row: Row, reason: str) -> None:
    raw = raw_frame(feed, [row, {"extra_column": "x"}])

    result = clean(feed, raw)

    assert result.rows.height == 1
    (refused,) = result.quarantined.iter_rows(named=True)
    assert (refused["reason"], refused["day"], refused["copy"]) == (reason, A_DAY, 0)
    published = raw.drop(DAY).row(0, named=True)
    assert json.loads(refused["raw_row"]) == {
        name: value.replace("\0", "\N{REPLACEMENT CHARACTER}") for name, value in published.items() if value is not None
    }


def test_of_two_rows_with_one_key_the_newest_is_loaded() -> None:
    older, newer = "2022-01-01T00:00:00.000Z", "2022-01-02T00:00:00.000Z"
    rows: list[Row] = [
        {":updated_at": newer, "street_name": "NEW"},
        {":updated_at": older, "street_name": "OLD"},
        {":updated_at": None, "street_name": "TIMELESS"},
    ]
    for order in (rows, rows[::-1]):
        result = clean(CRASHES, raw_frame(CRASHES, order))
        assert result.rows["street_name"].to_list() == ["NEW"]
        assert result.quarantined["reason"].to_list() == ["second row with the same key"] * 2


def test_a_row_that_cannot_be_loaded_does_not_displace_one_that_can() -> None:
    newer = "2022-02-01T00:00:00.000Z"
    result = cleaned(CRASHES, {"street_name": "GOOD"}, {":updated_at": newer, "crash_date": "soon"})

    assert result.rows["street_name"].to_list() == ["GOOD"]
    assert result.quarantined["reason"].to_list() == ["no readable crash_date"]


def test_a_row_in_quarantine_is_the_same_in_whatever_order_its_columns_came() -> None:
    raw = raw_frame(CRASHES, [{"crash_record_id": None, "unknown": "x"}])
    one, other = (clean(CRASHES, frame).quarantined for frame in (raw, raw.select(reversed(raw.columns))))

    assert one.equals(other)


def test_a_row_in_quarantine_can_be_read_in_any_language() -> None:
    (refused,) = cleaned(CRASHES, {"crash_record_id": None, "street_name": "CALLE OCHÓ"}).quarantined["raw_row"]

    assert '"street_name": "CALLE OCHÓ"' in refused


def test_equal_rows_in_quarantine_are_told_apart() -> None:
    same: Row = {":id": "row", "crash_record_id": None}
    result = cleaned(CRASHES, same, same, same)

    assert result.quarantined["digest"].n_unique() == 1
    assert sorted(result.quarantined["copy"]) == [0, 1, 2]


def test_equal_rows_of_two_days_are_numbered_day_by_day() -> None:
    """Otherwise a day would be in quarantine in another way if others are cleaned with it."""
    rows: list[Row] = [{":id": "row", "crash_record_id": None}] * 2
    other_day = raw_frame(CRASHES, rows, day=date(2021, 12, 30))

    alone = clean(CRASHES, other_day).quarantined
    together = clean(CRASHES, pl.concat([raw_frame(CRASHES, rows), other_day])).quarantined

    assert together.filter(pl.col("day") == date(2021, 12, 30)).equals(alone)
    assert sorted(together["copy"]) == [0, 0, 1, 1]


@pytest.mark.parametrize("first", [0, 1], ids=["older first", "newer first"])
def test_of_two_days_rows_with_one_key_the_newest_is_loaded(first: int) -> None:
    other_day = date(2021, 12, 30)
    older = raw_frame(CRASHES, [{":updated_at": "2022-01-02T00:00:00.000Z", "street_name": "OLD"}])
    newer = raw_frame(CRASHES, [{":updated_at": "2022-01-03T00:00:00.000Z", "street_name": "NEW"}], day=other_day)

    result = clean(CRASHES, pl.concat([older, newer] if first else [newer, older]))

    assert result.rows["street_name"].to_list() == ["NEW"]
    (refused,) = result.quarantined.iter_rows(named=True)
    assert (
        refused["day"],
        refused["reason"],
        refused["row_key"],
        refused["rival_day"],
        refused["source_updated_at"],
    ) == (
        A_DAY,
        "second row with the same key on another day",
        "c1",
        other_day,
        datetime(2022, 1, 2, tzinfo=UTC),
    )


def test_findings_name_the_row() -> None:
    result = cleaned(PEOPLE, {"age": "121"})

    assert result.findings.row(0, named=True) == {
        "day": A_DAY,
        "row_key": "c1/O1",
        "column_name": "age",
        "rule": "bounds",
        "value": "121",
        "action": "nulled",
    }


@pytest.mark.parametrize(
    "text",
    [
        "2022-01-05T10:00:00.000Z",
        "2022-01-05T10:00:00Z",
        "2022-01-05T10:00:00.000",
        "2022-01-05T10:00:00+00:00",
        "2022-01-05T04:00:00.000-06:00",
        "2022-01-05T15:30:00.000000+05:30",
    ],
)
def test_the_time_of_publication_is_read_in_every_form(text: str) -> None:
    rows = cleaned(CRASHES, {":updated_at": text}, {"crash_record_id": "c2", ":updated_at": None}).rows
    assert rows["source_updated_at"].to_list() == [datetime(2022, 1, 5, 10, tzinfo=UTC), None]


@pytest.mark.parametrize("text", ["", "yesterday", "2022-01-05T10:00:60.000Z", "01/05/2022 10:00:00 AM", "1641376800"])
def test_a_time_of_publication_that_says_none_is_an_error(text: str) -> None:
    with pytest.raises(PermanentError, match=f"crashes {A_DAY}.*{text!r}"):
        cleaned(CRASHES, {}, {"crash_record_id": "c2", ":updated_at": text})


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_columns_that_are_called_like_ours_are_kept(feed: Feed) -> None:
    names = (
        "day",
        "row",
        "reason",
        "row_key",
        "digest",
        "copy",
        "rival_day",
        "raw_row",
        "extra",
        "source_updated_at",
        "second",
    )
    published = {name: f"the {name}" for name in names}
    result = cleaned(feed, published, {feed.date: "soon", **published})

    kept = json.loads(result.rows["extra"][0])
    (refused,) = result.quarantined.iter_rows(named=True)
    raw_row = json.loads(refused["raw_row"])
    assert kept == published
    assert {name: raw_row.get(name) for name in names} == published
    assert (refused["day"], refused["reason"]) == (A_DAY, f"no readable {feed.date}")


VICTIMS: list[Row] = [
    {"person_id": "O655675", "victim": "DRIVER"},
    {"person_id": "O655675", "victim": "PASSENGER"},
    {"person_id": "UNK", "victim": "PEDESTRIAN"},
    {"person_id": None, "victim": "CYCLIST"},
    {"person_id": None, "victim": "CYCLIST"},
    {"person_id": "P1", "crash_location": None},
]


def test_victims_get_the_same_key_in_any_order() -> None:
    def keys(rows: list[Row]) -> list[tuple[object, ...]]:
        result = clean(FATALITIES, raw_frame(FATALITIES, rows))
        assert result.rows["fatality_id"].n_unique() == len(rows)
        return sorted(result.rows.select("fatality_id", "person_id", "victim").rows(), key=str)

    expected = keys(VICTIMS)
    assert keys(VICTIMS[::-1]) == expected
    assert keys([VICTIMS[place] for place in (3, 0, 5, 1, 4, 2)]) == expected


def test_of_equal_victims_the_one_of_whom_less_is_known_is_numbered_last() -> None:
    """Keys must stay what they are: they are in the tables and in the history."""
    known: Row = {"person_id": None, "crash_location": "A", "victim": "DRIVER"}
    unknown: Row = {**known, "victim": None}
    alone = cleaned(FATALITIES, known).rows["fatality_id"][0]

    for rows in ([known, unknown], [unknown, known]):
        result = cleaned(FATALITIES, *rows).rows
        assert result.filter(pl.col("victim") == "DRIVER")["fatality_id"].to_list() == [alone]
    assert re.fullmatch("[0-9a-f]{32}", alone)


def test_the_key_of_a_victim_depends_on_nothing_else() -> None:
    alone = cleaned(FATALITIES, VICTIMS[5]).rows["fatality_id"][0]
    among_others = cleaned(FATALITIES, *VICTIMS).rows.filter(pl.col("person_id") == "P1")["fatality_id"][0]
    settled = cleaned(FATALITIES, {**VICTIMS[5], "victim": "DRIVER", "latitude": None}).rows["fatality_id"][0]

    assert alone == among_others == settled
    assert alone != cleaned(FATALITIES, {**VICTIMS[5], "crash_date": "2021-12-31T12:01:00.000"}).rows["fatality_id"][0]


def test_the_key_of_a_victim_is_the_same_in_both_forms_of_the_feed() -> None:
    api = cleaned(FATALITIES, {"crash_date": NOON}).rows["fatality_id"][0]
    export = cleaned(FATALITIES, {"crash_date": "12/31/2021 12:00:00 PM"}).rows["fatality_id"][0]

    assert api == export


def test_days_are_cleaned_together_as_they_are_alone() -> None:
    other_day = date(2021, 12, 30)
    first = raw_frame(PEOPLE, [{"age": "121"}, {"person_id": None}])
    second = raw_frame(
        PEOPLE, [{"person_id": "O2", "crash_date": "2021-12-30T01:00:00.000", "age": "-4"}], day=other_day
    )

    together = clean(PEOPLE, pl.concat([first, second]))
    apart = [clean(PEOPLE, first), clean(PEOPLE, second)]

    assert together.rows.equals(pl.concat([part.rows for part in apart]))
    assert together.findings.equals(pl.concat([part.findings for part in apart]))
    assert together.quarantined.equals(pl.concat([part.quarantined for part in apart]))
