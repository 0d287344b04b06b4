"""Rows that leave a table because they cannot be loaded any more are guarded like rows the portal withdraws."""

from collections.abc import Callable
from datetime import date

import pytest

from chicago_crashes.feeds import ingest
from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.feeds.leaving import MassQuarantineError
from chicago_crashes.stand_in import mutations
from chicago_crashes_tests.faults.changing import KEY_COLUMN, late_row
from chicago_crashes_tests.faults.scene import DAYS, Loaded, Scene
from chicago_crashes_tests.faults.shrinking import accept, publish_many, published_rows, stored

KEYED = [feed for feed in FEEDS if not feed.surrogate]

Form = Callable[[str], str | None]


@pytest.fixture(params=KEYED, ids=lambda feed: feed.name)
def feed(request: pytest.FixtureRequest) -> Feed:
    """The feeds that publish a key."""
    assert isinstance(request.param, Feed)
    return request.param


def test_a_key_that_is_null_everywhere_empties_nothing(full: Scene, feed: Feed) -> None:
    change(full, feed, lambda _: None)
    held_back(full, feed, DAYS, rule=f"no readable {KEY_COLUMN[feed.name]}")


def test_a_key_that_is_the_same_everywhere_empties_nothing(full: Scene, feed: Feed) -> None:
    """All rows of a day but one are second rows then."""
    change(full, feed, lambda _: "7" * 8)
    if feed.name == "people":
        change(full, feed, lambda _: "7" * 8, column="crash_record_id")
    held_back(full, feed, DAYS, rule="second row with the same key")


@pytest.mark.parametrize(
    ("name", "form"), [("crashes", "{:x>129}"), ("vehicles", "CU-{}"), ("people", "{:x>501}")], ids=str
)
def test_a_key_that_changes_its_form_empties_nothing(full: Scene, name: str, form: str, feed: Feed) -> None:
    if feed.name != name:
        pytest.skip("another feed's form")
    change(full, feed, form.format)
    held_back(full, feed, DAYS, rule=f"no readable {KEY_COLUMN[feed.name]}")


def test_a_settled_day_that_cannot_be_loaded_is_held_back_and_others_are_loaded(full: Scene, feed: Feed) -> None:
    like = late_row(full, feed)
    change(full, feed, lambda _: None, days=[DAYS[1]])
    publish_many(full, feed, [date(2024, 3, 12)], 5, like=like)
    outcome = full.load(feed, [*DAYS, date(2024, 3, 12)])
    assert outcome.failed == [DAYS[1]]
    assert outcome.total("inserted") == 5
    assert outcome.total("withdrawn") == 0


def test_a_few_rows_may_go_to_quarantine(full: Scene, feed: Feed) -> None:
    change(full, feed, lambda _: None, days=[DAYS[1]], rows=9)
    outcome = full.load(feed)
    assert (outcome.errors, outcome.total("withdrawn")) == ([], 9)
    full.equals_portal(feed)


def test_rows_that_go_to_quarantine_add_up_over_runs(full: Scene, feed: Feed) -> None:
    for day in DAYS[:2]:
        change(full, feed, lambda _: None, days=[day], rows=9)
        assert not full.load(feed).errors
    change(full, feed, lambda _: None, days=[DAYS[2]], rows=9)
    held_back(full, feed, [DAYS[2]], rule=f"no readable {KEY_COLUMN[feed.name]}")


def test_rows_that_go_to_quarantine_add_up_over_the_merges_of_a_run(
    full: Scene, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "ROWS_A_MERGE", 1)
    change(full, feed, lambda _: None, rows=9)
    outcome = full.load(feed)
    assert outcome.failed == list(DAYS[2:])
    assert outcome.total("withdrawn") == 18


def test_what_is_accepted_goes_to_quarantine_once(full: Scene, feed: Feed) -> None:
    whole = full.rows(f"select count(*) from {feed.table}")  # noqa: S608 - a declared name
    keys = change(full, feed, lambda _: None)
    assert full.load(feed).errors
    accept(full, feed, DAYS[0], DAYS[-1])
    outcome = full.load(feed)
    assert not outcome.errors
    assert outcome.total("table_rows") == 0
    full.equals_portal(feed)
    change_back(full, feed, keys)
    assert not full.load(feed).errors
    assert full.rows(f"select count(*) from {feed.table}") == whole  # noqa: S608 - a declared name
    change(full, feed, lambda _: None)
    held_back(full, feed, DAYS, rule="no readable")


def test_a_form_that_is_taken_back_needs_nobody(full: Scene, feed: Feed) -> None:
    keys = change(full, feed, lambda _: None)
    assert full.load(feed).errors
    change_back(full, feed, keys)
    assert not full.load(feed).errors
    assert full.rows("select * from ops.held_back") == []
    full.equals_portal(feed)


def test_second_rows_of_a_stored_key_did_not_leave(full: Scene, feed: Feed) -> None:
    rows = published_rows(full, feed, DAYS[1])
    mutations.publish_more(full.store, feed, rows.drop(":id", ":version"))
    outcome = full.load(feed)
    assert not outcome.errors
    full.equals_portal(feed)


def test_a_day_that_is_loaded_for_the_first_time_is_loaded(scene: Scene, feed: Feed) -> None:
    """Nothing leaves the table; the check `unique` tells of it."""
    scene.own_copy()
    publish_many(scene, feed, DAYS, 40, like=late_row(scene, feed))
    change(scene, feed, lambda _: None)
    assert not scene.load(feed).errors


def held_back(scene: Scene, feed: Feed, days: tuple[date, ...] | list[date], *, rule: str) -> None:
    """Assert that a load is held back for these days, says which rule and how to accept it, and changes no table."""
    before = table_of(scene, feed)
    outcome: Loaded = scene.load(feed)
    assert outcome.failed == list(days)
    for error in outcome.errors:
        assert isinstance(error, MassQuarantineError)
        assert rule in str(error)
        assert f"accept-shrink {feed.name} {days[0]} {days[-1]}" in str(error)
    assert table_of(scene, feed) == before
    assert scene.rows("select day from ops.held_back where by = 'quarantine' order by day") == [(day,) for day in days]


def table_of(scene: Scene, feed: Feed) -> list[tuple[object, ...]]:
    """The feed's rows, down to which transaction wrote which."""
    return stored(scene)[feed.table]


def change(
    scene: Scene,
    feed: Feed,
    form: Form,
    *,
    days: list[date] | tuple[date, ...] = DAYS,
    rows: int | None = None,
    column: str | None = None,
) -> dict[str, str]:
    """Write the key of rows of each of the days in another form; returns the keys by `:id`."""
    name = column or KEY_COLUMN[feed.name]
    before: dict[str, str] = {}
    for day in days:
        of_day = published_rows(scene, feed, day).drop_nulls(name).tail(rows or 1000)
        before |= dict(of_day.select(":id", name).iter_rows())
    for row_id, key in before.items():
        mutations.amend(scene.store, feed, {":id": row_id}, {name: form(key)})
    return before


def change_back(scene: Scene, feed: Feed, keys: dict[str, str]) -> None:
    """Give rows the keys they had."""
    for row_id, key in keys.items():
        mutations.amend(scene.store, feed, {":id": row_id}, {KEY_COLUMN[feed.name]: key})
