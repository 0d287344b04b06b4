"""What exit 0 of `load` and `refresh` is worth: faults that are there are told by reason and day, and healed.

Through the real commands: `load`, `refresh`, `status` and `doctor`.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import psycopg
import pytest

from chicago_crashes.feeds.catalogue import CRASHES, FEEDS, PEOPLE
from chicago_crashes.stand_in import mutations
from chicago_crashes.stand_in.faults import ROWS, Fault
from chicago_crashes.stand_in.serve import RunningPortal, serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.cli.running import load_here, publish, run, settings_for, synthetic_frames
from chicago_crashes_tests.faults.convergence import tables_equal_portal

FIRST, SECOND, THIRD = date(2024, 3, 4), date(2024, 3, 5), date(2024, 3, 6)
DAYS = (str(FIRST), str(THIRD))
ONE_WORKER = ("--workers", "1")


@pytest.fixture
def portal() -> Iterator[RunningPortal]:
    with serving(PortalStore()) as running:
        publish(running.store, synthetic_frames(FIRST, THIRD, rows_per_day=6))
        yield running


@pytest.fixture
def environment(database_url: str, portal: RunningPortal, tmp_path: Path) -> Mapping[str, str]:
    """A platform that has loaded everything."""
    made = settings_for(database_url, portal.url, tmp_path / "raw", FIRST)
    assert load_here(made, FIRST, THIRD).succeeded
    return made


@contextmanager
def database(environment: Mapping[str, str]) -> Iterator[psycopg.Connection]:
    with psycopg.connect(environment["CRASHES_DATABASE_URL"], autocommit=True) as connection:
        yield connection


def change(environment: Mapping[str, str], *statements: str) -> None:
    with database(environment) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def folder_of(environment: Mapping[str, str], feed: str, day: date) -> Path:
    return Path(environment["CRASHES_RAW_URL"]) / feed / str(day.year) / str(day)


def test_a_database_and_a_lake_with_faults_are_healed_by_a_refresh_that_names_the_days(
    environment: dict[str, str], portal: RunningPortal
) -> None:
    change(
        environment,
        "delete from crashes where crash_date::date = '2024-03-05'",
        "update crash_people set crash_date = crash_date + interval '1 day' where crash_date::date = '2024-03-04'",
        "update ops.signatures set rules_digest = 'older' where feed = 'vehicles' and day = '2024-03-06'",
    )
    shutil.rmtree(folder_of(environment, "fatalities", FIRST))

    told = run(environment, "status", "--json")
    assert told.status == 0
    stale_for = {feed["feed"]: feed["stale_for"] for feed in json.loads(told.output)}
    assert {
        (feed, reason): found["first_days"] for feed, reasons in stale_for.items() for reason, found in reasons.items()
    } == {
        ("crashes", "rows_missing"): [str(SECOND)],
        ("people", "rows_missing"): [str(FIRST)],
        ("people", "rows_too_many"): [str(SECOND)],
        ("vehicles", "other_rules"): [str(THIRD)],
        ("fatalities", "raw_file_lost"): [str(FIRST)],
    }
    assert [feed["days_stale"] for feed in json.loads(told.output)] == [1, 2, 1, 1]
    lines = run(environment, "status").output
    assert f"crashes: rows missing, 1 day: {SECOND} ({SECOND}: 0 rows in the table" in lines

    examined = {found["name"]: found for found in json.loads(run(environment, "doctor", "--json").output)}
    assert f"rows missing, 1 day: {SECOND}" in examined["days crashes"]["says"]
    assert f"rows too many, 1 day: {SECOND}" in examined["days people"]["says"]
    assert f"other rules, 1 day: {THIRD}" in examined["days vehicles"]["says"]
    assert examined["raw files"]["state"] == "warning"
    assert f"fatalities: raw file lost, 1 day: {FIRST}" in examined["raw files"]["says"]

    refreshed = run(environment, "refresh", *ONE_WORKER)
    assert refreshed.status == 0
    for line in (
        f"stale crashes: rows missing, 1 day: {SECOND}",
        f"stale people: rows missing, 1 day: {FIRST}",
        f"stale people: rows too many, 1 day: {SECOND}",
        f"stale vehicles: other rules, 1 day: {THIRD}",
        f"stale fatalities: raw file lost, 1 day: {FIRST}",
    ):
        assert line in refreshed.output
    with database(environment) as connection:
        tables_equal_portal(connection, portal.store, FIRST, THIRD, FEEDS)
    examined = {found["name"]: found for found in json.loads(run(environment, "doctor", "--json").output)}
    assert {examined[f"days {feed.name}"]["state"] for feed in FEEDS} == {examined["raw files"]["state"]} == {"ok"}


def test_a_refresh_whose_rows_do_not_reconcile_fails_every_time_until_that_is_mended(
    environment: dict[str, str], portal: RunningPortal
) -> None:
    """The sum of the day is wrong after every merge, and no signature says so."""
    change(
        environment,
        "create function vanish() returns trigger language plpgsql as 'begin return null; end'",
        "create trigger vanish before insert on crashes for each row execute function vanish()",
    )
    one_more = mutations.content(portal.store, CRASHES).head(1).drop(":id", ":version")
    mutations.publish_more(portal.store, CRASHES, one_more.with_columns(crash_record_id=pl.lit("f" * 128)))
    day = one_more["crash_date"][0][:10]
    for _ in range(2):
        refreshed = run(environment, "refresh", "--feed", "crashes", *ONE_WORKER)
        assert refreshed.status == 1
        assert f"still stale crashes: rows missing, 1 day: {day}" in refreshed.errors
        assert "Every day has the signature" not in refreshed.output
    loaded = run(environment, "load", day, day, "--feed", "crashes", *ONE_WORKER)
    assert loaded.status == 1
    assert "was loaded" not in loaded.output
    assert json.loads(run(environment, "status", "--json").output)[0]["stale_for"].keys() == {"rows_missing"}

    change(environment, "drop function vanish cascade")
    mended = run(environment, "refresh", "--feed", "crashes", *ONE_WORKER)
    assert mended.status == 0
    assert f"stale crashes: rows missing, 1 day: {day}" in mended.output
    with database(environment) as connection:
        tables_equal_portal(connection, portal.store, FIRST, THIRD, (CRASHES,))


def test_a_load_heals_deleted_rows_and_says_what_it_proves(environment: dict[str, str], portal: RunningPortal) -> None:
    change(environment, "delete from crashes", "delete from ops.quarantine")
    loaded = run(environment, "load", *DAYS, *ONE_WORKER)
    assert loaded.status == 0
    assert "Every day was loaded: as many rows as the portal published of it then are in the raw lake" in loaded.output
    with database(environment) as connection:
        tables_equal_portal(connection, portal.store, FIRST, THIRD, FEEDS)


def test_a_feed_that_fails_keeps_no_other_from_its_second_look(
    environment: dict[str, str], portal: RunningPortal
) -> None:
    """The portal changes a crash when it was just fetched; the people cannot be had at all."""
    for feed in (CRASHES, PEOPLE):
        mutations.replace_all(portal.store, feed)
    (row,) = mutations.content(portal.store, CRASHES).head(1).iter_rows(named=True)

    def amend() -> None:
        mutations.amend(portal.store, CRASHES, {":id": row[":id"]}, {"posted_speed_limit": "55"})

    refused = Fault(times=None, dataset_id=PEOPLE.dataset_id, query_has=ROWS, status=400)
    portal.faults.extend([replace(refused, times=1, before=amend), refused])
    refreshed = run(environment, "refresh", "--feed", "crashes", "--feed", "people", *ONE_WORKER)
    assert refreshed.status == 1
    assert "still stale people: portal changed, 3 days" in refreshed.errors
    assert "still stale crashes" not in refreshed.errors
    asked = [request for request in portal.requests if request.path.endswith(f"{PEOPLE.dataset_id}.json")]
    with database(environment) as connection:
        tables_equal_portal(connection, portal.store, FIRST, THIRD, (CRASHES,))

    again = run(environment, "refresh", "--feed", "people", *ONE_WORKER)
    assert again.status == 1
    assert len([one for one in portal.requests if one.path.endswith(f"{PEOPLE.dataset_id}.json")]) > len(asked)
    portal.faults.clear()
    assert run(environment, "refresh", *ONE_WORKER).status == 0


def test_rows_outside_of_all_days_are_no_success(environment: dict[str, str]) -> None:
    ghost = "insert into crash_people (crash_record_id, person_id, crash_date) values ('c', 'ghost', '2099-01-01')"
    change(environment, ghost)
    refreshed = run(environment, "refresh", "--feed", "people", *ONE_WORKER)
    assert refreshed.status == 1
    assert "out of reach people: 1 stored rows lie outside of the days that are loaded (1 day: 2099-01-01)" in (
        refreshed.errors
    )
    assert "people: 1 stored rows lie outside" in run(environment, "status").output
    examined = {found["name"]: found for found in json.loads(run(environment, "doctor", "--json").output)}
    assert examined["days people"]["state"] == "problem"
    change(environment, "delete from crash_people where person_id = 'ghost'")
    assert run(environment, "refresh", "--feed", "people", *ONE_WORKER).status == 0
