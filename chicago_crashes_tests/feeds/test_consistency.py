"""Each relation between columns and tables by hand: where it holds, where it is broken, and where it does not apply."""

from datetime import date, timedelta

import pytest

from chicago_crashes.feeds.catalogue import CRASHES, FATALITIES, PEOPLE, VEHICLES
from chicago_crashes.feeds.catalogue.comparisons import Comparison, comparisons_of
from chicago_crashes.feeds.consistency import EXAMPLES, Judged, Tally, judged_days, loaded_days, together
from chicago_crashes.feeds.inspection import DAYS_A_BLOCK, related
from chicago_crashes_tests.answers.marts.feed_rows import DAY, Value, add_crash, add_person, add_unit, sign
from chicago_crashes_tests.feeds.loading import Connection

(CRASHES_CONSISTENT,) = comparisons_of(CRASHES)
(PEOPLE_CONNECTED,) = comparisons_of(PEOPLE)
(VEHICLES_CONNECTED,) = comparisons_of(VEHICLES)
(FATALITIES_CONSISTENT,) = comparisons_of(FATALITIES)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
HOLDS, BROKEN, NOT_TOLD = (1, 0), (1, 1), (0, 0)
FATAL: dict[str, Value] = {"injury_classification": "FATAL"}
SOUND: dict[str, Value] = {"crash_hour": 14, "crash_day_of_week": 4, "crash_month": 1, "num_units": 0}
"""What a crash on Wednesday, 10 January 2024, at half past two in the afternoon says of itself."""


def relations(db: Connection, comparison: Comparison, day: date = DAY) -> dict[str, tuple[int, int]]:
    """Of how many rows of the day each relation is told, and how many break it."""
    judged = judged_days(db, comparison, day, day)[day]
    return {name: (tally.rows, tally.broken) for name, tally in judged.relations.items()}


def add_victim(db: Connection, person: str | None, *, at: str = f"{DAY} 14:30") -> None:
    db.execute(
        "insert into vision_zero_fatalities (fatality_id, person_id, crash_date, coordinate_status)"
        " select count(*)::text, %s, %s, 'missing' from vision_zero_fatalities",
        [person, at],
    )


@pytest.mark.parametrize(
    ("relation", "columns", "told"),
    [
        ("injuries_add_up", {}, HOLDS),
        *(("injuries_add_up", {f"injuries_{name}": 1}, BROKEN) for name in ("total", "fatal", "incapacitating")),
        ("injuries_add_up", {"injuries_non_incapacitating": 1}, BROKEN),
        ("injuries_add_up", {"injuries_reported_not_evident": 1}, BROKEN),
        ("injuries_add_up", {"injuries_total": None}, NOT_TOLD),
        ("injuries_add_up", {"injuries_fatal": None}, NOT_TOLD),
        ("hour_of_date", {}, HOLDS),
        ("hour_of_date", {"crash_hour": 15}, BROKEN),
        ("hour_of_date", {"crash_hour": None}, NOT_TOLD),
        ("weekday_of_date", {}, HOLDS),
        ("weekday_of_date", {"crash_day_of_week": 3}, BROKEN),
        ("weekday_of_date", {"at": "2024-01-14 14:30", "crash_day_of_week": 1}, HOLDS),
        ("month_of_date", {}, HOLDS),
        ("month_of_date", {"crash_month": 2}, BROKEN),
        ("units_counted", {}, HOLDS),
        ("units_counted", {"num_units": 1}, BROKEN),
        ("units_counted", {"num_units": None}, NOT_TOLD),
    ],
)
def test_what_a_crash_says_of_itself(
    db: Connection, relation: str, columns: dict[str, Value], told: tuple[int, int]
) -> None:
    add_crash(db, "x", **SOUND | columns)
    day = date(2024, 1, 14) if "at" in columns else DAY
    assert relations(db, CRASHES_CONSISTENT, day)[relation] == told


def test_all_injuries_are_added(db: Connection) -> None:
    add_crash(
        db, "x", injuries_total=15, injuries_fatal=1, injuries_incapacitating=2, injuries_non_incapacitating=4,
        injuries_reported_not_evident=8,
    )  # fmt: skip
    assert relations(db, CRASHES_CONSISTENT)["injuries_add_up"] == HOLDS


@pytest.mark.parametrize(
    ("dates", "wrong"),
    [((DAY, DAY), (1, 3)), ((DAY, AFTER), (0, 3)), ((BEFORE, AFTER), (1, 3))],
    ids=["alike", "one else", "both else"],
)
def test_units_are_counted_whatever_day_they_carry(
    db: Connection, dates: tuple[date, date], wrong: tuple[int, int]
) -> None:
    """A number that fits those of the crash's own day is believed, and the others are not looked for."""
    add_crash(db, "x", num_units=2)
    add_crash(db, "y", num_units=0)
    for number, day in enumerate(dates):
        add_unit(db, "x", number, at=f"{day} 14:30")
    assert relations(db, CRASHES_CONSISTENT)["units_counted"] == (2, 0)
    for number in wrong:
        db.execute("update crashes set num_units = %s where crash_record_id = 'x'", [number])
        assert relations(db, CRASHES_CONSISTENT)["units_counted"] == (2, 1)


INJURIES = (
    "NO INDICATION OF INJURY",
    "REPORTED, NOT EVIDENT",
    "NONINCAPACITATING INJURY",
    "INCAPACITATING INJURY",
    "FATAL",
)


@pytest.mark.parametrize("day", [DAY, AFTER], ids=["alike", "else"])
@pytest.mark.parametrize("worst", range(1, 5))
def test_the_worst_injury_is_that_of_the_people(db: Connection, worst: int, day: date) -> None:
    """Whatever day they carry; somebody whose injury is not known makes no difference."""
    add_crash(db, "x", most_severe_injury=INJURIES[worst])
    for number, injury in enumerate([INJURIES[worst - 1], INJURIES[worst], INJURIES[0], None]):
        add_person(db, "x", f"P{number}", at=f"{day} 14:30", injury_classification=injury)
    assert relations(db, CRASHES_CONSISTENT)["worst_injury_of_people"] == HOLDS
    db.execute("update crashes set most_severe_injury = %s", [INJURIES[worst - 1]])
    assert relations(db, CRASHES_CONSISTENT)["worst_injury_of_people"] == BROKEN


@pytest.mark.parametrize(
    ("named", "injuries", "told"),
    [(None, [], HOLDS), (None, [None], HOLDS), (None, ["FATAL"], BROKEN), ("FATAL", [], BROKEN)],
)
def test_without_a_known_injury_there_is_no_worst_one(
    db: Connection, named: str | None, injuries: list[str | None], told: tuple[int, int]
) -> None:
    add_crash(db, "x", most_severe_injury=named)
    for number, injury in enumerate(injuries):
        add_person(db, "x", f"P{number}", injury_classification=injury)
    assert relations(db, CRASHES_CONSISTENT)["worst_injury_of_people"] == told


@pytest.mark.parametrize(
    ("dates", "wrong"),
    [((DAY, DAY), (1, 3)), ((DAY, AFTER), (0, 3)), ((BEFORE, AFTER), (1, 3))],
    ids=["alike", "one else", "both else"],
)
def test_the_dead_are_counted_whatever_day_they_carry(
    db: Connection, dates: tuple[date, date], wrong: tuple[int, int]
) -> None:
    """A number that fits those of the crash's own day is believed, and the others are not looked for."""
    add_crash(db, "x", injuries_fatal=2)
    add_crash(db, "y", injuries_fatal=0)
    add_person(db, "x", "P9")
    for number, day in enumerate(dates):
        add_person(db, "x", f"P{number}", at=f"{day} 14:30", **FATAL)
    assert relations(db, CRASHES_CONSISTENT)["fatal_people_counted"] == (2, 0)
    for number in wrong:
        db.execute("update crashes set injuries_fatal = %s where crash_record_id = 'x'", [number])
        assert relations(db, CRASHES_CONSISTENT)["fatal_people_counted"] == (2, 1)


def test_of_what_is_dated_like_the_crash_the_day_ends_at_midnight(db: Connection) -> None:
    """The unit and the dead of the first moment are of the day, those of the next day's first moment are not."""
    add_crash(db, "x", num_units=1, injuries_fatal=1, most_severe_injury="FATAL")
    add_crash(db, "y", num_units=0, injuries_fatal=0, most_severe_injury="INCAPACITATING INJURY")
    for number, day in enumerate((DAY, AFTER)):
        add_unit(db, "x", number, at=f"{day} 00:00")
        add_person(db, "x", f"P{number}", at=f"{day} 00:00", **FATAL)
    add_person(db, "y", "P3", at=f"{DAY} 00:00", injury_classification="INCAPACITATING INJURY")
    add_person(db, "y", "P4", at=f"{AFTER} 00:00", **FATAL)
    found = relations(db, CRASHES_CONSISTENT)
    assert found["units_counted"] == found["fatal_people_counted"] == found["worst_injury_of_people"] == (2, 0)


@pytest.mark.parametrize(
    ("total", "day", "told"),
    [(None, None, HOLDS), (None, DAY, BROKEN), (None, AFTER, BROKEN), (0, None, NOT_TOLD), (0, DAY, NOT_TOLD)],
)
def test_injuries_are_unknown_only_where_there_are_no_people(
    db: Connection, total: int | None, day: date | None, told: tuple[int, int]
) -> None:
    add_crash(db, "x", injuries_total=total)
    add_crash(db, "y")
    add_person(db, "y", "P1")
    if day:
        add_person(db, "x", "P2", at=f"{day} 14:30")
    assert relations(db, CRASHES_CONSISTENT)["unknown_injuries_without_people"] == told


@pytest.mark.parametrize("comparison", [PEOPLE_CONNECTED, VEHICLES_CONNECTED], ids=["people", "units"])
@pytest.mark.parametrize(
    ("crash_at", "exists", "dated_alike"),
    [
        (f"{DAY} 14:30", HOLDS, HOLDS),
        (f"{DAY} 14:31", HOLDS, BROKEN),
        (f"{DAY} 00:00", HOLDS, BROKEN),
        (f"{AFTER} 00:00", HOLDS, BROKEN),
        ("2019-01-10 14:30", HOLDS, BROKEN),
        (None, BROKEN, NOT_TOLD),
    ],
)
def test_the_crash_that_is_named_exists(
    db: Connection,
    comparison: Comparison,
    crash_at: str | None,
    exists: tuple[int, int],
    dated_alike: tuple[int, int],
) -> None:
    add_crash(db, "another")
    if crash_at:
        add_crash(db, "x", at=crash_at)
    if comparison is PEOPLE_CONNECTED:
        add_person(db, "x", "P1")
    else:
        add_unit(db, "x", 1)
    found = relations(db, comparison)
    assert (found["crash_exists"], found["dated_like_crash"]) == (exists, dated_alike)


@pytest.mark.parametrize(
    ("person", "crash_of_unit", "day", "told"),
    [
        ("O7", "x", DAY, HOLDS),
        ("O7", "x", AFTER, HOLDS),
        ("O7", "another", DAY, BROKEN),
        ("O7", "another", AFTER, BROKEN),
        ("O8", "x", DAY, BROKEN),
        ("P7", "x", DAY, NOT_TOLD),
        ("O7a", "x", DAY, NOT_TOLD),
        ("O" + "9" * 18, "x", DAY, BROKEN),
        ("O" + "9" * 19, "x", DAY, NOT_TOLD),
    ],
)
def test_the_unit_that_a_person_is_named_after_exists(
    db: Connection, person: str, crash_of_unit: str, day: date, told: tuple[int, int]
) -> None:
    add_person(db, "x", person)
    add_unit(db, crash_of_unit, 7, at=f"{day} 14:30", vehicle_id=None)
    assert relations(db, PEOPLE_CONNECTED)["unit_exists"] == told


@pytest.mark.parametrize(
    ("vehicle", "crash_of_unit", "day", "told"),
    [
        (70, "x", DAY, HOLDS),
        (70, "x", AFTER, HOLDS),
        (70, "another", DAY, BROKEN),
        (70, "another", AFTER, BROKEN),
        (71, "x", DAY, BROKEN),
        (7, "x", DAY, BROKEN),
        (None, "x", DAY, NOT_TOLD),
    ],
)
def test_the_vehicle_that_a_person_names_exists(
    db: Connection, vehicle: int | None, crash_of_unit: str, day: date, told: tuple[int, int]
) -> None:
    add_person(db, "x", "P1", vehicle_id=vehicle)
    add_unit(db, crash_of_unit, 7, at=f"{day} 14:30", vehicle_id=70)
    assert relations(db, PEOPLE_CONNECTED)["vehicle_exists"] == told


def test_two_units_with_one_vehicle_are_not_two_people(db: Connection) -> None:
    """Whichever of them is met first, that of the person's own crash counts."""
    add_person(db, "x", "P1", vehicle_id=70)
    for number, crash in enumerate(["a", "x", "x", "z"]):
        add_unit(db, crash, number, vehicle_id=70)
    assert relations(db, PEOPLE_CONNECTED)["vehicle_exists"] == HOLDS


@pytest.mark.parametrize(
    ("died_at", "exists"),
    [
        (f"{DAY} 14:30", HOLDS),
        (f"{BEFORE} 00:00", HOLDS),
        (f"{AFTER} 23:59", HOLDS),
        (f"{BEFORE - timedelta(days=1)} 23:59", BROKEN),
        (f"{AFTER + timedelta(days=1)} 00:00", BROKEN),
    ],
)
def test_a_victim_is_looked_for_a_day_around(db: Connection, died_at: str, exists: tuple[int, int]) -> None:
    """On the first and on the last of the days that are judged together, and on one between."""
    for day in (DAY, DAY - timedelta(days=20), DAY + timedelta(days=20)):
        shift = day - DAY
        db.execute("truncate crash_people, vision_zero_fatalities")
        add_person(db, "x", "O1", at=died_at, **FATAL)
        db.execute("update crash_people set crash_date = crash_date + %s", [shift])
        add_victim(db, "O1", at=f"{day} 12:00")
        for first, last in ((day, day), (DAY - timedelta(days=20), DAY + timedelta(days=20))):
            judged = judged_days(db, FATALITIES_CONSISTENT, first, last)[day].relations
            assert (judged["person_exists"].rows, judged["person_exists"].broken) == exists
            assert judged["person_died"].rows == (exists == HOLDS)


@pytest.mark.parametrize(
    ("person", "exists"),
    [("O1", HOLDS), ("P1", BROKEN), ("O11", BROKEN), (None, NOT_TOLD), ("", NOT_TOLD), ("O1 O2", NOT_TOLD)],
)
def test_a_victim_who_names_one_person(db: Connection, person: str | None, exists: tuple[int, int]) -> None:
    add_person(db, "x", "O1", **FATAL)
    add_victim(db, person)
    found = relations(db, FATALITIES_CONSISTENT)
    assert found["person_exists"] == exists
    assert found["person_died"] == (HOLDS if person == "O1" else NOT_TOLD)


@pytest.mark.parametrize(
    ("injuries", "died"),
    [
        ([("FATAL", DAY)], HOLDS),
        ([("INCAPACITATING INJURY", DAY)], BROKEN),
        ([("INCAPACITATING INJURY", DAY), ("FATAL", DAY)], HOLDS),
        ([("INCAPACITATING INJURY", BEFORE), ("FATAL", AFTER)], HOLDS),
        ([(None, DAY)], NOT_TOLD),
    ],
)
def test_a_victim_died(db: Connection, injuries: list[tuple[str | None, date]], died: tuple[int, int]) -> None:
    """Of several people with the id one who died is enough, and the victim is judged once."""
    for number, (injury, day) in enumerate(injuries):
        add_person(db, f"crash {number}", "O1", at=f"{day} 14:30", injury_classification=injury)
    add_victim(db, "O1")
    found = relations(db, FATALITIES_CONSISTENT)
    assert (found["person_exists"], found["person_died"]) == (HOLDS, died)


def test_days_are_judged_from_their_first_moment_to_their_last(db: Connection) -> None:
    moments = [f"{BEFORE} 23:59:59.9", f"{DAY} 00:00", f"{DAY} 23:59:59.9", f"{AFTER} 00:00"]
    for number, at in enumerate(moments):
        add_crash(db, f"c{number}", at=at)
        add_person(db, f"c{number}", f"P{number}", at=at)
        add_unit(db, f"c{number}", number, at=at)
        add_victim(db, None, at=at)
    for comparison in (CRASHES_CONSISTENT, PEOPLE_CONNECTED, VEHICLES_CONNECTED, FATALITIES_CONSISTENT):
        assert {day: judged.rows for day, judged in judged_days(db, comparison, DAY, DAY).items()} == {DAY: 2}
        assert [judged.rows for judged in judged_days(db, comparison).values()] == [1, 2, 1]


def test_a_row_that_breaks_several_relations_is_one_row(db: Connection) -> None:
    for number in range(EXAMPLES + 2):
        add_crash(db, f"broken {number}", **SOUND | {"crash_hour": 1, "crash_month": 2, "most_severe_injury": None})
    add_crash(db, "sound", **SOUND | {"most_severe_injury": None})
    add_crash(db, "silent", num_units=None, injuries_total=None, most_severe_injury=None)
    (judged,) = judged_days(db, CRASHES_CONSISTENT, DAY, DAY).values()
    assert (judged.rows, judged.broken) == (EXAMPLES + 4, EXAMPLES + 2)
    hour = judged.relations["hour_of_date"]
    assert (hour.rows, hour.broken, len(set(hour.examples))) == (EXAMPLES + 3, EXAMPLES + 2, EXAMPLES)
    assert all(example.startswith("broken") for example in hour.examples)
    assert judged.relations["weekday_of_date"] == Tally(EXAMPLES + 3, 0)


def test_days_together_are_their_sums() -> None:
    one = Judged(10, 2, {"a": Tally(9, 2, ("1", "2")), "b": Tally(8, 0)})
    other = Judged(5, 4, {"a": Tally(5, 4, ("3", "4", "5", "6"))})
    assert together([one, other]) == Judged(15, 6, {"a": Tally(14, 6, ("1", "2", "3", "4", "5")), "b": Tally(8, 0)})
    assert together([]) == Judged(0, 0, {})


def test_loaded_days_are_those_of_the_feed_with_both_ends(db: Connection) -> None:
    sign(db, BEFORE, DAY, AFTER, AFTER + timedelta(days=1), feeds=["people"])
    sign(db, DAY + timedelta(days=9), feeds=["crashes"])
    assert loaded_days(db, PEOPLE, DAY, AFTER) == {DAY, AFTER}
    assert loaded_days(db, PEOPLE, DAY + timedelta(days=9), DAY + timedelta(days=9)) == set()


def test_days_that_are_asked_about_together_are_judged_each_by_itself(db: Connection) -> None:
    """Of one no unit was loaded, so nothing is compared; of one nothing is stored."""
    days = [DAY + timedelta(days=number) for number in range(DAYS_A_BLOCK + 2)]
    sign(db, *days)
    db.execute("delete from ops.signatures where feed = 'vehicles' and day = %s", [days[1]])
    for number, day in enumerate((days[0], days[1], days[2], days[-1])):
        add_crash(db, f"c{number}", at=f"{day} 14:30", crash_month=day.month % 12 + 1)

    verdicts = list(related(db, CRASHES_CONSISTENT, days))

    assert [verdict.day for verdict in verdicts] == days
    numbers = {verdict.day: dict(verdict.numbers) for verdict in verdicts}
    assert numbers[days[1]] == numbers[days[3]] == {"rows": 0, "failed_rows": 0, "failure_rate": 0.0}
    assert [bool(verdict.reasons) for verdict in verdicts[1:4]] == [True, False, False]
    assert verdicts[1].reasons == ["Not asked: crash_vehicles of this day is not loaded."]
    assert all(verdicts[place].passed and not verdicts[place].is_fault for place in (1, 3))
    for place in (0, 2, -1):
        assert numbers[days[place]]["month_of_date"] == numbers[days[place]]["rows"] == 1
