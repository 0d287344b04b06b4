"""The verdicts on loaded days: what is accounted for, what is valid, and what is said when something is wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from chicago_crashes.feeds.catalogue import CRASHES, FATALITIES, FEEDS, PEOPLE, VEHICLES, Feed
from chicago_crashes.feeds.catalogue.comparisons import Comparison, comparisons_of
from chicago_crashes.feeds.inspection import (
    EXAMPLES,
    complete,
    related,
    related_history,
    unique_and_valid,
    value_histories,
)
from chicago_crashes.storage.lake import Lake
from chicago_crashes.verdict import Verdict
from chicago_crashes_tests.feeds.cleaning.raw_rows import Row, raw_frame
from chicago_crashes_tests.feeds.loading import FETCHED, SIGNED, Connection, Days, connected, load

(CRASHES_CONSISTENT,) = comparisons_of(CRASHES)
(PEOPLE_CONNECTED,) = comparisons_of(PEOPLE)
(VEHICLES_CONNECTED,) = comparisons_of(VEHICLES)
(FATALITIES_CONSISTENT,) = comparisons_of(FATALITIES)

DAY, NEXT_DAY, NEVER = date(2021, 12, 30), date(2021, 12, 31), date(2022, 1, 1)


@dataclass(frozen=True)
class Store:
    """A database and a lake that hold the same days."""

    db: Connection
    lake: Lake

    def load(self, feed: Feed, days: Days) -> None:
        for day, rows in days.items():
            self.lake.write(
                feed, day, raw_frame(feed, rows, day=None), source_updated_at=SIGNED, fetched_at=FETCHED, run_id="run"
            )
        load(self.db, feed, days)

    def complete(self, feed: Feed, *days: date) -> list[Verdict]:
        return list(complete(self.db, self.lake, feed, days))

    def related(self, comparison: Comparison, day: date) -> Verdict:
        (verdict,) = related(self.db, comparison, [day])
        return verdict

    def verdict(self, feed: Feed, question: str, day: date) -> Verdict:
        return next(
            v for v in unique_and_valid(self.db, feed, [DAY, NEXT_DAY, NEVER]) if (v.question, v.day) == (question, day)
        )

    def history(self, feed: Feed, question: str) -> Verdict:
        return next(v for v in value_histories(self.db, feed) if v.question == f"{question}_history")


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    with connected(database_url) as db:
        yield Store(db, Lake(str(tmp_path)))


def people(count: int, *, ages: Sequence[str] = (), letter: str = "O") -> list[Row]:
    """So many people, the first of them with the ages given; those of another day need another letter."""
    return [{"person_id": f"{letter}{n}", "age": ages[n] if n < len(ages) else "40"} for n in range(count)]


def numbers(verdict: Verdict) -> dict[str, float]:
    return dict(verdict.numbers)


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_loaded_days_pass_every_question(store: Store, feed: Feed) -> None:
    store.load(feed, {DAY: [{}], NEXT_DAY: []})

    verdicts = [*store.complete(feed, DAY, NEXT_DAY), *unique_and_valid(store.db, feed, [DAY, NEXT_DAY])]

    assert [(v.question, v.day) for v in verdicts if not v.passed] == []
    assert {v.day for v in verdicts} == {DAY, NEXT_DAY}
    assert all(v.examples == [] or v.examples == () for v in verdicts)


def test_every_published_row_is_accounted_for(store: Store) -> None:
    store.load(PEOPLE, {DAY: [*people(3), {"person_id": None}, {"person_id": "O9", "crash_date": "soon"}]})

    (verdict,) = store.complete(PEOPLE, DAY)

    assert verdict.passed
    assert numbers(verdict) == {
        "source_rows": 5,
        "raw_rows": 5,
        "table_rows": 3,
        "quarantined_rows": 2,
        "unaccounted_rows": 0,
    }


def test_rows_that_vanished_behind_our_back_are_unaccounted_for(store: Store) -> None:
    store.load(PEOPLE, {DAY: people(3), NEXT_DAY: [{"person_id": "P1"}]})
    store.db.execute("delete from crash_people where person_id in ('O1', 'O2')")

    broken, sound = store.complete(PEOPLE, DAY, NEXT_DAY)

    assert (broken.day, broken.passed, broken.is_fault) == (DAY, False, True)
    assert numbers(broken) | {"unaccounted_rows": 2, "table_rows": 1, "source_rows": 3} == numbers(broken)
    assert (sound.day, sound.passed) == (NEXT_DAY, True)


def test_rows_that_appeared_behind_our_back_are_noticed(store: Store) -> None:
    store.load(PEOPLE, {DAY: people(1)})
    store.db.execute(
        "insert into crash_people (crash_record_id, person_id, crash_date) values ('c1', 'ghost', '2021-12-30 01:00')"
    )

    (verdict,) = store.complete(PEOPLE, DAY)

    assert not verdict.passed
    assert numbers(verdict)["unaccounted_rows"] == -1


def test_quarantine_that_was_emptied_is_noticed(store: Store) -> None:
    store.load(PEOPLE, {DAY: [*people(1), {"person_id": None}]})
    store.db.execute("delete from ops.quarantine")

    (verdict,) = store.complete(PEOPLE, DAY)

    assert (verdict.passed, numbers(verdict)["unaccounted_rows"]) == (False, 1)


def test_a_lake_with_a_newer_reply_than_the_table_is_noticed(store: Store) -> None:
    store.load(PEOPLE, {DAY: people(2)})
    newer = raw_frame(PEOPLE, people(3), day=None)
    later = FETCHED.replace(year=2023)
    store.lake.write(PEOPLE, DAY, newer, source_updated_at=SIGNED, fetched_at=later, run_id="run")

    (verdict,) = store.complete(PEOPLE, DAY)

    assert not verdict.passed
    assert (numbers(verdict)["raw_rows"], numbers(verdict)["table_rows"]) == (3, 2)


def test_a_day_that_was_never_loaded_is_a_fault(store: Store) -> None:
    store.load(PEOPLE, {DAY: people(1)})

    (verdict,) = store.complete(PEOPLE, NEVER)

    assert (verdict.passed, verdict.is_fault, list(verdict.reasons)) == (False, True, ["the day is not loaded"])


def test_a_day_that_is_only_in_the_lake_is_a_fault(store: Store) -> None:
    rows = raw_frame(PEOPLE, people(1), day=None)
    store.lake.write(PEOPLE, DAY, rows, source_updated_at=SIGNED, fetched_at=FETCHED, run_id="run")

    assert [verdict.passed for verdict in store.complete(PEOPLE, DAY)] == [False]


def test_findings_below_the_threshold_pass_and_are_shown(store: Store) -> None:
    store.load(PEOPLE, {DAY: people(150, ages=["-1", "121"])})

    verdict = store.verdict(PEOPLE, "ages_in_bounds", DAY)

    assert (verdict.passed, verdict.is_fault) == (True, False)
    assert numbers(verdict) == {
        "rows": 150,
        "failed_rows": 2,
        "invalid_stored_rows": 0,
        "failure_rate": pytest.approx(2 / 150),
        "threshold": 0.01,
        "age bounds": 2,
    }
    assert sorted(verdict.examples) == ["age = '-1' in c1/O0", "age = '121' in c1/O1"]


def test_findings_above_the_threshold_fail_as_a_warning(store: Store) -> None:
    store.load(PEOPLE, {DAY: people(150, ages=["-1", "-2", "121", "x"]), NEXT_DAY: []})

    in_bounds, valid = (store.verdict(PEOPLE, name, DAY) for name in ("ages_in_bounds", "valid"))

    assert (in_bounds.passed, in_bounds.is_fault, numbers(in_bounds)["failed_rows"]) == (False, False, 3)
    assert numbers(in_bounds)["age bounds"] == 3
    assert list(in_bounds.reasons) == ["age bounds: 3 of 150 rows (2.00%); at most 1.0% may"]
    assert (valid.passed, numbers(valid)["failed_rows"], numbers(valid)["age type"]) == (True, 1, 1)
    assert valid.examples == ["age = 'x' in c1/O3"]
    assert store.verdict(PEOPLE, "ages_in_bounds", NEXT_DAY).passed


def test_examples_are_few(store: Store) -> None:
    store.load(PEOPLE, {DAY: people(20, ages=["-1"] * 20)})

    verdict = store.verdict(PEOPLE, "ages_in_bounds", DAY)

    assert (numbers(verdict)["failed_rows"], len(verdict.examples)) == (20, EXAMPLES)


def test_a_row_with_several_findings_fails_once(store: Store) -> None:
    store.load(
        CRASHES, {DAY: [{"latitude": "0", "longitude": "0", "location": "POINT (0 0)"}, {"crash_record_id": "c2"}]}
    )

    verdict = store.verdict(CRASHES, "coordinates_in_bounds", DAY)

    assert (verdict.passed, numbers(verdict)["failed_rows"]) == (True, 1)
    assert store.verdict(CRASHES, "valid", DAY).numbers["failed_rows"] == 0


def test_quarantined_rows_are_not_unique(store: Store) -> None:
    store.load(PEOPLE, {DAY: [*people(2), {"person_id": None}, {"person_id": ""}]})

    verdict = store.verdict(PEOPLE, "unique", DAY)

    assert (verdict.passed, verdict.is_fault) == (False, False)
    assert (numbers(verdict)["failed_rows"], numbers(verdict)["rows"]) == (2, 4)
    assert numbers(verdict)["no readable person_id"] == 2


def test_new_categories_stay_in_the_table_and_are_a_warning(store: Store) -> None:
    rows: list[Row] = [{"crash_record_id": f"c{n}", "weather_condition": "FROGS"} for n in range(3)]
    store.load(CRASHES, {DAY: rows})

    verdict = store.verdict(CRASHES, "valid", DAY)

    assert (verdict.passed, verdict.is_fault) == (False, False)
    assert (numbers(verdict)["failed_rows"], numbers(verdict)["invalid_stored_rows"]) == (3, 0)


def crashes(count: int, *, zero: int = 0, outside: int = 0, alone: int = 0, stray: int = 0) -> list[Row]:
    """So many crashes: the first at (0, 0), then those in another county, with half a place, with another point."""
    kinds = ["zero"] * zero + ["outside"] * outside + ["alone"] * alone + ["stray"] * stray
    changed: dict[str, dict[str, str | None]] = {
        "zero": {"latitude": "0", "longitude": "0", "location": "POINT (0 0)"},
        "outside": {"latitude": "41.9", "longitude": "-88.7", "location": "POINT (-88.7 41.9)"},
        "alone": {"longitude": None, "location": None},
        "stray": {"location": "POINT (-88.7 41.9)"},
        "sound": {},
    }
    return [{"crash_record_id": f"c{n:03}", **changed[kinds[n] if n < len(kinds) else "sound"]} for n in range(count)]


def units(count: int, *, years: Sequence[str]) -> list[Row]:
    return [{"crash_unit_id": str(n), **({"vehicle_year": years[n]} if n < len(years) else {})} for n in range(count)]


def test_places_out_of_bounds_are_counted_by_their_own_check(store: Store) -> None:
    store.load(CRASHES, {DAY: crashes(200, zero=1, outside=1, alone=1, stray=1), NEXT_DAY: []})

    in_bounds, valid = (store.verdict(CRASHES, name, DAY) for name in ("coordinates_in_bounds", "valid"))

    assert (in_bounds.passed, in_bounds.is_fault) == (True, False)
    assert numbers(in_bounds) == {
        "rows": 200,
        "failed_rows": 3,
        "failure_rate": 0.015,
        "threshold": 0.02,
        "invalid_stored_rows": 0,
        "latitude coordinates_zero": 1,
        "longitude coordinates_zero": 1,
        "location coordinates_zero": 1,
        "latitude coordinates_out_of_bounds": 1,
        "longitude coordinates_out_of_bounds": 1,
        "location coordinates_out_of_bounds": 1,
        "location point_out_of_bounds": 1,
    }
    assert list(in_bounds.examples) == [
        "latitude = '0' in c000",
        "location = 'POINT (0 0)' in c000",
        "longitude = '0' in c000",
        "latitude = '41.9' in c001",
        "location = 'POINT (-88.7 41.9)' in c001",
    ]
    assert numbers(valid) == {
        "rows": 200,
        "failed_rows": 1,
        "failure_rate": 0.005,
        "invalid_stored_rows": 0,
        "latitude coordinates_pair": 1,
    }
    assert numbers(store.verdict(CRASHES, "coordinates_in_bounds", NEXT_DAY)) == {
        "rows": 0,
        "failed_rows": 0,
        "failure_rate": 0.0,
        "threshold": 0.02,
        "invalid_stored_rows": 0,
    }


@pytest.mark.parametrize(
    ("zero", "outside", "reasons"),
    [
        (2, 2, []),
        (3, 2, ["5 of 200 rows (2.50%) break one rule or another; at most 2.0% may"]),
        (
            5,
            0,
            [
                f"{column} coordinates_zero: 5 of 200 rows (2.50%); at most 2.0% may"
                for column in ("latitude", "location", "longitude")
            ],
        ),
    ],
    ids=["as many as may", "too many together", "too many of one kind"],
)
def test_no_more_places_may_be_out_of_bounds_than_the_threshold_allows(
    store: Store, zero: int, outside: int, reasons: list[str]
) -> None:
    store.load(CRASHES, {DAY: crashes(200, zero=zero, outside=outside)})

    of_day = store.verdict(CRASHES, "coordinates_in_bounds", DAY)
    in_all = store.history(CRASHES, "coordinates_in_bounds")

    assert (list(of_day.reasons), of_day.passed, of_day.is_fault) == (reasons, not reasons, False)
    assert (sorted(in_all.reasons), in_all.passed, in_all.is_fault) == (reasons, not reasons, False)
    assert store.verdict(CRASHES, "valid", DAY).passed
    assert store.history(CRASHES, "valid").passed


@pytest.mark.parametrize(
    ("years", "passed"), [(["1899", "2023"], True), (["1899", "2023", "9999"], False), (["1900", "2022"], True)]
)
def test_years_of_vehicles_out_of_bounds_are_counted_by_their_own_check(
    store: Store, years: list[str], passed: bool
) -> None:
    broken = len([year for year in years if year not in ("1900", "2022")])
    store.load(VEHICLES, {DAY: units(150, years=years)})

    verdict = store.verdict(VEHICLES, "vehicle_years_in_bounds", DAY)

    assert (verdict.passed, verdict.is_fault) == (passed, False)
    assert numbers(verdict) == {
        "rows": 150,
        "failed_rows": broken,
        "failure_rate": broken / 150,
        "threshold": 0.01,
        "invalid_stored_rows": 0,
        **({"vehicle_year bounds": broken} if broken else {}),
    }
    told = [f"vehicle_year = {year!r} in {n}" for n, year in enumerate(years[:broken])]
    assert list(verdict.examples) == told
    assert numbers(store.verdict(VEHICLES, "valid", DAY))["failed_rows"] == 0


def test_the_whole_history_adds_up_what_is_out_of_bounds(store: Store) -> None:
    store.load(PEOPLE, {DAY: people(150, ages=["-1", "121"]), NEXT_DAY: [{"person_id": "P1", "age": "130"}]})
    store.load(VEHICLES, {DAY: units(100, years=["1899"]), NEXT_DAY: [{"crash_unit_id": "900", "vehicle_year": "x"}]})

    ages = store.history(PEOPLE, "ages_in_bounds")
    years = store.history(VEHICLES, "vehicle_years_in_bounds")
    valid = store.history(VEHICLES, "valid")

    assert numbers(ages) == {
        "rows": 151,
        "failed_rows": 3,
        "failure_rate": 3 / 151,
        "threshold": 0.01,
        "age bounds": 3,
    }
    assert list(ages.examples) == ["age = '130' in c1/P1", "age = '-1' in c1/O0", "age = '121' in c1/O1"]
    assert (ages.passed, ages.is_fault) == (False, False)
    assert list(ages.reasons) == ["age bounds: 3 of 151 rows (1.99%); at most 1.0% may"]
    assert (years.passed, numbers(years)["failed_rows"]) == (True, 1)
    assert list(years.examples) == ["vehicle_year = '1899' in 0"]
    assert (numbers(valid)["failed_rows"], list(valid.examples)) == (1, ["vehicle_year = 'x' in 900"])


@pytest.mark.parametrize(
    ("feed", "question", "column", "value", "constraint"),
    [
        (PEOPLE, "ages_in_bounds", "age", 150, "age_highest"),
        (CRASHES, "coordinates_in_bounds", "latitude", 45.0, "latitude_highest"),
        (VEHICLES, "vehicle_years_in_bounds", "vehicle_year", 1800, "vehicle_year_lowest"),
        (VEHICLES, "vehicle_years_in_bounds", "vehicle_year", 2023, "vehicle_year_highest"),
    ],
)
def test_a_stored_value_that_breaks_its_bounds_is_a_fault(
    store: Store, feed: Feed, question: str, column: str, value: float, constraint: str | None
) -> None:
    """The database refuses such a value unless somebody took its bounds away; of years it knows the lowest alone."""
    store.load(feed, {DAY: [{}], NEXT_DAY: []})
    change = sql.SQL("update {} set {} = %s").format(sql.Identifier(feed.table), sql.Identifier(column))
    if constraint:
        with pytest.raises(psycopg.errors.CheckViolation):
            store.db.execute(change, [value])
        name = sql.Identifier(f"{feed.table}_{constraint}_check")
        store.db.execute(sql.SQL("alter table {} drop constraint {}").format(sql.Identifier(feed.table), name))
    store.db.execute(change, [value])

    verdict = store.verdict(feed, question, DAY)

    assert (verdict.passed, verdict.is_fault, numbers(verdict)["invalid_stored_rows"]) == (False, True, 1)
    assert list(verdict.reasons) == ["1 stored rows hold what cleaning should have caught"]
    assert store.verdict(feed, "valid", DAY).passed
    assert store.verdict(feed, question, NEXT_DAY).passed


def test_a_day_that_was_never_loaded_has_nothing_invalid(store: Store) -> None:
    store.load(PEOPLE, {DAY: people(1)})

    verdict = store.verdict(PEOPLE, "valid", NEVER)

    assert numbers(verdict) == {
        "rows": 0,
        "failed_rows": 0,
        "invalid_stored_rows": 0,
        "failure_rate": 0.0,
    }


def test_days_that_were_not_asked_for_are_not_judged(store: Store) -> None:
    store.load(PEOPLE, {DAY: people(5, ages=["-1"] * 5), NEXT_DAY: [{"person_id": "P1"}]})

    verdicts = list(unique_and_valid(store.db, PEOPLE, [date(2021, 12, 29), NEXT_DAY]))

    assert {v.day for v in verdicts} == {date(2021, 12, 29), NEXT_DAY}
    assert all(v.passed for v in verdicts)


def test_many_days_are_judged_in_blocks(store: Store) -> None:
    store.load(PEOPLE, {DAY: people(5, ages=["-1"] * 5)})
    days = [date.fromordinal(DAY.toordinal() - before) for before in range(250)]

    verdicts = list(unique_and_valid(store.db, PEOPLE, days))

    assert {v.day for v in verdicts} == set(days)
    assert [(v.question, v.day) for v in verdicts if not v.passed] == [("ages_in_bounds", DAY)]


def unit(number: int, **more: str) -> Row:
    """A unit of the crash c1 with a vehicle."""
    return {"crash_unit_id": str(number), "vehicle_id": str(1000 + number), "unit_no": str(number), **more}


def whole_crash(store: Store, *, units: Sequence[Row], persons: Sequence[Row], **crash: str) -> None:
    """One crash with its units and people, on `DAY`."""
    store.load(CRASHES, {DAY: [{"num_units": str(len(units)), **crash}]})
    store.load(VEHICLES, {DAY: units})
    store.load(PEOPLE, {DAY: persons})
    store.load(FATALITIES, {DAY: []})


SOUND_CRASH = {
    "most_severe_injury": "FATAL",
    "injuries_total": "2",
    "injuries_fatal": "1",
    "injuries_incapacitating": "0",
    "injuries_non_incapacitating": "0",
    "injuries_reported_not_evident": "1",
    "crash_hour": "12",
    "crash_day_of_week": "5",
    "crash_month": "12",
}
UNITS = [unit(1), unit(2)]
PERSONS: list[Row] = [
    {"person_id": "O1", "vehicle_id": "1001", "injury_classification": "FATAL"},
    {"person_id": "O2", "vehicle_id": "1002", "injury_classification": "NO INDICATION OF INJURY"},
    {"person_id": "P7", "vehicle_id": "1002", "injury_classification": "REPORTED, NOT EVIDENT"},
]


def test_rows_that_agree_keep_every_relation(store: Store) -> None:
    whole_crash(store, units=UNITS, persons=PERSONS, **SOUND_CRASH)

    for comparison in (comparison for feed in FEEDS for comparison in comparisons_of(feed)):
        verdict = store.related(comparison, DAY)
        assert (verdict.passed, numbers(verdict)["failed_rows"]) == (True, 0), verdict


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("injuries_add_up", {"injuries_total": "3"}),
        ("hour_of_date", {"crash_hour": "0"}),
        ("weekday_of_date", {"crash_day_of_week": "4"}),
        ("month_of_date", {"crash_month": "11"}),
        ("units_counted", {"num_units": "3"}),
        ("worst_injury_of_people", {"most_severe_injury": "INCAPACITATING INJURY"}),
        ("fatal_people_counted", {"injuries_fatal": "0", "injuries_incapacitating": "1"}),
    ],
)
def test_a_crash_that_contradicts_others_breaks_one_relation(store: Store, rule: str, wrong: dict[str, str]) -> None:
    whole_crash(store, units=UNITS, persons=PERSONS, **(SOUND_CRASH | wrong))

    verdict = store.related(CRASHES_CONSISTENT, DAY)

    assert numbers(verdict) == {"rows": 1, "failed_rows": 1, "failure_rate": 1.0, rule: 1}
    assert list(verdict.examples) == [f"{rule}: c1"]


def test_units_and_people_belong_to_a_crash_by_id_whatever_their_date(store: Store) -> None:
    whole_crash(store, units=UNITS, persons=PERSONS, **SOUND_CRASH)
    store.db.execute("update crash_vehicles set crash_date = crash_date - interval '2 years' where crash_unit_id = 2")
    store.db.execute("update crash_people set crash_date = crash_date - interval '2 years' where person_id = 'O1'")

    assert numbers(store.related(CRASHES_CONSISTENT, DAY))["failed_rows"] == 0
    assert numbers(store.related(PEOPLE_CONNECTED, DAY))["failed_rows"] == 0
    assert numbers(store.related(VEHICLES_CONNECTED, DAY)) == {"rows": 1, "failed_rows": 0, "failure_rate": 0.0}
    assert numbers(related_history(store.db, CRASHES_CONSISTENT))["failed_rows"] == 0
    moved = date(DAY.year - 2, DAY.month, DAY.day)
    for feed in (CRASHES, VEHICLES, PEOPLE):
        store.db.execute(
            "insert into ops.signatures (feed, day, source_rows, raw_rows, table_rows, quarantined_rows, repaired_rows,"
            " fetched_at, loaded_at, run_id) values (%s, %s, 0, 0, 0, 0, 0, now(), now(), 'run')",
            [feed.name, moved],
        )
    for comparison in (PEOPLE_CONNECTED, VEHICLES_CONNECTED):
        verdict = store.related(comparison, moved)
        assert numbers(verdict) == {"rows": 1, "failed_rows": 1, "failure_rate": 1.0, "dated_like_crash": 1}


def test_rows_that_name_what_is_not_there_are_not_connected(store: Store) -> None:
    persons: list[Row] = [
        {"person_id": "O1", "vehicle_id": "1002"},
        {"person_id": "O99999999999999999", "vehicle_id": "1001"},
        {"person_id": "P1", "vehicle_id": "77"},
        {"person_id": "P2", "vehicle_id": None},
        {"crash_record_id": "c9", "person_id": "O1", "vehicle_id": "1001"},
    ]
    whole_crash(store, units=[*UNITS, {**unit(3), "crash_record_id": "c8"}], persons=persons)

    verdict = store.related(PEOPLE_CONNECTED, DAY)

    assert numbers(verdict) == {
        "rows": 5,
        "failed_rows": 3,
        "failure_rate": 0.6,
        "crash_exists": 1,
        "unit_exists": 2,
        "vehicle_exists": 2,
    }
    assert numbers(store.related(VEHICLES_CONNECTED, DAY))["crash_exists"] == 1


def test_a_day_of_which_another_table_is_not_loaded_is_not_compared(store: Store) -> None:
    store.load(CRASHES, {DAY: [{"num_units": "2"}]})
    store.load(PEOPLE, {DAY: people(1)})

    verdict = store.related(CRASHES_CONSISTENT, DAY)

    assert (verdict.passed, numbers(verdict)["rows"]) == (True, 0)
    assert list(verdict.reasons) == ["Not asked: crash_vehicles of this day is not loaded."]
    assert related_history(store.db, CRASHES_CONSISTENT).reasons


def victim(person_id: str) -> Row:
    return {"person_id": person_id}


@pytest.mark.parametrize(("days_apart", "found"), [(-2, 0), (-1, 1), (0, 1), (1, 1), (2, 0)])
def test_a_victim_is_looked_for_among_the_people_of_a_day_around(store: Store, days_apart: int, found: int) -> None:
    store.load(FATALITIES, {DAY: [victim("O1")]})
    store.load(PEOPLE, {DAY: []})
    store.load(PEOPLE, {DAY + timedelta(days=days_apart): [{"person_id": "O1", "injury_classification": "FATAL"}]})

    verdict = store.related(FATALITIES_CONSISTENT, DAY)

    assert numbers(verdict)["rows"] == 1
    assert numbers(verdict)["failed_rows"] == 1 - found


def test_victims_are_not_judged_where_people_are_not_loaded(store: Store) -> None:
    store.load(FATALITIES, {DAY: [victim("O1")]})

    verdict = store.related(FATALITIES_CONSISTENT, DAY)

    assert (verdict.passed, numbers(verdict)["rows"]) == (True, 0)
    assert list(verdict.reasons) == ["Not asked: crash_people of this day is not loaded."]


def test_a_rate_three_times_that_of_the_past_is_told_although_the_threshold_allows_it(store: Store) -> None:
    past = date.fromordinal(DAY.toordinal() - 20)
    store.load(PEOPLE, {past: people(6000, ages=["-1"] * 3, letter="P"), DAY: people(1500, ages=["-1"] * 12)})

    verdict = store.verdict(PEOPLE, "ages_in_bounds", DAY)

    assert (verdict.passed, verdict.is_fault) == (False, False)
    assert list(verdict.reasons) == ["age bounds: 12 rows, where 0.8 were usual in the 365 days before"]


def test_a_rate_like_that_of_the_past_is_not_told(store: Store) -> None:
    past = date.fromordinal(DAY.toordinal() - 20)
    store.load(PEOPLE, {past: people(6000, ages=["-1"] * 20, letter="P"), DAY: people(1500, ages=["-1"] * 12)})

    assert store.verdict(PEOPLE, "ages_in_bounds", DAY).passed


def test_a_short_past_says_nothing_about_what_is_usual(store: Store) -> None:
    past = date.fromordinal(DAY.toordinal() - 20)
    store.load(PEOPLE, {past: people(600, letter="P"), DAY: people(1500, ages=["-1"] * 12)})

    assert store.verdict(PEOPLE, "ages_in_bounds", DAY).passed


def test_the_newest_month_is_held_against_the_year_before(store: Store) -> None:
    past = date.fromordinal(DAY.toordinal() - 60)
    store.load(PEOPLE, {past: people(6000, ages=["-1"] * 3, letter="P"), DAY: people(1500, ages=["-1"] * 12)})

    verdict = store.history(PEOPLE, "ages_in_bounds")

    assert numbers(verdict)["age bounds"] == 15
    assert list(verdict.reasons) == ["age bounds: 12 rows, where 0.8 were usual in the 365 days before"]


@pytest.mark.parametrize(("days_ago", "told"), [(29, True), (30, False)])
def test_the_newest_days_are_thirty(store: Store, days_ago: int, told: bool) -> None:
    """What is older belongs to the year they are held against."""
    past, burst = DAY - timedelta(days=60), DAY - timedelta(days=days_ago)
    store.load(PEOPLE, {past: people(6000, letter="P"), burst: people(1500, ages=["-1"] * 12), DAY: []})

    verdict = store.history(PEOPLE, "ages_in_bounds")

    assert numbers(verdict)["age bounds"] == 12
    assert bool(verdict.reasons) is told
