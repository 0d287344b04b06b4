"""Areas: their days, months and years, ranks and comparisons worked out by hand; layers that come, change and go."""

from datetime import date

import pytest

from chicago_crashes.answers.marts.areas import refresh_area_daily, refresh_area_monthly, refresh_area_yearly
from chicago_crashes_tests.answers.marts.city import add_crash, assign, load_days, make_facts, put_layer, refresh_all
from chicago_crashes_tests.feeds.loading import Connection, rows_of

WARDS = {1: "1", 2: "2", 3: None}
"""Location 1 lies in ward 1, location 2 in ward 2, location 3 in none."""

MONTHS = (
    "select is_whole, earlier_years, compared_through, compared_crashes, mean_crashes, change_crashes,"
    " compared_ksi, mean_ksi, change_ksi from area_monthly where area = %s and month = any(%s) order by month"
)
YEARS = MONTHS.replace("area_monthly", "area_yearly").replace("month", "year")
NOT_COMPARED = (0, None, None, None, None, None, None, None)


@pytest.fixture
def wards(db: Connection) -> Connection:
    """A database with two wards."""
    put_layer(db, "wards", ["1", "2"])
    assign(db, "wards", WARDS)
    return db


def days_of(db: Connection, layer: str = "wards") -> list[tuple[object, ...]]:
    return rows_of(db, "select area, day, crashes, ksi from area_daily where layer = %s order by area, day", layer)


def test_days_of_areas(wards: Connection) -> None:
    for when, severity, location in (
        ("2024-05-01", "O", 1),
        ("2024-05-01", "K", 1),
        ("2024-05-02", "O", 2),
        ("2024-05-01", "A", 3),
        ("2024-05-01", "O", None),
        ("2024-05-01", "O", 77),
    ):
        add_crash(wards, when, severity, location)
    load_days(wards, "2024-05-01", "2024-05-02")
    refresh_area_daily(wards)
    assert days_of(wards) == [
        ("1", date(2024, 5, 1), 2, 1),
        ("2", date(2024, 5, 2), 1, 0),
        ("unknown", date(2024, 5, 1), 3, 1),
    ]
    costs = rows_of(wards, "select area, cost from area_daily order by 1")
    assert costs == [("1", 11_278_887), ("2", 20_392), ("unknown", 1_130_308)]


def test_areas_without_crashes_have_months_and_years_of_zeros(wards: Connection) -> None:
    """Nothing is loaded of March, so it has no row; zero would be wrong."""
    add_crash(wards, "2024-02-10", "B", 1)
    load_days(wards, "2024-01-01", "2024-02-29")
    load_days(wards, "2024-04-01", "2024-04-03")
    refresh_all(wards)
    months = rows_of(wards, "select area, label, month, crashes, injured, cost from area_monthly order by month, area")
    january, february, april = date(2024, 1, 1), date(2024, 2, 1), date(2024, 4, 1)
    assert months == [
        ("1", "Area 1", january, 0, 0, 0),
        ("2", "Area 2", january, 0, 0, 0),
        ("unknown", "unknown", january, 0, 0, 0),
        ("1", "Area 1", february, 1, 1, 224_597),
        ("2", "Area 2", february, 0, 0, 0),
        ("unknown", "unknown", february, 0, 0, 0),
        ("1", "Area 1", april, 0, 0, 0),
        ("2", "Area 2", april, 0, 0, 0),
        ("unknown", "unknown", april, 0, 0, 0),
    ]
    years = rows_of(wards, "select area, year, crashes, cost from area_yearly order by area")
    assert years == [("1", 2024, 1, 224_597), ("2", 2024, 0, 0), ("unknown", 2024, 0, 0)]


def test_areas_that_tie_share_a_rank(db: Connection) -> None:
    """Crashes 5, 3, 3, 0: ranks 1, 2, 2, 4. KSI 0, 1, 1, 0: ranks 3, 1, 1, 3. Unknown has most and no rank."""
    put_layer(db, "wards", ["1", "2", "3", "4"])
    assign(db, "wards", {1: "1", 2: "2", 3: "3", 4: "4"})
    for location, severities in {1: "OOOOO", 2: "OOA", 3: "OKO", 5: "OOOOOOO"}.items():
        for severity in severities:
            add_crash(db, "2024-05-01", severity, location)
    load_days(db, "2024-05-01", "2024-05-01")
    refresh_all(db)
    ranks = [("1", 5, 1, 3), ("2", 3, 2, 1), ("3", 3, 2, 1), ("4", 0, 4, 3), ("unknown", 7, None, None)]
    for mart in ("area_monthly", "area_yearly"):
        assert rows_of(db, f"select area, crashes, rank_crashes, rank_ksi from {mart} order by area") == ranks  # noqa: S608


def test_a_month_is_compared_with_the_mean_of_earlier_years(wards: Connection) -> None:
    """Mays of ward 1: 2 crashes with 1 KSI, 4 with none, 6 with 1; mean of the first two 3 and 0.5, so 100 % more."""
    for year, severities in {2019: "KO", 2020: "OOOO", 2021: "AOOOOO"}.items():
        for severity in severities:
            add_crash(wards, f"{year}-05-15", severity, 1)
        load_days(wards, f"{year}-05-01", f"{year}-05-31")
    load_days(wards, "2021-06-01", "2021-06-03")
    refresh_all(wards)
    mays = [date(2019, 5, 1), date(2020, 5, 1), date(2021, 5, 1)]
    assert rows_of(wards, MONTHS, "1", mays) == [
        (True, *NOT_COMPARED),
        (True, 1, date(2020, 5, 31), 4, 2.0, 1.0, 0, 1.0, -1.0),
        (True, 2, date(2021, 5, 31), 6, 3.0, 1.0, 1, 0.5, 1.0),
    ]
    no_share_of_nothing = (True, 2, date(2021, 5, 31), 0, 0.0, None, 0, 0.0, None)
    assert rows_of(wards, MONTHS, "2", mays)[2] == no_share_of_nothing
    assert rows_of(wards, MONTHS, "unknown", mays)[2] == no_share_of_nothing


def test_an_unfinished_month_is_compared_by_its_settled_days(wards: Connection) -> None:
    """Of May 2020 the days to the 10th are loaded, and the 8th to the 10th provisional: 1st to 7th are compared."""
    for day in ("2019-05-01", "2019-05-07", "2019-05-08", "2019-05-31", "2020-05-02", "2020-05-07", "2020-05-07"):
        add_crash(wards, day, "O", 1)
    add_crash(wards, "2020-05-09", "O", 1)
    load_days(wards, "2019-05-01", "2019-05-31")
    load_days(wards, "2020-05-01", "2020-05-10")
    refresh_all(wards)
    found = rows_of(wards, MONTHS, "1", [date(2020, 5, 1)])
    assert found == [(False, 1, date(2020, 5, 7), 3, 2.0, 0.5, 0, 0.0, None)]
    assert rows_of(wards, "select crashes from area_monthly where area = '1' order by month") == [(4,), (4,)]


def test_days_settle_as_newer_ones_are_loaded(wards: Connection) -> None:
    """A day later one more day is compared, in months and in years, though nothing crashed on the new one."""
    add_crash(wards, "2019-01-08", "O", 1)
    load_days(wards, "2019-01-01", "2019-01-31")
    load_days(wards, "2020-01-01", "2020-01-10")
    refresh_all(wards)
    through = "select compared_through, mean_crashes from {} where area = '1' and earlier_years = 1"
    for mart in ("area_monthly", "area_yearly"):
        assert rows_of(wards, through.format(mart)) == [(date(2020, 1, 7), 0.0)]
    load_days(wards, "2020-01-11", "2020-01-11")
    refresh_all(wards)
    for mart in ("area_monthly", "area_yearly"):
        assert rows_of(wards, through.format(mart)) == [(date(2020, 1, 8), 1.0)]


def test_provisional_days_alone_are_not_compared(wards: Connection) -> None:
    load_days(wards, "2019-05-01", "2019-05-31")
    load_days(wards, "2020-04-01", "2020-05-03")
    refresh_all(wards)
    found = rows_of(wards, MONTHS, "1", [date(2020, 5, 1)])
    assert found == [(False, *NOT_COMPARED)]


def test_an_unfinished_year_is_compared_by_its_settled_days(wards: Connection) -> None:
    """2020 is loaded to 18 March, settled to the 15th. Of 2018 and 2019 count the days to then: 2 and 3 crashes.

    The crash of 29 February 2020 is not compared: the other years have no such day.
    """
    for day in ("2018-01-01", "2018-03-15", "2018-03-16", "2019-02-28", "2019-03-01", "2019-03-15", "2019-12-31"):
        add_crash(wards, day, "O", 1)
    for day in ("2020-01-31", "2020-02-29", "2020-03-15", "2020-03-16"):
        add_crash(wards, day, "O", 1)
    load_days(wards, "2018-01-01", "2020-03-18")
    refresh_all(wards)
    assert rows_of(wards, YEARS, "1", [2018, 2019, 2020]) == [
        (True, *NOT_COMPARED),
        (True, 1, date(2019, 12, 31), 4, 3.0, pytest.approx(1 / 3), 0, 0.0, None),
        (False, 2, date(2020, 3, 15), 2, 2.5, pytest.approx(-0.2), 0, 0.0, None),
    ]
    assert rows_of(wards, "select crashes from area_yearly where area = '1' order by year") == [(3,), (4,), (4,)]


def test_29_february_is_never_compared(wards: Connection) -> None:
    """Februaries of 2 crashes, 1 of them on the 29th where there is one, do not change but for that day."""
    for day in ("2019-02-10", "2019-02-11", "2020-02-10", "2020-02-29", "2021-02-10", "2021-02-11"):
        add_crash(wards, day, "O", 1)
    load_days(wards, "2019-01-01", "2021-12-31")
    load_days(wards, "2022-01-01", "2022-01-03")
    refresh_all(wards)
    compared = [
        (True, 1, 1, 2.0, -0.5, 0, 0.0, None),
        (True, 2, 2, 1.5, pytest.approx(1 / 3), 0, 0.0, None),
    ]
    februaries = rows_of(wards, MONTHS, "1", [date(2020, 2, 1), date(2021, 2, 1)])
    assert [(*row[:2], *row[3:]) for row in februaries] == compared
    assert [row[2] for row in februaries] == [date(2020, 2, 29), date(2021, 2, 28)]
    years = rows_of(wards, YEARS, "1", [2020, 2021])
    assert [(*row[:2], *row[3:]) for row in years] == compared
    assert rows_of(wards, "select crashes from area_yearly where area = '1' order by year")[:3] == [(2,), (2,), (2,)]


def test_february_of_a_leap_year_before_its_last_day_is_settled(wards: Connection) -> None:
    """Settled to 28 February 2020: what is compared is that, and the 29th, though loaded, is not."""
    for day in ("2019-02-28", "2020-02-28", "2020-02-29"):
        add_crash(wards, day, "O", 1)
    load_days(wards, "2019-02-01", "2019-02-28")
    load_days(wards, "2020-02-01", "2020-03-02")
    refresh_all(wards)
    found = rows_of(wards, MONTHS, "1", [date(2020, 2, 1)])
    assert found == [(False, 1, date(2020, 2, 28), 1, 1.0, 0.0, 0, 0.0, None)]


@pytest.mark.parametrize("gap", ["2019-05-04", "2020-05-04"])
def test_a_gap_on_either_side_leaves_nothing_to_compare(wards: Connection, gap: str) -> None:
    load_days(wards, "2019-05-01", "2019-05-31")
    load_days(wards, "2020-05-01", "2020-05-31")
    load_days(wards, "2020-06-01", "2020-06-03")
    for table in ("ops.signatures", "ops.fact_days"):
        wards.execute(f"delete from {table} where day = %s", [gap])  # noqa: S608 - one of two tables
    refresh_all(wards)
    found = rows_of(wards, MONTHS, "1", [date(2020, 5, 1)])
    assert found == [(gap.startswith("2019"), *NOT_COMPARED)]


def test_a_gap_after_the_days_that_are_compared_does_not_matter(wards: Connection) -> None:
    load_days(wards, "2019-05-01", "2019-05-07")
    load_days(wards, "2020-05-01", "2020-05-10")
    refresh_all(wards)
    found = rows_of(wards, "select earlier_years from area_monthly where area = '1' and month = '2020-05-01'")
    assert found == [(1,)]


def test_years_before_every_district_reported_are_not_compared_with(wards: Connection) -> None:
    """2016 and 2017 do not count for years; August 2017 does not count for August, September 2017 does."""
    load_days(wards, "2016-01-01", "2019-12-31")
    load_days(wards, "2020-01-01", "2020-01-03")
    refresh_all(wards)
    years = rows_of(wards, "select year, earlier_years from area_yearly where area = '1' order by year")
    assert years == [(2016, 0), (2017, 0), (2018, 0), (2019, 1), (2020, 0)]
    months = rows_of(
        wards,
        "select month, earlier_years from area_monthly where area = '1'"
        " and month in ('2018-08-01', '2018-09-01', '2019-08-01', '2019-09-01') order by month",
    )
    assert [years for _, years in months] == [0, 1, 1, 2]


def test_a_layer_is_counted_when_it_is_assigned_and_forgotten_when_it_is_switched_off(wards: Connection) -> None:
    for location in (1, 2, 3):
        add_crash(wards, "2024-05-01", "O", location)
    load_days(wards, "2024-05-01", "2024-05-01")
    put_layer(wards, "zones", ["A", "B"], is_active=False)
    assign(wards, "zones", {1: "A", 2: "A", 3: "B"})
    put_layer(wards, "beats", ["0111"])
    refresh_all(wards)
    marts = ("area_daily", "area_monthly", "area_yearly")

    def layers() -> list[set[object]]:
        return [{layer for (layer,) in rows_of(wards, f"select layer from {mart}")} for mart in marts]  # noqa: S608

    assert layers() == [{"wards"}] * 3, "zones are switched off, beats not assigned yet"

    wards.execute("update layers set is_active = true where layer = 'zones'")
    assign(wards, "beats", {1: "0111"})
    refresh_all(wards)
    assert layers() == [{"wards", "zones", "beats"}] * 3
    assert days_of(wards, "zones") == [("A", date(2024, 5, 1), 2, 0), ("B", date(2024, 5, 1), 1, 0)]

    wards.execute("update layers set is_active = false where layer = 'wards'")
    wards.execute("delete from layers where layer = 'beats'")
    refresh_all(wards)
    assert layers() == [{"zones"}] * 3


def test_a_layer_that_is_replaced_keeps_its_numbers_until_it_is_assigned(wards: Connection) -> None:
    add_crash(wards, "2024-05-01", "O", 1)
    load_days(wards, "2024-05-01", "2024-05-01")
    refresh_all(wards)
    put_layer(wards, "wards", ["1", "51"])
    refresh_all(wards)
    yearly = "select area, label, crashes from area_yearly order by area"
    assert rows_of(wards, yearly) == [("1", "Area 1", 1), ("2", "Area 2", 0), ("unknown", "unknown", 0)]

    assign(wards, "wards", {1: "51"})
    refresh_area_monthly(wards)
    refresh_area_yearly(wards)
    assert [row[:1] for row in rows_of(wards, yearly)] == [("1",), ("2",), ("unknown",)], "its days come first"

    refresh_all(wards)
    assert days_of(wards) == [("51", date(2024, 5, 1), 1, 0)]
    assert rows_of(wards, yearly) == [("1", "Area 1", 0), ("51", "Area 51", 1), ("unknown", "unknown", 0)]


def test_only_what_is_new_is_counted(wards: Connection) -> None:
    """Marts are falsified to see what is left alone."""
    for day in ("2019-04-10", "2019-05-10", "2020-04-10", "2020-05-10"):
        add_crash(wards, day, "O", 1)
    for year in (2019, 2020):
        load_days(wards, f"{year}-04-01", f"{year}-05-31")
    refresh_all(wards)
    wards.execute("update area_daily set dooring_crashes = 9")
    wards.execute("update area_monthly set dooring_crashes = 9")
    add_crash(wards, "2020-04-11", "O", 1)
    make_facts(wards, "2020-04-11")

    assert refresh_area_daily(wards).numbers["new_days"] == 1
    assert refresh_area_monthly(wards).numbers["layers_counted_anew"] == "none"

    assert rows_of(wards, "select day, dooring_crashes from area_daily order by day") == [
        (date(2019, 4, 10), 9),
        (date(2019, 5, 10), 9),
        (date(2020, 4, 10), 9),
        (date(2020, 4, 11), 0),
        (date(2020, 5, 10), 9),
    ]
    months = "select month, crashes, dooring_crashes, mean_crashes from area_monthly where area = '1' order by month"
    assert rows_of(wards, months) == [
        (date(2019, 4, 1), 1, 9, None),
        (date(2019, 5, 1), 1, 9, None),
        (date(2020, 4, 1), 2, 9, 1.0),
        (date(2020, 5, 1), 1, 9, 1.0),
    ]


def test_an_area_called_unknown_is_no_second_row(db: Connection) -> None:
    put_layer(db, "zones", ["unknown", "known"])
    assign(db, "zones", {1: "unknown", 2: "known", 3: None})
    for location in (1, 2, 3):
        add_crash(db, "2024-05-01", "O", location)
    load_days(db, "2024-05-01", "2024-05-01")
    refresh_all(db)
    assert rows_of(db, "select area, crashes from area_yearly order by area") == [("known", 1), ("unknown", 2)]
