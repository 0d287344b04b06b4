"""How a portal loses rows, in tests, and what must be true when it does."""

from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from chicago_crashes.errors import ShrinkError
from chicago_crashes.feeds.acceptance import accept_losses
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.stand_in import mutations
from chicago_crashes_tests.faults.changing import KEY_COLUMN
from chicago_crashes_tests.faults.scene import Scene, Snapshot

MORE_ROWS = 40


def held_back(scene: Scene, feed: Feed, change: Callable[[], object], *, naming: str) -> None:
    """Assert that a load after the change fails for good, says what and how to accept it, and changes nothing."""
    before = stored(scene)
    change()
    requests = len(scene.portal.requests)
    outcome = scene.load(feed)
    assert outcome.errors
    for error in outcome.errors:
        assert isinstance(error, ShrinkError)
        assert naming in str(error)
        assert f"accept-shrink {feed.name}" in str(error)
    assert not outcome.written
    assert scene.row_requests(requests) == []
    assert stored(scene) == before


def stored(scene: Scene) -> Snapshot:
    """Everything that is stored but what is said of days that were held back."""
    return {name: rows for name, rows in scene.snapshot().items() if name != "ops.held_back"}


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
    lose_rows(scene, feed, day, round(share * published_rows(scene, feed, day).height))


def lose_rows(scene: Scene, feed: Feed, day: date, count: int) -> None:
    """Delete as many of the day's rows."""
    for row_id in published_rows(scene, feed, day)[":id"].head(count):
        mutations.delete(scene.store, feed, {":id": row_id})


def moved(scene: Scene, feed: Feed, day: date, to: date, count: int) -> None:
    """Amend the date of as many of the day's rows."""
    for row_id in published_rows(scene, feed, day)[":id"].tail(count):
        mutations.move(scene.store, feed, {":id": row_id}, f"{to}T06:00:00.000")


def published_rows(scene: Scene, feed: Feed, day: date) -> pl.DataFrame:
    """What the portal holds of a day."""
    return mutations.content(scene.store, feed).filter(pl.col(feed.date).str.starts_with(str(day)))


def accept(scene: Scene, feed: Feed, first: date, last: date) -> None:
    """Do what the command does."""
    accept_losses(scene.client, scene.connection, feed, first, last, reason="a test", accepted_by="somebody")
