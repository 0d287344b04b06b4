"""Rows of several days that share a key: which one is stored, where the others are, and how the days heal."""

import logging
import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from chicago_crashes.feeds.catalogue import CRASHES, FEEDS, PEOPLE, VEHICLES, Feed
from chicago_crashes.feeds.catalogue.rules import SECOND_ROW, SECOND_ROW_ELSEWHERE
from chicago_crashes.feeds.cleaning.clean import DAY as DAY_COLUMN
from chicago_crashes.feeds.ingest import LoadedDay, load_days
from chicago_crashes.soda.download import DayFailure
from chicago_crashes.soda.system_times import utc_times
from chicago_crashes.storage.lake import DayFile, Lake
from chicago_crashes_tests.feeds.cleaning.raw_rows import Row, raw_frame

DAYS = tuple(date(2021, 12, day) for day in range(26, 31))
A, B, C, *_ = DAYS
KEY_COLUMN = {"crashes": "crash_record_id", "people": "person_id", "vehicles": "crash_unit_id"}
FREE_TEXT = {"crashes": "street_name", "people": "city", "vehicles": "make"}
EARLY, LATE, LATEST = (f"2022-01-0{day}T00:00:00.000Z" for day in (1, 2, 3))
keyed_feeds = pytest.mark.parametrize("feed", FEEDS[:3], ids=lambda feed: feed.name)


@dataclass
class Copy:
    """A lake and a database of one feed. What is published of a day is stored in the lake at once."""

    connection: psycopg.Connection
    lake: Lake
    feed: Feed
    fetched_at: datetime = datetime(2022, 2, 1, tzinfo=UTC)
    published: dict[date, list[Row]] = field(default_factory=dict)

    def publish(self, day: date, *rows: Row) -> DayFile:
        """Let these be the rows of a day, and fetch them: each with a key `k`, a free text `says`, a time `at`."""
        self.published[day] = list(rows)
        self.fetched_at += timedelta(minutes=1)
        whole = [self._row(day, place, row) for place, row in enumerate(rows)]
        frame = raw_frame(self.feed, whole, day=day).drop(DAY_COLUMN)
        file, _ = self.lake.write(
            self.feed,
            day,
            frame,
            source_updated_at=utc_times(frame[":updated_at"].replace("yesterday", EARLY)).max(),  # type: ignore[arg-type]
            fetched_at=self.fetched_at,
            run_id="fetch",
        )
        return file

    def _row(self, day: date, place: int, row: Row) -> Row:
        named = {"k": KEY_COLUMN[self.feed.name], "says": FREE_TEXT[self.feed.name], "at": ":updated_at"}
        given = {named.get(name, name): value for name, value in row.items()}
        return {"crash_date": f"{day}T12:00:00.000", ":id": f"row-{day}-{place}", **given}

    def outcomes(self, days: Sequence[date], *, remerge: bool = False) -> list[LoadedDay | DayFailure]:
        """What a load says of the days."""
        return list(load_days(self.connection, self.lake, self.feed, days, run_id="load", remerge=remerge))

    def load(self, *days: date, remerge: bool = False) -> dict[date, LoadedDay]:
        """Load days, none of which may fail, and see that each is accounted for in what is said."""
        outcomes = self.outcomes(days, remerge=remerge)
        loaded = {outcome.day: outcome for outcome in outcomes if isinstance(outcome, LoadedDay)}
        assert list(loaded) == list(days), outcomes
        assert len(outcomes) == len(days)
        assert all(day.counts.reconciled for day in loaded.values())
        return loaded

    def stored(self) -> dict[str, tuple[date, str | None]]:
        """The day and the free text of the stored rows, by key."""
        key, says = KEY_COLUMN[self.feed.name], FREE_TEXT[self.feed.name]
        query = f"select {key}::text, crash_date::date, {says} from {self.feed.table}"  # noqa: S608 - declared names
        return {row[0]: (row[1], row[2]) for row in self.rows(query)}

    def quarantine(self) -> set[tuple[Any, ...]]:
        """Day, key, reason, day of the rival and free text of what is in quarantine."""
        query = f"select day, row_key, reason, rival_day, raw_row ->> '{FREE_TEXT[self.feed.name]}' from ops.quarantine"  # noqa: S608
        prefix = "c1/" if self.feed is PEOPLE else ""
        found = self.rows(query)
        assert len(set(found)) == len(found)
        return {(day, key.removeprefix(prefix), *others) for day, key, *others in found}

    def is_accounted_for(self) -> None:
        """Assert that every published row of every loaded day is in the table or in quarantine under its day."""
        loaded = self.rows("select day from ops.signatures")
        assert {day: self.held(day) for (day,) in loaded} == {day: len(self.published[day]) for (day,) in loaded}

    def held(self, day: date) -> int:
        """How many rows of a day are in the table or in quarantine."""
        in_table = f"select crash_date::date as day from {self.feed.table}"  # noqa: S608 - a declared name
        held = f"({in_table} union all select day from ops.quarantine) as held"  # noqa: S608
        ((rows,),) = self.rows(f"select count(*) from {held} where day = '{day}'")  # noqa: S608
        return int(rows)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.connection.execute(query.encode()).fetchall()


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connected:
        yield connected


@pytest.fixture
def copy(connection: psycopg.Connection, tmp_path: Path) -> Copy:
    return Copy(connection, Lake(str(tmp_path / "raw")), CRASHES)


@pytest.fixture
def copy_of(connection: psycopg.Connection, tmp_path: Path, feed: Feed) -> Copy:
    return Copy(connection, Lake(str(tmp_path / "raw")), feed)


WAYS: dict[str, list[tuple[date, ...]]] = {
    "together": [(A, B)],
    "older first": [(A,), (B,)],
    "newer first": [(B,), (A,)],
    "older again": [(A,), (B,), (A,)],
}
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())


def twins(copy: Copy, way: Sequence[tuple[date, ...]]) -> None:
    """One key on two days, the newer of them on the later one; loaded."""
    copy.publish(A, {"k": "1", "says": "OLD", "at": EARLY}, {"k": "2", "says": "A"})
    copy.publish(B, {"k": "1", "says": "NEW", "at": LATE}, {"k": "3", "says": "B"})
    for days in way:
        copy.load(*days, remerge=True)
    copy.is_accounted_for()


@keyed_feeds
@each_way
def test_a_key_on_two_days(copy_of: Copy, way: Sequence[tuple[date, ...]]) -> None:
    twins(copy_of, way)

    assert copy_of.stored() == {"1": (B, "NEW"), "2": (A, "A"), "3": (B, "B")}
    assert copy_of.quarantine() == {(A, "1", SECOND_ROW_ELSEWHERE, B, "OLD")}


@each_way
def test_the_earlier_day_may_have_the_newer_row(copy: Copy, way: Sequence[tuple[date, ...]]) -> None:
    copy.publish(A, {"k": "1", "says": "NEW", "at": LATE})
    copy.publish(B, {"k": "1", "says": "OLD", "at": EARLY})
    for days in way:
        copy.load(*days, remerge=True)
    copy.is_accounted_for()

    assert copy.stored() == {"1": (A, "NEW")}
    assert copy.quarantine() == {(B, "1", SECOND_ROW_ELSEWHERE, A, "OLD")}


MENDS: dict[str, tuple[date, list[Row], dict[str, tuple[date, str]]]] = {
    "the newer row goes": (B, [{"k": "3", "says": "B"}], {"1": (A, "OLD"), "2": (A, "A"), "3": (B, "B")}),
    "the older row goes": (A, [{"k": "2", "says": "A"}], {"1": (B, "NEW"), "2": (A, "A"), "3": (B, "B")}),
    "the newer row gets a key of its own": (
        B,
        [{"k": "4", "says": "NEW", "at": LATEST}, {"k": "3", "says": "B"}],
        {"1": (A, "OLD"), "2": (A, "A"), "3": (B, "B"), "4": (B, "NEW")},
    ),
}


@keyed_feeds
@each_way
@pytest.mark.parametrize(("day", "rows", "expected"), MENDS.values(), ids=MENDS.keys())
def test_the_portal_mends_it(
    copy_of: Copy,
    way: Sequence[tuple[date, ...]],
    day: date,
    rows: list[Row],
    expected: dict[str, tuple[date, str]],
) -> None:
    """Only the day that changed is loaded."""
    twins(copy_of, way)

    copy_of.publish(day, *rows)
    copy_of.load(day)

    assert copy_of.stored() == expected
    assert copy_of.quarantine() == set()
    copy_of.is_accounted_for()


def test_the_older_row_is_amended_and_is_the_newer_one_now(copy: Copy) -> None:
    twins(copy, [(A, B)])

    copy.publish(A, {"k": "1", "says": "NEWEST", "at": LATEST}, {"k": "2", "says": "A"})
    copy.load(A)

    assert copy.stored()["1"] == (A, "NEWEST")
    assert copy.quarantine() == {(B, "1", SECOND_ROW_ELSEWHERE, A, "NEW")}
    copy.is_accounted_for()


@pytest.mark.parametrize("says", ["OLDER THAN OLD", "NEW"], ids=["another value", "the same value"])
def test_the_stored_row_goes_back_to_a_time_before_its_rivals(copy: Copy, says: str) -> None:
    """The same value is no amendment; that it is the older row now counts nevertheless."""
    copy.publish(A, {"k": "1", "says": "OLD", "at": LATE})
    copy.publish(B, {"k": "1", "says": "NEW", "at": LATEST})
    copy.load(A, B)

    copy.publish(B, {"k": "1", "says": says, "at": EARLY})
    copy.load(B)

    assert copy.stored() == {"1": (A, "OLD")}
    assert copy.quarantine() == {(B, "1", SECOND_ROW_ELSEWHERE, A, says)}
    copy.is_accounted_for()


@pytest.mark.parametrize("way", [[(A,), (B,), (C,)], [(C,), (B,), (A,)], [(B,), (A, C)], [(A, C), (B,)], [(A, B, C)]])
def test_a_key_on_three_days_with_seconds_on_one(copy: Copy, way: Sequence[tuple[date, ...]]) -> None:
    """Every row is in the same place for the same reason, whatever the order; all wait for the row that is stored."""
    copy.publish(A, {"k": "1", "says": "A1", "at": EARLY}, {"k": "1", "says": "A2", "at": LATE})
    copy.publish(B, {"k": "1", "says": "B1", "at": EARLY})
    copy.publish(C, {"k": "1", "says": "C1", "at": LATEST}, {"k": "1", "says": "C2", "at": EARLY})
    for days in way:
        copy.load(*days)
    copy.is_accounted_for()

    assert copy.stored() == {"1": (C, "C1")}
    assert copy.quarantine() == {
        (A, "1", SECOND_ROW, A, "A1"),
        (A, "1", SECOND_ROW_ELSEWHERE, C, "A2"),
        (B, "1", SECOND_ROW_ELSEWHERE, C, "B1"),
        (C, "1", SECOND_ROW, C, "C2"),
    }


def test_a_crash_that_moved_is_one_row_although_its_old_day_is_not_fetched_yet(copy: Copy) -> None:
    copy.publish(A, {"k": "1", "says": "X", "at": EARLY}, {"k": "2"})
    copy.load(A)
    copy.publish(B, {"k": "1", "says": "X", "at": LATE})
    copy.load(B)

    assert copy.stored()["1"] == (B, "X")
    copy.is_accounted_for()

    copy.publish(A, {"k": "2"})
    copy.load(A)
    assert copy.stored().keys() == {"1", "2"}
    assert copy.quarantine() == set()
    copy.is_accounted_for()


def test_a_row_that_moved_away_and_came_back_is_not_lost(copy: Copy) -> None:
    """The day it left was never loaded without it, and has its old signature: nobody would load it again."""
    copy.publish(A, {"k": "1", "says": "X", "at": EARLY}, {"k": "2"})
    copy.publish(B, {"k": "3"})
    copy.load(A, B)
    copy.publish(B, {"k": "1", "says": "X", "at": LATE}, {"k": "3"})
    copy.load(B)

    copy.publish(B, {"k": "3"})
    copy.load(B)

    assert copy.stored()["1"] == (A, "X")
    assert copy.quarantine() == set()
    copy.is_accounted_for()


@each_way
def test_a_move_that_is_taken_back_with_its_old_time(copy: Copy, way: Sequence[tuple[date, ...]]) -> None:
    copy.publish(A, {"k": "1", "says": "X", "at": EARLY}, {"k": "2"})
    copy.publish(B, {"k": "3"})
    copy.load(A, B)
    copy.publish(A, {"k": "2"})
    copy.publish(B, {"k": "1", "says": "X", "at": LATE}, {"k": "3"})
    copy.load(A, B)
    assert copy.stored()["1"] == (B, "X")

    copy.publish(A, {"k": "1", "says": "X", "at": EARLY}, {"k": "2"})
    copy.publish(B, {"k": "3"})
    for days in way:
        copy.load(*days)

    assert copy.stored()["1"] == (A, "X")
    assert copy.quarantine() == set()
    copy.is_accounted_for()


def test_a_withdrawn_and_an_amended_row_that_come_back_with_their_old_times(copy: Copy) -> None:
    before: list[Row] = [{"k": "1", "says": "X", "at": EARLY}, {"k": "2", "says": "Y", "at": EARLY}]
    copy.publish(A, *before)
    copy.load(A)
    copy.publish(A, {"k": "1", "says": "AMENDED", "at": LATE})
    copy.load(A)

    copy.publish(A, *before)
    copy.load(A)

    assert copy.stored() == {"1": (A, "X"), "2": (A, "Y")}


def test_what_is_told_names_the_key_and_both_days(copy: Copy, caplog: pytest.LogCaptureFixture) -> None:
    key = "f" * 64 + "a" * 64
    copy.publish(A, {"k": key, "at": EARLY})
    copy.publish(B, {"k": key, "at": LATE})
    copy.load(A)

    loaded = copy.load(B)

    assert f"{'f' * 16}…{'a' * 16} ({A}; stored: {B})" in caplog.text
    assert not loaded[B].rivals
    (rival,) = copy.load(A, remerge=True)[A].rivals
    assert (rival.row_key, rival.day, rival.rival_day) == (key, A, B)


def test_what_a_load_wrote_of_a_day_is_told_although_it_was_merged_twice(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chicago_crashes.feeds.ingest.ROWS_A_MERGE", 1)
    copy.publish(A, {"k": "1", "at": EARLY}, {"k": "2"})
    copy.publish(B, {"k": "1", "at": LATE})

    loaded = copy.load(A, B)

    counts = loaded[A].counts
    assert (counts.inserted, counts.table_rows, counts.quarantined, counts.unchanged) == (2, 1, 1, 0)
    assert [rival.rival_day for rival in loaded[A].rivals] == [B]


def test_a_day_that_cannot_follow_is_told_and_fails_no_other(copy: Copy, caplog: pytest.LogCaptureFixture) -> None:
    file = copy.publish(A, {"k": "1", "at": EARLY})
    copy.publish(B, {"k": "1", "at": LATE})
    copy.load(A)
    Path(file.path).unlink()

    copy.load(B)

    assert copy.stored()["1"][0] == B
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert f"crashes {A} has a row too few, 1" in warning
    assert f"`chicago-crashes load {A} {A} --feed crashes --refetch`" in warning
    # Its record says a row more than there is, which is how it is noticed.
    assert (copy.rows("select table_rows from ops.signatures order by day limit 1"), copy.held(A)) == ([(1,)], 0)

    copy.publish(A, {"k": "1", "at": EARLY})
    copy.load(A)
    copy.is_accounted_for()


def test_a_day_whose_row_waits_for_one_that_is_gone_is_short_until_it_is_merged(copy: Copy) -> None:
    """Should the process die before that, whoever counts notices."""
    twins(copy, [(A, B)])
    file = copy.lake.newest(CRASHES, A)
    assert file is not None
    moved = Path(file.path).rename(Path(file.path).with_suffix(".away"))
    copy.publish(B, {"k": "3"})
    copy.load(B)
    assert copy.held(A) == 1

    moved.rename(file.path)
    copy.load(A, remerge=True)
    assert copy.stored()["1"] == (A, "OLD")
    copy.is_accounted_for()


def test_a_day_that_was_asked_for_and_is_left_short_has_failed(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chicago_crashes.feeds.ingest.ROWS_A_MERGE", 1)
    file = copy.publish(A, {"k": "1", "at": EARLY})
    copy.publish(B, {"k": "1", "at": LATE})
    copy.load(A)
    Path(file.path).write_bytes(Path(file.path).read_bytes()[:-400] + b"PAR1")

    outcomes = copy.outcomes([A, B])

    assert {(outcome.day, type(outcome)) for outcome in outcomes} == {(A, DayFailure), (B, LoadedDay)}
    assert len(outcomes) == 2


def test_findings_are_those_of_the_stored_row(copy: Copy) -> None:
    for day, at in ((B, LATE), (A, EARLY)):
        copy.publish(day, {"k": "1", "at": at, "beat_of_occurrence": "no beat"})
        copy.load(day)

    assert copy.rows("select day, row_key from ops.findings") == [(B, "1")]
    copy.load(A, B, remerge=True)
    assert copy.rows("select day, row_key from ops.findings") == [(B, "1")]


def test_equal_rows_of_a_file_are_counted_one_by_one(copy: Copy) -> None:
    """Rows of imported files have no :id to tell them apart."""
    same: Row = {"k": "1", "says": "X", "at": None, ":id": None}
    copy.publish(B, {"k": "1", "says": "NEW", "at": LATE})
    copy.publish(A, same, same)
    for days in [(B,), (A,), (A, B)]:
        copy.load(*days, remerge=True)
        copy.is_accounted_for() if days != (B,) else None
        records = copy.rows("select day, copy, reason from ops.quarantine order by copy")
        assert days == (B,) or records == [(A, 0, SECOND_ROW), (A, 1, SECOND_ROW_ELSEWHERE)]


def test_an_unreadable_time_fails_its_day_alone(copy: Copy) -> None:
    copy.publish(A, {"k": "1"})
    copy.publish(B, {"k": "2"}, {"k": "3", "at": "yesterday"})

    failed, loaded = sorted(copy.outcomes([A, B]), key=lambda outcome: isinstance(outcome, LoadedDay))

    assert isinstance(failed, DayFailure)
    assert failed.day == B
    assert all(word in str(failed.error) for word in ("crashes", str(B), "'yesterday'"))
    assert isinstance(loaded, LoadedDay)
    assert copy.stored().keys() == {"1"}


def test_a_day_that_is_overtaken_is_merged_from_the_newer_file(copy: Copy, database_url: str) -> None:
    """Its old file is read while another process is about to merge a newer one."""
    copy.publish(A, {"k": "1", "says": "OLD"})
    outcomes: list[LoadedDay | DayFailure] = []

    def load() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            outcomes.extend(load_days(connection, copy.lake, CRASHES, [A], run_id="overtaken"))

    turn = "(hashtext('chicago_crashes.merge'), hashtext('crashes'))"
    copy.rows(f"select pg_advisory_lock{turn}")
    thread = threading.Thread(target=load)
    thread.start()
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    while copy.rows(waiting) != [(1,)]:
        assert thread.is_alive(), outcomes
    copy.publish(A, {"k": "1", "says": "NEW"})
    copy.load(A)
    copy.rows(f"select pg_advisory_unlock{turn}")
    thread.join(timeout=60)

    assert [outcome.day for outcome in outcomes if isinstance(outcome, LoadedDay)] == [A]
    assert copy.stored() == {"1": (A, "NEW")}


Places = tuple[dict[str, tuple[date, str]], set[tuple[Any, ...]], set[tuple[date, str]]]


def oracle(published: dict[date, list[Row]]) -> Places:
    """Where every published row must be: by key the stored one, the quarantine, and the findings."""
    by_key: dict[str, list[tuple[str, date, int, Row]]] = {}
    for day, rows in published.items():
        for place, row in enumerate(rows):
            by_key.setdefault(str(row["k"]), []).append((str(row["at"] or ""), day, place, row))
    stored, quarantine, findings = {}, set(), set()
    for key, versions in by_key.items():
        *_, winner = sorted(versions, key=lambda version: version[:3])
        for version in versions:
            _, day, _, row = version
            best_of_day = max(other[:3] for other in versions if other[1] == day)
            if version is winner:
                stored[key] = (day, str(row["says"]))
                if row["beat_of_occurrence"]:
                    findings.add((day, key))
            elif version[:3] == best_of_day:
                quarantine.add((day, key, SECOND_ROW_ELSEWHERE, winner[1], row["says"]))
            else:
                quarantine.add((day, key, SECOND_ROW, day, row["says"]))
    return stored, quarantine, findings


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_published_and_in_whatever_order_it_is_loaded(copy: Copy, seed: int) -> None:
    """Days are published anew, taken back, and loaded alone or together; then every row is where it must be."""
    chance = random.Random(seed)  # noqa: S311 - no secrets
    said = iter(range(10_000))

    def some_rows() -> list[Row]:
        return [
            {
                "k": str(chance.randrange(6)),
                "says": f"S{next(said)}",
                "at": chance.choice([None, EARLY, LATE, LATEST]),
                "beat_of_occurrence": chance.choice([None, "no beat"]),
            }
            for _ in range(chance.randrange(5))
        ]

    backups = [{day: some_rows() for day in DAYS}]
    for _ in range(12):
        changed = chance.sample(DAYS, chance.randint(1, len(DAYS)))
        backup = chance.choice([None, None, *backups])
        for day in changed:
            copy.publish(day, *(backup[day] if backup else some_rows()))
        backups.append({day: copy.published.get(day, []) for day in DAYS})
        one_by_one = [[day] for day in chance.sample(changed, len(changed))]
        for days in chance.choice([one_by_one, [changed]]):
            copy.load(*days, remerge=chance.random() < 0.2)
        stored, quarantine, findings = oracle(copy.published)
        assert copy.stored() == stored
        assert copy.quarantine() == quarantine
        assert set(copy.rows("select day, row_key from ops.findings")) == findings
        copy.is_accounted_for()


def test_loading_it_all_again_writes_nothing(copy: Copy) -> None:
    twins(copy, WAYS["newer first"])
    tables = ("crashes", "ops.quarantine", "ops.history", "ops.signatures")
    before = [copy.rows(f"select ctid::text, xmin::text from {table} order by 1") for table in tables]  # noqa: S608

    for days in [(A,), (B,), (A, B)]:
        copy.load(*days, remerge=True)

    assert [copy.rows(f"select ctid::text, xmin::text from {table} order by 1") for table in tables] == before  # noqa: S608


def test_a_unit_that_is_published_twice_is_no_matter_of_its_crash(copy: Copy) -> None:
    copy.feed = VEHICLES
    copy.publish(A, {"k": "1", "crash_record_id": "c1", "at": EARLY})
    copy.publish(B, {"k": "1", "crash_record_id": "c2", "at": LATE})
    copy.load(A)
    copy.load(B)

    assert copy.rows("select crash_record_id from crash_vehicles") == [("c2",)]
    assert copy.rows("select raw_row ->> 'crash_record_id' from ops.quarantine") == [("c1",)]
