"""A key on two days, by commands and through Dagster: exit status 0 means that every published row is accounted for."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
import psycopg
import pytest

from chicago_crashes.feeds.catalogue import CRASHES, PEOPLE, VEHICLES, Feed
from chicago_crashes.stand_in import mutations
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.cli.running import publish, run, settings_for, synthetic_frames

FIRST, SECOND, LAST = (date(2024, 3, day) for day in (8, 9, 10))
KEYED = (CRASHES, PEOPLE, VEHICLES)
WAYS: dict[str, Sequence[tuple[date, date]]] = {
    "together": [(FIRST, LAST)],
    "old day first": [(FIRST, FIRST), (SECOND, LAST)],
    "new day first": [(SECOND, LAST), (FIRST, FIRST)],
}


def publish_twins(store: PortalStore) -> None:
    """Of every feed: the key of a row of the first day once more, in a row of the last one."""
    for feed in KEYED:
        rows = mutations.content(store, feed).drop_nulls(list(feed.key))
        row = rows.filter(pl.col(feed.date).str.starts_with(str(FIRST))).head(1)
        twin = row.select(name for name in row.columns if not name.startswith(":"))
        mutations.publish_more(store, feed, twin.with_columns(pl.lit(f"{LAST}T12:00:00.000").alias(feed.date)))


def held(url: str, feed: Feed) -> dict[str, int]:
    """How many rows of each day are in table or quarantine."""
    query = (
        f"select day::text, count(*) from (select {feed.date}::date as day from {feed.table}"  # noqa: S608
        " union all select day from ops.quarantine where feed = %s) as held group by day"
    )
    with psycopg.connect(url) as connection:
        return dict(connection.execute(query.encode(), [feed.name]).fetchall())


def published(store: PortalStore, feed: Feed) -> dict[str, int]:
    """How many rows of each day the portal publishes."""
    return dict(Counter(str(text)[:10] for text in mutations.content(store, feed)[feed.date]))


def set_aside(url: str) -> list[tuple[object, ...]]:
    """Feed, day and rival's day of the rows that wait for one of another day."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select feed, day, rival_day from ops.quarantine where rival_day <> day order by feed"
        ).fetchall()


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_twins_are_loaded_and_mended(database_url: str, tmp_path: Path, way: Sequence[tuple[date, date]]) -> None:
    with serving(PortalStore()) as portal:
        publish(portal.store, synthetic_frames(FIRST, LAST))
        publish_twins(portal.store)
        environment = settings_for(database_url, portal.url, tmp_path / "raw", FIRST)

        for first, last in way:
            loaded = run(environment, "load", str(first), str(last))
            assert loaded.status == 0, loaded.errors
        again = run(environment, "load", str(FIRST), str(LAST), "--refetch")
        assert again.status == 0, again.errors
        assert {feed: held(database_url, feed) for feed in KEYED} == {
            feed: published(portal.store, feed) for feed in KEYED
        }
        assert set_aside(database_url) == [(name, FIRST, LAST) for name in ("crashes", "people", "vehicles")]

        for feed in KEYED:
            mutations.delete(portal.store, feed, {feed.date: f"{LAST}T12:00:00.000"})
        refreshed = run(environment, "refresh")
        assert refreshed.status == 0, refreshed.errors
        assert {feed: held(database_url, feed) for feed in KEYED} == {
            feed: published(portal.store, feed) for feed in KEYED
        }
        assert set_aside(database_url) == []


def test_a_refresh_meets_twins_and_a_change_that_is_taken_back(database_url: str, tmp_path: Path) -> None:
    with serving(PortalStore()) as portal:
        publish(portal.store, synthetic_frames(FIRST, LAST))
        environment = settings_for(database_url, portal.url, tmp_path / "raw", FIRST)
        assert run(environment, "load", str(FIRST), str(LAST)).status == 0
        before = portal.store.copy()

        publish_twins(portal.store)
        mutations.amend(portal.store, CRASHES, {"crash_date": first_crash(portal.store)}, {"street_name": "AMENDED"})
        refreshed = run(environment, "refresh")
        assert refreshed.status == 0, refreshed.errors
        assert {feed: held(database_url, feed) for feed in KEYED} == {
            feed: published(portal.store, feed) for feed in KEYED
        }

        portal.store = before
        refreshed = run(environment, "refresh")
        assert refreshed.status == 0, refreshed.errors
        assert {feed: held(database_url, feed) for feed in KEYED} == {feed: published(before, feed) for feed in KEYED}
        assert set_aside(database_url) == []
        with psycopg.connect(database_url) as connection:
            stored: dict[str, str] = dict(
                connection.execute("select crash_record_id, street_name from crashes").fetchall()
            )
        assert stored == dict(mutations.content(before, CRASHES).select("crash_record_id", "street_name").iter_rows())


def first_crash(store: PortalStore) -> str:
    """The date of a crash."""
    return str(mutations.content(store, CRASHES)["crash_date"][0])
