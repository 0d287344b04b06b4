"""The synthetic portal: repeatable, consistent where it is clean, and honest about every piece of its dirt."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import FEEDS, feed_named
from chicago_crashes.feeds.cleaning.clean import DAY, Cleaned, clean
from chicago_crashes.stand_in.synthetic import DOCUMENTED_DIRT, HEAVY_DIRT, Batch, Dirt, generate

MARCH = (date(2024, 3, 1), date(2024, 3, 31))
NULL_MARKERS = ["NULL", "N/A", "UNKNOWN", "UNK"]
BOX = (41.6, 42.1, -87.95, -87.5)


@pytest.fixture(scope="module")
def clean_march() -> Batch:
    (batch,) = generate(*MARCH, dirt=None)
    return batch


@pytest.fixture(scope="module")
def heavy_march() -> Batch:
    (batch,) = generate(*MARCH, dirt=HEAVY_DIRT)
    return batch


def test_every_declared_column_is_there_as_text_with_the_system_times(heavy_march: Batch) -> None:
    times = {":created_at": pl.Datetime("ms", "UTC"), ":updated_at": pl.Datetime("ms", "UTC")}
    assert set(heavy_march.frames) == {feed.name for feed in FEEDS}
    for feed in FEEDS:
        expected = dict.fromkeys(feed.column_names, pl.String) | times
        assert dict(heavy_march.frames[feed.name].schema) == expected


def test_values_have_the_form_of_the_portals_json(clean_march: Batch) -> None:
    forms = {
        "crashes": {
            "crash_record_id": r"^[0-9a-f]{128}$",
            "crash_date": r"^2024-03-\d\dT\d\d:\d\d:00\.000$",
            "latitude": r"^4[12]\.\d{1,10}$",
            "longitude": r"^-87\.\d{1,10}$",
            "location": r"^POINT \(-87\.\d{1,12} 4[12]\.\d{1,12}\)$",
            "beat_of_occurrence": r"^\d{3,4}$",
            "hit_and_run_i": r"^[YN]$",
        },
        "people": {"person_id": r"^[OP]\d+$", "vehicle_id": r"^\d+$", "bac_result_value": r"^0\.\d\d?$"},
        "vehicles": {"crash_unit_id": r"^\d+$", "vehicle_year": r"^(19|20)\d\d$"},
        "fatalities": {"crash_date": r"^2024-03-\d\dT\d\d:\d\d:00\.000$", "geocoded_column": r"^POINT \(-87\.\d+ 4"},
    }
    for feed, columns in forms.items():
        for column, form in columns.items():
            values = clean_march.frames[feed][column].drop_nulls()
            assert values.len() > 0
            assert values.str.contains(form).all(), (feed, column)


def test_a_day_is_the_same_whatever_range_is_asked_for() -> None:
    whole = _portal(date(2024, 1, 29), date(2024, 2, 3), rows_per_day=120, dirt=HEAVY_DIRT)
    days = [_portal(day, day, rows_per_day=120, dirt=HEAVY_DIRT) for day in _days(date(2024, 1, 29), date(2024, 2, 3))]
    for feed in FEEDS:
        by_day = pl.concat([frames[feed.name] for frames, _ in days])
        assert_frame_equal(whole[0][feed.name], by_day, check_row_order=False)
    assert_frame_equal(whole[1], pl.concat([seeded for _, seeded in days]), check_row_order=False)


def test_another_seed_is_another_portal() -> None:
    day = date(2022, 6, 1)
    (first,) = generate(day, day, seed=7)
    (second,) = generate(day, day, seed=8)
    ids = [set(batch.frames["crashes"]["crash_record_id"]) for batch in (first, second)]
    assert not ids[0] & ids[1]


def test_a_batch_never_crosses_a_month() -> None:
    batches = list(generate(date(2023, 12, 30), date(2024, 2, 1), rows_per_day=5))
    ranges = [(batch.start, batch.end) for batch in batches]
    assert ranges == [
        (date(2023, 12, 30), date(2023, 12, 31)),
        (date(2024, 1, 1), date(2024, 1, 31)),
        (date(2024, 2, 1), date(2024, 2, 1)),
    ]
    for batch in batches:
        for feed in FEEDS:
            days = _day_of(batch.frames[feed.name])
            assert days.is_between(batch.start, batch.end).all()


def test_ids_are_unique_and_fit_into_32_bits() -> None:
    frames, _ = _portal(date(2024, 1, 1), date(2024, 3, 31), rows_per_day=60, dirt=HEAVY_DIRT)
    assert frames["crashes"]["crash_record_id"].is_unique().all()
    assert frames["people"]["person_id"].is_unique().all()
    assert frames["vehicles"]["crash_unit_id"].is_unique().all()
    assert frames["vehicles"]["vehicle_id"].drop_nulls().is_unique().all()
    (last,) = generate(date(2060, 12, 31), date(2060, 12, 31), rows_per_day=15_000)
    for column in ("crash_unit_id", "vehicle_id"):
        assert last.frames["vehicles"][column].cast(pl.Int64).max() < 2**31  # type: ignore[operator]
        assert last.frames["vehicles"][column].drop_nulls().is_unique().all()


def test_without_dirt_no_row_breaks_a_declared_rule(clean_march: Batch) -> None:
    assert clean_march.seeded.is_empty()
    for feed in FEEDS:
        cleaned = _cleaned(clean_march, feed.name)
        assert cleaned.findings.is_empty()
        assert cleaned.quarantined.is_empty()
        texts = clean_march.frames[feed.name].select(pl.col(column.name) for column in feed.columns)
        markers = texts.select(
            pl.col(column.name).str.to_uppercase().is_in(NULL_MARKERS).sum()
            for column in feed.columns
            if "UNKNOWN" not in column.values
        )
        assert markers.sum_horizontal().sum() == 0
        assert texts.select((pl.all() == "").sum()).sum_horizontal().item() == 0


def test_without_dirt_the_feeds_agree(clean_march: Batch) -> None:
    crashes, people, vehicles = (clean_march.frames[name] for name in ("crashes", "people", "vehicles"))
    units = vehicles.group_by("crash_record_id").agg(
        num_units=pl.len().cast(pl.String),
        numbers=pl.col("unit_no").cast(pl.Int64).sort(),
        unit_dates=pl.col("crash_date").unique(),
    )
    joined = crashes.join(units, on="crash_record_id", how="full", suffix="_of_units")
    assert joined["crash_record_id"].null_count() == 0
    assert (joined["num_units"] == joined["num_units_of_units"]).all()
    assert (joined["unit_dates"].list.len() == 1).all()
    assert (joined["unit_dates"].list.first() == joined["crash_date"]).all()
    assert (joined["numbers"].list.last() == joined["numbers"].list.len()).all()
    dated = people.join(crashes, on="crash_record_id", how="left", suffix="_of_crash")
    assert (dated["crash_date"] == dated["crash_date_of_crash"]).all()


def test_injuries_are_those_of_the_people(clean_march: Batch) -> None:
    order = [
        "NO INDICATION OF INJURY",
        "REPORTED, NOT EVIDENT",
        "NONINCAPACITATING INJURY",
        "INCAPACITATING INJURY",
        "FATAL",
    ]
    injury = pl.col("injury_classification")
    counted = (
        clean_march.frames["people"]
        .group_by("crash_record_id")
        .agg(
            most_severe_injury=injury.sort_by(injury.replace_strict(order, range(5))).last(),
            injuries_total=(injury.is_not_null() & (injury != order[0])).sum().cast(pl.String),
            injuries_no_indication=(injury == order[0]).sum().cast(pl.String),
            injuries_reported_not_evident=(injury == order[1]).sum().cast(pl.String),
            injuries_non_incapacitating=(injury == order[2]).sum().cast(pl.String),
            injuries_incapacitating=(injury == order[3]).sum().cast(pl.String),
            injuries_fatal=(injury == order[4]).sum().cast(pl.String),
            injuries_unknown=pl.lit("0"),
        )
    )
    published = clean_march.frames["crashes"].select(counted.columns)
    assert_frame_equal(published, counted, check_row_order=False)
    hurt = clean_march.frames["crashes"].filter(pl.col("injuries_total") != "0")
    assert set(hurt["crash_type"]) == {"INJURY AND / OR TOW DUE TO CRASH"}


def test_people_belong_to_units_as_in_the_city(clean_march: Batch) -> None:
    people, vehicles = clean_march.frames["people"], clean_march.frames["vehicles"]
    owners = people.filter(pl.col("person_id").str.starts_with("O")).with_columns(
        crash_unit_id=pl.col("person_id").str.strip_prefix("O")
    )
    with_units = owners.join(vehicles, on=["crash_unit_id", "crash_record_id"], how="inner", suffix="_of_unit")
    assert with_units.height == owners.height
    assert with_units["vehicle_id"].eq_missing(with_units["vehicle_id_of_unit"]).all()

    passengers = people.filter(pl.col("person_type") == "PASSENGER")
    assert passengers["person_id"].str.starts_with("P").all()
    assert passengers["seat_no"].null_count() == 0
    assert owners["seat_no"].null_count() == owners.height
    carried = passengers.group_by("vehicle_id").agg(n=pl.len().cast(pl.String))
    carrying = vehicles.filter(pl.col("num_passengers").is_not_null()).select("vehicle_id", n="num_passengers")
    assert_frame_equal(carried, carrying, check_row_order=False)

    afoot = vehicles.filter(pl.col("unit_type").is_in(["PEDESTRIAN", "BICYCLE"]))
    assert afoot.height > 100
    motor_columns = [name for name in feed_named("vehicles").column_names[7:] if name != "num_passengers"]
    assert afoot.select("vehicle_id", *motor_columns).null_count().sum_horizontal().item() == afoot.height * (
        len(motor_columns) + 1
    )
    assert vehicles.filter(pl.col("vehicle_id") == pl.col("crash_unit_id")).is_empty()


def test_hour_weekday_and_month_are_those_of_the_crash_date(clean_march: Batch) -> None:
    time = pl.col("crash_date").str.to_datetime()
    wrong = clean_march.frames["crashes"].filter(
        (pl.col("crash_hour") != time.dt.hour().cast(pl.String))
        | (pl.col("crash_day_of_week") != (time.dt.weekday() % 7 + 1).cast(pl.String))
        | (pl.col("crash_month") != time.dt.month().cast(pl.String))
    )
    assert wrong.is_empty()
    sunday = clean_march.frames["crashes"].filter(pl.col("crash_date").str.starts_with("2024-03-03"))
    assert set(sunday["crash_day_of_week"]) == {"1"}


def test_the_hour_that_spring_skips_never_shows() -> None:
    day = date(2024, 3, 10)
    (batch,) = generate(day, day, rows_per_day=5_000, dirt=HEAVY_DIRT)
    hours = {name: frame["crash_date"].str.slice(11, 2) for name, frame in batch.frames.items()}
    for name in ("crashes", "people", "vehicles"):
        assert {"01", "03"} <= set(hours[name])
    assert not any("02" in set(of_feed) for of_feed in hours.values())
    notified = batch.frames["crashes"]["date_police_notified"]
    assert not notified.str.starts_with("2024-03-10T02").any()


def test_rows_are_published_in_batches_after_the_crash(heavy_march: Batch) -> None:
    for frame in heavy_march.frames.values():
        happened = frame["crash_date"].str.to_datetime().dt.replace_time_zone("America/Chicago")
        assert (frame[":created_at"] > happened.dt.convert_time_zone("UTC")).all()
        assert (frame[":updated_at"] >= frame[":created_at"]).all()
    crashes = heavy_march.frames["crashes"]
    assert crashes[":created_at"].n_unique() < crashes.height / 30
    notified = crashes["date_police_notified"].str.to_datetime().dt.replace_time_zone("America/Chicago")
    assert (crashes[":created_at"] > notified.dt.convert_time_zone("UTC")).all()


def test_fatalities_are_killed_people_within_a_minute() -> None:
    frames, _ = _portal(date(2024, 5, 1), date(2024, 6, 30), rows_per_day=297, dirt=None)
    joined = frames["fatalities"].join(frames["people"], on="person_id", how="left", suffix="_of_person")
    assert joined.height > 10
    assert set(joined["injury_classification"]) == {"FATAL"}
    apart = joined["crash_date"].str.to_datetime() - joined["crash_date_of_person"].str.to_datetime()
    assert set(apart.dt.total_seconds()) == {-60, 0, 60}


def test_the_account_equals_an_independent_recount(heavy_march: Batch) -> None:
    recount = pl.concat(
        _counted(feed, column, dirt, frame.filter(found))
        for feed, frame in heavy_march.frames.items()
        for (column, dirt), found in _dirt_in(feed, heavy_march.frames).items()
    )
    found = recount.filter(pl.col("rows") > 0)
    assert_frame_equal(heavy_march.seeded, found, check_row_order=False, check_dtypes=False)


def test_cleaning_finds_exactly_what_the_account_says(heavy_march: Batch) -> None:
    rules = {
        ("location", "zero_coordinates"): "coordinates_zero",
        ("location", "coordinates_out_of_bounds"): "coordinates_out_of_bounds",
        ("age", "negative_age"): "bounds",
        ("age", "age_above_120"): "bounds",
        ("vehicle_year", "impossible_year"): "bounds",
    }
    expected = heavy_march.seeded.with_columns(
        rule=pl.struct("column", "dirt").map_elements(
            lambda kind: (
                rules.get((kind["column"], kind["dirt"]))
                or ("category" if kind["dirt"] == "unknown_category" else None)
            ),
            return_dtype=pl.String,
        )
    ).drop_nulls("rule")
    expected = expected.group_by("feed", "day", "column", "rule").agg(pl.col("rows").sum())
    found = []
    for feed in FEEDS:
        cleaned = _cleaned(heavy_march, feed.name)
        assert cleaned.quarantined.is_empty()
        found.append(
            cleaned.findings.filter(~pl.col("column_name").is_in(["latitude", "longitude"]))
            .group_by(feed=pl.lit(feed.name), day="day", column="column_name", rule="rule")
            .agg(rows=pl.len().cast(pl.Int64))
        )
    assert_frame_equal(pl.concat(found), expected, check_row_order=False)


def test_heavy_dirt_has_every_kind_within_a_month(heavy_march: Batch) -> None:
    kinds = {feed: list(_dirt_in(feed, heavy_march.frames)) for feed in heavy_march.frames}
    planted = {(row["feed"], row["column"], row["dirt"]) for row in heavy_march.seeded.iter_rows(named=True)}
    assert planted == {(feed, *kind) for feed, of_feed in kinds.items() for kind in of_feed}


def test_every_rate_can_be_turned_off_and_on_alone() -> None:
    none = DOCUMENTED_DIRT.times(0, at_least=0, at_most=0)
    (spotless,) = generate(*MARCH, rows_per_day=100, dirt=none)
    assert spotless.seeded.is_empty()
    (aged,) = generate(*MARCH, rows_per_day=100, dirt=replace(none, negative_age=0.5))
    assert aged.seeded.select("feed", "column", "dirt").unique().rows() == [("people", "age", "negative_age")]


def test_the_documented_city_is_recognisable() -> None:
    frames, seeded = _portal(date(2023, 2, 1), date(2023, 4, 30), rows_per_day=297, dirt=DOCUMENTED_DIRT)
    crashes, people, vehicles, fatalities = (frames[name] for name in ("crashes", "people", "vehicles", "fatalities"))
    assert crashes.height == pytest.approx(297 * 89 * 0.91, rel=0.03)
    assert vehicles.height / crashes.height == pytest.approx(2.03, abs=0.02)
    assert people.height / crashes.height == pytest.approx(2.19, abs=0.03)
    assert fatalities.height == pytest.approx(0.35 * 89, rel=0.5)
    shares = dict(crashes["most_severe_injury"].drop_nulls().value_counts(normalize=True).iter_rows())
    assert shares["NO INDICATION OF INJURY"] == pytest.approx(0.849, abs=0.008)
    assert shares["INCAPACITATING INJURY"] == pytest.approx(0.0172, abs=0.003)
    assert shares["FATAL"] == pytest.approx(0.00112, abs=0.001)
    on_the_hour = crashes["crash_date"].str.slice(14, 2) == "00"
    assert 0.15 < on_the_hour.sum() / crashes.height < 0.20
    assert crashes["latitude"].null_count() / crashes.height == pytest.approx(0.0081, abs=0.002)
    assert vehicles["hazmat_present_i"].null_count() / vehicles.height > 0.99
    without_people = seeded.filter(pl.col("dirt") == "crash_without_people")["rows"].sum()
    assert without_people / crashes.height == pytest.approx(0.0023, abs=0.001)


@pytest.mark.parametrize(
    ("start", "end", "rows_per_day"),
    [
        (date(2024, 1, 2), date(2024, 1, 1), 297),
        (date(2012, 12, 31), date(2013, 1, 1), 297),
        (date(2024, 1, 1), date(2024, 1, 1), -1),
        (date(2024, 1, 1), date(2024, 1, 1), 15_001),
    ],
)
def test_what_cannot_be_generated_is_refused_at_once(start: date, end: date, rows_per_day: int) -> None:
    with pytest.raises(PermanentError, match="synthetic"):
        generate(start, end, rows_per_day=rows_per_day)


def test_a_portal_without_rows_still_has_its_columns() -> None:
    (batch,) = generate(*MARCH, rows_per_day=0)
    for feed in FEEDS:
        assert batch.frames[feed.name].height == 0
        assert batch.frames[feed.name].columns == [*feed.column_names, ":created_at", ":updated_at"]


def _portal(
    start: date, end: date, *, rows_per_day: int, dirt: Dirt | None
) -> tuple[Mapping[str, pl.DataFrame], pl.DataFrame]:
    """Everything from `start` to `end` in one frame for each feed, and the whole account."""
    batches = list(generate(start, end, rows_per_day=rows_per_day, dirt=dirt))
    frames = {feed.name: pl.concat([batch.frames[feed.name] for batch in batches]) for feed in FEEDS}
    return frames, pl.concat([batch.seeded for batch in batches])


def _days(start: date, end: date) -> list[date]:
    return pl.date_range(start, end, eager=True).to_list()


def _day_of(frame: pl.DataFrame) -> pl.Series:
    """The day of each row of a feed; every feed has one column of dates that gives it."""
    (date_column,) = {feed.date for feed in FEEDS} & set(frame.columns)
    return frame[date_column].str.slice(0, 10).str.to_date()


def _cleaned(batch: Batch, feed: str) -> Cleaned:
    frame = batch.frames[feed]
    as_sent = pl.col(":created_at", ":updated_at").dt.to_string("%Y-%m-%dT%H:%M:%S%.3fZ")
    return clean(feed_named(feed), frame.with_columns(as_sent, _day_of(frame).alias(DAY)))


def _counted(feed: str, column: str, dirt: str, rows: pl.DataFrame) -> pl.DataFrame:
    counts = rows.group_by(day=_day_of(rows)).agg(rows=pl.len().cast(pl.Int64))
    return counts.select(feed=pl.lit(feed), day="day", column=pl.lit(column), dirt=pl.lit(dirt), rows=pl.col("rows"))


def _dirt_in(feed: str, frames: Mapping[str, pl.DataFrame]) -> dict[tuple[str, str], pl.Expr | pl.Series]:
    """How to see each kind of dirt in what is published, without asking who planted it."""
    crash_ids = frames["crashes"]["crash_record_id"].implode()
    dates = frames["crashes"].select("crash_record_id", true_date="crash_date")
    if feed == "crashes":
        lat, lon = pl.col("latitude").cast(pl.Float64), pl.col("longitude").cast(pl.Float64)
        inside = lat.is_between(BOX[0], BOX[1]) & lon.is_between(BOX[2], BOX[3])
        lanes = pl.col("lane_cnt").str.replace_all(",", "").cast(pl.Int64)
        time, notified = (pl.col(name).str.to_datetime() for name in ("crash_date", "date_police_notified"))
        total, killed, *others = (pl.col(f"injuries_{name}").cast(pl.Int64) for name in INJURIES_ADDED)
        counted = _counted_of_crash(frames)
        return {
            ("injuries_total", "injuries_off_by_one"): total != pl.sum_horizontal(killed, *others),
            ("injuries_total", "killed_miscounted"): frames["crashes"].select(killed).to_series() != counted["killed"],
            ("injuries_total", "unknown_injuries"): total.is_null() & pl.lit(counted["people"] > 0),
            ("most_severe_injury", "another_severity"): frames["crashes"]["most_severe_injury"] != counted["worst"],
            ("crash_hour", "another_hour"): pl.col("crash_hour").cast(pl.Int64) != time.dt.hour(),
            ("crash_day_of_week", "another_weekday"): pl.col("crash_day_of_week").cast(pl.Int64)
            != time.dt.weekday() % 7 + 1,
            ("crash_month", "another_month"): pl.col("crash_month").cast(pl.Int64) != time.dt.month(),
            ("num_units", "units_miscounted"): pl.col("num_units").cast(pl.Float64) != pl.lit(counted["units"]),
            ("location", "missing_coordinates"): pl.col("location").is_null() & lat.is_null() & lon.is_null(),
            ("location", "zero_coordinates"): (lat == 0) & (lon == 0) & (pl.col("location") == "POINT (0 0)"),
            ("location", "coordinates_out_of_bounds"): ~inside & (lat != 0),
            ("posted_speed_limit", "speed_limit_zero"): pl.col("posted_speed_limit") == "0",
            ("posted_speed_limit", "speed_limit_99"): pl.col("posted_speed_limit") == "99",
            ("lane_cnt", "lane_count_zero"): lanes == 0,
            ("lane_cnt", "lane_count_is_street_number"): lanes > 20,
            ("injuries_total", "crash_without_people"): pl.col("injuries_total").is_null()
            & ~pl.col("crash_record_id").is_in(frames["people"]["crash_record_id"].implode()),
            ("date_police_notified", "late_notification"): notified - time > pl.duration(days=7),
            ("num_units", "integer_with_decimals"): pl.col("num_units").str.ends_with(".0"),
            ("street_name", "whitespace"): _is_padded("street_name"),
            ("street_name", "null_marker"): _is_marker("street_name"),
            ("weather_condition", "whitespace"): _is_padded("weather_condition"),
            ("traffic_control_device", "unknown_category"): _is_undeclared(feed, "traffic_control_device"),
        }
    if feed == "people":
        age = pl.col("age").cast(pl.Float64)
        units = frames["vehicles"].select("crash_record_id", "vehicle_id", unit="crash_unit_id")
        own_unit = frames["people"].select("crash_record_id", unit=pl.col("person_id").str.strip_prefix("O"))
        return {
            ("person_id", "another_unit"): pl.col("person_id").str.starts_with("O")
            & pl.lit(_is_missing(own_unit, units)),
            ("vehicle_id", "another_vehicle"): pl.lit(_is_missing(frames["people"], units, "vehicle_id")),
            ("crash_record_id", "orphan"): ~pl.col("crash_record_id").is_in(crash_ids),
            ("crash_date", "dated_differently"): _is_dated_differently(frames["people"], frames["vehicles"], dates),
            ("age", "negative_age"): age < 0,
            ("age", "age_above_120"): age > 120,
            ("age", "integer_with_decimals"): pl.col("age").str.ends_with(".0"),
            **{(column, "null_marker"): _is_marker(column) for column in ("hospital", "ems_agency", "city")},
            ("city", "whitespace"): _is_padded("city"),
            ("safety_equipment", "unknown_category"): _is_undeclared(feed, "safety_equipment"),
        }
    if feed == "vehicles":
        year = pl.col("vehicle_year").cast(pl.Float64)
        with_flags = (
            "hazmat_present_i",
            "hazmat_report_i",
            "mcs_report_i",
            "hazmat_vio_cause_crash_i",
            "mcs_vio_cause_crash_i",
        )
        with_markers = ("make", "model", "towed_by", "towed_to", "usdot_no")
        return {
            ("crash_record_id", "orphan"): ~pl.col("crash_record_id").is_in(crash_ids),
            ("crash_date", "dated_differently"): _is_dated_differently(frames["vehicles"], frames["people"], dates),
            ("unit_no", "unit_number_zero"): pl.col("unit_no") == "0",
            ("unit_no", "unit_number_huge"): pl.col("unit_no") == "3778035",
            ("vehicle_year", "impossible_year"): (year < 1900) | (year > 2025),
            ("vehicle_year", "integer_with_decimals"): pl.col("vehicle_year").str.ends_with(".0"),
            ("axle_cnt", "axle_count_huge"): pl.col("axle_cnt") == "26009",
            ("make", "quoted_make"): pl.col("make").str.contains('^".*,.*"$'),
            **{(column, "null_marker"): _is_marker(column) for column in with_markers},
            ("model", "whitespace"): _is_padded("model"),
            ("vehicle_type", "unknown_category"): _is_undeclared(feed, "vehicle_type"),
            **{(column, "unknown_flag"): pl.col(column) == "U" for column in with_flags},
        }
    classes = frames["people"].select("person_id", "injury_classification")
    of_victims = frames["fatalities"].join(classes, on="person_id", how="left", maintain_order="left")
    is_listed = frames["fatalities"]["person_id"].is_in(classes["person_id"].implode())
    return {
        ("person_id", "no_such_person"): pl.col("person_id").str.contains(r"^[OP]\d+$") & ~pl.lit(is_listed),
        ("person_id", "survivor_listed"): pl.lit(is_listed)
        & pl.lit(of_victims["injury_classification"].ne_missing("FATAL")),
        ("person_id", "blank_person_id"): pl.col("person_id").is_null(),
        ("person_id", "null_marker"): pl.col("person_id") == "UNK",
        ("person_id", "repeated_person_id"): ~pl.col("person_id").is_first_distinct()
        & pl.col("person_id").str.contains(r"^[OP]\d+$"),
        ("person_id", "two_person_ids"): pl.col("person_id").str.contains(" or "),
        ("crash_location", "whitespace"): pl.col("crash_location").str.contains("  "),
        ("victim", "unknown_category"): _is_undeclared(feed, "victim"),
    }


INJURIES_ADDED = ("total", "fatal", "incapacitating", "non_incapacitating", "reported_not_evident")
FROM_SLIGHT_TO_FATAL = (
    "NO INDICATION OF INJURY",
    "REPORTED, NOT EVIDENT",
    "NONINCAPACITATING INJURY",
    "INCAPACITATING INJURY",
    "FATAL",
)


def _counted_of_crash(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """What units and people say of each crash, in the order of the crashes."""
    ranks = pl.col("injury_classification").replace_strict(
        FROM_SLIGHT_TO_FATAL, range(len(FROM_SLIGHT_TO_FATAL)), default=None
    )
    people = (
        frames["people"]
        .group_by("crash_record_id")
        .agg(people=pl.len(), killed=(pl.col("injury_classification") == "FATAL").sum(), rank=ranks.max())
    )
    units = frames["vehicles"].group_by("crash_record_id").agg(units=pl.len())
    crashes = frames["crashes"].select("crash_record_id")
    for counted in (people, units):
        crashes = crashes.join(counted, on="crash_record_id", how="left", maintain_order="left")
    worst = pl.col("rank").replace_strict(range(len(FROM_SLIGHT_TO_FATAL)), FROM_SLIGHT_TO_FATAL, default=None)
    return crashes.with_columns(pl.col("people", "killed", "units").fill_null(0), worst=worst)


def _is_missing(named: pl.DataFrame, units: pl.DataFrame, column: str = "unit") -> pl.Series:
    """Whether the unit a row names is not among the units of its crash; null where it names none."""
    there = units.select("crash_record_id", column).unique().with_columns(is_there=True)
    found = named.join(there, on=["crash_record_id", column], how="left", maintain_order="left")
    return found.select(pl.when(pl.col(column).is_not_null()).then(pl.col("is_there").is_null())).to_series()


def _is_padded(column: str) -> pl.Expr:
    return pl.col(column) != pl.col(column).str.strip_chars()


def _is_marker(column: str) -> pl.Expr:
    return pl.col(column).str.to_uppercase().is_in(NULL_MARKERS)


def _is_undeclared(feed: str, column: str) -> pl.Expr:
    return ~pl.col(column).str.strip_chars().is_in(feed_named(feed).column(column).values)


def _is_dated_differently(children: pl.DataFrame, others: pl.DataFrame, dates: pl.DataFrame) -> pl.Series:
    """Unlike the crash, or, where the crash is missing, unlike most rows of it."""
    of_orphans = (
        pl.concat([children.select("crash_record_id", "crash_date"), others.select("crash_record_id", "crash_date")])
        .join(dates, on="crash_record_id", how="anti")
        .group_by("crash_record_id")
        .agg(true_date=pl.col("crash_date").mode().first())
    )
    joined = children.join(pl.concat([dates, of_orphans]), on="crash_record_id", how="left", maintain_order="left")
    return joined["crash_date"] != joined["true_date"]
