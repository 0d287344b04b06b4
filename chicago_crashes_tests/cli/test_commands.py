"""What the commands do when all is well: load, refresh, status, history, accept-shrink, db upgrade."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
from psycopg import sql

from chicago_crashes.feeds.catalogue import FEEDS, PEOPLE, feed_named
from chicago_crashes.feeds.cleaning.clean import DAY, clean
from chicago_crashes.feeds.merge import SourceDay, merge_days
from chicago_crashes.stand_in.mutations import amend, content, drop_column, rename_column, replace_all
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.storage.lake import Lake
from chicago_crashes_tests.cli.running import Ended, publish, run, run_apart, settings_for, synthetic_frames

FIRST, LAST = date(2024, 3, 4), date(2024, 3, 5)
DAYS = (str(FIRST), str(LAST))
CRASHES = feed_named("crashes")
COLUMNS = (
    "days",
    "source",
    "raw",
    "table",
    "quarantined",
    "repaired",
    "inserted",
    "updated",
    "unchanged",
    "withdrawn",
    "recleaned",
)


def shown(outcome: Ended) -> dict[str, dict[str, int]]:
    """The numbers of the printed table, by feed and heading."""
    names = "|".join(feed.name for feed in FEEDS)
    lines = [
        re.findall(r"[\w,]+", line) for line in outcome.output.splitlines() if re.search(rf"[│|] ({names}) ", line)
    ]
    return {
        name: {heading: int(number.replace(",", "")) for heading, number in zip(COLUMNS, numbers, strict=False)}
        for name, *numbers in lines
    }


def told(outcome: Ended) -> dict[str, dict[str, Any]]:
    """What `status --json` says, by feed."""
    return {feed["feed"]: feed for feed in json.loads(outcome.output)}


def query(url: str, statement: str, *params: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode(), params or None).fetchall()


def counts(url: str) -> dict[str, int]:
    return {feed.name: query(url, f"select count(*) from {feed.table}")[0][0] for feed in FEEDS}  # noqa: S608


def test_a_copy_is_loaded_kept_up_to_date_and_looked_at(database_url: str, tmp_path: Path) -> None:
    frames = synthetic_frames(FIRST, LAST)
    published = {name: frame.height for name, frame in frames.items()}
    with serving(PortalStore()) as portal:
        publish(portal.store, frames)
        environment = settings_for(database_url, portal.url, tmp_path / "raw", FIRST)

        first = run_apart(environment, "load", *DAYS)
        assert (first.status, first.errors) == (0, "")
        assert {name: row["inserted"] for name, row in shown(first).items()} == published == counts(database_url)

        again = run(environment, "load", *DAYS)
        assert (again.status, again.errors) == (0, "")
        for name, row in shown(again).items():
            assert row["days"] == 2
            assert row["source"] == row["raw"] == row["table"] == row["unchanged"] == published[name]
            assert row["inserted"] == row["updated"] == row["withdrawn"] == row["quarantined"] == 0

        late = synthetic_frames(LAST, LAST, seed=8, rows_per_day=5)
        publish(portal.store, {"crashes": late["crashes"]})
        forget(database_url, "people", FIRST)
        stale = run(environment, "status", "--json")
        assert (stale.status, stale.errors) == (0, "")
        assert {name: feed["days_stale"] for name, feed in told(stale).items()} == {
            "crashes": 1,
            "people": 0,
            "vehicles": 0,
            "fatalities": 0,
        }
        assert {name: feed["days_loaded"] for name, feed in told(stale).items()} == {
            "crashes": 2,
            "people": 1,
            "vehicles": 2,
            "fatalities": 2,
        }
        assert told(stale)["people"]["days_missing"] == told(stale)["vehicles"]["days_missing"] + 1

        refreshed = run(environment, "refresh")
        assert refreshed.status == 0
        # The late crashes came without their units and people.
        assert refreshed.errors == "check failed crashes: consistent (1 of 2 days failed)\n"
        assert shown(refreshed)["crashes"]["inserted"] == late["crashes"].height
        assert shown(refreshed)["people"]["inserted"] == 0
        assert "Every day has the signature" in refreshed.output
        assert counts(database_url) == published | {"crashes": published["crashes"] + late["crashes"].height}

        before = len(portal.requests)
        nothing_to_do = run(environment, "refresh", "--feed", "crashes")
        assert (nothing_to_do.status, nothing_to_do.errors) == (0, "")
        assert shown(nothing_to_do) == {}
        assert len(portal.requests) - before <= 3

        undated = frames["crashes"].head(1).with_columns(pl.lit(None, pl.String).alias("crash_date"))
        publish(portal.store, {"crashes": undated})
        told_of = run(environment, "refresh", "--feed", "crashes")
        assert told_of.status == 0
        assert "crashes: 1 published rows have no date" in told_of.errors
    assert query(database_url, "select count(*) from ops.signatures") == [(8,)]


def forget(url: str, feed: str, day: date) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("delete from ops.signatures where feed = %s and day = %s", [feed, day])


def test_an_empty_copy_is_filled_and_a_shrink_is_refused_until_somebody_accepts_it(
    database_url: str, tmp_path: Path
) -> None:
    frames = {"crashes": synthetic_frames(FIRST, LAST, rows_per_day=60)["crashes"]}
    on_first = pl.col("crash_date").str.starts_with(str(FIRST))
    fewer = pl.concat([frames["crashes"].filter(on_first).head(5), frames["crashes"].filter(~on_first)])
    lost = frames["crashes"].height - fewer.height
    load = ("load", *DAYS, "--feed", "crashes")
    with serving(PortalStore()) as whole, serving(PortalStore()) as shrunken:
        publish(whole.store, frames)
        publish(shrunken.store, {"crashes": fewer})
        environment = settings_for(database_url, whole.url, tmp_path / "raw", FIRST)
        filled = run(environment, "refresh", "--feed", "crashes")
        assert (filled.status, filled.errors) == (0, "")
        assert {name: row["inserted"] for name, row in shown(filled).items()} == {"crashes": frames["crashes"].height}
        show_status_without_a_portal(environment, database_url)
        amended_id, speed_limit = amend_one_crash(database_url, tmp_path / "raw")

        environment["CRASHES_PORTAL_URL"] = shrunken.url
        refused = run(environment, *load)
        assert refused.status == 1
        assert f"chicago-crashes accept-shrink crashes {FIRST} {FIRST} --reason TEXT" in refused.errors
        assert "Traceback" not in refused.errors
        assert counts(database_url)["crashes"] == frames["crashes"].height

        accepted = run(environment, "accept-shrink", "crashes", str(FIRST), str(FIRST), "--reason", "they said so")
        assert (accepted.status, accepted.errors) == (0, "")
        assert query(database_url, "select published_rows, stored_rows, reason from ops.accepted_shrinks") == [
            (5, frames["crashes"].filter(on_first).height, "they said so")
        ]

        loaded = run(environment, *load)
        assert (loaded.status, loaded.errors) == (0, "")
        assert shown(loaded)["crashes"]["withdrawn"] == lost
        listed = run(environment, "accept-shrink", "crashes")
        assert (listed.status, listed.errors) == (0, "")
        assert "they said so" in listed.output
        assert "spent" in listed.output
        assert counts(database_url)["crashes"] == fewer.height

    history = run(environment, "history", amended_id)
    assert (history.status, history.errors) == (0, "")
    lines = [line for line in history.output.splitlines() if "│ crashes │" in line]
    assert len(lines) == 2
    assert re.search(rf"posted_speed_limit +│ {speed_limit} +│ 55 +│", lines[0])
    assert "withdrawn by the portal" in lines[1]


def test_a_lost_column_stops_its_feed_and_no_other(database_url: str, tmp_path: Path) -> None:
    with serving(PortalStore()) as portal:
        publish(portal.store, synthetic_frames(FIRST, LAST, rows_per_day=20))
        amend(portal.store, CRASHES, {}, {"idot_control_no": "IDOT 1"})
        environment = settings_for(database_url, portal.url, tmp_path / "raw", FIRST)
        assert run(environment, "refresh").status == 0
        values = query(database_url, "select count(idot_control_no) from crashes")
        assert values > [(0,)]
        drop_column(portal.store, CRASHES, "idot_control_no")
        replace_all(portal.store, CRASHES)
        amend(portal.store, PEOPLE, {":id": content(portal.store, PEOPLE)[":id"][0]}, {"city": "ELSEWHERE"})

        refreshed = run(environment, "refresh")
        assert refreshed.status == 1
        assert "not refreshed crashes: The portal no longer publishes idot_control_no of crashes" in refreshed.errors
        assert shown(refreshed)["people"]["updated"] == 1
        assert query(database_url, "select count(idot_control_no) from crashes") == values
        assert query(database_url, "select key from ops.incidents where resolved_at is null") == [
            ("schema_drift/crashes/missing columns",)
        ]


def test_the_incident_of_a_lost_column_is_over_when_it_is_back_though_nothing_is_to_be_loaded(
    database_url: str, tmp_path: Path
) -> None:
    still_open = "select key from ops.incidents where resolved_at is null"
    with serving(PortalStore()) as portal:
        publish(portal.store, synthetic_frames(FIRST, LAST, rows_per_day=20))
        amend(portal.store, CRASHES, {}, {"idot_control_no": "IDOT 1"})
        environment = settings_for(database_url, portal.url, tmp_path / "raw", FIRST)
        assert run(environment, "refresh").status == 0
        rename_column(portal.store, CRASHES, "idot_control_no", "idot_no")
        assert run(environment, "refresh").status == 1
        assert query(database_url, still_open) == [("schema_drift/crashes/missing columns",)]
        rename_column(portal.store, CRASHES, "idot_no", "idot_control_no")
        refreshed = run(environment, "refresh")
        assert refreshed.status == 0, refreshed.errors
        assert query(database_url, still_open) == []


def show_status_without_a_portal(environment: Mapping[str, str], url: str) -> None:
    """What is known is shown; what is not known is no success."""
    nobody = "http://127.0.0.1:1"
    status = run({**environment, "CRASHES_PORTAL_URL": nobody}, "status")
    assert status.status == 1
    crashes = next(line for line in status.output.splitlines() if "│ crashes " in line)
    rows, newest = query(url, "select count(*), max(crash_date) from crashes")[0]
    assert f" {rows} " in crashes
    assert f"{newest:%Y-%m-%d %H:%M}" in crashes
    assert " ? " in crashes
    assert " none " in crashes
    assert status.errors.startswith(f"Stale days are unknown: Nothing answers at {nobody}")
    assert status.errors.count("\n") == 1


def amend_one_crash(url: str, lake_folder: Path) -> tuple[str, str]:
    """Merge the first day again with another speed limit on its last crash; returns which, and its true limit."""
    lake = Lake(str(lake_folder))
    file = lake.newest(CRASHES, FIRST)
    assert file is not None
    raw = lake.read(file)
    crash_record_id, speed_limit = raw.select("crash_record_id", "posted_speed_limit").row(-1)
    is_it = pl.col("crash_record_id") == crash_record_id
    amended = raw.with_columns(
        pl.when(is_it).then(pl.lit("55")).otherwise("posted_speed_limit").alias("posted_speed_limit")
    )
    cleaned = clean(CRASHES, amended.with_columns(pl.lit(FIRST).alias(DAY)))
    day = SourceDay(
        FIRST, raw.height, file.note.source_updated_at, raw.height, file.note.fetched_at, "an amended file", "rules"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        merge_days(connection, CRASHES, cleaned, [day], run_id="amended")
    return crash_record_id, speed_limit


@pytest.fixture
def empty_database_url(postgis_server: str, make_database: Callable[[], str]) -> Iterator[str]:
    """URL of a database in which there is nothing at all."""
    neighbour = make_database()
    name = f"{neighbour.rpartition('/')[2]}_empty"
    with administered(postgis_server) as connection:
        connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
        yield f"{postgis_server.rpartition('/')[0]}/{name}"
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@contextmanager
def administered(server: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server, autocommit=True) as connection:
        yield connection


def test_an_empty_database_is_refused_until_it_is_upgraded(empty_database_url: str, tmp_path: Path) -> None:
    environment = settings_for(empty_database_url, "http://127.0.0.1:1", tmp_path / "raw", FIRST)

    refused = run(environment, "load", *DAYS)
    assert refused.status == 1
    assert refused.errors.count("\n") == 1
    assert "Run `chicago-crashes db upgrade`" in refused.errors
    assert query(empty_database_url, "select count(*) from pg_class where relname = 'crashes'") == [(0,)]

    for _ in range(2):
        upgraded = run(environment, "db", "upgrade")
        assert (upgraded.status, upgraded.errors) == (0, "")
    assert counts(empty_database_url) == dict.fromkeys((feed.name for feed in FEEDS), 0)
    assert not (tmp_path / "raw").exists()
