"""Keys on two days and backups that are put back, published by a portal: every row is where it belongs, day by day."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date

import polars as pl
import pytest

from chicago_crashes.feeds.catalogue import CRASHES, PEOPLE, VEHICLES, Feed
from chicago_crashes.stand_in import mutations
from chicago_crashes_tests.faults.changing import free_text, late_row
from chicago_crashes_tests.faults.scene import DAYS, Scene

KEYED = (CRASHES, PEOPLE, VEHICLES)
WAYS: dict[str, list[tuple[date, ...]]] = {
    "together": [DAYS],
    "day by day": [(day,) for day in DAYS],
    "backwards": [(day,) for day in reversed(DAYS)],
}
keyed = pytest.mark.parametrize("feed", KEYED, ids=lambda feed: feed.name)
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())


def is_accounted_for(scene: Scene, feed: Feed) -> None:
    """Assert day by day that as many rows are in table and quarantine as the portal publishes."""
    published = Counter(str(text)[:10] for text in mutations.content(scene.store, feed)[feed.date])
    held = scene.rows(
        f"select day::text, count(*) from (select {feed.date}::date as day from {feed.table}"  # noqa: S608
        " union all select day from ops.quarantine where feed = %s) as held group by day",
        feed.name,
    )
    days = [str(day) for day in DAYS]
    assert {day: rows for day, rows in held if day in days} == {day: published[day] for day in days if published[day]}


def publish_twin(scene: Scene, feed: Feed, day: date = DAYS[3]) -> dict[str, str]:
    """Publish the key of a row of the second day once more, in another row of another day; the old row."""
    (row,) = scene.some_rows(feed, DAYS[1], 1)
    twin = late_row(scene, feed).with_columns(
        *(pl.lit(row[name]).alias(name) for name in feed.key),
        pl.lit(f"{day}T12:00:00.000").alias(feed.date),
        pl.lit("TWIN").alias(free_text(feed)),
    )
    mutations.publish_more(scene.store, feed, twin)
    return row


def stored_twins(scene: Scene, feed: Feed) -> list[tuple[object, ...]]:
    return scene.rows(f"select {feed.date}::date from {feed.table} where {free_text(feed)} = 'TWIN'")  # noqa: S608


@keyed
@each_way
def test_a_key_on_two_days_is_loaded(scene: Scene, feed: Feed, way: Sequence[tuple[date, ...]]) -> None:
    scene.own_copy()
    publish_twin(scene, feed)
    for days in way:
        assert not scene.load(feed, days).errors
    is_accounted_for(scene, feed)
    scene.equals_portal(feed)
    assert stored_twins(scene, feed) == [(DAYS[3],)]


@keyed
@pytest.mark.parametrize("day", [DAYS[0], DAYS[3]], ids=["an earlier day", "a later day"])
@pytest.mark.parametrize("gone", ["the newer row", "the older row"])
def test_a_key_on_two_days_is_noticed_and_mended(loaded: Scene, feed: Feed, day: date, gone: str) -> None:
    row = publish_twin(loaded, feed, day)
    assert loaded.stale(feed) == [day]
    loaded.converges(feed)
    is_accounted_for(loaded, feed)

    where = {free_text(feed): "TWIN"} if gone == "the newer row" else {":id": row[":id"]}
    assert mutations.delete(loaded.store, feed, where) == 1
    loaded.converges(feed)
    is_accounted_for(loaded, feed)
    assert loaded.rows("select count(*) from ops.quarantine where rival_day <> day") == [(0,)]
    assert len(stored_twins(loaded, feed)) == (gone == "the older row")


@keyed
def test_the_older_of_two_rows_is_amended_and_is_stored(loaded: Scene, feed: Feed) -> None:
    row = publish_twin(loaded, feed)
    loaded.converges(feed)
    mutations.amend(loaded.store, feed, {":id": row[":id"]}, {free_text(feed): "THE NEWER NOW"})
    loaded.converges(feed)
    is_accounted_for(loaded, feed)
    assert stored_twins(loaded, feed) == []


def amended(scene: Scene, feed: Feed) -> None:
    (row,) = scene.some_rows(feed, DAYS[2], 1)
    mutations.amend(scene.store, feed, {":id": row[":id"]}, {free_text(feed): "AMENDED"})


def withdrawn(scene: Scene, feed: Feed) -> None:
    (row,) = scene.some_rows(feed, DAYS[2], 1)
    mutations.delete(scene.store, feed, {":id": row[":id"]})


def moved(scene: Scene, feed: Feed) -> None:
    (row,) = scene.some_rows(feed, DAYS[2], 1)
    mutations.move(scene.store, feed, {":id": row[":id"]}, f"{DAYS[0]}T16:20:00.000")


def added(scene: Scene, feed: Feed) -> None:
    mutations.publish_more(scene.store, feed, late_row(scene, feed))


CHANGES: dict[str, Callable[[Scene, Feed], None]] = {
    "amended": amended,
    "withdrawn": withdrawn,
    "moved": moved,
    "added": added,
    "replaced": lambda scene, feed: mutations.replace_all(scene.store, feed),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_backup_is_put_back(loaded: Scene, feed: Feed, change: Callable[[Scene, Feed], None]) -> None:
    """Every row has the time it had: what was fetched last is the truth nevertheless."""
    before = loaded.own_copy()
    change(loaded, feed)
    loaded.converges(feed)

    loaded.portal.store = before
    loaded.converges(feed)
    is_accounted_for(loaded, feed)


@keyed
def test_a_row_that_moved_and_came_back_when_only_its_new_day_was_loaded(loaded: Scene, feed: Feed) -> None:
    """The day it left has the signature it had: only the merge of the other day can tell that it is short."""
    before = loaded.own_copy()
    moved(loaded, feed)
    loaded.load(feed, [DAYS[0]])

    loaded.portal.store = before
    assert loaded.stale(feed) == [DAYS[0]]
    loaded.converges(feed)
    is_accounted_for(loaded, feed)
