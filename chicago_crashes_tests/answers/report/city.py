"""A small invented city: rows of crashes, people and vehicles, and what a report of some of them has to say.

What is expected is counted here from the rows themselves, in Python; the database counts in SQL, from facts.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from chicago_crashes.answers.facts.crash_facts import refresh_facts
from chicago_crashes.answers.marts.areas import refresh_area_daily
from chicago_crashes.answers.marts.citywide import refresh_citywide_daily
from chicago_crashes.answers.places.assignment import assign_locations

# ruff: noqa: DTZ001, S311 - wall time carries no zone, and the dice only have to be the same every time

FIRST, LAST = date(2022, 1, 10), date(2024, 4, 20)
MISSING = date(2023, 8, 9)
"""A day that is not loaded."""

WARDS = {"1": (-87.70, 41.90, -87.68, 41.92), "2": (-87.68, 41.90, -87.66, 41.92)}
"""West, south, east and north of each."""

HOSTILE = "Ward <script>alert(\"2\")</script> & 'friends'"
LABELS = {"1": "1", "2": HOSTILE}
NEAR_WARD_2 = (-87.6598, 41.91)
"""Some 55 feet east of ward 2, in no ward."""

CORNER = (-87.69, 41.91)
KABCO = {
    "K": "FATAL",
    "A": "INCAPACITATING INJURY",
    "B": "NONINCAPACITATING INJURY",
    "C": "REPORTED, NOT EVIDENT",
    "O": "NO INDICATION OF INJURY",
}
CAUSES = [f"CAUSE {letter}" for letter in "ABCDEFGHIJKLMNOPQR"]
SPEED = "EXCEEDING SAFE SPEED FOR CONDITIONS"
ALCOHOL = "HAD BEEN DRINKING (USE WHEN ARREST IS NOT MADE)"
TYPES = ("REAR END", "PEDESTRIAN", "ANGLE")
MODES = ("pedestrians", "cyclists", "motorcyclists", "occupants", "others")
LIGHTS = ("DAYLIGHT", "DARKNESS, LIGHTED ROAD", "UNKNOWN")
COMPARED = (
    "crashes", "injury_crashes", "ksi_crashes", "fatal_crashes", "injured", "ksi", "persons_k", "pedestrians_injured",
    "pedestrians_ksi", "cyclists_injured", "cyclists_ksi", "children_injured", "children_ksi", "older_adults_injured",
    "older_adults_ksi", "hit_and_run_crashes",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody in a crash. `injury` is a letter of KABCO, or U where none is published."""

    mode: str
    injury: str
    age: int | None


@dataclass(frozen=True)
class Crash:
    """A crash as it is published, `place` in longitude and latitude. One without people has no injuries published."""

    key: str
    at: datetime
    place: tuple[float, float] | None
    people: tuple[Person, ...]
    cause: str
    second_cause: str
    kind: str
    light: str
    hit_and_run: bool | None
    dooring: bool | None
    work_zone: bool | None
    intersection: bool | None

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def severity(self) -> str:
        return min((person.injury for person in self.people), key="KABCOU".index) if self.people else "U"

    def count(self, injuries: str, mode: str | None = None) -> int:
        return sum(person.injury in injuries and mode in (None, person.mode) for person in self.people)

    def aged(self, injuries: str, group: str) -> int:
        return sum(person.injury in injuries and _is_in(group, person) for person in self.people)


def _is_in(group: str, person: Person) -> bool:
    if person.age is None:
        return False
    return person.age <= 17 if group == "children" else person.age >= 65


def invent() -> list[Crash]:
    """All crashes of the city, always the same."""
    dice = random.Random(6)
    places: list[tuple[float, float] | None] = [
        *((round(dice.uniform(-87.70, -87.66), 6), round(dice.uniform(41.90, 41.92), 6)) for _ in range(40)),
        *(
            (round(-87.69 + dice.uniform(-0.002, 0.002), 6), round(41.91 + dice.uniform(-0.002, 0.002), 6))
            for _ in "x" * 9
        ),
        CORNER,
        NEAR_WARD_2,
        (-87.60, 41.80),  # far from both wards
        None,
    ]
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    days.remove(MISSING)
    return [_crash(dice, number, dice.choice(days), dice.choice(places)) for number in range(1500)]


def _crash(dice: random.Random, number: int, day: date, place: tuple[float, float] | None) -> Crash:
    people = tuple(_person(dice) for _ in range(dice.choice((1, 2, 2, 3)))) if dice.random() > 0.03 else ()
    return Crash(
        f"{number:0128x}",
        datetime(day.year, day.month, day.day, dice.randrange(24), dice.randrange(60)),
        place,
        people,
        dice.choice([*CAUSES, *CAUSES[:4], SPEED, ALCOHOL]),
        dice.choice([*CAUSES, SPEED, ALCOHOL]),
        dice.choice(TYPES),
        dice.choice(LIGHTS),
        *(dice.choice((True, False, None)) for _ in range(4)),
    )


def _person(dice: random.Random) -> Person:
    return Person(
        dice.choice(MODES), dice.choice("KAABBBBCCCOOOOOOOOOOU"), dice.choice((None, 4, 17, 18, 40, 64, 65, 90))
    )


def build(url: str, crashes: Sequence[Crash]) -> None:
    """Store the city, and make the answers as the platform makes them."""
    store(url, crashes)
    with psycopg.connect(url, autocommit=True) as connection:
        assign_locations(connection)
        refresh_facts(connection)
        refresh_citywide_daily(connection)
        refresh_area_daily(connection)


def store(url: str, crashes: Sequence[Crash]) -> None:
    """Store the rows, the wards and the loads."""
    with psycopg.connect(url) as connection:
        _store_crashes(connection, crashes)
        _store_units(connection, crashes)
        _store_loads(connection, crashes)
        _store_wards(connection)


def _store_crashes(connection: psycopg.Connection, crashes: Sequence[Crash]) -> None:
    rows = [
        {
            "crash_record_id": crash.key,
            "crash_date": crash.at,
            "longitude": crash.place[0] if crash.place else None,
            "latitude": crash.place[1] if crash.place else None,
            "coordinate_status": "ok" if crash.place else "missing",
            "most_severe_injury": KABCO.get(crash.severity) if crash.people else None,
            **{
                name: crash.count(letter) if crash.people else None
                for name, letter in (
                    ("injuries_fatal", "K"),
                    ("injuries_incapacitating", "A"),
                    ("injuries_non_incapacitating", "B"),
                    ("injuries_reported_not_evident", "C"),
                    ("injuries_no_indication", "O"),
                )
            },
            "prim_contributory_cause": crash.cause,
            "sec_contributory_cause": crash.second_cause,
            "first_crash_type": crash.kind,
            "lighting_condition": crash.light,
            "hit_and_run_i": crash.hit_and_run,
            "dooring_i": crash.dooring,
            "work_zone_i": crash.work_zone,
            "intersection_related_i": crash.intersection,
            "street_direction": "N",
            "street_name": "CLARK ST",
        }
        for crash in crashes
    ]
    _insert(connection, "crashes", rows)


def _store_units(connection: psycopg.Connection, crashes: Sequence[Crash]) -> None:
    """Every person has a unit; those of pedestrians and cyclists, and of others, are no motor vehicles."""
    people, vehicles = [], []
    number = 0
    for crash in crashes:
        for person in crash.people:
            number += 1
            rides = person.mode in ("motorcyclists", "occupants")
            people.append(
                {
                    "crash_record_id": crash.key,
                    "person_id": f"O{number}",
                    "crash_date": crash.at,
                    "person_type": {
                        "pedestrians": "PEDESTRIAN",
                        "cyclists": "BICYCLE",
                        "others": "NON-MOTOR VEHICLE",
                    }.get(person.mode, "PASSENGER"),
                    "injury_classification": KABCO.get(person.injury),
                    "age": person.age,
                    "vehicle_id": number if rides else None,
                }
            )
            vehicles.append(
                {
                    "crash_unit_id": number,
                    "crash_record_id": crash.key,
                    "crash_date": crash.at,
                    "unit_type": "DRIVER" if rides else "PEDESTRIAN",
                    "vehicle_id": number if rides else None,
                    "vehicle_type": "MOTORCYCLE (OVER 150CC)" if person.mode == "motorcyclists" else "PASSENGER",
                }
            )
    _insert(connection, "crash_people", people)
    _insert(connection, "crash_vehicles", vehicles)


def _store_loads(connection: psycopg.Connection, crashes: Sequence[Crash]) -> None:
    by_day = Counter(crash.day for crash in crashes)
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    loaded = datetime(2024, 4, 21, 12, tzinfo=UTC)
    _insert(
        connection,
        "ops.signatures",
        [
            {
                "feed": feed,
                "day": day,
                "source_rows": by_day[day],
                "raw_rows": by_day[day],
                "table_rows": by_day[day],
                "quarantined_rows": 0,
                "repaired_rows": 0,
                "fetched_at": loaded,
                "loaded_at": loaded,
                "run_id": "run",
            }
            for feed in ("crashes", "people", "vehicles")
            for day in days
            if day != MISSING
        ],
    )


def _store_wards(connection: psycopg.Connection) -> None:
    connection.execute(
        "insert into layers"
        " (layer, title, kind, shape, source, version, digest, features, repaired, left_out, valid_from) values"
        " ('wards', 'Wards (from 2023)', 'published', 'polygon', 'p293-wvbd', 1, 'digest', 2, 0, 0, '2023-05-15')"
    )
    for position, (ward, box) in enumerate(WARDS.items(), 1):
        connection.execute(
            "insert into areas (layer_id, area, label, position, properties, square_feet, geometry)"
            " select layer_id, %s, %s, %s, '{}', 1000000, ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)) from layers",
            [ward, LABELS[ward], position, *box],
        )


def _insert(connection: psycopg.Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    statement = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, rows[0])),
        sql.SQL(", ").join(map(sql.Placeholder, rows[0])),
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def of_ward(ward: str) -> Callable[[Crash], bool]:
    """Whether a crash counts in the ward: within its box, or nearest to it of those close by."""
    west, south, east, north = WARDS[ward]

    def holds(crash: Crash) -> bool:
        if crash.place == NEAR_WARD_2:
            return ward == "2"
        return crash.place is not None and west <= crash.place[0] < east and south <= crash.place[1] < north

    return holds


def totals(crashes: Iterable[Crash]) -> dict[str, int]:
    """Everything that a report counts in its totals."""
    chosen = list(crashes)
    found = {
        "crashes": len(chosen),
        "injury_crashes": sum(crash.severity in "KABC" for crash in chosen),
        "ksi_crashes": sum(crash.severity in "KA" for crash in chosen),
        "fatal_crashes": sum(crash.severity == "K" for crash in chosen),
        "pdo_crashes": sum(crash.severity == "O" for crash in chosen),
        "unknown_crashes": sum(crash.severity == "U" for crash in chosen),
        "injured": sum(crash.count("KABC") for crash in chosen),
        "ksi": sum(crash.count("KA") for crash in chosen),
        "hit_and_run_crashes": sum(crash.hit_and_run is True for crash in chosen),
        "dooring_crashes": sum(crash.dooring is True for crash in chosen),
        "pdo_vehicles": sum(
            crash.count("KABCOU", mode)
            for crash in chosen
            if crash.severity == "O"
            for mode in ("motorcyclists", "occupants")
        ),
    }
    for letter in "KABCOU":
        found[f"persons_{letter.lower()}"] = sum(crash.count(letter) for crash in chosen)
    for mode in MODES:
        found[f"{mode}_injured"] = sum(crash.count("KABC", mode) for crash in chosen)
        found[f"{mode}_ksi"] = sum(crash.count("KA", mode) for crash in chosen)
    for group in ("children", "older_adults"):
        found[f"{group}_injured"] = sum(crash.aged("KABC", group) for crash in chosen)
        found[f"{group}_ksi"] = sum(crash.aged("KA", group) for crash in chosen)
    return found


def between(crashes: Iterable[Crash], first: date, last: date) -> list[Crash]:
    """The crashes of some days."""
    return [crash for crash in crashes if first <= crash.day <= last]
