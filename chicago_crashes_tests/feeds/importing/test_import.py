"""From files to tables: the real exports, a synthetic month, and doing it again."""

import json
import shutil
from collections import Counter
from datetime import UTC, date, datetime

import dagster as dg
import polars as pl
import psycopg
import pytest
import typer
from typer.testing import CliRunner

from chicago_crashes.cli.commands.import_exports import import_exports
from chicago_crashes.feeds.catalogue import FEEDS, SYSTEM_FIELDS, Feed, feed_named
from chicago_crashes.feeds.cleaning.clean import DAY, clean
from chicago_crashes.feeds.defs import raw, tables
from chicago_crashes.feeds.importing.files import ExportFile, find_exports
from chicago_crashes.feeds.importing.importer import import_file
from chicago_crashes.feeds.importing.judging import Kept
from chicago_crashes.feeds.ingest import FetchedDay, LoadedDay, load_days
from chicago_crashes.feeds.inspection import complete
from chicago_crashes.feeds.merge import DayCounts
from chicago_crashes.orchestration.description import raw_key, table_key
from chicago_crashes.stand_in.synthetic import generate
from chicago_crashes_tests.feeds.importing.conftest import Workplace
from chicago_crashes_tests.feeds.importing.export_files import header_line, sound_line, write_export, write_lines
from chicago_crashes_tests.real_data import REAL_DATA, needs_real_data

CRASHES = feed_named("crashes")
MONTH_FIRST, MONTH_LAST = date(2024, 1, 1), date(2024, 1, 31)
A_DAY = date(2021, 12, 31)


@needs_real_data
def test_the_real_files_give_the_golden_numbers(workplace: Workplace) -> None:
    for path in (*REAL_DATA.glob("portal-2021-12/*.csv"), REAL_DATA / "fatalities" / "fatalities.csv"):
        shutil.copy(path, workplace.files)
    imported = workplace.run()
    assert imported.succeeded
    read = {file.feed.name: outcome.rows_read for file, outcome in imported.files}
    assert read == {"crashes": 1000, "people": 1000, "vehicles": 1000, "fatalities": 871}
    assert all(outcome.rows_stored == outcome.rows_read for _, outcome in imported.files)

    def one(statement: str) -> object:
        return workplace.query(statement)[0][0]

    assert one("select count(*) from crashes") == 1000
    assert one("select count(*) from crash_people") == 1000
    assert one("select count(*) from crash_vehicles") == 1000
    assert one("select count(*) from vision_zero_fatalities") == 871
    assert one("select count(*) from vision_zero_fatalities where person_id is null") == 27
    assert one("select count(*) from crashes where latitude is null") == 13
    assert one("select count(*) from crash_people where injury_classification = 'FATAL'") == 3
    assert one("select count(*) from crashes where injuries_total is null") == 2
    assert one("select count(*) from crash_people where person_id like 'O%'") == 792
    assert one("select count(*) from crash_people where person_id like 'P%'") == 208
    assert one("select count(*) from crash_people where vehicle_id is null") == 17
    assert one("select count(*) from crash_vehicles where vehicle_id is null") == 19
    assert one("select count(*) from crash_vehicles where vehicle_year = 1900") == 1
    assert one("select count(*) from crash_vehicles where vehicle_year = 2099") == 0
    assert one("select count(*) from crashes where extra ->> 'rd_no' is not null") == 1000
    assert one("select count(*) from ops.quarantine") == 0
    assert workplace.query("select column_name, rule, value from ops.findings where feed <> 'fatalities'") == [
        ("vehicle_year", "bounds", "2099")
    ]


@pytest.fixture(scope="module")
def synthetic_month() -> dict[str, pl.DataFrame]:
    (batch,) = generate(MONTH_FIRST, MONTH_LAST, rows_per_day=120)
    return batch.frames


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_an_export_becomes_the_rows_that_its_data_is_cleaned_to(
    workplace: Workplace, synthetic_month: dict[str, pl.DataFrame], feed: Feed
) -> None:
    published = synthetic_month[feed.name].select(feed.column_names)
    days = published[feed.date].str.slice(0, 10).str.to_date()
    cleaned = clean(feed, published.with_columns(days.alias(DAY)))
    write_export(workplace.files / f"Traffic_Crashes_-_{feed.name.title()}_20260804.csv", feed, published)

    outcome = workplace.import_one()

    assert outcome.rows_read == published.height > 0
    assert outcome.refused == Counter()
    assert outcome.quarantined == cleaned.quarantined.height
    columns = [name for name in cleaned.rows.columns if name not in {DAY, "extra", "source_updated_at"}]
    expected = Counter(cleaned.rows.select(columns).iter_rows())
    stored = Counter(tuple(row.values()) for row in workplace.rows(feed, columns))
    assert stored == expected
    with psycopg.connect(workplace.database_url) as connection:
        assert all(verdict.passed for verdict in complete(connection, workplace.lake, feed, sorted(outcome.days)))


def test_importing_again_changes_nothing_even_in_another_order(
    workplace: Workplace, synthetic_month: dict[str, pl.DataFrame]
) -> None:
    people = synthetic_month["people"]
    feed = feed_named("people")
    write_export(workplace.files / "people.csv", feed, people)
    first = workplace.import_one()
    before = workplace.query("select * from ops.signatures order by day"), _materializations(workplace, feed)
    write_export(workplace.files / "people.csv", feed, people.sample(fraction=1, shuffle=True, seed=1))
    again = workplace.import_one()
    assert not first.changed_nothing
    assert first.inserted == people.height
    assert again.changed_nothing
    assert again.unchanged == people.height
    assert before == (
        workplace.query("select * from ops.signatures order by day"),
        _materializations(workplace, feed),
    )


def test_the_imported_days_show_in_dagster(workplace: Workplace, synthetic_month: dict[str, pl.DataFrame]) -> None:
    write_export(workplace.files / "crashes.csv", CRASHES, synthetic_month["crashes"])
    outcome = workplace.import_one()
    days = {day.isoformat() for day in outcome.days}
    assert len(days) == 31
    for key in (raw_key(CRASHES), table_key(CRASHES)):
        assert workplace.instance.get_materialized_partitions(key) == days
        records = workplace.instance.fetch_materializations(key, limit=100).records
        for record in records:
            assert record.asset_materialization is not None
            assert record.asset_materialization.metadata["imported_from"].value == "crashes.csv"
    rows = sum(_number(record, "dagster/partition_row_count") for record in records)
    assert rows == outcome.rows_stored


def test_values_keep_their_published_text_in_the_lake_but_times_take_the_form_of_the_api(workplace: Workplace) -> None:
    line = sound_line(CRASHES, lane_cnt="1191625", street_name='"A", B', posted_speed_limit="30.0")
    odd_date = sound_line(CRASHES, crash_record_id="c2", date_police_notified="43549.61319")
    write_lines(
        workplace.files / "crashes.csv",
        [header_line(CRASHES) + ",Some New Column", line + ",news", odd_date + ","],
        end=b"\r\n",
        start=b"\xef\xbb\xbf",
    )
    workplace.import_one()
    file = workplace.lake.newest(CRASHES, A_DAY)
    assert file is not None
    first, second = workplace.lake.read(file).iter_rows(named=True)
    assert first["crash_date"] == "2021-12-31T12:00:00.000"
    assert first["lane_cnt"] == "1,191,625"
    assert first["posted_speed_limit"] == "30.0"
    assert first["street_name"] == '"A", B'
    assert first["some_new_column"] == "news"
    assert first["weather_condition"] == "CLEAR"
    assert first["damage"] is None
    assert second["date_police_notified"] == "43549.61319"
    assert [first[name] for name in SYSTEM_FIELDS] == [None] * 4
    assert (file.note.run_id, file.note.source_updated_at) == ("import crashes.csv", None)
    stored = workplace.query("select lane_cnt, posted_speed_limit, extra from crashes order by crash_record_id")
    assert stored == [(1191625, 30, {"some_new_column": "news"}), (None, None, None)]
    assert workplace.query("select column_name, value from ops.findings") == [("date_police_notified", "43549.61319")]


def test_a_day_fetched_from_the_portal_is_not_replaced(workplace: Workplace) -> None:
    published = pl.DataFrame(
        {
            ":id": ["row-1"],
            ":updated_at": ["2022-01-05T10:00:00.000Z"],
            "crash_record_id": ["c1"],
            "crash_date": ["2021-12-31T12:00:00.000"],
            "street_name": ["FROM THE PORTAL"],
        }
    )
    updated = datetime(2022, 1, 5, 10, tzinfo=UTC)
    workplace.lake.write(
        CRASHES, A_DAY, published, source_updated_at=updated, fetched_at=datetime.now(UTC), run_id="a run"
    )
    write_lines(
        workplace.files / "crashes.csv",
        [
            header_line(CRASHES),
            sound_line(CRASHES),
            sound_line(CRASHES, crash_record_id="c2", crash_date="2021-12-30T12:00:00.000"),
        ],
    )
    outcome = workplace.import_one()
    assert (outcome.days_held, outcome.rows_held, outcome.rows_stored) == (1, 1, 1)
    assert workplace.query("select crash_record_id from crashes") == [("c2",)]
    newest = workplace.lake.newest(CRASHES, A_DAY)
    assert newest is not None
    assert newest.note.run_id == "a run"

    with psycopg.connect(workplace.database_url, autocommit=True) as connection:
        list(load_days(connection, workplace.lake, CRASHES, [A_DAY], run_id="a run"))
    shutil.rmtree(workplace.lake.url)
    without_lake = workplace.import_one()
    assert without_lake.days_held == 1
    assert workplace.query("select street_name from crashes where crash_record_id = 'c1'") == [("FROM THE PORTAL",)]


def test_a_row_that_the_portal_moved_to_another_day_stays_there(workplace: Workplace) -> None:
    moved_to = date(2022, 1, 1)
    moved = pl.DataFrame(
        {
            ":id": ["row-1"],
            ":updated_at": ["2022-01-05T10:00:00.000Z"],
            "crash_record_id": ["c1"],
            "crash_date": ["2022-01-01T12:00:00.000"],
        }
    )
    updated = datetime(2022, 1, 5, 10, tzinfo=UTC)
    workplace.lake.write(
        CRASHES, moved_to, moved, source_updated_at=updated, fetched_at=datetime.now(UTC), run_id="a run"
    )
    with psycopg.connect(workplace.database_url, autocommit=True) as connection:
        list(load_days(connection, workplace.lake, CRASHES, [moved_to], run_id="a run"))
    old_day = [sound_line(CRASHES), sound_line(CRASHES, crash_record_id="c2")]
    write_lines(workplace.files / "crashes.csv", [header_line(CRASHES), *old_day])

    outcome = workplace.import_one()

    assert (outcome.rows_held, outcome.rows_stored, outcome.inserted) == (1, 1, 1)
    stored = workplace.query("select crash_record_id, crash_date::date from crashes order by 1")
    assert stored == [("c1", moved_to), ("c2", A_DAY)]
    with psycopg.connect(workplace.database_url) as connection:
        assert all(verdict.passed for verdict in complete(connection, workplace.lake, CRASHES, [A_DAY, moved_to]))


def test_a_newer_export_amends_what_an_older_one_brought(workplace: Workplace) -> None:
    path = workplace.files / "crashes.csv"
    write_lines(path, [header_line(CRASHES), sound_line(CRASHES), sound_line(CRASHES, crash_record_id="c2")])
    workplace.import_one()
    write_lines(path, [header_line(CRASHES), sound_line(CRASHES, street_name="HALSTED ST")])
    outcome = workplace.import_one()
    assert (outcome.updated, outcome.withdrawn, outcome.inserted) == (1, 1, 0)
    assert workplace.query("select street_name from crashes") == [("HALSTED ST",)]
    assert workplace.query("select kind, run_id from ops.history order by kind") == [
        ("amended", "import crashes.csv"),
        ("withdrawn", "import crashes.csv"),
    ]


def test_a_download_that_was_cut_withdraws_nothing(
    workplace: Workplace, synthetic_month: dict[str, pl.DataFrame]
) -> None:
    people = synthetic_month["people"]
    write_export(workplace.files / "people.csv", feed_named("people"), people)
    workplace.import_one()
    write_export(workplace.files / "people.csv", feed_named("people"), people.head(people.height // 2))
    imported = workplace.run()
    assert "download that was cut" in str(imported.refused[0][1])
    assert workplace.query("select count(*) from crash_people") == [(people.height,)]


def test_two_files_with_one_day_are_not_both_imported(workplace: Workplace) -> None:
    write_lines(workplace.files / "crashes_1.csv", [header_line(CRASHES), sound_line(CRASHES)])
    write_lines(workplace.files / "crashes_2.csv", [header_line(CRASHES), sound_line(CRASHES, crash_record_id="c2")])
    imported = workplace.run()
    assert not imported.succeeded
    assert [file.name for file, _ in imported.files] == ["crashes_1.csv"]
    assert "crashes_1.csv" in str(imported.refused[0][1])
    assert workplace.query("select crash_record_id from crashes") == [("c1",)]


def test_an_import_of_which_rows_vanish_is_no_success(workplace: Workplace) -> None:
    write_lines(workplace.files / "crashes.csv", [header_line(CRASHES), sound_line(CRASHES)])
    workplace.execute(
        "create function vanish() returns trigger language plpgsql as 'begin return null; end';"
        "create trigger vanish before insert on crashes for each row execute function vanish()"
    )
    imported = workplace.run()
    assert not imported.succeeded
    ((_, outcome),) = imported.files
    assert "of 1 row of crashes.csv in the raw lake, 0 are in the table" in str(outcome.failures[0].error)

    workplace.execute("drop function vanish cascade")
    assert workplace.run().succeeded
    assert workplace.query("select count(*) from crashes") == [(1,)]


def test_an_import_that_was_stopped_goes_on_where_it_was(workplace: Workplace) -> None:
    lines = [
        sound_line(CRASHES, crash_record_id=f"c{month}", crash_date=f"2021-{month:02}-05T12:00:00.000")
        for month in range(1, 5)
    ]
    write_lines(workplace.files / "crashes.csv", [header_line(CRASHES), *lines, sound_line(CRASHES, crash_date="x")])
    (export,) = find_exports(workplace.files)
    assert isinstance(export, ExportFile)

    def stop(_days: object) -> None:
        raise KeyboardInterrupt

    with psycopg.connect(workplace.database_url, autocommit=True) as connection, pytest.raises(KeyboardInterrupt):
        import_file(
            connection,
            workplace.lake,
            export,
            Kept(date(2013, 3, 3), A_DAY),
            taken={},
            on_bytes=lambda _position: None,
            on_days=stop,
        )
    assert workplace.query("select crash_record_id from crashes") == [("c1",)]
    outcome = workplace.import_one()
    assert (outcome.inserted, outcome.unchanged, outcome.new_refusals) == (3, 1, 1)
    assert len(workplace.instance.get_materialized_partitions(table_key(CRASHES))) == 4


def test_an_imported_day_tells_dagster_what_a_loaded_one_does(workplace: Workplace) -> None:
    write_lines(workplace.files / "crashes.csv", [header_line(CRASHES), sound_line(CRASHES)])
    workplace.import_one()
    file = workplace.lake.newest(CRASHES, A_DAY)
    assert file is not None
    _, fetched = raw._report(FetchedDay(A_DAY, file, is_new_version=True))
    _, loaded = tables._report(LoadedDay(A_DAY, DayCounts(1, 1, 1, 1, 0, 0, 0, 0, 0)))
    for key, expected in ((raw_key(CRASHES), fetched), (table_key(CRASHES), loaded)):
        event = workplace.instance.get_latest_materialization_event(key)
        assert event is not None
        assert event.asset_materialization is not None
        told = {name: value.value for name, value in event.asset_materialization.metadata.items()}
        assert told == {**expected, "imported_from": "crashes.csv"}


def test_the_command_tells_what_it_did(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DAGSTER_HOME", "DAGSTER_EVENT_BATCH_SIZE", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "")  # the command sets them; this restores them
    app = typer.Typer()
    app.command()(import_exports)
    path = workplace.files / "crashes.csv"
    excel = sound_line(CRASHES, crash_record_id="c2").replace("12/31/2021 12:00:00 PM", "43549.61319")
    write_lines(path, [header_line(CRASHES), sound_line(CRASHES), excel])
    first = CliRunner().invoke(app, [str(workplace.files)])
    assert first.exit_code == 0, first.output
    assert "1 × date is an Excel serial number" in first.output
    assert "Nothing has changed" not in first.output
    again = CliRunner().invoke(app, [str(workplace.files)])
    assert again.exit_code == 0
    assert "Nothing has changed" in again.output
    events = "select count(*) from dagster.event_logs where dagster_event_type = 'ASSET_MATERIALIZATION'"
    assert workplace.query(events) == [(2,)]
    write_lines(workplace.files / "people.csv", ["PERSON_ID,SEX", "O1,F"])
    refused = CliRunner().invoke(app, [str(workplace.files)])
    assert refused.exit_code == 1
    assert "crash_record_id" in refused.output
    only = CliRunner().invoke(app, [str(workplace.files), "--feed", "crashes"])
    assert only.exit_code == 0


def _materializations(workplace: Workplace, feed: Feed) -> list[str]:
    return sorted(
        json.dumps([key.path, record.partition_key, record.storage_id])
        for key in (raw_key(feed), table_key(feed))
        for record in workplace.instance.fetch_materializations(key, limit=1000).records
    )


def _number(record: dg.EventLogRecord, name: str) -> int:
    assert record.asset_materialization is not None
    value = record.asset_materialization.metadata[name].value
    assert isinstance(value, int)
    return value
