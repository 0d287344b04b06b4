"""Every reason for which a day is stale: it is noticed by its name, healed by a refresh, and asks no more than it must.

What the portal changes is in the other modules; here the fault is ours: rows or files that somebody took, old rules.
"""

import shutil
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from psycopg import sql

from chicago_crashes.feeds.catalogue import CRASHES, FATALITIES, FEEDS, PEOPLE, Feed
from chicago_crashes.feeds.changes import Changes, find_changes, ranges_of
from chicago_crashes.feeds.cleaning.version import rules_digest
from chicago_crashes.feeds.ingest import fetch_days
from chicago_crashes.feeds.inspection import complete_history
from chicago_crashes.feeds.stale import Reason, told_unwatched
from chicago_crashes.settings import PROJECT_ROOT
from chicago_crashes.soda.signatures import EMPTY
from chicago_crashes.stand_in import mutations
from chicago_crashes_tests.faults.scene import DAYS, FIRST, LAST, Scene

FRIDAY, SATURDAY, SUNDAY, MONDAY = DAYS


def look(scene: Scene, feed: Feed, first: date = FIRST, last: date = LAST) -> Changes:
    return find_changes(scene.client, scene.connection, scene.lake, feed, first, last)


def reasons(scene: Scene, feed: Feed) -> dict[date, set[Reason]]:
    return {day: set(stale.reasons) for day, stale in look(scene, feed).stale.items()}


def heals_without_a_request_for_rows(scene: Scene, feed: Feed) -> None:
    asked = len(scene.row_requests())
    assert scene.refresh(feed)
    assert len(scene.row_requests()) == asked
    scene.equals_portal(feed)
    assert complete_history(feed, look(scene, feed)).passed


def delete_one(scene: Scene, feed: Feed, day: date) -> None:
    scene.connection.execute(
        sql.SQL("delete from {table} where ctid = (select min(ctid) from {table} where {date}::date = %s)").format(
            table=sql.Identifier(feed.table), date=sql.Identifier(feed.date)
        ),
        [day],
    )


def folder_of(scene: Scene, feed: Feed, day: date) -> Path:
    return scene.lake_folder / feed.name / str(day.year) / str(day)


def newest_file(scene: Scene, feed: Feed, day: date) -> Path:
    return max(folder_of(scene, feed, day).glob("*.parquet"))


def test_nothing_is_stale_after_a_load(loaded: Scene, feed: Feed) -> None:
    found = look(loaded, feed)
    assert (dict(found.stale), dict(found.out_of_reach)) == ({}, {})
    held = found.held
    assert held.source_rows == held.raw_rows == held.table_rows + held.quarantined_rows == found.published_rows > 0
    assert (held.days, held.unaccounted_rows) == (len(DAYS), 0)
    assert complete_history(feed, found).passed


def test_every_reason_is_documented() -> None:
    documented = (PROJECT_ROOT / "docs" / "operating.md").read_text()
    assert all(f"| `{reason}` |" in documented for reason in Reason)


# --- rows ------------------------------------------------------------------------------------------------------------


def test_a_deleted_row_is_missed_and_comes_back(loaded: Scene, feed: Feed) -> None:
    delete_one(loaded, feed, SATURDAY)
    assert reasons(loaded, feed) == {SATURDAY: {Reason.ROWS_MISSING}}
    heals_without_a_request_for_rows(loaded, feed)


def test_a_load_brings_a_deleted_row_back_and_need_not_be_asked_to_compare_every_row(loaded: Scene, feed: Feed) -> None:
    delete_one(loaded, feed, SATURDAY)
    outcome = loaded.load(feed)
    assert (outcome.total("inserted"), outcome.written) == (1, 1)
    loaded.equals_portal(feed)


def with_quarantine(scene: Scene, feed: Feed) -> None:
    """Two days of which one row each is in quarantine, for want of a readable key or date."""
    column = "crash_record_id" if feed is not FATALITIES else "crash_date"
    for day in (SATURDAY, SUNDAY):
        (row,) = scene.some_rows(feed, day, 1)
        wrong = "x" * 200 if column == "crash_record_id" else f"{day}T25:00:00.000"
        mutations.amend(scene.store, feed, {":id": row[":id"]}, {column: wrong})
    assert scene.refresh(feed)
    assert {day for (day,) in scene.rows("select day from ops.quarantine")} >= {SATURDAY, SUNDAY}


@pytest.mark.parametrize("heal", ["refresh", "load"])
def test_a_deleted_quarantine_record_is_missed_and_comes_back(scene: Scene, heal: str) -> None:
    scene.load(PEOPLE)
    scene.own_copy()
    with_quarantine(scene, PEOPLE)
    scene.connection.execute("delete from ops.quarantine where day = %s", [SATURDAY])
    assert reasons(scene, PEOPLE) == {SATURDAY: {Reason.ROWS_MISSING}}
    if heal == "load":
        assert not scene.load(PEOPLE, [SATURDAY]).errors
        scene.equals_portal(PEOPLE)
    else:
        heals_without_a_request_for_rows(scene, PEOPLE)


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("crash_people", "(crash_record_id, person_id, crash_date) values ('c', 'ghost', '2024-03-10 01:00')"),
        ("crash_vehicles", "(crash_unit_id, crash_record_id, crash_date) values (77, 'c', '2024-03-10 23:59:59.999')"),
    ],
)
def test_a_row_that_somebody_added_is_one_too_many(scene: Scene, table: str, row: str) -> None:
    feed = next(feed for feed in FEEDS if feed.table == table)
    scene.load(feed)
    scene.connection.execute(f"insert into {table} {row}".encode())
    assert reasons(scene, feed) == {SUNDAY: {Reason.ROWS_TOO_MANY}}
    heals_without_a_request_for_rows(scene, feed)


def test_one_row_too_few_here_and_one_too_many_there_are_two_faults(loaded: Scene, feed: Feed) -> None:
    """The sums over the whole history are right; no day is."""
    loaded.connection.execute(
        f"update {feed.table} set {feed.date} = {feed.date} + interval '1 day' where ctid ="  # noqa: S608
        f" (select min(ctid) from {feed.table} where {feed.date}::date = %s)".encode(),
        [FRIDAY],
    )
    found = look(loaded, feed)
    assert found.held.table_rows + found.held.quarantined_rows == found.published_rows
    assert found.held.unaccounted_rows == 2
    assert reasons(loaded, feed) == {FRIDAY: {Reason.ROWS_MISSING}, SATURDAY: {Reason.ROWS_TOO_MANY}}
    verdict = complete_history(feed, found)
    assert (verdict.passed, verdict.is_fault) == (False, True)
    assert (verdict.numbers["days_rows_missing"], verdict.numbers["days_rows_too_many"]) == (1, 1)
    assert all(str(day) in " ".join(verdict.reasons) for day in (FRIDAY, SATURDAY))
    heals_without_a_request_for_rows(loaded, feed)


def test_a_row_too_few_in_the_table_and_one_too_many_in_quarantine_are_two_faults(scene: Scene) -> None:
    scene.load(PEOPLE)
    delete_one(scene, PEOPLE, MONDAY)
    scene.connection.execute(
        "insert into ops.quarantine (feed, day, digest, copy, reason, raw_row)"
        " values ('people', %s, 'd', 0, 'r', '{}')",
        [MONDAY],
    )
    assert reasons(scene, PEOPLE) == {MONDAY: {Reason.ROWS_MISSING, Reason.ROWS_TOO_MANY}}
    scene.own_copy()
    heals_without_a_request_for_rows(scene, PEOPLE)


def test_a_day_whose_merge_did_not_reconcile_stays_stale(scene: Scene) -> None:
    """Whatever let a row vanish between the lake and the table."""
    scene.load(CRASHES)
    scene.connection.execute(
        "create function vanish() returns trigger language plpgsql as 'begin return null; end';"
        "create trigger vanish before insert on crashes for each row execute function vanish()"
    )
    try:
        delete_one(scene, CRASHES, SUNDAY)
        scene.load(CRASHES)
        assert reasons(scene, CRASHES) == {SUNDAY: {Reason.ROWS_MISSING}}
        before = look(scene, CRASHES).stale[SUNDAY]
        scene.load(CRASHES)
        assert look(scene, CRASHES).stale[SUNDAY].mark == before.mark
    finally:
        scene.connection.execute("drop function vanish cascade")
    assert not scene.load(CRASHES).errors
    assert reasons(scene, CRASHES) == {}


def test_rows_on_a_day_that_was_never_loaded_are_too_many(scene: Scene) -> None:
    scene.load(CRASHES, [FRIDAY])
    scene.connection.execute(
        "update crashes set crash_date = crash_date + interval '40 days' where ctid = (select min(ctid) from crashes)"
    )
    later = FRIDAY + timedelta(days=40)
    stale = look(scene, CRASHES, FRIDAY, later + timedelta(days=1)).stale
    assert set(stale[later].reasons) == {Reason.ROWS_TOO_MANY}
    assert stale[later].published == EMPTY
    assert not scene.load(CRASHES, [FRIDAY, later]).errors
    assert set(look(scene, CRASHES, FRIDAY, later + timedelta(days=1)).stale) == set(DAYS) - {FRIDAY}


def test_rows_outside_of_the_days_are_told_and_are_a_fault(scene: Scene) -> None:
    scene.load(CRASHES)
    scene.connection.execute(
        "update crashes set crash_date = '2099-01-01' where ctid = (select min(ctid) from crashes)"
    )
    found = look(scene, CRASHES)
    assert dict(found.out_of_reach) == {date(2099, 1, 1): 1}
    verdict = complete_history(CRASHES, found)
    assert verdict.is_fault
    assert "2099-01-01" in verdict.reasons[-1]


def test_todays_reports_are_no_rows_without_a_day(scene: Scene) -> None:
    """They belong to tomorrow's partition; a report of a later day than today belongs to none."""
    scene.load(CRASHES)
    rows = mutations.content(scene.store, CRASHES)
    of_monday = rows.filter(pl.col("crash_date").str.starts_with(str(MONDAY))).height
    of_sunday = rows.filter(pl.col("crash_date").str.starts_with(str(SUNDAY))).height
    assert min(of_monday, of_sunday) > 0
    assert look(scene, CRASHES, last=SUNDAY).rows_without_a_day == 0
    assert look(scene, CRASHES, last=SATURDAY).rows_without_a_day == of_monday


def test_a_row_that_moved_and_was_taken_back_is_not_lost(scene: Scene) -> None:
    """Its old day has the old signature again: the row waits in quarantine there, and comes back by itself."""
    scene.load(CRASHES)
    old = scene.own_copy()
    (row,) = scene.some_rows(CRASHES, FRIDAY, 1)
    mutations.move(scene.store, CRASHES, {":id": row[":id"]}, f"{MONDAY}T16:20:00.000")
    assert not scene.load(CRASHES, [MONDAY]).errors
    scene.portal.store = old
    assert not scene.load(CRASHES, [MONDAY]).errors
    assert not reasons(scene, CRASHES)
    scene.equals_portal(CRASHES)


def test_days_that_were_loaded_before_the_first_day_are_told(scene: Scene) -> None:
    scene.load(CRASHES)
    found = look(scene, CRASHES, first=SATURDAY)
    assert set(found.unwatched) == {FRIDAY}
    assert (dict(found.stale), dict(found.out_of_reach)) == ({}, {})
    told = told_unwatched(CRASHES, found.unwatched)
    assert f"crashes: {found.unwatched[FRIDAY]:,} stored rows" in told
    assert f"CRASHES_START_DATE was earlier (1 day: {FRIDAY})" in told


# --- rules -----------------------------------------------------------------------------------------------------------


def test_days_cleaned_by_other_rules_are_cleaned_anew(loaded: Scene, feed: Feed) -> None:
    """As after an upgrade: other rules left another value, and the record says so."""
    column = "weather_condition" if feed is CRASHES else None
    if column:
        loaded.connection.execute(f"update {feed.table} set {column} = 'OLD RULES'")  # noqa: S608
    loaded.connection.execute("update ops.signatures set rules_digest = 'older' where day <> %s", [MONDAY])
    assert reasons(loaded, feed) == {day: {Reason.OTHER_RULES} for day in DAYS[:3]}
    assert len(ranges_of([look(loaded, feed)], longest=100)) == 1
    if column:
        loaded.connection.execute(
            f"update {feed.table} set {column} = 'CLEAR' where {feed.date}::date = %s",  # noqa: S608
            [MONDAY],
        )
    asked = len(loaded.row_requests())
    assert loaded.refresh(feed)
    assert len(loaded.row_requests()) == asked
    assert loaded.rows("select distinct rules_digest from ops.signatures") == [(rules_digest(feed),)]
    if column:
        assert loaded.rows(f"select count(*) from {feed.table} where {column} = 'OLD RULES'") == [(0,)]  # noqa: S608
    else:
        loaded.equals_portal(feed)


# --- raw files -------------------------------------------------------------------------------------------------------


def test_a_lost_raw_file_is_fetched_anew(loaded: Scene, feed: Feed) -> None:
    shutil.rmtree(folder_of(loaded, feed, SUNDAY))
    assert reasons(loaded, feed) == {SUNDAY: {Reason.RAW_FILE_LOST}}
    assert look(loaded, feed).held.raw_rows < look(loaded, feed).held.source_rows
    loaded.refresh(feed)
    assert newest_file(loaded, feed, SUNDAY).exists()
    assert reasons(loaded, feed) == {}
    loaded.equals_portal(feed)


def test_a_lost_lake_is_noticed_and_filled(loaded: Scene, feed: Feed) -> None:
    shutil.rmtree(loaded.lake_folder)
    assert reasons(loaded, feed) == {day: {Reason.RAW_FILE_LOST} for day in DAYS}
    verdict = complete_history(feed, look(loaded, feed))
    assert (verdict.is_fault, verdict.numbers["raw_rows"]) == (True, 0)
    loaded.refresh(feed)
    assert reasons(loaded, feed) == {}


def test_an_older_lake_is_noticed_and_brought_up_to_date(loaded: Scene, feed: Feed) -> None:
    (row,) = loaded.some_rows(feed, SATURDAY, 1)
    mutations.amend(loaded.store, feed, {":id": row[":id"]}, {"crash_location": "X"} if feed is FATALITIES else {})
    loaded.refresh(feed)
    newest_file(loaded, feed, SATURDAY).unlink()
    assert reasons(loaded, feed) == {SATURDAY: {Reason.RAW_FILE_OLDER}}
    loaded.refresh(feed)
    assert reasons(loaded, feed) == {}
    loaded.equals_portal(feed)


def test_the_same_rows_fetched_at_another_time_are_the_file_that_was_loaded(loaded: Scene, feed: Feed) -> None:
    """A lake that was restored need not have the files of the very same minute."""
    file = newest_file(loaded, feed, SATURDAY)
    file.rename(file.with_name(file.name.replace(file.name[:4], "2020", 1)))
    assert reasons(loaded, feed) == {}


def test_a_file_that_was_fetched_and_never_merged_is_noticed(loaded: Scene, feed: Feed) -> None:
    """A load was killed between lake and table, and the portal went back to what it had: its signature is the old."""
    old = loaded.portal.store.copy()
    (row,) = loaded.some_rows(feed, SATURDAY, 1)
    mutations.delete(loaded.store, feed, {":id": row[":id"]})
    list(fetch_days(loaded.client, loaded.connection, loaded.lake, feed, [SATURDAY], run_id="killed"))
    loaded.portal.store = old
    assert reasons(loaded, feed) == {SATURDAY: {Reason.RAW_FILE_NOT_MERGED}}
    assert not complete_history(feed, look(loaded, feed)).is_fault
    loaded.refresh(feed)
    assert reasons(loaded, feed) == {}
    loaded.equals_portal(feed)


def test_a_day_may_be_stale_for_several_reasons(scene: Scene) -> None:
    scene.load(CRASHES, [FRIDAY])
    scene.own_copy()
    mutations.replace_all(scene.store, CRASHES)
    delete_one(scene, CRASHES, FRIDAY)
    shutil.rmtree(scene.lake_folder)
    scene.connection.execute("update ops.signatures set rules_digest = null")
    found = reasons(scene, CRASHES)
    assert found == {
        FRIDAY: {Reason.PORTAL_CHANGED, Reason.OTHER_RULES, Reason.ROWS_MISSING, Reason.RAW_FILE_LOST},
        **{day: {Reason.NEVER_LOADED} for day in DAYS[1:]},
    }
    scene.refresh(CRASHES)
    scene.equals_portal(CRASHES)


def test_a_recorded_signature_that_somebody_changed_is_mended(loaded: Scene, feed: Feed) -> None:
    loaded.connection.execute(
        "update ops.signatures set source_updated_at = '2035-01-01' where feed = %s and day = %s",
        [feed.name, SATURDAY],
    )
    assert reasons(loaded, feed) == {SATURDAY: {Reason.PORTAL_CHANGED}}
    heals_without_a_request_for_rows(loaded, feed)
