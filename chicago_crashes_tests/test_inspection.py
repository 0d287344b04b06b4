"""The verdicts on loaded days: what is accounted for, what is valid, and what is said when something is wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
import pytest

from chicago_crashes.feeds import FEEDS, Feed
from chicago_crashes.inspection import EXAMPLES, Verdict, complete, unique_and_valid
from chicago_crashes.lake import Lake
from chicago_crashes_tests.cleaning.raw_rows import Row, raw_frame
from chicago_crashes_tests.postgis.loading import FETCHED, SIGNED, Connection, Days, connected, load

CRASHES, PEOPLE, VEHICLES, FATALITIES = FEEDS
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

    def verdict(self, feed: Feed, question: str, day: date) -> Verdict:
        return next(
            v for v in unique_and_valid(self.db, feed, [DAY, NEXT_DAY, NEVER]) if (v.question, v.day) == (question, day)
        )


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    with connected(database_url) as db:
        yield Store(db, Lake(str(tmp_path)))


def people(count: int, *, ages: Sequence[str] = ()) -> list[Row]:
    """So many people, the first of them with the ages given."""
    return [{"person_id": f"O{n}", "age": ages[n] if n < len(ages) else "40"} for n in range(count)]


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

    verdict = store.verdict(PEOPLE, "valid", DAY)

    assert (verdict.passed, verdict.is_fault) == (True, False)
    assert numbers(verdict) == {
        "rows": 150,
        "failed_rows": 2,
        "invalid_stored_rows": 0,
        "failure_rate": pytest.approx(2 / 150),
        "age bounds": 2,
    }
    assert sorted(verdict.examples) == ["age = '-1' in c1/O0", "age = '121' in c1/O1"]


def test_findings_above_the_threshold_fail_as_a_warning(store: Store) -> None:
    store.load(PEOPLE, {DAY: people(150, ages=["-1", "-2", "121", "x"]), NEXT_DAY: []})

    verdict = store.verdict(PEOPLE, "valid", DAY)

    assert (verdict.passed, verdict.is_fault, numbers(verdict)["failed_rows"]) == (False, False, 4)
    assert (numbers(verdict)["age bounds"], numbers(verdict)["age type"]) == (3, 1)
    assert list(verdict.reasons) == ["age bounds: 3 of 150 rows (2.00%); at most 1.0% may"]
    assert "age = 'x' in c1/O3" in verdict.examples
    assert store.verdict(PEOPLE, "valid", NEXT_DAY).passed


def test_examples_are_few(store: Store) -> None:
    store.load(PEOPLE, {DAY: people(20, ages=["-1"] * 20)})

    verdict = store.verdict(PEOPLE, "valid", DAY)

    assert (numbers(verdict)["failed_rows"], len(verdict.examples)) == (20, EXAMPLES)


def test_a_row_with_several_findings_fails_once(store: Store) -> None:
    store.load(
        CRASHES, {DAY: [{"latitude": "0", "longitude": "0", "location": "POINT (0 0)"}, {"crash_record_id": "c2"}]}
    )

    verdict = store.verdict(CRASHES, "valid", DAY)

    assert (verdict.passed, numbers(verdict)["failed_rows"]) == (True, 1)


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


def test_a_stored_value_that_breaks_its_bounds_is_a_fault(store: Store) -> None:
    """The database refuses such a value unless somebody took its bounds away."""
    store.load(PEOPLE, {DAY: people(200)})
    with pytest.raises(psycopg.errors.CheckViolation):
        store.db.execute("update crash_people set age = 150 where person_id = 'O1'")
    store.db.execute("alter table crash_people drop constraint crash_people_age_highest_check")
    store.db.execute("update crash_people set age = 150 where person_id = 'O1'")

    verdict = store.verdict(PEOPLE, "valid", DAY)

    assert (verdict.passed, verdict.is_fault, numbers(verdict)["invalid_stored_rows"]) == (False, True, 1)


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
    assert [(v.question, v.day) for v in verdicts if not v.passed] == [("valid", DAY)]
