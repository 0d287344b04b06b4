"""A portal that loses rows: what is too much is not withdrawn until somebody says so, for each feed."""

from datetime import date, datetime, timedelta

from chicago_crashes.errors import ShrinkError
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.ingest import CHICAGO
from chicago_crashes.stand_in import faults, mutations
from chicago_crashes_tests.faults.changing import late_row
from chicago_crashes_tests.faults.scene import DAYS, Scene
from chicago_crashes_tests.faults.shrinking import (
    accept,
    held_back,
    lose,
    lose_rows,
    publish_many,
    stored,
)


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
    before = stored(full)
    full.fails_with(faults.changing(lambda: lose(full, feed, DAYS[1], 0.6)))
    (error,) = full.load(feed, [DAYS[1]]).errors
    assert isinstance(error, ShrinkError)
    assert stored(full) == before


def test_what_comes_back_by_itself_needs_nobody(full: Scene, feed: Feed) -> None:
    before = full.snapshot()
    assert full.rows("select * from ops.held_back") == []
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
    lose(full, feed, DAYS[3], 0.6)
    outcome = full.load(feed)
    assert outcome.failed == [DAYS[3]]
    assert isinstance(outcome.errors[0], ShrinkError)
    assert full.stale(feed) == [DAYS[3]]


def test_new_days_and_late_rows_beside_a_loss_are_loaded(full: Scene, feed: Feed) -> None:
    new_day = DAYS[-1] + timedelta(days=1)
    lose(full, feed, DAYS[1], 0.6)
    publish_many(full, feed, [new_day], 5, like=late_row(full, feed))
    outcome = full.load(feed, [*DAYS, new_day])
    assert outcome.failed == [DAYS[1]]
    assert outcome.total("inserted") == 5
    assert outcome.total("withdrawn") == 0
    assert "the others are loaded" in str(outcome.errors[0])
    assert full.rows("select day, by from ops.held_back") == [(DAYS[1], "portal")]


def test_a_feed_may_lose_half_a_percent_of_all_it_has_not_of_the_days_that_lose(full: Scene, feed: Feed) -> None:
    """5 % of the days that lose rows, but 0.49 % of a feed that has thousands."""
    full.connection.execute(
        "insert into ops.signatures (feed, day, source_rows, raw_rows, table_rows, quarantined_rows, repaired_rows,"
        " fetched_at, loaded_at, run_id) values (%s, '2020-01-01', 4300, 0, 0, 0, 0, now(), now(), 'a run')",
        [feed.name],
    )
    like = late_row(full, feed)
    publish_many(full, feed, [date(2020, 1, 1)], 4300, like=like)
    for day in DAYS[:3]:
        lose_rows(full, feed, day, 7)
    outcome = full.load(feed)
    assert (outcome.errors, outcome.total("withdrawn")) == ([], 21)
    for day in DAYS[:3]:
        lose_rows(full, feed, day, 1)
    assert full.load(feed).failed == list(DAYS[:3])


def test_one_settled_day_that_is_emptied_is_held_back(full: Scene, feed: Feed) -> None:
    held_back(full, feed, lambda: lose(full, feed, DAYS[2], 1.0), naming=str(DAYS[2]))


def test_all_days_but_one_that_are_emptied_are_held_back(full: Scene, feed: Feed) -> None:
    def lose_all_but_one() -> None:
        for day in DAYS[1:]:
            lose(full, feed, day, 1.0)

    held_back(full, feed, lose_all_but_one, naming=f"{DAYS[1]} to {DAYS[3]}")
