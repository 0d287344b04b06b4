"""Dagster's home: its schema, its environment, and the lines it writes into `.env`."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from chicago_crashes.errors import PermanentError, TransientError
from chicago_crashes.orchestration import dagster_home

OPEN_THE_INSTANCE = """
import json, dagster as dg
with dg.DagsterInstance.get() as instance:
    print(json.dumps({
        "storage": type(instance.event_log_storage).__name__,
        "runs": instance.get_runs_count(),
        "telemetry": instance.telemetry_enabled,
        "retries": instance.run_retries_enabled,
    }))
"""


def test_the_prepared_environment_opens_an_instance_in_its_own_schema(database_url: str, tmp_path: Path) -> None:
    environment = dagster_home.prepare(database_url, tmp_path / "dagster")
    opened = subprocess.run(
        [sys.executable, "-c", OPEN_THE_INSTANCE],
        env=os.environ | environment | {"CRASHES_DATABASE_URL": database_url},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert opened.returncode == 0, opened.stderr
    seen = json.loads(opened.stdout.splitlines()[-1])
    assert seen["storage"] == "PooledEventLogStorage"
    assert seen["runs"] == 0
    assert seen["telemetry"] is False
    assert seen["retries"] is True
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT schemaname FROM pg_tables WHERE tablename IN ('event_logs', 'runs', 'job_ticks', 'asset_keys')"
        ).fetchall()
    assert rows == [("dagster",)] * 4


def test_preparing_again_changes_nothing(database_url: str, tmp_path: Path) -> None:
    first = dagster_home.prepare(database_url, tmp_path / "dagster")
    assert dagster_home.prepare(database_url, tmp_path / "dagster") == first
    assert (tmp_path / "dagster" / "dagster.yaml").samefile(dagster_home.CONFIGURATION)


def test_no_environment_variable_carries_the_password(database_url: str, tmp_path: Path) -> None:
    password = database_url.partition("crashes:")[2].partition("@")[0]
    assert password
    assert not any(password in value for value in dagster_home.prepare(database_url, tmp_path / "dagster").values())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            "postgresql://u:p@h:1/d",
            "postgresql+psycopg2://u:p@h:1/d?options=-csearch_path%3Ddagster+-csynchronous_commit%3Doff",
        ),
        ("postgres://u@h/d", "postgresql+psycopg2://u@h/d?options=-csearch_path%3Ddagster+-csynchronous_commit%3Doff"),
        (
            "postgresql+psycopg://u:p%40@h/d?sslmode=require&options=-cwork_mem%3D9MB",
            "postgresql+psycopg2://u:p%40@h/d?options=-cwork_mem%3D9MB+-csearch_path%3Ddagster+-csynchronous_commit%3Doff&sslmode=require",
        ),
    ],
)
def test_dagster_gets_its_own_schema_and_driver(given: str, expected: str) -> None:
    assert dagster_home.storage_url(given) == expected


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(TransientError, match="does not answer") as failure:
        dagster_home.make_schema("postgresql://crashes:hidden-word@127.0.0.1:1/crashes")
    assert "hidden-word" not in str(failure.value)


def test_a_user_without_the_right_is_told_what_an_owner_has_to_do(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE ROLE visitor LOGIN PASSWORD 'visitor'")
    address = database_url.partition("@")[2]
    try:
        with pytest.raises(PermanentError, match="CREATE SCHEMA dagster AUTHORIZATION visitor"):
            dagster_home.make_schema(f"postgresql://visitor:visitor@{address}")
    finally:
        with psycopg.connect(database_url) as connection:
            connection.execute("DROP ROLE visitor")


def test_the_env_file_keeps_the_lines_of_the_user(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("CRASHES_APP_TOKEN=mine\n")
    dagster_home.write_env_file({"DAGSTER_HOME": "/old"}, path)
    with path.open("a") as file:
        file.write("CRASHES_ALERT_URLS=mine too\n")
    dagster_home.write_env_file({"DAGSTER_HOME": "/new"}, path)
    lines = path.read_text().splitlines()
    assert lines[:2] == ["CRASHES_APP_TOKEN=mine", "CRASHES_ALERT_URLS=mine too"]
    assert [line for line in lines if line.startswith("DAGSTER_HOME")] == ["DAGSTER_HOME=/new"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    dagster_home.forget(path)
    assert path.read_text() == "CRASHES_APP_TOKEN=mine\nCRASHES_ALERT_URLS=mine too\n"


def test_forgetting_deletes_an_env_file_that_is_only_ours(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    dagster_home.write_env_file({"DAGSTER_HOME": "/somewhere"}, path)
    dagster_home.forget(path)
    assert not path.exists()
    dagster_home.forget(path)
