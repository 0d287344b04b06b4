"""The merge: what is written, what is kept of the past, what is counted, and when nothing happens at all."""

import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from chicago_crashes.feeds.catalogue import CRASHES, FEEDS, PEOPLE, VEHICLES, Feed
from chicago_crashes.feeds.catalogue.rules import SECOND_ROW_ELSEWHERE
from chicago_crashes.feeds.merge import DayCounts, NewerVersionLoadedError
from chicago_crashes.feeds.reading import accounts
from chicago_crashes_tests.feeds.cleaning.raw_rows import Row
from chicago_crashes_tests.feeds.loading import FETCHED, SIGNED, Connection, Days, connected, load, rows_of, versions

DAY, NEXT_DAY = date(2021, 12, 30), date(2021, 12, 31)
LATER, LATEST = "2022-03-01T00:00:00.000Z", "2022-04-01T00:00:00.000Z"
SETS_OF_ROWS: dict[str, list[Row]] = {
    "crashes": [{"crash_record_id": "c1"}, {"crash_record_id": "c2", "latitude": "0", "longitude": "0"}],
    "people": [{"person_id": "O1"}, {"person_id": "O2", "age": "-1"}],
    "vehicles": [{"crash_unit_id": "1"}, {"crash_unit_id": "2", "vehicle_year": "9999"}],
    "fatalities": [{"person_id": "O1"}, {"person_id": None, "victim": "ROBOT"}],
}
every_feed = pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)


def counts(**changed: int) -> DayCounts:
    """Counts of a day that are zero unless said otherwise."""
    nothing = dict.fromkeys(DayCounts.__dataclass_fields__, 0)
    return DayCounts(**{**nothing, **changed})


def sides(rows: int) -> dict[str, int]:
    return {"source_rows": rows, "raw_rows": rows, "table_rows": rows}


@every_feed
def test_new_rows_are_inserted(db: Connection, feed: Feed) -> None:
    made = load(db, feed, {DAY: SETS_OF_ROWS[feed.name], NEXT_DAY: []})

    assert made == {DAY: counts(**sides(2), inserted=2, repaired=1), NEXT_DAY: counts()}
    assert made[DAY].reconciled
    assert made[NEXT_DAY].reconciled


@every_feed
def test_merging_again_writes_nothing_and_says_so(db: Connection, feed: Feed) -> None:
    days: Days = {DAY: [*SETS_OF_ROWS[feed.name], {"crash_date": "soon"}], NEXT_DAY: []}
    load(db, feed, days)
    before = versions(db, feed)

    again = load(db, feed, days, run_id="another run")

    assert versions(db, feed) == before
    assert again[DAY] == counts(source_rows=3, raw_rows=3, table_rows=2, unchanged=2, repaired=1, quarantined=1)


@every_feed
def test_a_replace_that_changes_only_system_fields_changes_no_row(db: Connection, feed: Feed) -> None:
    load(db, feed, {DAY: SETS_OF_ROWS[feed.name]})
    before = versions(db, feed)

    replaced = [
        {**row, ":updated_at": LATER, ":version": "rv-2", ":id": f"new-{row}"} for row in SETS_OF_ROWS[feed.name]
    ]
    made = load(db, feed, {DAY: replaced})

    assert versions(db, feed) == before
    assert made[DAY].unchanged == 2


def test_an_amended_row_leaves_its_old_version_in_history(db: Connection) -> None:
    load(db, CRASHES, {DAY: [{"street_name": "OLD"}, {"crash_record_id": "c2"}]}, run_id="first")
    ((old_row, created, updated),) = rows_of(
        db, "select to_jsonb(c) - array['geometry', 'needs_geocoding'], created_at, updated_at from crashes c"
        " where crash_record_id = 'c1'"
    )  # fmt: skip

    made = load(
        db, CRASHES, {DAY: [{"street_name": "NEW", ":updated_at": LATER}, {"crash_record_id": "c2"}]}, run_id="second"
    )

    assert made[DAY] == counts(**sides(2), updated=1, unchanged=1)
    ((kept,),) = rows_of(db, "select old_row from ops.history")
    assert kept == old_row
    assert rows_of(db, "select feed, row_key, day, kind, valid_from, run_id from ops.history") == [
        ("crashes", "c1", DAY, "amended", updated, "second")
    ]
    ((street, created_now, updated_now, source, valid_to),) = rows_of(
        db,
        "select street_name, created_at, c.updated_at, source_updated_at, valid_to from crashes c, ops.history"
        " where crash_record_id = 'c1'",
    )
    assert street == "NEW"
    assert created_now == created
    assert updated_now == valid_to
    assert updated_now > updated  # type: ignore[operator]
    assert source == datetime(2022, 3, 1, tzinfo=UTC)


def test_a_value_that_becomes_null_is_an_amendment(db: Connection) -> None:
    load(db, CRASHES, {DAY: [{}]})

    made = load(db, CRASHES, {DAY: [{"street_name": None, "latitude": None, "longitude": None, "location": None}]})

    assert made[DAY].updated == 1
    assert rows_of(db, "select street_name, latitude, geometry, needs_geocoding from crashes") == [
        (None, None, None, True)
    ]


def test_unknown_columns_are_stored_and_compared(db: Connection) -> None:
    load(db, CRASHES, {DAY: [{"rd_no": "J1"}]})
    before = versions(db, CRASHES)
    load(db, CRASHES, {DAY: [{"rd_no": "J1"}], NEXT_DAY: [{"crash_record_id": "c2", "mood": "GRIM"}]})

    assert versions(db, CRASHES)["history"] == before["history"]
    assert rows_of(db, "select crash_record_id, extra from crashes order by 1") == [
        ("c1", {"rd_no": "J1"}),
        ("c2", {"mood": "GRIM"}),
    ]


@every_feed
def test_a_withdrawn_row_leaves_the_table_and_stays_in_history(db: Connection, feed: Feed) -> None:
    load(db, feed, {DAY: SETS_OF_ROWS[feed.name]})
    ((stored_at,), *_) = rows_of(db, f"select updated_at from {feed.table}")  # noqa: S608

    made = load(db, feed, {DAY: SETS_OF_ROWS[feed.name][:1]}, run_id="second")

    assert rows_of(db, "select valid_from from ops.history") == [(stored_at,)]
    assert made[DAY] == counts(**sides(1), unchanged=1, withdrawn=1)
    assert made[DAY].reconciled
    assert rows_of(db, "select feed, day, kind, run_id from ops.history") == [(feed.name, DAY, "withdrawn", "second")]
    assert rows_of(db, "select count(*) from ops.findings") == [(0,)]


def test_a_withdrawn_row_comes_back(db: Connection) -> None:
    load(db, CRASHES, {DAY: [{}]})
    load(db, CRASHES, {DAY: []})
    assert rows_of(db, "select count(*) from crashes") == [(0,)]

    made = load(db, CRASHES, {DAY: [{}]})

    assert made[DAY] == counts(**sides(1), inserted=1)
    assert rows_of(db, "select kind from ops.history") == [("withdrawn",)]
    assert rows_of(db, "select created_at = updated_at from crashes") == [(True,)]


def test_an_empty_day_removes_its_rows_and_no_others(db: Connection) -> None:
    load(db, CRASHES, {DAY: [{}], NEXT_DAY: [{"crash_record_id": "c2"}, {"crash_record_id": "c3"}]})

    made = load(db, CRASHES, {NEXT_DAY: []})

    assert made[NEXT_DAY] == counts(withdrawn=2)
    assert made[NEXT_DAY].reconciled
    assert rows_of(db, "select crash_record_id from crashes") == [("c1",)]


def test_days_between_the_merged_ones_are_left_alone(db: Connection) -> None:
    before, after = date(2021, 12, 29), date(2021, 12, 31)
    load(db, CRASHES, {DAY: [{}]})

    load(db, CRASHES, {before: [], after: []})

    assert rows_of(db, "select count(*) from crashes") == [(1,)]


MIDNIGHTS = ["2021-12-30T00:00:00.000", "2021-12-30T23:59:59.999"]


def test_a_day_is_a_calendar_day_of_the_wall_clock(db: Connection) -> None:
    rows: list[Row] = [{"crash_record_id": f"c{place}", "crash_date": at} for place, at in enumerate(MIDNIGHTS)]
    for zone in ("America/Chicago", "UTC", "Asia/Tokyo"):
        db.execute("select set_config('timezone', %s, false)", [zone])
        assert load(db, CRASHES, {DAY: rows})[DAY].table_rows == 2
    assert rows_of(db, "select count(*) from ops.history") == [(0,)]


@pytest.mark.parametrize("first", [DAY, NEXT_DAY], ids=["old day first", "new day first"])
def test_a_crash_that_moved_is_one_row_on_its_new_day(db: Connection, first: date) -> None:
    load(db, CRASHES, {DAY: [{}, {"crash_record_id": "c2"}]})
    moved: Days = {DAY: [{"crash_record_id": "c2"}], NEXT_DAY: [{":updated_at": LATER}]}

    made = load(db, CRASHES, {first: moved[first]})
    other = NEXT_DAY if first == DAY else DAY
    made |= load(db, CRASHES, {other: moved[other]})

    assert rows_of(db, "select crash_record_id, crash_date::date from crashes order by 1") == [
        ("c1", NEXT_DAY),
        ("c2", DAY),
    ]
    assert made[DAY].reconciled
    assert made[NEXT_DAY].reconciled
    assert rows_of(db, "select row_key, day from ops.history") == [("c1", DAY)]


def test_a_crash_that_moved_within_one_merge_is_amended(db: Connection) -> None:
    load(db, CRASHES, {DAY: [{}], NEXT_DAY: []})

    made = load(db, CRASHES, {DAY: [], NEXT_DAY: [{":updated_at": LATER}]})

    assert made == {DAY: counts(), NEXT_DAY: counts(**sides(1), updated=1)}
    assert rows_of(db, "select kind, day from ops.history") == [("amended", DAY)]


@pytest.mark.parametrize("days", [(DAY, NEXT_DAY), (NEXT_DAY, DAY)], ids=["old day first", "new day first"])
def test_a_crash_in_the_old_file_of_one_day_and_the_new_of_another(db: Connection, days: tuple[date, date]) -> None:
    """The old day was fetched before the crash moved: it must not win."""
    replies: Days = {DAY: [{}], NEXT_DAY: [{":updated_at": LATER}]}

    for _ in range(2):
        for day in days:
            assert load(db, CRASHES, {day: replies[day]})[day].reconciled
        together = load(db, CRASHES, {day: replies[day] for day in days})
        assert together[NEXT_DAY] == counts(**sides(1), unchanged=1)
        assert together[DAY] == counts(source_rows=1, raw_rows=1, quarantined=1)
    assert rows_of(db, "select crash_date::date from crashes") == [(NEXT_DAY,)]


def test_what_was_fetched_last_decides_whatever_time_the_row_bears(db: Connection) -> None:
    """The portal may go back to a backup."""
    load(db, CRASHES, {DAY: [{"street_name": "NEW", ":updated_at": LATEST}, {"crash_record_id": "c2"}]})

    made = load(db, CRASHES, {DAY: [{"street_name": "OLD", ":updated_at": LATER}, {"crash_record_id": "c2"}]})

    assert made[DAY] == counts(**sides(2), updated=1, unchanged=1)
    assert rows_of(db, "select street_name, source_updated_at from crashes where crash_record_id = 'c1'") == [
        ("OLD", datetime(2022, 3, 1, tzinfo=UTC))
    ]


def test_a_row_whose_time_alone_goes_back_is_unchanged_and_bears_it(db: Connection) -> None:
    load(db, CRASHES, {DAY: [{":updated_at": LATEST}]})

    made = load(db, CRASHES, {DAY: [{":updated_at": LATER}]})

    assert made[DAY] == counts(**sides(1), unchanged=1)
    assert rows_of(db, "select source_updated_at, updated_at = created_at from crashes") == [
        (datetime(2022, 3, 1, tzinfo=UTC), True)
    ]
    assert rows_of(db, "select count(*) from ops.history") == [(0,)]


def test_what_was_fetched_earlier_never_overwrites(db: Connection) -> None:
    load(db, CRASHES, {DAY: [{"street_name": "NEW"}]}, fetched_at=FETCHED + timedelta(seconds=1))
    before = versions(db, CRASHES)

    with pytest.raises(NewerVersionLoadedError, match=f"crashes {DAY}"):
        load(db, CRASHES, {DAY: [{"street_name": "OLD", ":updated_at": LATER}]})

    assert versions(db, CRASHES) == before


def test_when_a_day_was_fetched_is_recorded_anew(db: Connection) -> None:
    load(db, CRASHES, {DAY: [{}]})
    load(db, CRASHES, {DAY: [{}]}, fetched_at=FETCHED + timedelta(seconds=1))

    assert rows_of(db, "select fetched_at from ops.signatures") == [(FETCHED + timedelta(seconds=1),)]


@pytest.mark.parametrize("order", [(DAY, NEXT_DAY), (NEXT_DAY, DAY)], ids=["early day first", "late day first"])
@pytest.mark.parametrize("times", [(None, LATER), (LATER, LATEST), (LATER, LATER), (None, None)])
def test_of_two_days_the_row_the_portal_touched_last_is_stored(
    db: Connection, order: tuple[date, date], times: tuple[str | None, str | None]
) -> None:
    """A row without a time is older than any with one; of rows of one time the later day's is stored."""
    rows: Days = {
        DAY: [{"street_name": "OLD", ":updated_at": times[0]}],
        NEXT_DAY: [{"street_name": "NEW", ":updated_at": times[1]}],
    }
    for day in (*order, DAY):
        load(db, CRASHES, {day: rows[day]})

    assert rows_of(db, "select street_name, crash_date::date from crashes") == [("NEW", NEXT_DAY)]
    assert rows_of(db, "select day, reason, row_key, rival_day, raw_row ->> 'street_name' from ops.quarantine") == [
        (DAY, SECOND_ROW_ELSEWHERE, "c1", NEXT_DAY, "OLD")
    ]


def test_findings_and_quarantine_are_those_of_the_newest_reply(db: Connection) -> None:
    load(db, PEOPLE, {DAY: [{"age": "-1"}, {"person_id": None}], NEXT_DAY: [{"person_id": "O2", "age": "121"}]})
    load(db, PEOPLE, {DAY: [{"age": "130"}, {"crash_date": "soon"}]})

    assert rows_of(db, "select day, row_key, column_name, rule, value, action from ops.findings order by day") == [
        (DAY, "c1/O1", "age", "bounds", "130", "nulled"),
        (NEXT_DAY, "c1/O2", "age", "bounds", "121", "nulled"),
    ]
    assert rows_of(db, "select feed, day, copy, reason, raw_row ->> 'crash_date' from ops.quarantine") == [
        ("people", DAY, 0, "no readable crash_date", "soon")
    ]


def test_records_of_another_feed_are_left_alone(db: Connection) -> None:
    load(db, PEOPLE, {DAY: [{"age": "-1"}, {"person_id": None}]})
    load(db, VEHICLES, {DAY: [{}]})

    assert rows_of(db, "select feed from ops.findings union all select feed from ops.quarantine") == [
        ("people",),
        ("people",),
    ]


def test_a_second_row_with_the_same_key_is_quarantined_and_counted(db: Connection) -> None:
    made = load(db, CRASHES, {DAY: [{"street_name": "OLD"}, {"street_name": "NEW", ":updated_at": LATER}]})

    assert made[DAY] == counts(source_rows=2, raw_rows=2, table_rows=1, inserted=1, quarantined=1)
    assert made[DAY].reconciled
    assert rows_of(db, "select street_name from crashes") == [("NEW",)]


def test_a_short_day_does_not_reconcile(db: Connection) -> None:
    made = load(db, CRASHES, {DAY: [{}]}, source_rows=2)

    assert not made[DAY].reconciled


@pytest.mark.parametrize("wrong", ["source_rows", "raw_rows", "table_rows", "quarantined"])
def test_a_day_reconciles_only_if_every_number_agrees(wrong: str) -> None:
    right = counts(source_rows=3, raw_rows=3, table_rows=2, quarantined=1)

    assert right.reconciled
    assert not replace(right, **{wrong: 0}).reconciled


def test_the_signature_is_recorded_with_what_became_of_the_day(db: Connection) -> None:
    load(db, PEOPLE, {DAY: [{"age": "-1"}, {"person_id": None}]}, run_id="a run")

    assert rows_of(
        db,
        "select feed, day, source_rows, source_updated_at, raw_rows, table_rows, quarantined_rows, repaired_rows,"
        " fetched_at, run_id, loaded_at > now() - interval '1 minute' from ops.signatures",
    ) == [("people", DAY, 2, SIGNED, 2, 1, 1, 1, FETCHED, "a run", True)]
    assert accounts(db, PEOPLE, [DAY, NEXT_DAY]).keys() == {DAY}


AWKWARD = [
    'say "hi", you',
    "a\nb",
    "a\r\nb",
    "\\.",
    "\\N",
    "\\",
    ",",
    "'",
    "NaN",
    "ﬁ 🚲",
    "a\tb",
    "-- x; drop",
    "''",
    "{}",
]


def test_awkward_text_arrives_as_it_is(db: Connection) -> None:
    rows: list[Row] = [{"crash_record_id": f"c{n:02}", "street_name": text} for n, text in enumerate(AWKWARD)]

    made = load(db, CRASHES, {DAY: rows})

    assert [row[0] for row in rows_of(db, "select street_name from crashes order by crash_record_id")] == AWKWARD
    assert made[DAY].inserted == len(AWKWARD)
    assert load(db, CRASHES, {DAY: rows})[DAY].unchanged == len(AWKWARD)


def test_awkward_keys_arrive_as_they_are(db: Connection) -> None:
    keys = [text for text in AWKWARD if text == text.strip()]

    load(db, PEOPLE, {DAY: [{"person_id": key, "age": "-1"} for key in keys]})

    assert {row[0] for row in rows_of(db, "select person_id from crash_people")} == set(keys)
    doubled = [key.replace("\\", "\\\\") for key in keys]
    assert {row[0] for row in rows_of(db, "select row_key from ops.findings")} == {f"c1/{key}" for key in doubled}


def test_keys_that_a_slash_would_make_one_are_two(db: Connection) -> None:
    keys = [("a/b", "c"), ("a", "b/c")]
    rows: list[Row] = [{"crash_record_id": crash, "person_id": person, "age": "-1"} for crash, person in keys]

    made = load(db, PEOPLE, {DAY: rows})
    load(db, PEOPLE, {DAY: []})

    assert made[DAY] == counts(**sides(2), inserted=2, repaired=2)
    assert rows_of(db, "select row_key from ops.history order by 1") == [("a/b\\/c",), ("a\\/b/c",)]


def test_a_refused_value_rolls_back_the_whole_transaction(db: Connection) -> None:
    load(db, PEOPLE, {DAY: [{"age": "10"}]})
    before = versions(db, PEOPLE)
    db.execute("alter table crash_people add constraint no_eleven check (age <> 11)")
    try:
        with pytest.raises(psycopg.errors.CheckViolation):
            load(db, PEOPLE, {DAY: [{"age": "12"}, {"person_id": None}], NEXT_DAY: [{"person_id": "O2", "age": "11"}]})
    finally:
        db.execute("alter table crash_people drop constraint no_eleven")

    assert versions(db, PEOPLE) == before
    assert load(db, PEOPLE, {DAY: [{"age": "12"}]})[DAY].updated == 1


@pytest.mark.parametrize("days", [{DAY: 40}, {DAY: 20, NEXT_DAY: 20}], ids=["one day", "two days"])
@pytest.mark.usefixtures("db")
def test_two_merges_of_the_same_days_at_once_end_as_one(shared_database: str, days: dict[date, int]) -> None:
    """Both start before either ends; whichever comes second must find nothing to do."""
    whole: Days = {
        day: [{"person_id": f"{day}-{n}", "age": "-1" if n % 2 else "30"} for n in range(rows)]
        for day, rows in days.items()
    }
    start = threading.Barrier(2)
    made: list[dict[date, DayCounts]] = []

    def merge() -> None:
        with connected(shared_database) as connection:
            start.wait(timeout=30)
            made.append(load(connection, PEOPLE, whole))

    threads = [threading.Thread(target=merge) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert len(made) == 2
    for day, rows in days.items():
        assert sorted(counted[day].inserted for counted in made) == [0, rows]
        assert sorted(counted[day].unchanged for counted in made) == [0, rows]
        assert all(counted[day].reconciled for counted in made)
    with connected(shared_database) as connection:
        assert rows_of(connection, "select count(*) from crash_people") == [(40,)]
        assert rows_of(connection, "select count(*) from ops.findings") == [(20,)]
        assert rows_of(connection, "select count(*) from ops.history") == [(0,)]


@pytest.mark.usefixtures("db")
def test_a_merge_waits_for_the_one_before_it(shared_database: str) -> None:
    """Were they to overlap, both would put the old version of an amended row into history."""
    days: Days = {DAY: [{"street_name": "NEW", ":updated_at": LATER}]}
    made: list[dict[date, DayCounts]] = []

    def merge() -> None:
        with connected(shared_database) as connection:
            made.append(load(connection, CRASHES, days))

    with connected(shared_database) as connection, connected(shared_database) as watch:
        load(connection, CRASHES, {DAY: [{"street_name": "OLD"}]})
        threads = [threading.Thread(target=merge) for _ in range(2)]
        with connection.transaction():
            connection.execute("lock table ops.signatures in share row exclusive mode")
            for thread in threads:
                thread.start()
            wait_until_waiting(watch, "advisory", "relation")
        for thread in threads:
            thread.join(timeout=60)
        assert [each[DAY] for each in made] == [
            counts(**sides(1), updated=1),
            counts(**sides(1), unchanged=1),
        ]
        assert rows_of(connection, "select count(*) from ops.history") == [(1,)]


@pytest.mark.usefixtures("db")
def test_what_a_merge_writes_bears_the_time_of_its_turn(shared_database: str) -> None:
    """Otherwise a merge that had to wait would write what looks older than what was there before it."""

    def merge() -> None:
        with connected(shared_database) as connection:
            load(connection, CRASHES, {DAY: [{}]})

    with connected(shared_database) as holder, connected(shared_database) as watch:
        turn = "(hashtext('chicago_crashes.merge'), hashtext('crashes'))"
        rows_of(holder, f"select pg_advisory_lock{turn}")
        thread = threading.Thread(target=merge)
        thread.start()
        wait_until_waiting(watch, "advisory")
        ((ended,),) = rows_of(holder, "select clock_timestamp()")
        rows_of(holder, f"select pg_advisory_unlock{turn}")
        thread.join(timeout=60)
        assert rows_of(watch, "select updated_at > %s from crashes", ended) == [(True,)]


def wait_until_waiting(watch: Connection, *locks: str) -> None:
    """Return once sessions of this database wait for just these kinds of locks."""
    deadline = time.monotonic() + 30
    waiting = (
        "select wait_event from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock' order by wait_event"
    )
    while (found := rows_of(watch, waiting)) != [(lock,) for lock in locks]:
        assert time.monotonic() < deadline, found


def test_places_are_built_by_the_database(db: Connection) -> None:
    load(db, CRASHES, {DAY: [{}, {"crash_record_id": "c2", "latitude": "0", "longitude": "0", "location": None}]})

    assert rows_of(
        db,
        "select st_x(geometry), st_y(geometry), st_srid(geometry), coordinate_status, needs_geocoding, location"
        " from crashes order by crash_record_id",
    ) == [(-87.7, 41.9, 4326, "ok", False, "POINT (-87.7 41.9)"), (None, None, None, "zero", True, None)]
