"""The doctor: each thing that can be broken is found, said with its remedy, and hides nothing else."""

import json
import socket
import time
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import psycopg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, TickData, TickStatus
from dagster._daemon.types import DaemonHeartbeat
from dagster_shared.error import SerializableErrorInfo

from chicago_crashes.answers.defs.runs import REFRESH, STATE_TAG
from chicago_crashes.answers.outdated import outdated
from chicago_crashes.definitions import build_defs
from chicago_crashes.feeds.catalogue import FEEDS, feed_named
from chicago_crashes.feeds.defs.sensors import TRIES
from chicago_crashes.operations.doctor import (
    check_answers,
    check_dagster,
    check_database,
    check_lake,
    check_portal,
    examination,
)
from chicago_crashes.operations.doctor.condition import Condition, State, examined, problem
from chicago_crashes.operations.doctor.examination import examine
from chicago_crashes.operations.workplace import dagster_instance
from chicago_crashes.settings import Settings, settings
from chicago_crashes.stand_in.faults import Fault
from chicago_crashes.stand_in.serve import RunningPortal, serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.storage.private_cluster import cluster
from chicago_crashes_tests.cli.running import load_here, publish, run, settings_for, synthetic_frames

FIRST, LAST = date(2024, 3, 4), date(2024, 3, 5)
TOKEN = "a-token-nobody-may-see"
PASSWORD = "hunter2-is-secret"
Conditions = Mapping[str, Condition]


@pytest.fixture(scope="module")
def portal() -> Iterator[RunningPortal]:
    with serving(PortalStore(), invalid_tokens={TOKEN}) as running:
        publish(running.store, synthetic_frames(FIRST, LAST, rows_per_day=5))
        yield running


@pytest.fixture(scope="module")
def loaded(module_database_url: str, portal: RunningPortal, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a platform that has loaded everything."""
    lake = tmp_path_factory.mktemp("lake")
    environment = settings_for(module_database_url, portal.url, lake, FIRST)
    assert load_here(environment, FIRST, LAST).succeeded
    return environment


@pytest.fixture
def environment(loaded: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The loaded platform as this process's own; a test may change its settings."""
    for name, value in loaded.items():
        monkeypatch.setenv(name, value)
    yield monkeypatch
    settings.cache_clear()


def conditions() -> Conditions:
    settings.cache_clear()
    return {condition.name: condition for condition in examine(settings())}


def problems(found: Conditions) -> set[str]:
    return {name for name, condition in found.items() if condition.state is State.PROBLEM}


# --- everything at once ----------------------------------------------------------------------------------------------


def test_a_sound_platform_has_no_problem(loaded: dict[str, str]) -> None:
    outcome = run(loaded, "doctor", "--json")
    assert (outcome.status, outcome.errors) == (0, "")
    found = {condition["name"]: condition for condition in json.loads(outcome.output)}
    not_ok = {name for name, condition in found.items() if condition["state"] != "ok"}
    assert not_ok == {"automation", "answers"}
    assert "2 days" in found["answers"]["says"]
    assert "Nothing keeps the copy current" in found["automation"]["says"]
    assert found["days crashes"]["says"] == "2 loaded, none stale."
    assert all(condition["remedy"] for condition in found.values() if condition["state"] != "ok")


def test_a_problem_ends_in_a_bad_status_and_a_line_for_each_thing(
    loaded: dict[str, str], portal: RunningPortal
) -> None:
    outcome = run({**loaded, "CRASHES_APP_TOKEN": TOKEN}, "doctor")
    assert outcome.status == 1
    lines = outcome.output.splitlines()
    assert [line for line in lines if line.startswith("problem")] == [
        line for line in lines if "Renew CRASHES_APP_TOKEN, or remove it." in line
    ]
    assert sum(line.startswith(("ok ", "warning ", "problem ")) for line in lines) == len(lines)
    assert TOKEN not in outcome.output + outcome.errors
    assert all("X-App-Token" not in line for line in lines)
    assert portal.requests


def test_without_a_database_the_rest_is_examined(environment: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        environment.setenv(
            "CRASHES_DATABASE_URL", f"postgresql://me:{PASSWORD}@127.0.0.1:{taken.getsockname()[1]}/crashes"
        )
        found = conditions()
    assert problems(found) == {"database"}
    assert "CRASHES_DATABASE_URL" in found["database"].remedy
    assert found["feed crashes"].state is State.OK
    assert found["lake"].state is State.OK
    assert found["schema"].says == "Not examined, because the database does not answer."
    assert PASSWORD not in str(found)


def test_what_is_no_url_and_no_database_yet(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("CRASHES_DATABASE_URL", f"nonsense {PASSWORD}")
    found = conditions()
    assert "is not a database URL" in found["database"].says
    assert PASSWORD not in str(found)
    environment.delenv("CRASHES_DATABASE_URL")
    environment.setattr(cluster, "HOME", tmp_path)
    environment.setitem(Settings.model_config, "env_file", None)
    found = conditions()
    assert "There is no database yet" in found["database"].says
    assert "chicago-crashes db start" in found["database"].remedy


def test_an_older_schema(environment: pytest.MonkeyPatch, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("update ops.alembic_version set version_num = '0001'")
    environment.setenv("CRASHES_DATABASE_URL", database_url)
    found = conditions()
    assert problems(found) == {"schema"}
    assert found["schema"].remedy == "Run `chicago-crashes db upgrade`."
    assert found["days crashes"].state is State.WARNING
    assert "nothing has ever run" in found["Dagster's storage"].says


def test_a_portal_that_is_not_there(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CRASHES_PORTAL_URL", "http://127.0.0.1:1")
    found = conditions()
    assert problems(found) == {name for feed in FEEDS for name in (f"feed {feed.name}", f"days {feed.name}")}
    assert "CRASHES_PORTAL_URL" in found["feed crashes"].remedy
    assert found["token"].says == "Not examined, because the portal does not answer."
    assert found["Dagster's storage"].state is State.OK
    environment.setenv("CRASHES_PORTAL_URL", "data.cityofchicago.org")
    assert "must look like https://" in conditions()["portal"].says


def test_a_portal_without_the_datasets_or_columns(environment: pytest.MonkeyPatch) -> None:
    frames = synthetic_frames(FIRST, FIRST, rows_per_day=3)
    frames["crashes"] = frames["crashes"].drop("weather_condition")
    frames["people"] = frames["people"].with_columns(pl.lit("x").alias("shoe_size"))
    vehicles = Fault(times=None, dataset_id=feed_named("vehicles").dataset_id, status=404)
    with serving(PortalStore(), faults=[vehicles]) as other:
        publish(other.store, frames)
        environment.setenv("CRASHES_PORTAL_URL", other.url)
        found = conditions()
    assert found["feed crashes"].state is State.PROBLEM
    assert "weather_condition" in found["feed crashes"].says
    assert found["feed people"].state is State.WARNING
    assert "shoe_size" in found["feed people"].says
    assert found["feed vehicles"].state is State.PROBLEM
    assert "no dataset" in found["feed vehicles"].says
    assert found["feed fatalities"].state is State.OK
    assert found["days crashes"].state is State.WARNING
    assert "chicago-crashes refresh --feed crashes" in found["days crashes"].remedy


def test_a_used_up_ceiling_is_told_and_not_waited_for(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CRASHES_REQUESTS_PER_HOUR", "5")
    started = time.monotonic()
    found = conditions()
    assert time.monotonic() - started < 60
    assert found["requests"].state is State.WARNING
    assert found["feed crashes"].says.startswith("Not examined")
    assert not problems(found)


def test_a_lake_that_cannot_be_written(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    environment.setenv("CRASHES_RAW_URL", str(tmp_path / "file" / "raw"))
    found = conditions()
    assert problems(found) == {"lake"}
    assert "CRASHES_RAW_URL" in found["lake"].remedy
    environment.setenv("CRASHES_RAW_URL", "nowhere://bucket")
    assert problems(conditions()) == {"lake"}


# --- one thing at a time ---------------------------------------------------------------------------------------------


def only(found: Iterator[Condition]) -> Condition:
    (condition,) = found
    return condition


def test_a_database_without_postgis(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert only(check_database.extension(connection)).state is State.OK
        connection.execute("drop extension postgis cascade")
        missing = only(check_database.extension(connection))
    assert missing.state is State.PROBLEM
    assert "create extension postgis" in missing.remedy


def test_an_invalid_index(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert only(check_database.indexes(connection)).state is State.OK
        connection.execute(
            "update pg_index set indisvalid = false where indexrelid = 'public.crashes_geometry_idx'::regclass"
        )
        broken = only(check_database.indexes(connection))
        assert broken.state is State.PROBLEM
        connection.execute(broken.remedy.partition(": ")[2].encode())
        assert only(check_database.indexes(connection)).state is State.OK


def test_a_full_disk(tmp_path: Path) -> None:
    states = [
        {condition.name: condition.state for condition in check_lake.lake(str(tmp_path), comfort=comfort, need=need)}[
            "room"
        ]
        for comfort, need in ((1, 1), (10**18, 1), (10**18, 10**18))
    ]
    assert states == [State.OK, State.WARNING, State.PROBLEM]
    assert list(tmp_path.iterdir()) == []


def test_a_look_that_fails_is_a_problem_and_shows_no_secret() -> None:
    def look() -> Iterator[Condition]:
        yield problem("first", "is kept out: a look is whole or failed", "")
        raise RuntimeError(f"lost postgresql://me:{PASSWORD}@host/db")

    found = only(examined("it", look))
    assert found.state is State.PROBLEM
    assert found.says == "It could not be examined: RuntimeError: lost postgresql://me:***@host/db"
    assert found.remedy


def declared(*, switched_on: bool) -> list[dg.ScheduleDefinition | dg.SensorDefinition]:
    defs = build_defs(Settings(_env_file=None, schedules_on=switched_on))
    found = (*(defs.schedules or []), *(defs.sensors or []))
    return [each for each in found if isinstance(each, dg.ScheduleDefinition | dg.SensorDefinition)]


def beat(instance: dg.DagsterInstance, moment: float, *errors: str) -> None:
    for kind in instance.get_required_daemon_types():
        told = [SerializableErrorInfo(error, [], None) for error in errors]
        instance.add_daemon_heartbeat(DaemonHeartbeat(moment, kind, "it", told))


def test_a_silent_daemon_is_a_problem_only_where_it_is_needed(
    loaded: dict[str, str], environment: pytest.MonkeyPatch
) -> None:
    settings.cache_clear()
    environment.setenv("CRASHES_DATABASE_URL", loaded["CRASHES_DATABASE_URL"])
    with dagster_instance(loaded["CRASHES_DATABASE_URL"]) as instance:
        off, on = declared(switched_on=False), declared(switched_on=True)
        assert only(check_dagster.daemon(instance, off, switched_on=False)).state is State.OK
        silent = only(check_dagster.daemon(instance, on, switched_on=True))
        assert silent.state is State.PROBLEM
        assert "Never seen" in silent.says
        assert "make up" in silent.remedy
        now = time.time()
        beat(instance, now)
        assert only(check_dagster.daemon(instance, on, switched_on=True)).state is State.OK
        gone = only(check_dagster.daemon(instance, on, switched_on=True, now=now + 600))
        assert gone.state is State.PROBLEM
        assert "It was last seen 20" in gone.says
        job = build_defs(settings()).resolve_job_def("load_days")
        waiting = instance.create_run_for_job(job)
        with psycopg.connect(loaded["CRASHES_DATABASE_URL"]) as connection:
            connection.execute("update dagster.runs set status = 'QUEUED' where run_id = %s", [waiting.run_id])
        waits = only(check_dagster.daemon(instance, off, switched_on=False, now=now + 600))
        assert "1 runs wait for it" in waits.says
        instance.delete_run(waiting.run_id)


def test_schedules_that_somebody_stopped(environment: pytest.MonkeyPatch, database_url: str) -> None:
    environment.setenv("CRASHES_DATABASE_URL", database_url)
    settings.cache_clear()
    with dagster_instance(database_url) as instance:
        on = declared(switched_on=True)
        well = only(check_dagster.automation(instance, on, switched_on=True))
        assert well.state is State.OK
        assert "portal_changes" in well.says.partition("Off:")[0]
        assert "full_refresh" in well.says.partition("Off:")[2]
        state = instigator(instance, "portal_changes", dg_status="STOPPED")
        stopped = only(check_dagster.automation(instance, on, switched_on=True))
        assert stopped.state is State.WARNING
        assert "Somebody has stopped portal_changes" in stopped.says
        instance.update_instigator_state(state.with_status(InstigatorStatus.RUNNING))
        tick = instance.create_tick(
            TickData(
                instigator_origin_id=state.instigator_origin_id,
                instigator_name=state.instigator_name,
                instigator_type=InstigatorType.SENSOR,
                status=TickStatus.STARTED,
                timestamp=time.time(),
                selector_id=state.selector_id,
            )
        )
        instance.update_tick(
            tick.with_status(TickStatus.FAILURE, error=SerializableErrorInfo("the portal is gone", [], None))
        )
        found = list(check_dagster.automation(instance, on, switched_on=True))
        assert [condition.state for condition in found] == [State.OK, State.PROBLEM]
        assert "the portal is gone" in found[1].says


def instigator(instance: dg.DagsterInstance, name: str, *, dg_status: str) -> InstigatorState:
    """A sensor as the UI would have stored it."""
    from dagster._core.remote_origin import (
        ManagedGrpcPythonEnvCodeLocationOrigin,
        RemoteInstigatorOrigin,
        RemoteRepositoryOrigin,
    )
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

    location = ManagedGrpcPythonEnvCodeLocationOrigin(
        LoadableTargetOrigin(module_name="chicago_crashes.definitions"), "chicago_crashes"
    )
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), name)
    return instance.add_instigator_state(InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus[dg_status]))


@pytest.mark.usefixtures("environment")
def test_answers_that_nobody_will_refresh_by_itself(loaded: dict[str, str]) -> None:
    url = loaded["CRASHES_DATABASE_URL"]
    settings.cache_clear()
    job = build_defs(settings()).resolve_job_def(REFRESH)
    with dagster_instance(url) as instance, psycopg.connect(url, autocommit=True) as connection:
        waits = only(check_answers.answers(connection, instance))
        assert waits.state is State.WARNING
        assert "2 days, 0 layers and 0 marts wait" in waits.says
        state = {STATE_TAG: outdated(connection).state}
        runs = [instance.create_run_for_job(job, tags=state) for _ in range(TRIES)]
        given_up = only(check_answers.answers(connection, instance))
        assert given_up.state is State.PROBLEM
        assert "3 refreshes of what is loaded now did not" in given_up.says
        assert "chicago-crashes answers" in given_up.remedy
        for refresh in runs:
            instance.delete_run(refresh.run_id)


def test_answers_that_stand_for_what_is_loaded(database_url: str) -> None:
    with dagster_instance(database_url) as instance, psycopg.connect(database_url) as connection:
        assert only(check_answers.answers(connection, instance)).state is State.OK


def test_an_event_log_that_has_grown(loaded: dict[str, str]) -> None:
    with psycopg.connect(loaded["CRASHES_DATABASE_URL"]) as connection:
        assert only(check_dagster.event_log(connection)).state is State.OK
        large = only(check_dagster.event_log(connection, large=1))
    assert large.state is State.WARNING
    assert "prune_run_logs" in large.remedy


def test_storage_of_another_version(database_url: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CRASHES_DATABASE_URL", database_url)
    settings.cache_clear()
    with dagster_instance(database_url) as instance, psycopg.connect(database_url, autocommit=True) as connection:
        assert only(check_dagster.storage(instance)).state is State.OK
        connection.execute("update dagster.alembic_version set version_num = '284a732df317'")
        behind = only(check_dagster.storage(instance))
    assert behind.state is State.PROBLEM
    assert "dagster instance migrate" in behind.remedy


def test_the_token_is_well_where_none_is_refused() -> None:
    assert only(check_portal.token(True, [])).state is State.OK
    assert only(check_portal.token(False, [])).state is State.OK
    assert only(check_portal.token(True, ["refused"])).state is State.PROBLEM
    assert tuple(f"days {feed.name}" for feed in FEEDS) == examination.OF_DAYS
