"""What a person accepts is what is lost now: it is spent when it was loaded, and void when the portal recovers."""

from datetime import timedelta

import pytest

from chicago_crashes.errors import CrashesError, PermanentError, ShrinkError
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.losses import acceptances, accepted_days
from chicago_crashes.stand_in import faults, mutations
from chicago_crashes_tests.faults.scene import DAYS, Scene
from chicago_crashes_tests.faults.shrinking import accept, held_back, lose, lose_rows, published_rows


def test_the_next_outage_is_guarded_although_an_earlier_loss_was_accepted_and_loaded(full: Scene, feed: Feed) -> None:
    lost = mutations.shrink(full.store, feed, 0.3, seed=1)
    accept(full, feed, DAYS[0], DAYS[-1])
    assert not full.load(feed).errors
    assert states(full, feed) == ["spent: its days were loaded"]
    mutations.restore(full.store, feed, lost)
    assert not full.load(feed).errors
    full.equals_portal(feed)
    held_back(full, feed, lambda: mutations.shrink(full.store, feed, 0.29, seed=2), naming="0.5%")


@pytest.mark.parametrize("seen_by", ["a look", "a load"])
def test_an_acceptance_is_void_once_the_portal_has_recovered(full: Scene, feed: Feed, seen_by: str) -> None:
    lost = mutations.shrink(full.store, feed, 0.3, seed=1)
    accept(full, feed, DAYS[0], DAYS[-1])
    mutations.restore(full.store, feed, lost)
    if seen_by == "a look":
        assert full.stale(feed) == []
    else:
        assert not full.load(feed).errors
    assert states(full, feed) == ["void: the portal recovered"]
    held_back(full, feed, lambda: mutations.shrink(full.store, feed, 0.3, seed=1), naming="0.5%")


def test_of_a_day_that_recovers_in_part_only_what_is_missing_still_stays_accepted(full: Scene, feed: Feed) -> None:
    day = DAYS[1]
    whole = published_rows(full, feed, day).height
    lost = mutations.content(full.store, feed)
    lose_rows(full, feed, day, 40)
    accept(full, feed, day, day)
    back = lost.filter(~lost[":id"].is_in(mutations.content(full.store, feed)[":id"].implode())).head(10)
    mutations.publish_more(full.store, feed, back.drop(":id", ":version"))
    assert full.stale(feed) == [day]
    assert accepted_days(full.connection, feed)[day].published_rows == whole - 30
    held_back(full, feed, lambda: lose_rows(full, feed, day, 10), naming=str(day))


def test_days_that_were_never_loaded_and_days_that_lost_nothing_are_not_accepted(full: Scene, feed: Feed) -> None:
    lose(full, feed, DAYS[1], 0.6)
    accept(full, feed, DAYS[0] - timedelta(days=9), DAYS[-1] + timedelta(days=9))
    assert list(accepted_days(full.connection, feed)) == [DAYS[1]]
    held_back_days = full.load(feed, [*DAYS, DAYS[-1] + timedelta(days=1)])
    assert not held_back_days.errors
    held_back(full, feed, lambda: lose(full, feed, DAYS[2], 0.6), naming=str(DAYS[2]))


def test_of_two_acceptances_of_a_day_the_later_one_holds(full: Scene, feed: Feed) -> None:
    lose(full, feed, DAYS[1], 0.6)
    accept(full, feed, DAYS[1], DAYS[1])
    lose_rows(full, feed, DAYS[1], 2)
    assert full.load(feed).failed == [DAYS[1]]
    accept(full, feed, DAYS[0], DAYS[1])
    assert full.rows("select ended_by from ops.accepted_days order by acceptance_id") == [("replaced",), (None,)]
    assert not full.load(feed).errors
    full.equals_portal(feed)


def test_while_the_portal_is_down_nothing_is_accepted(full: Scene, feed: Feed) -> None:
    lose(full, feed, DAYS[1], 0.6)
    full.fails_with(faults.unavailable(times=None))
    with pytest.raises(CrashesError):
        accept(full, feed, DAYS[1], DAYS[1])
    full.fails_with()
    assert full.rows("select * from ops.accepted_shrinks") == []
    assert isinstance(full.load(feed).errors[0], ShrinkError)


def test_where_nothing_is_lost_there_is_nothing_to_accept(full: Scene, feed: Feed) -> None:
    with pytest.raises(PermanentError, match="nothing to accept"):
        accept(full, feed, DAYS[0], DAYS[-1])


def states(scene: Scene, feed: Feed) -> list[str]:
    """What became of everything that was accepted, newest first."""
    return [known.state for known in acceptances(scene.connection, feed)]
