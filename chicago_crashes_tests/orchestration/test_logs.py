"""Log lines: JSON that programs can read, with the facts of a record and of its run, and never a secret."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance

from chicago_crashes.orchestration import dagster_home, logs
from chicago_crashes.secrets import without_secrets
from chicago_crashes.settings import Settings, settings
from chicago_crashes.stand_in.faults import ROWS, Fault
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.cli.running import publish, run_apart, settings_for, synthetic_frames

TOKEN = "a-token-nobody-may-see"
PASSWORD = "pass-word-of-the-base"
DAY = date(2024, 3, 4)


@pytest.fixture
def with_secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CRASHES_APP_TOKEN", TOKEN)
    monkeypatch.setenv("CRASHES_DATABASE_URL", f"postgresql://me:{PASSWORD}@nowhere/base")
    monkeypatch.setenv("CRASHES_ALERT_URLS", "mailto://alice:letmein-please@example.org, slack://aaa/bbb/ccc")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged as JSON at level info; how the test session itself logs comes back afterwards."""
    root, ours = logging.getLogger(), logging.getLogger(logs.OURS)
    handlers, levels = list(root.handlers), (root.level, ours.level)
    stream = io.StringIO()
    logs.configure(Settings(_env_file=None, log_format="json", log_level="info"), stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_record_is_one_line_of_json_with_its_facts(written: io.StringIO) -> None:
    logging.getLogger("chicago_crashes.here").warning(
        "%d rows\nof two lines", 3, extra={"feed": "crashes", "day": DAY, "rows": 3}
    )
    (line,) = lines(written.getvalue())
    assert list(line)[:4] == ["time", "level", "logger", "message"]
    assert line["time"].endswith("Z")
    assert line | {"time": ""} == {
        "time": "",
        "level": "warning",
        "logger": "chicago_crashes.here",
        "message": "3 rows\nof two lines",
        "feed": "crashes",
        "day": "2024-03-04",
        "rows": 3,
    }


def test_the_level_holds_for_us_and_libraries_only_warn(written: io.StringIO) -> None:
    logging.getLogger("chicago_crashes.here").debug("not asked for")
    logging.getLogger("chicago_crashes.here").info("asked for")
    logging.getLogger("httpx").info("a detail of a library")
    logging.getLogger("httpx").warning("a warning of a library")
    assert [line["message"] for line in lines(written.getvalue())] == ["asked for", "a warning of a library"]


@pytest.mark.usefixtures("with_secrets")
def test_no_line_shows_a_secret(written: io.StringIO) -> None:
    try:
        int(f"postgresql://me:{PASSWORD}@nowhere/base")
    except ValueError:
        logging.getLogger("chicago_crashes.here").exception(
            "sent %s", TOKEN, extra={"headers": {"X-App-Token": TOKEN}, "urls": ["slack://aaa/bbb/ccc"]}
        )
    (line,) = lines(written.getvalue())
    assert line["message"] == "sent ***"
    assert line["headers"] == {"X-App-Token": "***"}
    assert "ValueError" in line["exception"]
    assert all(secret not in written.getvalue() for secret in (TOKEN, PASSWORD, "slack://aaa"))


@pytest.mark.usefixtures("with_secrets")
def test_text_shows_no_secret_either() -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 0, "token %s", (TOKEN,), None)
    assert logs.formatter("text").format(record) == "token ***"
    assert without_secrets("postgresql://u:other@host/db") == "postgresql://u:***@host/db"


@pytest.mark.parametrize("longer", [f"{TOKEN}-and-more", f"more-and-{TOKEN}"])
def test_a_secret_that_holds_another_is_hidden_whole(monkeypatch: pytest.MonkeyPatch, longer: str) -> None:
    monkeypatch.setenv("CRASHES_APP_TOKEN", TOKEN)
    monkeypatch.setenv("CRASHES_DATABASE_URL", f"postgresql://me:{longer}@nowhere/base")
    assert without_secrets(f"{longer} {TOKEN}") == "*** ***"


def test_a_login_that_is_no_secret_takes_no_words_out_of_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRASHES_DATABASE_URL", "postgresql://crashes:crashes@nowhere/crashes")
    settings.cache_clear()
    assert without_secrets("crashes 2024-03-04") == "crashes 2024-03-04"
    settings.cache_clear()


def test_a_run_tells_its_id_step_feed_and_days(written: io.StringIO) -> None:
    run_facts = {
        "run_id": "abc",
        "job_name": "load_days",
        "step_key": "postgis__crash_people",
        "job_tags": {logs.FIRST_DAY: "2024-03-01", logs.LAST_DAY: "2024-03-31"},
        "orig_message": "as it was said",
    }
    logging.getLogger("dagster").warning("load_days - abc - as it was said", extra={"dagster_meta": run_facts})
    (line,) = lines(written.getvalue())
    assert line["message"] == "as it was said"
    assert (line["run_id"], line["job"], line["step"], line["feed"]) == (
        "abc",
        "load_days",
        "postgis__crash_people",
        "people",
    )
    assert (line["first_day"], line["last_day"]) == ("2024-03-01", "2024-03-31")


def test_a_command_logs_its_requests_and_its_end_as_json(database_url: str, tmp_path: Path) -> None:
    with serving(PortalStore()) as portal:
        publish(portal.store, synthetic_frames(DAY, DAY, rows_per_day=5))
        environment = settings_for(database_url, portal.url, tmp_path / "raw", DAY) | {
            "CRASHES_LOG_FORMAT": "json",
            "CRASHES_LOG_LEVEL": "info",
            "CRASHES_APP_TOKEN": TOKEN,
        }
        loaded = run_apart(environment, "load", str(DAY), str(DAY), "--feed", "crashes")
        portal.faults.append(Fault(times=None, query_has=ROWS, status=400))
        failed = run_apart(environment, "load", str(DAY), str(DAY), "--feed", "nonsense")
    assert loaded.status == 0, loaded
    requests = [line for line in lines(loaded.errors) if line["logger"] == "chicago_crashes.soda.client"]
    assert {line["feed"] for line in requests} == {"crashes"}
    assert any(line["purpose"].startswith("rows") and line["rows"] for line in requests)
    assert TOKEN not in loaded.errors
    assert failed.status == 1
    (told,) = lines(failed.errors)
    assert told["level"] == "error"
    assert "nonsense" in told["message"]


RUN_IN_DAGSTER = """
import dagster as dg
from chicago_crashes import definitions
from chicago_crashes.feeds.defs.jobs import LOAD_ALL, asset_keys, load_config
from chicago_crashes.orchestration.partitions import range_tags
from chicago_crashes.feeds.catalogue import feed_named
from datetime import date
feeds = [feed_named("crashes")]
with dg.DagsterInstance.get() as instance:
    definitions.defs.resolve_job_def(LOAD_ALL).execute_in_process(
        instance=instance, asset_selection=asset_keys(feeds), run_config=load_config(feeds, refetch=False),
        tags=range_tags(date(2024, 3, 4), date(2024, 3, 4)), raise_on_error=False)
"""


def test_a_process_of_dagster_logs_json_with_the_run_and_keeps_our_warnings(database_url: str, tmp_path: Path) -> None:
    with serving(PortalStore()) as portal:
        publish(portal.store, synthetic_frames(DAY, DAY, rows_per_day=5))
        portal.faults.append(Fault(times=1, query_has=ROWS, status=503))
        home = dagster_home.prepare(database_url, tmp_path / "dagster")
        ran = subprocess.run(
            [sys.executable, "-c", RUN_IN_DAGSTER],
            env=os.environ
            | home
            | settings_for(database_url, portal.url, tmp_path / "raw", DAY)
            | {"CRASHES_LOG_FORMAT": "json", "PYTHONWARNINGS": "ignore"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    told = lines(ran.stderr)
    warned = [line for line in told if line["level"] == "warning" and "Asking again" in line["message"]]
    assert [(line["feed"], line["day"], line["step"]) for line in warned] == [("crashes", "2024-03-04", "raw__crashes")]
    (run_id,) = {line["run_id"] for line in told if "run_id" in line}
    environment = pytest.MonkeyPatch()
    for name, value in home.items() | {("CRASHES_DATABASE_URL", database_url)}:
        environment.setenv(name, value)
    settings.cache_clear()
    try:
        with DagsterInstance.get() as instance:
            logged = instance.all_logs(run_id)
    finally:
        environment.undo()
        settings.cache_clear()
    assert any("Asking again" in entry.user_message for entry in logged if not entry.is_dagster_event)
