"""What goes wrong in runs, inside of commands too, arrives at a receiver once; what is mended is told to be over."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import psycopg
import pytest

from chicago_crashes.alerts.causes import record_lost_columns
from chicago_crashes.cli.foreground.days import open_portal
from chicago_crashes.definitions import build_defs
from chicago_crashes.feeds.catalogue import CRASHES, FEEDS, PEOPLE, VEHICLES
from chicago_crashes.feeds.changes import DayRange, find_changes
from chicago_crashes.operations.defs import alerts
from chicago_crashes.operations.defs.alerts import alert_sensors
from chicago_crashes.settings import Settings, settings
from chicago_crashes.stand_in.faults import Fault
from chicago_crashes.stand_in.mutations import amend, content, delete_rows, publish_more, rename_column
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import generate
from chicago_crashes.storage.lake import Lake
from chicago_crashes_tests.alerts.receiver import SECRETS, Receiver
from chicago_crashes_tests.platform import Platform, platform

FIRST, LAST = date(2024, 3, 1), date(2024, 3, 3)
BOTH = f"{FIRST} to {LAST}"


@pytest.fixture
def running(
    make_database: Callable[[], str], tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Platform]:
    """A platform that knows where alerts go, and whose portal holds three days."""
    store = PortalStore()
    for batch in generate(FIRST, LAST, rows_per_day=30, dirt=None):
        for feed in FEEDS:
            store.publish(feed.dataset_id, batch.frames[feed.name])
    monkeypatch.setenv("CRASHES_ALERT_URLS", receiver.url)
    monkeypatch.setenv("CRASHES_UI_URL", "http://ui.example")
    with platform(store, make_database(), tmp_path, start=FIRST) as made:
        yield made


def tick(running: Platform, name: str = "alerts", cursor: str | None = None) -> str | None:
    """One look of a sensor; returns its cursor."""
    defs = build_defs(settings())
    sensor = defs.resolve_sensor_def(name)
    with dg.build_sensor_context(
        instance=running.instance, resources=defs.resources, definitions=defs, cursor=cursor
    ) as context:
        sensor(context)
        return context.cursor


def test_a_failed_run_of_a_command_is_told_once_however_often_it_is_tried(
    running: Platform, receiver: Receiver
) -> None:
    running.portal.faults.append(Fault(times=None, dataset_id=CRASHES.dataset_id, status=400))
    cursor = None
    for _ in range(2):
        assert not running.load(FIRST, LAST, [CRASHES, PEOPLE]).succeeded
        cursor = tick(running, cursor=cursor)
    (message,) = receiver.messages
    run_ids = [run.run_id for run in running.instance.get_runs()]
    assert message["title"] == f"[high] Chicago Crashes: run failed: crashes, {BOTH}"
    assert "status 400" in message["message"]
    assert f"http://ui.example/runs/{run_ids[-1]}" in message["message"]
    assert running.query("select times, run_id from ops.incidents") == [(2, run_ids[0])]

    running.portal.faults.clear()
    assert running.load(FIRST, LAST, [PEOPLE]).succeeded
    cursor = tick(running, cursor=cursor)
    assert len(receiver.messages) == 1
    assert running.load(FIRST, LAST).succeeded
    cursor = tick(running, cursor=cursor)
    assert receiver.titles[1:] == [f"[resolved] Chicago Crashes: run failed: crashes, {BOTH}"]

    running.portal.faults.append(Fault(times=None, dataset_id=CRASHES.dataset_id, status=400))
    running.load(FIRST, LAST, [CRASHES])
    tick(running, cursor=cursor)
    assert receiver.titles[2:] == [f"[high] Chicago Crashes: run failed: crashes, {BOTH}"]


def test_the_nightly_check_finds_that_a_lost_column_is_back(running: Platform) -> None:
    is_open = "select key from ops.incidents where resolved_at is null"
    amend(running.portal.store, CRASHES, {}, {"idot_control_no": "IDOT 1"})
    assert running.load(FIRST, LAST, [CRASHES]).succeeded
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        record_lost_columns(connection, CRASHES, "The portal no longer publishes idot_control_no of crashes.")

    rename_column(running.portal.store, CRASHES, "idot_control_no", "idot_no")
    check_everything(running)
    assert running.query(is_open) == [("schema_drift/crashes/missing columns",)]
    rename_column(running.portal.store, CRASHES, "idot_no", "idot_control_no")
    check_everything(running)
    assert running.query(is_open) == []


def check_everything(running: Platform) -> None:
    job = build_defs(settings()).resolve_job_def("check_everything")
    assert job.execute_in_process(instance=running.instance).success


def test_only_the_failed_days_are_named(running: Platform, receiver: Receiver) -> None:
    old = running.portal.store.copy()
    delete_rows(old, CRASHES, [1])
    (first_row,) = content(running.portal.store, CRASHES).head(1).iter_rows(named=True)
    running.portal.faults.append(Fault(times=None, query_has="$order", dataset_id=CRASHES.dataset_id, replica=old))
    assert not running.load(FIRST, LAST, [CRASHES]).succeeded
    tick(running)
    assert receiver.titles == [f"[warning] Chicago Crashes: run failed: crashes, {first_row['crash_date'][:10]}"]


def test_a_failed_blocking_check_is_critical_and_told_once(running: Platform, receiver: Receiver) -> None:
    assert running.load(FIRST, LAST).succeeded
    running.query_and_commit(f"update ops.signatures set source_rows = 99 where feed = 'crashes' and day = '{LAST}'")  # noqa: S608
    check = dg.AssetSelection.checks_for_assets(dg.AssetKey(["postgis", "crashes"]))
    defs = build_defs(settings())
    checks_only = dg.Definitions(
        assets=defs.assets,
        asset_checks=defs.asset_checks,
        resources=defs.resources,
        jobs=[dg.define_asset_job("checks_only", check)],
    ).resolve_job_def("checks_only")
    days = {"dagster/asset_partition_range_start": str(FIRST), "dagster/asset_partition_range_end": str(LAST)}
    cursor = None
    for _ in range(2):
        result = checks_only.execute_in_process(instance=running.instance, tags=days, raise_on_error=False)
        assert not result.success
        cursor = tick(running, cursor=cursor)
    (message,) = receiver.messages
    assert message["title"] == f"[critical] Chicago Crashes: blocking check failed: crashes, {LAST}"
    assert "The check complete failed" in message["message"]
    assert f"{LAST}: " in message["message"]
    assert "source_rows 99" in message["message"]


def test_the_shrink_guard_is_told_once_and_until_it_is_mended(running: Platform, receiver: Receiver) -> None:
    assert running.load(FIRST, LAST).succeeded
    whole = running.portal.store
    running.portal.store = whole.copy()
    delete_rows(running.portal.store, CRASHES, range(1, 60))
    cursor = None
    for _ in range(2):
        assert not running.load(FIRST, LAST, [CRASHES]).succeeded
        cursor = tick(running, cursor=cursor)
    assert receiver.titles == [
        f"[high] Chicago Crashes: the shrink guard held days back: crashes, {FIRST} to 2024-03-02"
    ]
    assert "accept-shrink crashes" in receiver.messages[0]["message"]
    running.portal.store = whole
    assert running.load(FIRST, LAST, [CRASHES]).succeeded
    tick(running, cursor=cursor)
    assert receiver.titles[1].startswith("[resolved] Chicago Crashes: the shrink guard held days back")


def test_days_beside_those_that_are_held_back_are_loaded(running: Platform, receiver: Receiver) -> None:
    assert running.load(FIRST, LAST).succeeded
    running.portal.store = running.portal.store.copy()
    store = running.portal.store
    late = content(store, CRASHES).filter(pl.col("crash_date").str.starts_with(str(LAST))).head(1)
    of_first = content(store, CRASHES)["crash_date"].str.starts_with(str(FIRST))
    delete_rows(store, CRASHES, of_first.arg_true().to_list())
    publish_more(store, CRASHES, late.with_columns(crash_record_id=pl.lit("f" * 128)).drop(":id", ":version"))
    outcome = running.load(FIRST, LAST, [CRASHES])
    assert not outcome.succeeded
    assert running.query("select count(*) from crashes where crash_record_id = %s", "f" * 128) == [(1,)]
    cursor = tick(running)
    assert receiver.titles == [f"[high] Chicago Crashes: the shrink guard held days back: crashes, {FIRST}"]
    cursor = tick(running, cursor=cursor)
    assert len(receiver.messages) == 1


def test_a_key_that_is_gone_everywhere_is_told(running: Platform, receiver: Receiver) -> None:
    assert running.load(FIRST, LAST).succeeded
    whole = running.portal.store
    running.portal.store = whole.copy()
    for row_id in content(running.portal.store, VEHICLES)[":id"]:
        amend(running.portal.store, VEHICLES, {":id": row_id}, {"crash_unit_id": None})
    held = running.query("select count(*) from crash_vehicles")
    assert not running.load(FIRST, LAST, [VEHICLES]).succeeded
    assert running.query("select count(*) from crash_vehicles") == held
    cursor = tick(running)
    assert receiver.titles == [f"[high] Chicago Crashes: the shrink guard held days back: vehicles, {BOTH}"]
    assert "no readable crash_unit_id" in receiver.messages[0]["message"]
    running.portal.store = whole
    with open_portal(running.database_url) as portal, psycopg.connect(running.database_url) as connection:
        find_changes(portal, connection, Lake(settings().raw_url), VEHICLES, FIRST, LAST)
    tick(running, cursor=cursor)
    assert receiver.titles[1].startswith("[resolved] Chicago Crashes: the shrink guard held days back")


def test_a_day_that_cannot_be_loaded_at_all_is_told_until_it_can(running: Platform, receiver: Receiver) -> None:
    whole = running.portal.store
    running.portal.store = whole.copy()
    for row_id in content(running.portal.store, VEHICLES)[":id"]:
        amend(running.portal.store, VEHICLES, {":id": row_id}, {"crash_unit_id": None})
    assert running.load(FIRST, LAST, [VEHICLES]).succeeded
    cursor = tick(running)
    assert receiver.titles == [f"[high] Chicago Crashes: rows cannot be loaded: vehicles, {BOTH}"]
    assert "published rows cannot be loaded" in receiver.messages[0]["message"]
    running.portal.store = whole
    assert running.load(FIRST, LAST, [VEHICLES]).succeeded
    tick(running, cursor=cursor)
    assert receiver.titles[1].startswith("[resolved] Chicago Crashes: rows cannot be loaded")


def test_columns_that_come_and_columns_that_go_are_drift(running: Platform, receiver: Receiver) -> None:
    rows = content(running.portal.store, CRASHES).head(1).with_columns(pl.lit("yes").alias("is_new"))
    another = rows.with_columns(pl.lit("f" * 128).alias("crash_record_id")).drop(":id", ":version")
    publish_more(running.portal.store, CRASHES, another)
    assert running.load(FIRST, LAST, [CRASHES]).succeeded
    cursor = tick(running)
    assert receiver.titles == ["[warning] Chicago Crashes: published columns changed: crashes"]
    assert "is_new" in receiver.messages[0]["message"]
    running.load(FIRST, LAST, [CRASHES])
    cursor = tick(running, cursor=cursor)
    assert len(receiver.messages) == 1

    running.portal.store = PortalStore()
    for batch in generate(FIRST, LAST, rows_per_day=30, dirt=None):
        running.portal.store.publish(CRASHES.dataset_id, batch.frames["crashes"].drop("weather_condition"))
    for _ in range(2):
        assert not running.load(FIRST, LAST, [CRASHES]).succeeded
        cursor = tick(running, cursor=cursor)
    assert receiver.titles[1:] == [f"[high] Chicago Crashes: published columns changed: crashes, {BOTH}"]
    assert "weather_condition" in receiver.messages[1]["message"]


def test_a_killed_run_is_told_with_its_feeds(running: Platform, receiver: Receiver) -> None:
    job = build_defs(settings()).resolve_job_def("load_crash_days")
    run = running.instance.create_run_for_job(
        job,
        tags={"dagster/partition": str(FIRST)},
        status=dg.DagsterRunStatus.STARTED,
        asset_selection=frozenset({dg.AssetKey(["raw", "crashes"]), dg.AssetKey(["postgis", "crashes"])}),
    )
    running.instance.report_run_failed(run, "The command that ran this was killed.")
    cursor = tick(running)
    assert receiver.titles == [f"[warning] Chicago Crashes: run failed: crashes, {FIRST}"]
    assert "was killed" in receiver.messages[0]["message"]
    running.launch([DayRange(FIRST, LAST, (CRASHES,))])
    tick(running, cursor=cursor)
    assert receiver.titles[1].startswith("[resolved]")


def test_a_run_that_dagster_will_start_again_is_not_told(running: Platform, receiver: Receiver) -> None:
    job = build_defs(settings()).resolve_job_def("load_crash_days")
    run = running.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    running.instance.report_run_failed(run, "The process died.")
    running.instance.add_run_tags(run.run_id, {"dagster/will_retry": "true"})
    tick(running)
    assert receiver.messages == []


def test_a_refused_token_is_told_once_until_another_is_accepted(
    running: Platform, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Fault(
        times=None, status=403, body=b'{"code": "permission_denied", "message": "Invalid app_token specified"}'
    )
    use_token(monkeypatch, "a-refused-token")
    running.portal.faults.append(replace(refused, times=1))
    assert running.load(FIRST, LAST, [CRASHES]).succeeded
    cursor = tick(running)
    assert receiver.titles == ["[warning] Chicago Crashes: app token refused"]
    assert "a-refused-token" not in receiver.messages[0]["message"]
    assert running.load(FIRST, LAST, [CRASHES]).succeeded
    tick(running, cursor=cursor)
    assert receiver.titles[1:] == ["[resolved] Chicago Crashes: app token refused"]


def test_a_token_that_was_taken_away_is_refused_no_more(running: Platform, receiver: Receiver) -> None:
    running.query_and_commit(
        "insert into ops.incidents (key, kind, severity, cause, remedy, told_at)"
        " values ('invalid_token//', 'invalid_token', 'warning', 'refused', 'renew it', now())"
    )
    tick(running)
    assert receiver.titles == ["[resolved] Chicago Crashes: app token refused"]


def test_stale_data_is_told_once(running: Platform, receiver: Receiver) -> None:
    assert running.load(FIRST, LAST).succeeded
    long_ago = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    for _ in range(2):
        assert tick(running, "staleness", long_ago) == long_ago
        tick(running)
    assert sorted(receiver.titles) == [
        f"[high] Chicago Crashes: data is stale: {name}" for name in ("crashes", "people", "vehicles")
    ]


def test_a_portal_that_never_answered_is_stale_after_four_days(running: Platform, receiver: Receiver) -> None:
    first_look = tick(running, "staleness")
    assert first_look is not None
    tick(running)
    assert receiver.messages == []
    tick(running, "staleness", (datetime.now(UTC) - timedelta(days=5)).isoformat())
    tick(running)
    assert receiver.titles == ["[high] Chicago Crashes: data is stale"]


def test_runs_that_ended_long_before_the_first_look_are_not_told(
    running: Platform, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.portal.faults.append(Fault(times=None, dataset_id=CRASHES.dataset_id, status=400))
    running.load(FIRST, LAST, [CRASHES])
    monkeypatch.setattr(alerts, "LOOKS_BACK", timedelta(0))
    tick(running)
    assert receiver.messages == []


def test_a_receiver_that_is_down_fails_no_tick_and_gets_it_later(
    running: Platform, receiver: Receiver, capfd: pytest.CaptureFixture[str]
) -> None:
    running.portal.faults.append(Fault(times=None, dataset_id=CRASHES.dataset_id, status=400))
    running.load(FIRST, LAST, [CRASHES])
    receiver.status = 503
    cursor = tick(running)
    said = "".join(capfd.readouterr())
    assert "did not reach" in said
    assert not any(secret in said for secret in SECRETS)
    receiver.status = 200
    tick(running, cursor=cursor)
    assert len(receiver.messages) == 1


@pytest.mark.parametrize("is_on", [True, False])
def test_the_sensors_are_on_where_the_schedules_are(is_on: bool) -> None:
    running = dg.DefaultSensorStatus.RUNNING if is_on else dg.DefaultSensorStatus.STOPPED
    assert {sensor.default_status for sensor in alert_sensors(Settings(_env_file=None, schedules_on=is_on))} == {
        running
    }


def use_token(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("CRASHES_APP_TOKEN", token)
    settings.cache_clear()
