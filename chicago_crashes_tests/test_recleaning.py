"""What changes because we clean otherwise is ours, and never something that the City amended."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest

from chicago_crashes.feeds.catalogue import Column, Feed, feed_named
from chicago_crashes.feeds.cleaning.version import rules_digest
from chicago_crashes.feeds.ingest import LoadedDay, load_days
from chicago_crashes.feeds.merge import DayCounts
from chicago_crashes.soda.reconcile import signature_of
from chicago_crashes.storage.lake import Lake
from chicago_crashes.storage.schema import migrate
from chicago_crashes.storage.schema.downgrade import downgrade, losses
from chicago_crashes_tests.cli.running import run
from chicago_crashes_tests.feeds.cleaning.raw_rows import raw_frame

CRASHES = feed_named("crashes")
DAY, NEXT_DAY = date(2021, 12, 30), date(2021, 12, 31)
FETCHED, LATER = datetime(2022, 1, 5, 10, tzinfo=UTC), datetime(2022, 1, 6, 10, tzinfo=UTC)
NEW_COLUMN = "idot_control_no"
BEFORE = "0016"
"""The version of the schema without this kind of history."""


def _with(feed: Feed, name: str, **changes: float) -> Feed:
    def changed(column: Column) -> Column:
        return replace(column, **changes) if column.name == name else column  # type: ignore[arg-type]

    return replace(feed, columns=tuple(map(changed, feed.columns)))


SLOWER = _with(CRASHES, "posted_speed_limit", highest=40)
SHORTER_KEYS = _with(CRASHES, "crash_record_id", max_length=2)
WITHOUT_THE_COLUMN = replace(CRASHES, columns=tuple(one for one in CRASHES.columns if one.name != NEW_COLUMN))


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connected:
        yield connected


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path / "raw"))
    store(lake, DAY, {"c1": "30", "c2": "60", "long": "30"})
    store(lake, NEXT_DAY, {"c4": "60"})
    return lake


def store(lake: Lake, day: date, speeds: Mapping[str, str], *, fetched_at: datetime = FETCHED) -> None:
    rows = [
        {
            "crash_record_id": key,
            "crash_date": f"{day}T12:00:00.000",
            "posted_speed_limit": speed,
            NEW_COLUMN: f"I-{key}",
        }
        for key, speed in speeds.items()
    ]
    frame = raw_frame(CRASHES, rows, day=day)
    columns = [name for name in frame.columns if name.startswith(":") or name in CRASHES.column_names]
    published = frame.select(columns)
    updated_at = signature_of(published).updated_at
    lake.write(CRASHES, day, published, source_updated_at=updated_at, fetched_at=fetched_at, run_id="fetch")


def load(connection: psycopg.Connection, lake: Lake, feed: Feed) -> dict[date, DayCounts]:
    outcomes = list(load_days(connection, lake, feed, [DAY, NEXT_DAY], run_id="load"))
    assert all(isinstance(outcome, LoadedDay) for outcome in outcomes), outcomes
    return {outcome.day: outcome.counts for outcome in outcomes if isinstance(outcome, LoadedDay)}


def written(counts: DayCounts) -> dict[str, int]:
    names = ("inserted", "updated", "withdrawn", "recleaned", "unchanged")
    return {name: number for name, number in asdict(counts).items() if name in names and number}


def history(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select row_key, kind, rules_before, rules_after from ops.history order by history_id, row_key"
    ).fetchall()


def test_a_changed_rule_cleans_anew_and_the_history_says_that_it_was_us(
    connection: psycopg.Connection, lake: Lake
) -> None:
    load(connection, lake, CRASHES)
    after = load(connection, lake, SLOWER)

    assert written(after[DAY]) == {"recleaned": 1, "unchanged": 2}
    assert written(after[NEXT_DAY]) == {"recleaned": 1}
    digests = (rules_digest(CRASHES), rules_digest(SLOWER))
    assert sorted(history(connection)) == [("c2", "recleaned", *digests), ("c4", "recleaned", *digests)]
    assert connection.execute("select posted_speed_limit from crashes where crash_record_id = 'c2'").fetchone() == (
        None,
    )

    assert written(load(connection, lake, SLOWER)[DAY]) == {"unchanged": 3}
    assert len(history(connection)) == 2


def test_what_the_city_amends_is_amended_although_the_rules_have_changed_too(
    connection: psycopg.Connection, lake: Lake
) -> None:
    load(connection, lake, CRASHES)
    store(lake, DAY, {"c1": "35", "c2": "60", "long": "30"}, fetched_at=LATER)
    after = load(connection, lake, SLOWER)

    # Nobody can tell which of the day's rows would have changed without the City.
    assert written(after[DAY]) == {"updated": 2, "unchanged": 1}
    assert written(after[NEXT_DAY]) == {"recleaned": 1}
    assert {(key, kind) for key, kind, *_ in history(connection)} == {
        ("c1", "amended"),
        ("c2", "amended"),
        ("c4", "recleaned"),
    }


def test_what_the_city_amends_or_withdraws_by_itself_bears_no_rules(connection: psycopg.Connection, lake: Lake) -> None:
    load(connection, lake, CRASHES)
    store(lake, DAY, {"c1": "35", "c2": "60"}, fetched_at=LATER)
    assert written(load(connection, lake, CRASHES)[DAY]) == {"updated": 1, "withdrawn": 1, "unchanged": 1}
    assert sorted(history(connection)) == [("c1", "amended", None, None), ("long", "withdrawn", None, None)]


def test_a_column_that_was_extra_until_it_was_declared_is_ours(connection: psycopg.Connection, lake: Lake) -> None:
    load(connection, lake, WITHOUT_THE_COLUMN)
    assert connection.execute(
        "select extra ->> 'idot_control_no', idot_control_no from crashes limit 1"
    ).fetchone() == (
        "I-c1",
        None,
    )
    assert written(load(connection, lake, CRASHES)[DAY]) == {"recleaned": 3}
    assert {kind for _, kind, *_ in history(connection)} == {"recleaned"}
    kept = connection.execute("select extra, idot_control_no from crashes order by 2").fetchall()
    assert kept == [(None, f"I-{key}") for key in ("c1", "c2", "c4", "long")]


def test_a_row_that_new_rules_set_aside_was_not_withdrawn(connection: psycopg.Connection, lake: Lake) -> None:
    load(connection, lake, CRASHES)
    after = load(connection, lake, SHORTER_KEYS)
    assert written(after[DAY]) == {"recleaned": 1, "unchanged": 2}
    assert after[DAY].quarantined == 1
    assert [(key, kind) for key, kind, *_ in history(connection)] == [("long", "recleaned")]

    # And back again: it is stored anew, which no history has to tell.
    assert written(load(connection, lake, CRASHES)[DAY]) == {"inserted": 1, "unchanged": 2}


def test_days_without_a_digest_say_nothing_of_who_changed_them(connection: psycopg.Connection, lake: Lake) -> None:
    """So it is in databases of the time before digests were kept."""
    load(connection, lake, CRASHES)
    connection.execute("update ops.signatures set rules_digest = null, raw_digest = null")
    load(connection, lake, SLOWER)
    assert {kind for _, kind, *_ in history(connection)} == {"amended"}


def test_the_history_of_a_crash_says_that_it_was_us(
    connection: psycopg.Connection, lake: Lake, database_url: str
) -> None:
    environment = {"CRASHES_DATABASE_URL": database_url}
    load(connection, lake, CRASHES)
    load(connection, lake, SLOWER)
    load(connection, lake, SHORTER_KEYS)

    changed, gone = run(environment, "history", "c2"), run(environment, "history", "long")

    assert (changed.status, gone.status) == (0, 0)
    lines = [line for line in changed.output.splitlines() if "posted_speed_limit (by our rules)" in line]
    assert [("60" in line, "None" in line) for line in lines] == [(True, True), (True, True)]
    assert "set aside (by our rules)" in gone.output
    assert "portal" not in changed.output + gone.output


def test_going_back_says_how_many_rows_will_no_longer_be_told_apart(
    connection: psycopg.Connection, lake: Lake, database_url: str
) -> None:
    load(connection, lake, CRASHES)
    load(connection, lake, SLOWER)
    connection.close()

    told = {loss.what: loss.rows for loss in losses(database_url, BEFORE) if "history" in loss.what}
    assert told == {
        "column ops.history.rules_before": 2,
        "column ops.history.rules_after": 2,
        "rows changed in ops.history": 2,
    }
    downgrade(database_url, BEFORE)
    migrate.upgrade(database_url)
    with psycopg.connect(database_url) as again:
        assert {kind for _, kind, *_ in history(again)} == {"amended"}
