"""Each way in which the portal's data changes, for each feed: the tables follow, and history tells what was."""

import json
from datetime import date
from typing import Any

import polars as pl
import pytest

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import CRASHES, FATALITIES, PEOPLE, VEHICLES, Feed
from chicago_crashes.soda.errors import NoSuchDatasetError
from chicago_crashes.stand_in import faults, mutations
from chicago_crashes_tests.faults.changing import change_every_day, free_text, late_row
from chicago_crashes_tests.faults.scene import DAYS, LAST, Scene


def test_late_rows_arrive_and_nothing_else_is_written(loaded: Scene, feed: Feed) -> None:
    before = row_versions(loaded, feed)
    mutations.publish_more(loaded.store, feed, late_row(loaded, feed))
    assert loaded.stale(feed) == [DAYS[1]]
    (outcome,) = loaded.refresh(feed)
    assert (outcome.total("inserted"), outcome.written) == (1, 1)
    assert before <= row_versions(loaded, feed)
    assert history(loaded) == []
    loaded.equals_portal(feed)


def test_amended_rows_are_updated_and_the_whole_old_row_is_kept(loaded: Scene, feed: Feed) -> None:
    (row,) = loaded.some_rows(feed, DAYS[2], 1)
    before, versions = stored_rows(loaded, feed), row_versions(loaded, feed)
    mutations.amend(loaded.store, feed, {":id": row[":id"]}, {free_text(feed): "AMENDED"})
    (outcome,) = loaded.refresh(feed, run_id="amending run")
    assert (outcome.total("updated"), outcome.written) == (1, 1)
    assert len(versions - row_versions(loaded, feed)) == 1
    ((kind, day, run_id, old),) = history(loaded)
    assert (kind, day, run_id) == ("amended", DAYS[2], "amending run")
    assert old in before
    assert old[free_text(feed)] != "AMENDED"
    assert valid_times(loaded) == [(True, True)]
    loaded.equals_portal(feed)


def test_a_row_amended_twice_has_two_old_versions_without_a_gap(loaded: Scene, feed: Feed) -> None:
    (row,) = loaded.some_rows(feed, DAYS[2], 1)
    for value in ("SECOND", "THIRD"):
        mutations.amend(loaded.store, feed, {":id": row[":id"]}, {free_text(feed): value})
        loaded.refresh(feed)
    _, second = history(loaded)
    assert second[3][free_text(feed)] == "SECOND"
    (limits,) = loaded.rows(
        "select array_agg(valid_from order by history_id), array_agg(valid_to order by history_id) from ops.history"
    )
    assert limits[1][0] == limits[0][1]
    loaded.equals_portal(feed)


@pytest.mark.parametrize("order", [(DAYS[3], DAYS[0]), (DAYS[0], DAYS[3])], ids=["new day first", "old day first"])
def test_a_row_that_moved_is_one_row_on_its_new_day(loaded: Scene, feed: Feed, order: tuple[date, date]) -> None:
    (row,) = loaded.some_rows(feed, DAYS[0], 1)
    count = len(stored_rows(loaded, feed))
    mutations.move(loaded.store, feed, {":id": row[":id"]}, f"{DAYS[3]}T16:20:00.000")
    assert loaded.stale(feed) == [DAYS[0], DAYS[3]]
    for day in order:
        assert not loaded.load(feed, [day]).errors
    assert len(stored_rows(loaded, feed)) == count
    assert loaded.stale(feed) == []
    ((_, day, _, old),) = history(loaded)
    assert (day, old["crash_date"][:10]) == (DAYS[0], DAYS[0].isoformat())
    loaded.equals_portal(feed)


def test_a_row_that_moved_there_and_back(loaded: Scene, feed: Feed) -> None:
    (row,) = loaded.some_rows(feed, DAYS[0], 1)
    mutations.move(loaded.store, feed, {":id": row[":id"]}, f"{DAYS[3]}T16:20:00.000")
    loaded.load(feed, [DAYS[3]])
    mutations.move(loaded.store, feed, {":id": row[":id"]}, row["crash_date"])
    loaded.converges(feed)
    assert loaded.rows(f"select count(*) from {feed.table} where crash_date::text like '%16:20:00'") == [(0,)]  # noqa: S608


def test_a_row_that_moved_out_of_every_day_is_withdrawn(loaded: Scene, feed: Feed) -> None:
    (row,) = loaded.some_rows(feed, DAYS[0], 1)
    mutations.amend(loaded.store, feed, {":id": row[":id"]}, {"crash_date": None})
    (outcome,) = loaded.refresh(feed)
    assert (outcome.total("withdrawn"), outcome.written) == (1, 1)
    loaded.equals_portal(feed)


def test_withdrawn_rows_leave_stay_in_history_and_come_back(loaded: Scene, feed: Feed) -> None:
    before = stored_rows(loaded, feed)
    lost = mutations.shrink(loaded.store, feed, 0.1, seed=3)
    for outcome in loaded.refresh(feed, run_id="withdrawing run"):
        assert not outcome.errors
    withdrawn = history(loaded)
    assert {(kind, run_id) for kind, _, run_id, _ in withdrawn} == {("withdrawn", "withdrawing run")}
    assert all(old in before for *_, old in withdrawn)
    assert len(stored_rows(loaded, feed)) == len(before) - len(withdrawn) < len(before)
    loaded.equals_portal(feed)

    mutations.restore(loaded.store, feed, lost)
    loaded.refresh(feed)
    assert [old for *_, old in history(loaded)] == [old for *_, old in withdrawn]
    assert stored_rows(loaded, feed) == before
    loaded.equals_portal(feed)


def test_a_day_that_is_emptied(loaded: Scene, feed: Feed) -> None:
    rows = mutations.content(loaded.store, feed)
    places = [place for place, text in enumerate(rows["crash_date"]) if text and text.startswith(str(LAST))]
    mutations.delete_rows(loaded.store, feed, places)
    (outcome,) = loaded.refresh(feed)
    assert outcome.written == outcome.total("withdrawn") > 0
    loaded.equals_portal(feed)


def test_a_full_replace_is_fetched_and_changes_no_row(loaded: Scene, feed: Feed) -> None:
    before = row_versions(loaded, feed)
    mutations.replace_all(loaded.store, feed)
    assert loaded.stale(feed) == list(DAYS)
    (outcome,) = loaded.refresh(feed)
    assert outcome.written == 0
    assert outcome.total("unchanged") == len(before)
    assert row_versions(loaded, feed) == before
    assert history(loaded) == []
    loaded.equals_portal(feed)


def test_loading_again_writes_nothing_at_all(loaded: Scene, feed: Feed) -> None:
    before = loaded.snapshot()
    requests = len(loaded.portal.requests)
    outcome = loaded.load(feed)
    assert (outcome.errors, outcome.written) == ([], 0)
    assert loaded.row_requests(requests) == []
    assert loaded.snapshot() == before


@pytest.mark.parametrize("gone", [0, 1], ids=["first", "second"])
def test_the_newer_of_two_like_victims_goes(scene: Scene, gone: int) -> None:
    """Nothing tells them apart but their place among equals: the other one takes the key of the one that is gone."""
    scene.own_copy()
    twins = mutations.content(scene.store, FATALITIES).filter(pl.col("person_id").is_null())[:2]
    for number in (1 - gone, gone):
        changes = {"victim": "PEDESTRIAN", "crash_circumstances": f"CASE {number}"}
        mutations.amend(scene.store, FATALITIES, {":id": twins[":id"][number]}, changes)
    scene.load(FATALITIES)
    mutations.delete(scene.store, FATALITIES, {"crash_circumstances": f"CASE {gone}"})
    scene.converges(FATALITIES)


@pytest.mark.parametrize("feed", [CRASHES, PEOPLE, VEHICLES], ids=lambda feed: feed.name)
def test_the_newer_of_two_rows_with_one_key_goes(scene: Scene, feed: Feed) -> None:
    scene.own_copy()
    (row,) = scene.some_rows(feed, DAYS[1], 1)
    second = late_row(scene, feed).with_columns(pl.lit(row[name]).alias(name) for name in feed.key)
    mutations.publish_more(scene.store, feed, second)
    mutations.amend(scene.store, feed, {":id": row[":id"]}, {free_text(feed): "THE NEWER"})
    scene.load(feed)
    scene.equals_portal(feed)
    assert scene.rows("select count(*) from ops.quarantine where reason like 'second row%'") == [(1,)]

    mutations.delete(scene.store, feed, {":id": row[":id"]})
    scene.converges(feed)


def test_a_new_column_goes_to_extra_and_is_reported(loaded: Scene, feed: Feed) -> None:
    mutations.add_column(loaded.store, feed, "new_column", ["X", None, 'é "'])
    (outcome,) = loaded.refresh(feed)
    assert {day.unknown_columns for day in outcome.fetched} == {("new_column",)}
    assert set(loaded.rows(f"select distinct extra ->> 'new_column' from {feed.table}")) >= {("X",), (None,)}  # noqa: S608
    assert outcome.total("withdrawn") == 0
    loaded.equals_portal(feed)


def test_reordered_columns_change_nothing(loaded: Scene, feed: Feed) -> None:
    before = row_versions(loaded, feed)
    mutations.reverse_columns(loaded.store, feed)
    mutations.replace_all(loaded.store, feed)
    (outcome,) = loaded.refresh(feed)
    assert outcome.written == 0
    assert row_versions(loaded, feed) == before
    loaded.equals_portal(feed)


@pytest.mark.parametrize("way", ["dropped", "renamed"])
def test_a_lost_column_is_named_and_nothing_is_loaded(loaded: Scene, feed: Feed, way: str) -> None:
    change_every_day(loaded, feed)
    before = loaded.snapshot()
    name = free_text(feed)
    if way == "dropped":
        mutations.drop_column(loaded.store, feed, name)
    else:
        mutations.rename_column(loaded.store, feed, name, f"{name}_2")
    (error,) = loaded.load(feed).errors
    assert isinstance(error, PermanentError)
    assert name in str(error)
    assert feed.name in str(error)
    assert loaded.snapshot() == before
    if way == "renamed":
        mutations.rename_column(loaded.store, feed, f"{name}_2", name)
        loaded.converges(feed)


def test_a_dataset_that_is_gone_is_told_and_nothing_is_withdrawn(loaded: Scene, feed: Feed) -> None:
    change_every_day(loaded, feed)
    before = loaded.snapshot()
    mutations.withdraw_dataset(loaded.store, feed)
    (error,) = loaded.load(feed).errors
    assert isinstance(error, NoSuchDatasetError)
    assert isinstance(error, PermanentError)
    assert feed.dataset_id in str(error)
    with pytest.raises(NoSuchDatasetError):
        loaded.stale(feed)
    assert loaded.snapshot() == before
    mutations.publish_dataset_again(loaded.store, feed)
    loaded.converges(feed)


@pytest.mark.parametrize("feed", [PEOPLE, VEHICLES], ids=lambda feed: feed.name)
def test_orphan_children_load_before_and_without_their_crash(scene: Scene, feed: Feed) -> None:
    """A crash that vanishes or comes later is no reason to lose those who were in it."""
    scene.own_copy()
    assert not scene.load(feed).errors
    scene.equals_portal(feed)
    orphans = f"select count(*) from {feed.table} where crash_record_id not in (select crash_record_id from crashes)"  # noqa: S608
    everybody = len(stored_rows(scene, feed))
    assert scene.rows(orphans) == [(everybody,)]

    scene.load(CRASHES)
    ((left,),) = scene.rows(orphans)
    mutations.delete(scene.store, CRASHES, {"crash_record_id": scene.some_rows(feed, DAYS[0], 1)[0]["crash_record_id"]})
    scene.converges(CRASHES, feed)
    assert scene.rows(orphans)[0][0] > left


def test_a_load_that_was_answered_before_another_and_ends_after_it(loaded: Scene, feed: Feed) -> None:
    """An old answer that is long on its way is older than what was asked and loaded in the meantime."""
    change_every_day(loaded, feed)
    old = loaded.store.copy()

    def load_what_is_newer() -> None:
        mutations.publish_more(loaded.store, feed, late_row(loaded, feed))
        (row,) = loaded.some_rows(feed, DAYS[2], 1)
        mutations.delete(loaded.store, feed, {":id": row[":id"]})
        with loaded.another_connection() as other:
            assert not other.load(feed, run_id="the newer").errors
            newer.append(stored_rows(other, feed))

    newer: list[list[dict[str, Any]]] = []
    meanwhile = faults.changing(load_what_is_newer)
    meanwhile.replica = old
    loaded.fails_with(meanwhile)
    loaded.load(feed, run_id="the older")
    assert [stored_rows(loaded, feed)] == newer
    loaded.converges(feed)


def stored_rows(scene: Scene, feed: Feed) -> list[dict[str, Any]]:
    """The whole rows of the table, as history keeps them, without the times at which they were stored."""
    rows = scene.rows(f"select to_jsonb(stored) from {feed.table} as stored")  # noqa: S608
    return _comparable(row for (row,) in rows)


def history(scene: Scene) -> list[tuple[str, date, str, dict[str, Any]]]:
    """Kind, day, run and old row of everything in history, in its order."""
    rows = scene.rows("select kind, day, run_id, old_row from ops.history order by history_id")
    return [(kind, day, run_id, _comparable([old])[0]) for kind, day, run_id, old in rows]


def _comparable(rows: Any) -> list[dict[str, Any]]:
    left_out = {"geometry", "needs_geocoding", "created_at", "updated_at"}
    found = [{name: value for name, value in row.items() if name not in left_out} for row in rows]
    return sorted(found, key=lambda row: json.dumps(row, sort_keys=True))


def row_versions(scene: Scene, feed: Feed) -> set[tuple[Any, ...]]:
    """Where each row lies, and which transaction wrote it."""
    return set(scene.rows(f"select ctid::text, xmin::text from {feed.table}"))  # noqa: S608


def valid_times(scene: Scene) -> list[tuple[Any, ...]]:
    """Whether old versions ended when they were replaced, and began before."""
    return scene.rows("select valid_from < valid_to, valid_to <= now() from ops.history")
