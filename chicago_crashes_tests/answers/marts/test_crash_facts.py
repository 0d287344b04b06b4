"""The facts: every column by hand, and what is made anew after loads, by hand and against a rebuild from nothing."""

import random
from datetime import date, datetime, timedelta
from itertools import count

import psycopg
import pytest

from chicago_crashes.answers.facts.crash_facts import (
    PROVISIONAL_DAYS,
    agreement,
    completeness,
    days_to_make,
    refresh_facts,
    touched_days,
)
from chicago_crashes.answers.marts.counts import AGES, INJURIES, MODES
from chicago_crashes.answers.outdated import outdated
from chicago_crashes.answers.places.assignment import assign_locations
from chicago_crashes_tests.answers.marts.feed_rows import DAY, Value, add_crash, add_person, add_unit, sign
from chicago_crashes_tests.answers.places.layers import put_layer, square
from chicago_crashes_tests.feeds.loading import Connection, rows_of

WEST, SOUTH = -87.70, 41.90
INSIDE = {"longitude": WEST + 0.004, "latitude": SOUTH + 0.005}
NUMBERS = count(1)
PEOPLE = [f"{group}{injury}" for group in (*MODES, *AGES) for injury in ("", *(f"_{letter}" for letter in INJURIES))]


def fact(db: Connection, key: str = "x") -> dict[str, object]:
    with db.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        (row,) = cursor.execute("select * from crash_facts where crash_record_id = %s", [key]).fetchall()
    return dict(row)


def made(db: Connection, key: str = "x") -> dict[str, object]:
    """The facts of a crash, as they are made now."""
    assign_locations(db)
    refresh_facts(db)
    return fact(db, key)


def counted(row: dict[str, object]) -> dict[str, object]:
    """The counts of people that are not 0."""
    return {name: row[name] for name in PEOPLE if row[name] != 0}


def test_when_where_and_how(db: Connection) -> None:
    add_crash(
        db,
        "x",
        at="2024-03-10 23:59",
        **INSIDE,
        num_units=3,
        hit_and_run_i=True,
        dooring_i=True,
        work_zone_i=True,
        intersection_related_i=True,
        lighting_condition="DARKNESS, LIGHTED ROAD",
        prim_contributory_cause="WEATHER",
        sec_contributory_cause="ANIMAL",
        first_crash_type="ANGLE",
        street_direction="N",
        street_name="WESTERN AVE",
        posted_speed_limit=30,
        beat_of_occurrence="0111",
    )
    row = made(db)
    assert (row["day"], row["month"], row["year"]) == (date(2024, 3, 10), date(2024, 3, 1), 2024)
    assert (row["weekday"], row["hour"]) == (7, 23), "a Sunday"
    assert (row["severity"], row["is_ksi"]) == ("O", False)
    assert (row["units"], row["motor_vehicles"]) == (3, 0)
    assert (row["is_hit_and_run"], row["is_dooring"], row["is_work_zone"]) == (True, True, True)
    assert (row["is_dark"], row["is_intersection"]) == (True, True)
    assert (row["is_speed_related"], row["is_alcohol_related"]) == (False, False)
    assert (row["primary_cause"], row["secondary_cause"], row["first_crash_type"]) == ("WEATHER", "ANIMAL", "ANGLE")
    assert (row["street"], row["posted_speed_limit"], row["reported_beat"]) == ("N WESTERN AVE", 30, "0111")
    ((location, geometry),) = rows_of(db, "select location_id, geometry::text from locations")
    assert (row["location_id"], row["geometry"]) == (location, geometry)
    assert counted(row) == {}


def test_what_is_not_published_is_not_known(db: Connection) -> None:
    """Flags are false unless marked; light, intersection, place, street and causes stay unknown."""
    add_crash(db, "x", num_units=None)
    row = made(db)
    assert not any(row[name] for name in ("is_hit_and_run", "is_dooring", "is_work_zone", "is_speed_related"))
    unknown = ("is_dark", "is_intersection", "units", "primary_cause", "street", "location_id", "geometry", "ward")
    assert all(row[name] is None for name in unknown)


@pytest.mark.parametrize(
    ("light", "dark"),
    [("DARKNESS", True), ("DAYLIGHT", False), ("DAWN", False), ("DUSK", False), ("UNKNOWN", None), (None, None)],
)
def test_what_dark_is(db: Connection, light: str | None, dark: bool | None) -> None:
    add_crash(db, "x", lighting_condition=light)
    assert made(db)["is_dark"] is dark


@pytest.mark.parametrize(
    ("cause", "is_speed", "is_alcohol"),
    [
        ("EXCEEDING AUTHORIZED SPEED LIMIT", True, False),
        ("EXCEEDING SAFE SPEED FOR CONDITIONS", True, False),
        ("FAILING TO REDUCE SPEED TO AVOID CRASH", True, False),
        ("UNDER THE INFLUENCE OF ALCOHOL/DRUGS (USE WHEN ARREST IS EFFECTED)", False, True),
        ("HAD BEEN DRINKING (USE WHEN ARREST IS NOT MADE)", False, True),
        ("PHYSICAL CONDITION OF DRIVER", False, False),
    ],
)
def test_causes_of_either_place_tell_of_speed_and_alcohol(
    db: Connection, cause: str, is_speed: bool, is_alcohol: bool
) -> None:
    add_crash(db, "first", prim_contributory_cause=cause)
    add_crash(db, "x", prim_contributory_cause="WEATHER", sec_contributory_cause=cause)
    for row in (made(db), fact(db, "first")):
        assert (row["is_speed_related"], row["is_alcohol_related"]) == (is_speed, is_alcohol)


@pytest.mark.parametrize(
    ("worst", "severity", "is_ksi"),
    [
        ("FATAL", "K", True),
        ("INCAPACITATING INJURY", "A", True),
        ("NONINCAPACITATING INJURY", "B", False),
        ("REPORTED, NOT EVIDENT", "C", False),
        ("NO INDICATION OF INJURY", "O", False),
        (None, "U", False),
    ],
)
def test_severity_is_that_of_the_worst_injury(db: Connection, worst: str | None, severity: str, is_ksi: bool) -> None:
    add_crash(db, "x", most_severe_injury=worst)
    row = made(db)
    assert (row["severity"], row["is_ksi"]) == (severity, is_ksi)


def test_injuries_are_those_the_crash_names(db: Connection) -> None:
    add_crash(
        db,
        "x",
        most_severe_injury="FATAL",
        injuries_fatal=1,
        injuries_incapacitating=2,
        injuries_non_incapacitating=3,
        injuries_reported_not_evident=4,
        injuries_no_indication=5,
    )
    row = made(db)
    assert [row[f"persons_{letter}"] for letter in "kabcou"] == [1, 2, 3, 4, 5, 0]


def test_unknown_injuries_count_as_none_and_say_so(db: Connection) -> None:
    nothing: dict[str, Value] = {
        f"injuries_{what}": None
        for what in (
            "total", "fatal", "incapacitating", "non_incapacitating", "reported_not_evident", "no_indication"
        )
    }  # fmt: skip
    add_crash(db, "x", most_severe_injury=None, **nothing)
    row = made(db)
    assert [row[f"persons_{letter}"] for letter in "kabcou"] == [0] * 6
    assert row["severity"] == "U"


def test_people_are_counted_by_how_they_moved_and_how_badly_they_were_hurt(db: Connection) -> None:
    add_crash(db, "x")
    people = [
        ("PEDESTRIAN", "FATAL"),
        ("PEDESTRIAN", "NO INDICATION OF INJURY"),
        ("BICYCLE", "INCAPACITATING INJURY"),
        ("DRIVER", "NONINCAPACITATING INJURY"),
        ("PASSENGER", "REPORTED, NOT EVIDENT"),
        ("PASSENGER", None),
        ("NON-MOTOR VEHICLE", "FATAL"),
        ("NON-CONTACT VEHICLE", "NO INDICATION OF INJURY"),
        (None, "REPORTED, NOT EVIDENT"),
    ]
    for number, (kind, injury) in enumerate(people):
        add_person(db, "x", f"P{number}", person_type=kind, injury_classification=injury)
    row = made(db)
    assert counted(row) == {
        "pedestrians": 2,
        "pedestrians_k": 1,
        "cyclists": 1,
        "cyclists_a": 1,
        "occupants": 3,
        "occupants_b": 1,
        "occupants_c": 1,
        "others": 3,
        "others_k": 1,
        "others_c": 1,
    }
    assert row["persons_u"] == 1


def test_riders_are_told_by_the_vehicle_of_their_own_crash(db: Connection) -> None:
    for crash in ("x", "other"):
        add_crash(db, crash)
    add_unit(db, "x", 1, vehicle_id=100, vehicle_type="MOTORCYCLE (OVER 150CC)")
    add_unit(db, "x", 2, vehicle_id=200, vehicle_type="PASSENGER")
    add_unit(db, "x", 3, vehicle_id=300, vehicle_type="AUTOCYCLE")
    add_unit(db, "other", 4, vehicle_id=400, vehicle_type="MOPED OR MOTORIZED BICYCLE")
    hurt: dict[str, Value] = {"injury_classification": "INCAPACITATING INJURY"}
    add_person(db, "x", "O1", vehicle_id=100, **hurt)
    add_person(db, "x", "P1", vehicle_id=100, person_type="PASSENGER")
    add_person(db, "x", "O2", vehicle_id=200)
    add_person(db, "x", "O3", vehicle_id=300)
    add_person(db, "x", "P2", vehicle_id=400, person_type="PASSENGER")
    add_person(db, "x", "P3", vehicle_id=None, person_type="PASSENGER")
    add_person(db, "x", "P4", vehicle_id=1, person_type="PASSENGER")
    assert counted(made(db)) == {"motorcyclists": 2, "motorcyclists_a": 1, "occupants": 5}


@pytest.mark.parametrize(
    "vehicle_type",
    [
        "MOTORCYCLE (OVER 150CC)",
        "MOTOR DRIVEN CYCLE",
        "MOPED OR MOTORIZED BICYCLE",
        "3-WHEELED MOTORCYCLE (2 REAR WHEELS)",
    ],
)
def test_what_a_motorcycle_is(db: Connection, vehicle_type: str) -> None:
    add_crash(db, "x")
    add_unit(db, "x", 1, vehicle_type=vehicle_type)
    add_unit(db, "x", 2, vehicle_id=1, vehicle_type=vehicle_type)
    add_person(db, "x", "O1", vehicle_id=1)
    assert counted(made(db)) == {"motorcyclists": 1}, "two units with one vehicle_id are not two riders"


def test_children_and_older_adults_and_drivers_of_no_age(db: Connection) -> None:
    """Age 0 of a driver means that nobody knows it."""
    add_crash(db, "x")
    ages = [("PASSENGER", 0), ("DRIVER", 0), ("DRIVER", 1), ("PEDESTRIAN", 0), ("PASSENGER", 17), ("PASSENGER", 18)]
    ages += [("DRIVER", 0), ("DRIVER", 64), ("DRIVER", 65), ("PASSENGER", 110), ("PASSENGER", None)]  # type: ignore[list-item]
    for number, (kind, age) in enumerate(ages):
        add_person(db, "x", f"P{number}", person_type=kind, age=age, injury_classification="INCAPACITATING INJURY")
    row = made(db)
    assert (row["children"], row["children_a"], row["children_k"]) == (4, 4, 0)
    assert (row["older_adults"], row["older_adults_a"]) == (2, 2)


def test_motor_vehicles_are_what_was_hit(db: Connection) -> None:
    add_crash(db, "x")
    units = ["DRIVER", "PARKED", "DRIVERLESS", "DISABLED VEHICLE", "PEDESTRIAN", "BICYCLE", "NON-MOTOR VEHICLE"]
    units += ["NON-CONTACT VEHICLE", "EQUESTRIAN"]
    for number, kind in enumerate(units, 1):
        add_unit(db, "x", number, unit_type=kind)
    add_unit(db, "x", 50, unit_type=None)
    add_unit(db, "x", 51, unit_type=None, vehicle_id=None)
    assert made(db)["motor_vehicles"] == 5


def test_people_and_units_of_no_crash_are_left_out(db: Connection) -> None:
    add_crash(db, "x")
    add_person(db, "nobody's", "O1")
    add_unit(db, "nobody's", 1)
    sign(db, DAY)
    row = made(db)
    assert counted(row) == {}
    assert rows_of(db, "select count(*) from crash_facts") == [(1,)]


@pytest.mark.parametrize(
    ("feed", "count"), [("people", "occupants"), ("vehicles", "motor_vehicles")], ids=["people", "units"]
)
def test_people_and_units_count_for_their_crash_whatever_day_they_carry(db: Connection, feed: str, count: str) -> None:
    """They come late, under another day than their crash; and are withdrawn from it."""
    add_crash(db, "x")
    sign(db, DAY)
    assert made(db)[count] == 0
    if feed == "people":
        add_person(db, "x", "O1", at="2024-02-01 00:10")
    else:
        add_unit(db, "x", 1, at="2024-02-01 00:10")
    sign(db, "2024-02-01", feeds=[feed])
    before = refreshed_at(db)
    assert made(db)[count] == 1
    assert refreshed_at(db)[DAY] > before[DAY], "its day is told anew, too"
    with db.transaction():
        keep_and_remove(db, feed, "x")
        sign(db, "2024-02-01", feeds=[feed])
    sign(db, "2024-02-01", feeds=[feed])
    assert made(db)[count] == 0, "although it was loaded once more since"


@pytest.mark.parametrize("later", ["nothing", "loaded again", "withdrawn"])
def test_a_unit_that_moves_to_another_crash_leaves_the_first(db: Connection, later: str) -> None:
    """It came from a day that is not loaded again: only the history tells, whatever happens to its new day since."""
    for key in ("x", "y"):
        add_crash(db, key)
    add_unit(db, "x", 1, at="2024-02-01 00:10")
    sign(db, DAY, "2024-02-01")
    assert made(db)["motor_vehicles"] == 1
    with db.transaction():
        keep_and_remove(db, "vehicles", "x")
        add_unit(db, "y", 1, at="2024-02-02 00:10")
        sign(db, "2024-02-02", feeds=["vehicles"])
    if later == "withdrawn":
        with db.transaction():
            keep_and_remove(db, "vehicles", "y")
            sign(db, "2024-02-02", feeds=["vehicles"])
    if later == "loaded again":
        sign(db, "2024-02-02", feeds=["vehicles"])
    assert made(db)["motor_vehicles"] == 0
    assert fact(db, "y")["motor_vehicles"] == (0 if later == "withdrawn" else 1)


def test_a_crash_that_moves_is_nowhere_twice(db: Connection) -> None:
    add_crash(db, "x")
    sign(db, DAY)
    refresh_facts(db)
    db.execute("update crashes set crash_date = '2024-01-12 09:00'")
    sign(db, "2024-01-12")
    assert made(db)["day"] == date(2024, 1, 12)
    assert rows_of(db, "select day, crashes from ops.fact_days order by day") == [(DAY, 0), (date(2024, 1, 12), 1)]


def test_a_withdrawn_crash_has_no_facts(db: Connection) -> None:
    add_crash(db, "x")
    add_crash(db, "y")
    sign(db, DAY)
    refresh_facts(db)
    db.execute("delete from crashes where crash_record_id = 'x'")
    sign(db, DAY, feeds=["crashes"])
    refresh_facts(db)
    assert rows_of(db, "select crash_record_id from crash_facts") == [("y",)]
    assert rows_of(db, "select day, crashes from ops.fact_days") == [(DAY, 1)]


def test_only_touched_days_are_made_anew(db: Connection) -> None:
    other = DAY - timedelta(days=40)
    add_crash(db, "x")
    add_crash(db, "y", at=f"{other} 08:00")
    add_days(db, 10)
    sign(db, DAY, other)
    assert refresh_facts(db).numbers["days_made"] == 11
    before = refreshed_at(db)
    version = rows_of(db, "select xmin::text from crash_facts where crash_record_id = 'x'")
    assert refresh_facts(db).numbers["days_made"] == 0
    sign(db, other, feeds=["vehicles"])
    assert touched_days(db) == [other]
    assert refresh_facts(db).numbers["days_made"] == 1
    after = refreshed_at(db)
    assert {day for day in after if after[day] != before[day]} == {other}
    assert rows_of(db, "select xmin::text from crash_facts where crash_record_id = 'x'") == version


def test_of_a_touched_day_only_new_and_amended_crashes_are_made_anew(db: Connection) -> None:
    for number, key in enumerate(("same", "amended", "hurt", "gone", "hit")):
        add_crash(db, key)
        add_person(db, key, f"O {key}")
        add_unit(db, key, number)
    sign(db, DAY)
    refresh_facts(db)
    before = versions(db)
    with db.transaction():
        db.execute("update crashes set injuries_fatal = 1, updated_at = now() where crash_record_id = 'amended'")
        db.execute("delete from crashes where crash_record_id = 'gone'")
        db.execute(
            "update crash_people set injury_classification = 'FATAL', updated_at = now() where crash_record_id = 'hurt'"
        )
        db.execute("update crash_vehicles set unit_type = 'PARKED', updated_at = now() where crash_record_id = 'hit'")
        add_crash(db, "new")
        sign(db, DAY)
    assert refresh_facts(db).numbers["crashes_touched"] == 5
    after = versions(db)
    assert {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} == {
        "amended",
        "hurt",
        "gone",
        "hit",
        "new",
    }
    assert (fact(db, "amended")["persons_k"], fact(db, "hurt")["occupants_k"]) == (1, 1)


def load_whole(db: Connection, key: str, day: date, number: int) -> None:
    """A crash with a person and a unit, stored and signed in one transaction, as a merge does."""
    with db.transaction():
        add_crash(db, key, at=f"{day} 08:00")
        add_person(db, key, f"O {key}", at=f"{day} 08:00")
        add_unit(db, key, number, at=f"{day} 08:00")
        sign(db, day)


def test_a_day_that_is_loaded_again_without_change_touches_no_crash(db: Connection) -> None:
    """Nor does it if the days beside it, or a day without crashes, were loaded and made since."""
    days = [DAY + timedelta(days=number) for number in range(3)]
    load_whole(db, "x", days[1], 1)
    sign(db, DAY + timedelta(days=50))
    assert refresh_facts(db).numbers["crashes_touched"] == 1
    for number, day in enumerate((days[0], days[2])):
        load_whole(db, f"beside {number}", day, 10 + number)
        assert refresh_facts(db).numbers["crashes_touched"] == 1
    with db.transaction():
        for feed in ("people", "vehicles"):
            keep_and_remove(db, feed, "beside 0")
            keep_and_remove(db, feed, "beside 1")
        sign(db, days[0], days[2])
    assert refresh_facts(db).numbers["crashes_touched"] == 2
    sign(db, *days, DAY + timedelta(days=50))
    refreshed = refresh_facts(db)
    assert (refreshed.numbers["days_made"], refreshed.numbers["crashes_touched"]) == (4, 0)
    sign(db, days[1])
    assert refresh_facts(db).numbers["crashes_touched"] == 0


def test_days_that_were_never_made_are_still_to_come(db: Connection) -> None:
    """Whether their load is recorded or not."""
    add_crash(db, "x")
    add_crash(db, "y", at=f"{DAY + timedelta(days=1)} 08:00")
    sign(db, DAY)
    found = completeness(db)
    assert (found["crashes"], found["facts"], found["wrong_days"], found["pending_days"]) == (2, 0, 0, 2)


def test_the_refresh_is_recorded_with_its_rows_and_the_newest_day_that_has_one(db: Connection) -> None:
    recorded = "select through, rows from ops.mart_refreshes where mart = 'crash_facts'"
    assert refresh_facts(db).rows == 0
    assert rows_of(db, recorded) == [(None, 0)]
    for number, key in enumerate("xyz"):
        add_crash(db, key, at=f"{DAY + timedelta(days=number // 2)} 08:00")
    sign(db, *(DAY + timedelta(days=number) for number in range(4)))
    assert refresh_facts(db).rows == 3
    assert rows_of(db, recorded) == [(DAY + timedelta(days=1), 3)]


@pytest.mark.parametrize("last", ["crashes", "people", "vehicles"])
def test_whichever_feed_was_loaded_last_the_day_is_made_once(db: Connection, last: str) -> None:
    add_crash(db, "x")
    sign(db, DAY, feeds=[feed for feed in ("crashes", "people", "vehicles") if feed != last])
    sign(db, DAY, feeds=[last])
    refresh_facts(db)
    assert touched_days(db) == []
    db.execute("delete from crash_facts")
    found = completeness(db)
    assert (found["wrong_days"], found["pending_days"]) == (1, 0), "nothing is to be made that would mend it"
    assert (found["crashes"], found["facts"], found["examples"]) == (1, 0, [str(DAY)])


def versions(db: Connection) -> dict[object, object]:
    """Which transaction wrote each crash's facts."""
    return dict(rows_of(db, "select crash_record_id, xmin::text from crash_facts"))  # type: ignore[arg-type]


def test_a_clock_that_was_set_back_hides_nothing(db: Connection) -> None:
    add_crash(db, "x")
    sign(db, DAY)
    refresh_facts(db)
    db.execute("update ops.fact_days set made_from = array(select at + interval '1 h' from unnest(made_from) as at)")
    with db.transaction():
        db.execute("update crashes set injuries_fatal = 1, updated_at = now()")
        sign(db, DAY, feeds=["crashes"])
    refresh_facts(db)
    assert fact(db)["persons_k"] == 1


def test_days_of_which_no_load_is_recorded_are_always_made(db: Connection) -> None:
    add_crash(db, "x")
    assert days_to_make(db) == [DAY]
    refresh_facts(db)
    db.execute("delete from crashes")
    assert days_to_make(db) == [DAY]
    refresh_facts(db)
    assert rows_of(db, "select count(*) from crash_facts") == [(0,)]
    assert days_to_make(db) == []


def test_the_last_three_loaded_days_are_provisional(db: Connection) -> None:
    add_days(db, 4)
    sign(db, DAY + timedelta(days=100), feeds=["people"])
    refresh_facts(db)
    assert PROVISIONAL_DAYS == 3
    first, second, third, fourth = (DAY + timedelta(days=number) for number in range(4))
    assert provisional_days(db) == [second, third, fourth]
    before = refreshed_at(db)
    fifth = DAY + timedelta(days=9)
    add_crash(db, "late", at=f"{fifth} 01:00")
    sign(db, fifth)
    refresh_facts(db)
    assert provisional_days(db) == [third, fourth, fifth]
    after = refreshed_at(db)
    assert {day for day in before if after[day] != before[day]} == {second}, "who counts by day has to know"
    assert first in after


def test_areas_are_those_of_the_place(db: Connection) -> None:
    put_layer(db, "wards", {"35": square(WEST, SOUTH)})
    put_layer(db, "police_beats", {"0111": square(WEST, SOUTH)})
    put_layer(db, "mine", {"x": square(WEST, SOUTH)})
    add_crash(db, "x", **INSIDE)
    add_crash(db, "out", longitude=WEST - 0.01, latitude=SOUTH)
    sign(db, DAY)
    row = made(db)
    assert (row["ward"], row["police_beat"], row["community_area"]) == ("35", "0111", None)
    assert fact(db, "out")["ward"] is None
    assert rows_of(
        db, "select layer, area, label, feet_away from crash_areas where crash_record_id = 'x' order by layer"
    ) == [("mine", "x", "x", 0), ("police_beats", "0111", "0111", 0), ("wards", "35", "35", 0)]


def test_a_layer_that_changes_changes_its_column_only(db: Connection) -> None:
    put_layer(db, "wards", {"35": square(WEST, SOUTH)})
    add_crash(db, "x", **INSIDE)
    add_crash(db, "lost")
    sign(db, DAY)
    assert made(db)["ward"] == "35"
    before = refreshed_at(db)
    put_layer(db, "wards", {"36": square(WEST, SOUTH)})
    put_layer(db, "community_areas", {"7": square(WEST, SOUTH)})
    assign_locations(db)
    assert refresh_facts(db).numbers["layers_named_anew"] == "community_areas, wards"
    assert (fact(db)["ward"], fact(db)["community_area"]) == ("36", "7")
    db.execute("update layers set is_active = false where layer = 'wards'")
    assert (made(db)["ward"], fact(db)["community_area"]) == (None, "7")
    db.execute("delete from layers where layer = 'community_areas'")
    assert made(db)["community_area"] is None
    db.execute("update layers set is_active = true")
    assert made(db)["ward"] == "36"
    assert refreshed_at(db) == before, "days are not made anew for that"
    assert refresh_facts(db).numbers["layers_named_anew"] == "none"


def test_a_crash_whose_place_is_not_assigned_yet_is_made_again(db: Connection) -> None:
    put_layer(db, "wards", {"35": square(WEST, SOUTH)})
    assign_locations(db)
    add_crash(db, "x", **INSIDE)
    sign(db, DAY)
    refresh_facts(db)
    assert fact(db)["location_id"] is None
    assert touched_days(db) == [DAY]
    assert made(db)["ward"] == "35"
    assert touched_days(db) == []


def test_what_waits_is_known_and_named(db: Connection) -> None:
    assert not outdated(db)
    put_layer(db, "wards", {"35": square(WEST, SOUTH)})
    add_crash(db, "x", **INSIDE)
    sign(db, DAY)
    waiting = outdated(db)
    assert (waiting.days, waiting.layers, waiting.marts) == (1, 1, 0)
    assert outdated(db).state == waiting.state
    made(db)
    assert not outdated(db)
    assert outdated(db).state == waiting.state
    sign(db, DAY)
    assert outdated(db).days == 1
    assert outdated(db).state != waiting.state
    refresh_facts(db)
    db.execute("update ops.mart_refreshes set refreshed_at = refreshed_at - interval '1 h'")
    assert outdated(db).marts == 1
    refresh_facts(db)
    assert not outdated(db)
    db.execute("update ops.mart_refreshes set cost_table = 'nsc_2022_economic'")
    assert outdated(db).marts == 1


def test_the_checks_tell_what_is_wrong(db: Connection) -> None:
    add_days(db, 3)
    add_crash(db, "x", most_severe_injury="FATAL", injuries_fatal=1)
    add_person(db, "x", "O1", injury_classification="FATAL")
    refresh_facts(db)
    assert completeness(db) == {"crashes": 4, "facts": 4, "wrong_days": 0, "pending_days": 0, "examples": None}
    assert agreement(db) == {"crashes": 4, "people_add_up": 4, "severity_agrees": 4}
    db.execute("update crash_facts set persons_k = 0 where crash_record_id = 'x'")
    assert agreement(db) == {"crashes": 4, "people_add_up": 3, "severity_agrees": 3}
    db.execute("delete from crash_facts where crash_record_id = 'x'")
    found = completeness(db)
    assert (found["facts"], found["wrong_days"], found["examples"]) == (3, 1, [str(DAY)])
    sign(db, DAY)
    found = completeness(db)
    assert (found["wrong_days"], found["pending_days"]) == (0, 1)


@pytest.mark.parametrize("seed", range(6))
def test_after_any_changes_the_facts_are_those_of_a_rebuild(db: Connection, seed: int) -> None:
    """Random loads, late and amended people, moved and withdrawn crashes, layers that come, change and go."""
    chance = random.Random(seed)  # noqa: S311 - for tests
    days = [DAY + timedelta(days=number) for number in range(6)]
    for number in range(25):
        new_crash(db, chance, f"c{number}", chance.choice(days))
    sign(db, *days)
    assign_locations(db)
    refresh_facts(db)
    for step in range(6):
        for _ in range(chance.randint(1, 4)):
            change(db, chance, days, f"n{seed} {step} {chance.random()}")
        assign_locations(db)
        refresh_facts(db)
    assert outdated(db).days == 0
    incremental = all_facts(db)
    told = rows_of(db, "select day, crashes, is_provisional from ops.fact_days where crashes > 0 order by day")
    db.execute("truncate crash_facts, ops.fact_days, ops.fact_areas")
    refresh_facts(db)
    assert incremental == all_facts(db)
    assert told == rows_of(db, "select day, crashes, is_provisional from ops.fact_days where crashes > 0 order by day")


def all_facts(db: Connection) -> list[tuple[object, ...]]:
    return rows_of(db, "select * from crash_facts order by crash_record_id")


def new_crash(db: Connection, chance: random.Random, key: str, day: date) -> None:
    at = f"{day} {chance.randint(0, 23):02}:15"
    place = {"longitude": WEST + chance.randint(0, 5) / 400, "latitude": SOUTH + 0.005} if chance.random() < 0.8 else {}
    add_crash(db, key, at=at, **place)
    for _ in range(chance.randint(0, 3)):
        put_child(db, chance, key, at)


def put_child(db: Connection, chance: random.Random, crash: str, at: str) -> None:
    key = next(NUMBERS)
    kind = chance.choice(["MOTORCYCLE (OVER 150CC)", "PASSENGER"])
    injury = chance.choice(["FATAL", "NO INDICATION OF INJURY", None])
    add_unit(db, crash, key, at=at, vehicle_type=kind)
    add_person(db, crash, f"O{key}", at=at, vehicle_id=key, age=chance.randint(0, 90), injury_classification=injury)


def change(db: Connection, chance: random.Random, days: list[date], key: str) -> None:
    """One thing that loads or people do, with what a load records of it."""
    crashes = rows_of(db, "select crash_record_id, crash_date::date from crashes order by 1")
    (crash, day), (to, _) = chance.choice(crashes), chance.choice(crashes)
    other = chance.choice(days)
    match chance.randint(0, 10):
        case 0:
            new_crash(db, chance, key, other)
            sign(db, other)
        case 1:
            with db.transaction():
                db.execute(
                    "update crashes set crash_date = %s, updated_at = now() where crash_record_id = %s",
                    [f"{other} 07:00", crash],
                )
                sign(db, other, feeds=["crashes"])
        case 2:
            db.execute("delete from crashes where crash_record_id = %s", [crash])
            sign(db, day, feeds=["crashes"])  # type: ignore[arg-type]
        case 3:
            put_child(db, chance, str(crash), f"{other} 03:00")
            sign(db, other, feeds=["people", "vehicles"])
        case 4:
            withdraw_person(db, str(crash))
        case 5:
            with db.transaction():
                db.execute(
                    "update crashes set injuries_fatal = injuries_fatal + 1, updated_at = now()"
                    " where crash_record_id = %s",
                    [crash],
                )
                sign(db, day, feeds=["crashes"])  # type: ignore[arg-type]
        case 6:
            amend_people(db, str(crash))
        case 7:
            move_people(db, chance, str(crash), str(to), days)
        case 8 | 9:
            change_wards(db, chance)
        case _:
            new_day = max(days) + timedelta(days=1)
            days.append(new_day)
            new_crash(db, chance, key, new_day)
            sign(db, new_day)


def change_wards(db: Connection, chance: random.Random) -> None:
    if chance.random() < 0.5:
        put_layer(db, "wards", {"1": square(WEST, SOUTH), "2": square(WEST + 0.01, SOUTH)})
    else:
        put_layer(db, "wards", {"3": square(WEST + chance.random() / 100, SOUTH)}, is_active=chance.random() < 0.5)


def amend_people(db: Connection, crash: str) -> None:
    """All people of a crash are dead, as a merge has it."""
    with db.transaction():
        amended = rows_of(
            db,
            "update crash_people set injury_classification = 'FATAL', updated_at = now() where crash_record_id = %s"
            " returning crash_date::date",
            crash,
        )
        sign(db, *{str(day) for (day,) in amended}, feeds=["people"])


def withdraw_person(db: Connection, crash: str) -> None:
    with db.transaction():
        days = keep_and_remove(db, "people", crash)
        sign(db, *days, feeds=["people"])


def move_people(db: Connection, chance: random.Random, crash: str, other: str, days: list[date]) -> None:
    """All people of a crash come to another one and to other days, as merges have it; most days are loaded again."""
    people = rows_of(db, "select person_id from crash_people where crash_record_id = %s", crash)
    with db.transaction():
        keep_and_remove(db, "people", crash)
        came_to = [chance.choice(days) for _ in people]
        for (person,), day in zip(people, came_to, strict=True):
            add_person(db, other, str(person), at=f"{day} 05:00")
        sign(db, *came_to, feeds=["people"])
    sign(db, *came_to[1:], feeds=["people"])


TABLES = {"people": ("crash_people", "person_id"), "vehicles": ("crash_vehicles", "crash_unit_id::text")}


def keep_and_remove(db: Connection, feed: str, crash: str) -> set[str]:
    """Remove a crash's people or units as a merge does, in whose transaction this is; the days they carried."""
    table, row_key = TABLES[feed]
    gone = rows_of(
        db,
        f"with gone as (delete from {table} where crash_record_id = %s returning *)"  # noqa: S608
        " insert into ops.history (feed, row_key, day, kind, valid_from, valid_to, run_id, old_row)"
        f" select %s, {row_key}, crash_date::date, 'withdrawn', created_at, now(), 'a run', to_jsonb(gone)"
        " from gone returning day",
        crash,
        feed,
    )
    return {str(day) for (day,) in gone}


def add_days(db: Connection, wanted: int) -> None:
    """A crash on each of some days, loaded."""
    for number in range(wanted):
        day = DAY + timedelta(days=number)
        add_crash(db, f"day {number}", at=f"{day} 12:00")
        sign(db, day)


def refreshed_at(db: Connection) -> dict[date, datetime]:
    return dict(rows_of(db, "select day, refreshed_at from ops.fact_days"))  # type: ignore[arg-type]


def provisional_days(db: Connection) -> list[object]:
    days = rows_of(db, "select distinct day from crash_facts where is_provisional order by day")
    assert days == rows_of(db, "select day from ops.fact_days where is_provisional and crashes > 0 order by day")
    return [day for (day,) in days]
