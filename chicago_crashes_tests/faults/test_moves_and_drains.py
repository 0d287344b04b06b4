"""Rows that move are not lost; rows that are lost a few at a time are."""

from datetime import date

import pytest

from chicago_crashes.errors import ShrinkError
from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.stand_in import mutations
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.faults.changing import late_row
from chicago_crashes_tests.faults.scene import DAYS, Scene
from chicago_crashes_tests.faults.shrinking import accept, lose_rows, moved, publish_many

keyed = pytest.mark.parametrize("feed", [feed for feed in FEEDS if not feed.surrogate], ids=lambda feed: feed.name)


def test_rows_that_move_are_no_loss_however_many(full: Scene, feed: Feed) -> None:
    moved(full, feed, DAYS[1], DAYS[2], 40)
    outcome = full.load(feed)
    assert not outcome.errors
    full.equals_portal(feed)


@pytest.fixture
def apart(full: Scene, feed: Feed) -> PortalStore:
    """Rows have moved, and only the day they moved to was loaded; the portal as it was before."""
    before = full.own_copy()
    moved(full, feed, DAYS[1], DAYS[2], 40)
    assert not full.load(feed, [DAYS[2]]).errors
    return before


@keyed
@pytest.mark.usefixtures("apart")
def test_rows_that_moved_are_no_loss_when_only_the_day_they_left_is_still_to_be_loaded(full: Scene, feed: Feed) -> None:
    full.converges(feed)


@keyed
def test_rows_that_moved_and_came_back_are_no_loss(full: Scene, feed: Feed, apart: PortalStore) -> None:
    """The day they left has the signature it had: only its rows in quarantine tell where they are."""
    full.portal.store = apart
    full.converges(feed)


@keyed
@pytest.mark.usefixtures("apart")
def test_rows_in_quarantine_for_a_row_of_another_day_do_not_hide_a_loss(full: Scene, feed: Feed) -> None:
    lose_rows(full, feed, DAYS[3], 41)
    outcome = full.load(feed)
    assert DAYS[3] in outcome.failed


def test_rows_that_move_while_others_are_lost_are_told_apart(full: Scene, feed: Feed) -> None:
    like = late_row(full, feed)
    moved(full, feed, DAYS[1], DAYS[2], 10)
    lose_rows(full, feed, DAYS[1], 30)
    by_counts = full.load(feed)
    assert by_counts.failed == [DAYS[1]]
    assert "40 rows" in str(by_counts.errors[0])
    assert "10 more on other days: at least 30 rows are gone" in str(by_counts.errors[0])
    publish_many(full, feed, [date(2024, 3, 12)], 30, like=like)
    outcome = full.load(feed, [*DAYS, date(2024, 3, 12)])
    assert outcome.failed == [DAYS[1]]
    told = str(outcome.errors[0])
    if not feed.surrogate:
        assert f"40 rows of {feed.name} left 1 day from {DAYS[1]}" in told
        assert "10 of them are published on other days now, 30 are published no more" in told


def test_late_rows_do_not_hide_a_loss(full: Scene, feed: Feed) -> None:
    """As many rows come to other days as are lost: of feeds with keys it is seen all the same."""
    lose_rows(full, feed, DAYS[1], 30)
    publish_many(full, feed, [date(2024, 3, 12)], 30, like=late_row(full, feed))
    outcome = full.load(feed, [*DAYS, date(2024, 3, 12)])
    assert outcome.failed == [DAYS[1]]
    assert "30" in str(outcome.errors[0])


def test_losses_too_small_to_be_guarded_add_up(full: Scene, feed: Feed) -> None:
    for day in DAYS[:2]:
        lose_rows(full, feed, day, 9)
        assert not full.load(feed).errors
    lose_rows(full, feed, DAYS[2], 9)
    outcome = full.load(feed)
    assert outcome.failed == [DAYS[2]]
    assert isinstance(outcome.errors[0], ShrinkError)
    assert "18 others left since" in str(outcome.errors[0])
    assert f"accept-shrink {feed.name} {DAYS[0]} {DAYS[2]}" in str(outcome.errors[0])


def test_a_drain_that_is_accepted_begins_anew(full: Scene, feed: Feed) -> None:
    for day in DAYS[:3]:
        lose_rows(full, feed, day, 9)
        full.load(feed)
    accept(full, feed, DAYS[0], DAYS[2])
    assert not full.load(feed).errors
    full.equals_portal(feed)
    for day in DAYS[:2]:
        lose_rows(full, feed, day, 9)
        assert not full.load(feed).errors
    lose_rows(full, feed, DAYS[3], 9)
    assert full.load(feed).failed == [DAYS[3]]


def test_what_came_back_is_not_gone(full: Scene, feed: Feed) -> None:
    for _ in range(4):
        lost = mutations.shrink(full.store, feed, 0.08, seed=7)
        assert lost.height >= 10
        assert not full.load(feed).errors
        mutations.restore(full.store, feed, lost)
        assert not full.load(feed).errors
    full.equals_portal(feed)


def test_rows_that_move_a_few_at_a_time_are_not_gone(full: Scene, feed: Feed) -> None:
    for _ in range(4):
        moved(full, feed, DAYS[1], DAYS[2], 9)
        assert not full.load(feed).errors
    full.equals_portal(feed)


def test_days_of_nineteen_rows_are_not_emptied_one_after_another(scene: Scene, feed: Feed) -> None:
    scene.own_copy()
    like = late_row(scene, feed)
    mutations.delete(scene.store, feed, {})
    publish_many(scene, feed, DAYS, 19, like=like)
    assert not scene.load(feed).errors
    lose_rows(scene, feed, DAYS[0], 19)
    assert not scene.load(feed).errors
    for day in DAYS[1:]:
        lose_rows(scene, feed, day, 19)
        assert scene.load(feed).failed
    assert scene.rows(f"select count(*) from {feed.table}") == [(57,)]  # noqa: S608 - a declared name
