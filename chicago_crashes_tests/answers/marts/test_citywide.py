"""The whole city: what is counted, worked out by hand; days without crashes; whole, comparable and covered months."""

from datetime import date

import pytest

from chicago_crashes.answers.marts.citywide import refresh_citywide_daily, refresh_citywide_monthly
from chicago_crashes_tests.answers.marts.city import add_crash, load_days, make_facts
from chicago_crashes_tests.feeds.loading import Connection, rows_of


def test_every_count_worked_out_by_hand(db: Connection) -> None:
    add_crash(
        db, "2024-05-01T23:59", "K",
        persons_k=2, persons_a=1, persons_b=1, persons_o=3,
        pedestrians=1, pedestrians_k=1, occupants=6, occupants_k=1, occupants_a=1, occupants_b=1,
        children=2, children_k=1, children_b=1, older_adults=1, older_adults_a=1,
        is_hit_and_run=True, motor_vehicles=3,
    )  # fmt: skip
    add_crash(
        db, "2024-05-01T00:00", "A",
        persons_a=1, persons_c=2, cyclists=1, cyclists_a=1, motorcyclists=1, motorcyclists_c=1, others=1, others_c=1,
        is_dooring=True,
    )  # fmt: skip
    add_crash(db, "2024-05-01", "B", persons_b=1, cyclists=1, cyclists_b=1, is_hit_and_run=True)
    add_crash(db, "2024-05-01", "C", persons_c=1, older_adults=1, older_adults_c=1)
    add_crash(db, "2024-05-01", "O", persons_o=2, motor_vehicles=4)
    add_crash(db, "2024-05-01", "O", persons_o=1, motor_vehicles=1, is_hit_and_run=True)
    add_crash(db, "2024-05-01", "U", persons_u=2, motor_vehicles=5)
    add_crash(db, "2024-05-02", "O", motor_vehicles=7)
    load_days(db, "2024-05-01", "2024-05-02")

    assert refresh_citywide_daily(db).rows == 2

    with db.cursor() as cursor:
        found = cursor.execute("select * from citywide_daily where day = '2024-05-01'").fetchall()
        names = [column.name for column in cursor.description or ()]
    assert dict(zip(names, found[0], strict=True)) == {
        "day": date(2024, 5, 1),
        "crashes": 7,
        "injury_crashes": 4,
        "ksi_crashes": 2,
        "fatal_crashes": 1,
        "pdo_crashes": 2,
        "unknown_crashes": 1,
        "persons_k": 2,
        "persons_a": 2,
        "persons_b": 2,
        "persons_c": 3,
        "persons_o": 6,
        "persons_u": 2,
        "injured": 9,
        "ksi": 4,
        "pedestrians_injured": 1,
        "pedestrians_ksi": 1,
        "cyclists_injured": 2,
        "cyclists_ksi": 1,
        "motorcyclists_injured": 1,
        "motorcyclists_ksi": 0,
        "occupants_injured": 3,
        "occupants_ksi": 2,
        "others_injured": 1,
        "others_ksi": 0,
        "children_injured": 2,
        "children_ksi": 1,
        "older_adults_injured": 2,
        "older_adults_ksi": 1,
        "hit_and_run_crashes": 3,
        "dooring_crashes": 1,
        "pdo_vehicles": 5,
        # 2 x 11,258,495 + 2 x 1,089,524 + 2 x 224,597 + 3 x 111,281 + 5 x 10,196
        "cost": 25_530_055,
    }


def test_every_loaded_day_has_a_row(db: Connection) -> None:
    add_crash(db, "2024-05-01")
    load_days(db, "2024-05-01", "2024-05-03")
    refresh_citywide_daily(db)
    assert rows_of(db, "select day, crashes, cost from citywide_daily order by day") == [
        (date(2024, 5, 1), 1, 20_392),
        (date(2024, 5, 2), 0, 0),
        (date(2024, 5, 3), 0, 0),
    ]


def test_a_day_is_not_zero_while_its_facts_are_not_made(db: Connection) -> None:
    load_days(db, "2024-05-01", "2024-05-01")
    db.execute("update ops.signatures set table_rows = 1")
    db.execute("insert into ops.fact_days (day, crashes, refreshed_at) values ('2024-05-02', 0, now())")
    refresh_citywide_daily(db)
    assert rows_of(db, "select * from citywide_daily") == [], "one is not made, of the other no crashes are loaded"

    add_crash(db, "2024-05-01")
    make_facts(db, "2024-05-01")
    refresh_citywide_daily(db)
    assert rows_of(db, "select day, crashes from citywide_daily") == [(date(2024, 5, 1), 1)]


@pytest.mark.parametrize("feed", ["people", "vehicles"])
def test_a_day_of_which_only_other_feeds_are_loaded_is_not_zero(db: Connection, feed: str) -> None:
    """The portal publishes no person of the day; nobody has asked it for crashes."""
    load_days(db, "2024-05-01", "2024-05-02")
    db.execute("update ops.signatures set feed = %s where day = '2024-05-01'", [feed])
    db.execute("delete from ops.fact_days where day = '2024-05-01'")
    refresh_citywide_daily(db)
    assert rows_of(db, "select day, crashes from citywide_daily") == [(date(2024, 5, 2), 0)]


def test_only_days_with_new_facts_are_counted_anew(db: Connection) -> None:
    for day in ("2024-05-01", "2024-05-02"):
        add_crash(db, day)
    load_days(db, "2024-05-01", "2024-05-20")
    refresh_citywide_daily(db)
    db.execute("update citywide_daily set crashes = 99")
    add_crash(db, "2024-05-02")
    make_facts(db, "2024-05-02")

    assert refresh_citywide_daily(db).numbers == {"new_days": 1}

    counted = "select crashes from citywide_daily where day in ('2024-05-01', '2024-05-02') order by day"
    assert rows_of(db, counted) == [(99,), (2,)]


def test_crashes_that_were_withdrawn_leave_a_day_of_zeros(db: Connection) -> None:
    add_crash(db, "2024-05-01")
    load_days(db, "2024-05-01", "2024-05-01")
    refresh_citywide_daily(db)
    db.execute("delete from crash_facts")
    load_days(db, "2024-05-01", "2024-05-01")
    refresh_citywide_daily(db)
    assert rows_of(db, "select crashes from citywide_daily") == [(0,)]


def test_a_month_is_whole_when_its_days_are_loaded_and_settled(db: Connection) -> None:
    """Loaded are 10 January to 2 March 2024; 29 February, 1 and 2 March are the last three days, so provisional."""
    for day in ("2024-01-10", "2024-01-31", "2024-02-29", "2024-03-02"):
        add_crash(db, day)
    load_days(db, "2024-01-10", "2024-03-02")
    months = "select month, crashes, is_whole, is_comparable from citywide_monthly order by month"
    refresh_citywide_daily(db)
    refresh_citywide_monthly(db)
    assert rows_of(db, months) == [
        (date(2024, 1, 1), 2, False, False),
        (date(2024, 2, 1), 1, False, False),
        (date(2024, 3, 1), 1, False, False),
    ]

    load_days(db, "2024-03-03", "2024-03-03")
    refresh_citywide_daily(db)
    refresh_citywide_monthly(db)
    assert rows_of(db, months)[1:] == [
        (date(2024, 2, 1), 1, True, True),
        (date(2024, 3, 1), 1, False, False),
    ]


@pytest.mark.parametrize(("month", "is_comparable"), [("2017-08", False), ("2017-09", True)])
def test_trends_begin_when_every_district_reports(db: Connection, month: str, *, is_comparable: bool) -> None:
    load_days(db, f"{month}-01", f"{month}-{30 if is_comparable else 31}")
    load_days(db, "2017-12-01", "2017-12-03")
    refresh_citywide_daily(db)
    refresh_citywide_monthly(db)
    found = rows_of(db, "select is_whole, is_comparable from citywide_monthly order by month limit 1")
    assert found == [(True, is_comparable)]


def test_months_follow_as_far_as_their_days(db: Connection) -> None:
    """A month that is refreshed before its days knows that they are still to come."""
    load_days(db, "2024-05-01", "2024-05-10")
    refresh_citywide_daily(db)
    add_crash(db, "2024-05-01")
    make_facts(db, "2024-05-01")
    refresh_citywide_monthly(db)
    assert rows_of(db, "select crashes from citywide_monthly") == [(0,)]
    refresh_citywide_daily(db)
    refresh_citywide_monthly(db)
    assert rows_of(db, "select crashes from citywide_monthly") == [(1,)]
    assert rows_of(db, "select count(distinct refreshed_at) from ops.mart_refreshes") == [(1,)]
