"""A portal that loses rows: what is too much is not withdrawn until somebody says so, for each feed."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from chicago_crashes.feeds import Feed
from chicago_crashes.ingest import CHICAGO
from chicago_crashes.local.portal import faults, mutations
from chicago_crashes.postgis.records import accept_shrink, recorded_signatures
from chicago_crashes.shrink import ShrinkError
from chicago_crashes_tests.faults.changing import KEY_COLUMN, late_row
from chicago_crashes_tests.faults.scene import DAYS, Scene

MORE_ROWS = 40


@pytest.fixture
def full(scene: Scene, feed: Feed) -> Scene:
    """Every day is large enough to be guarded, and loaded."""
    scene.own_copy()
    publish_many(scene, feed, DAYS, MORE_ROWS, like=late_row(scene, feed))
    assert not scene.load(feed).errors
    return scene


def test_a_settled_day_that_loses_more_than_half_withdraws_nothing(full: Scene, feed: Feed) -> None:
    held_back(full, feed, lambda: lose(full, feed, DAYS[1], 0.6), naming=str(DAYS[1]))


def test_a_feed_that_loses_too_much_withdraws_nothing(full: Scene, feed: Feed) -> None:
    def lose_a_little_of_every_day() -> None:
        for day in DAYS:
            lose(full, feed, day, 0.2)

    held_back(full, feed, lose_a_little_of_every_day, naming="0.5%")


def test_a_feed_that_vanishes_withdraws_nothing(full: Scene, feed: Feed) -> None:
    held_back(full, feed, lambda: mutations.shrink(full.store, feed, 1.0, seed=1), naming=feed.name)


def test_a_load_of_other_days_is_held_back_only_if_it_loses_rows_itself(full: Scene, feed: Feed) -> None:
    mutations.publish_more(full.store, feed, late_row(full, feed))
    lose(full, feed, DAYS[3], 0.6)
    assert not full.load(feed, [DAYS[1]]).errors
    assert full.stale(feed) == [DAYS[3]]


def test_a_loss_between_plan_and_rows_withdraws_nothing(full: Scene, feed: Feed) -> None:
    """The day is planned again because its rows contradict the plan; the new plan is not believed either."""
    mutations.publish_more(full.store, feed, late_row(full, feed))
    before = full.snapshot()
    full.fails_with(faults.changing(lambda: lose(full, feed, DAYS[1], 0.6)))
    (error,) = full.load(feed, [DAYS[1]]).errors
    assert isinstance(error, ShrinkError)
    assert full.snapshot() == before


def test_what_comes_back_by_itself_needs_nobody(full: Scene, feed: Feed) -> None:
    before = full.snapshot()
    lost = mutations.shrink(full.store, feed, 0.75, seed=5)
    assert isinstance(full.load(feed).errors[0], ShrinkError)
    mutations.restore(full.store, feed, lost)
    assert full.stale(feed) == []
    assert not full.load(feed).errors
    assert full.snapshot() == before


def test_a_few_rows_go_unasked(full: Scene, feed: Feed) -> None:
    lose(full, feed, DAYS[0], 0.2)
    (outcome,) = full.refresh(feed)
    assert 0 < outcome.total("withdrawn") <= 20
    full.equals_portal(feed)


def test_a_day_that_is_still_being_written_may_lose_rows(scene: Scene, feed: Feed) -> None:
    today = datetime.now(CHICAGO).date()
    scene.own_copy()
    row = late_row(scene, feed)
    for day in (today - timedelta(days=20), today - timedelta(days=40)):
        mutations.delete(scene.store, feed, {})
        scene.connection.execute("truncate ops.signatures")
        publish_many(scene, feed, [day], 30, like=row)
        assert not scene.load(feed, [day]).errors
        lose(scene, feed, day, 0.6)
        errors = scene.load(feed, [day]).errors
        assert [type(error) for error in errors] == ([ShrinkError] if today - day > timedelta(days=30) else [])


def test_an_accepted_loss_goes_through_and_a_further_one_does_not(full: Scene, feed: Feed) -> None:
    lose(full, feed, DAYS[1], 0.5)
    lose(full, feed, DAYS[2], 0.5)
    assert isinstance(full.load(feed).errors[0], ShrinkError)
    accept(full, feed, DAYS[1], DAYS[2])
    outcome = full.load(feed)
    assert not outcome.errors
    assert outcome.total("withdrawn") > 20
    full.equals_portal(feed)
    assert full.rows("select count(*) from ops.history where kind = 'withdrawn'") >= [(outcome.total("withdrawn"),)]

    held_back(full, feed, lambda: lose(full, feed, DAYS[1], 0.7), naming=str(DAYS[1]))


def test_more_is_lost_than_was_accepted(full: Scene, feed: Feed) -> None:
    lose(full, feed, DAYS[1], 0.6)
    accept(full, feed, DAYS[1], DAYS[1])
    held_back(full, feed, lambda: lose(full, feed, DAYS[1], 0.1), naming=str(DAYS[1]))


def test_a_loss_elsewhere_is_not_accepted_with_it(full: Scene, feed: Feed) -> None:
    lose(full, feed, DAYS[1], 0.6)
    accept(full, feed, DAYS[1], DAYS[1])
    held_back(full, feed, lambda: lose(full, feed, DAYS[3], 0.6), naming=str(DAYS[3]))


def held_back(scene: Scene, feed: Feed, change: Callable[[], object], *, naming: str) -> None:
    """Assert that a load after the change fails for good, says what and how to accept it, and changes nothing."""
    before = scene.snapshot()
    change()
    requests = len(scene.portal.requests)
    (error,) = scene.load(feed).errors
    assert isinstance(error, ShrinkError)
    assert naming in str(error)
    assert f"accept-shrink {feed.name}" in str(error)
    assert scene.row_requests(requests) == []
    assert scene.snapshot() == before


def publish_many(scene: Scene, feed: Feed, days: Sequence[date], count: int, *, like: pl.DataFrame) -> None:
    """Publish as many copies of a row on each day, with keys of their own."""
    copies = [(f"{day:%m%d}{number:03}", f"{day}T05:00:00.000") for day in days for number in range(count)]
    keys, dates = zip(*copies, strict=True)
    rows = pl.concat([like] * len(copies))
    mutations.publish_more(
        scene.store, feed, rows.with_columns(pl.Series(KEY_COLUMN[feed.name], keys), pl.Series(feed.date, dates))
    )


def lose(scene: Scene, feed: Feed, day: date, share: float) -> None:
    """Delete a share of the day's rows."""
    dates = mutations.content(scene.store, feed)[feed.date]
    places = [place for place, text in enumerate(dates) if text and text.startswith(str(day))]
    mutations.delete_rows(scene.store, feed, places[: round(share * len(places))])


def accept(scene: Scene, feed: Feed, first: date, last: date) -> None:
    """Do what the command does."""
    days = mutations.content(scene.store, feed)[feed.date].str.slice(0, 10)
    accept_shrink(
        scene.connection,
        feed,
        first,
        last,
        published_rows=int(days.is_between(str(first), str(last)).sum()),
        stored_rows=sum(
            each.rows for day, each in recorded_signatures(scene.connection, feed).items() if first <= day <= last
        ),
        reason="a test",
        accepted_by="somebody",
    )
