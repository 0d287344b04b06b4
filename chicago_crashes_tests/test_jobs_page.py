"""The page that replaces a job table says of jobs, schedules, limits and tests what is so."""

import re

import dagster as dg
import pytest
import yaml

from chicago_crashes.definitions import build_defs
from chicago_crashes.feeds.defs.sensors import LONGEST_RUN
from chicago_crashes.settings import PROJECT_ROOT, Settings

PAGE = (PROJECT_ROOT / "docs/jobs.md").read_text()
TIMES = {
    "daily_refresh": ("30 6 * * *", "`daily_refresh` (06:30 in Chicago)"),
    "daily_pruning": ("30 4 * * *", "`daily_pruning` (04:30)"),
    "fatalities_refresh": ("0 7 * * 1", "`fatalities_refresh` (Mondays, 07:00)"),
    "full_refresh": ("0 1 1 * *", "`full_refresh` (the 1st, 01:00)"),
}


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return build_defs(Settings(_env_file=None, schedules_on=True))


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(chicago_crashes_tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 15
    missing = [f"{file}::{name}" for file, name in named if f"def {name}(" not in (PROJECT_ROOT / file).read_text()]
    assert missing == []


def test_every_job_schedule_and_sensor_that_is_named_exists(defs: dg.Definitions) -> None:
    known = {each.name for each in (*(defs.jobs or []), *(defs.schedules or []), *(defs.sensors or []))}
    pattern = r"(?:schedule|sensor|job|\*Jobs\*,|\*Automation\*,) `(\w+)`"
    named = set(re.findall(pattern, PAGE))
    assert {"full_refresh", "portal_changes", "load_crash_days", "prune_run_logs", "daily_pruning"} <= named <= known


def test_a_code_server_can_load_all_of_them(defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(defs)


@pytest.mark.parametrize("name", TIMES)
def test_the_times_on_the_page_are_those_of_the_schedules(defs: dg.Definitions, name: str) -> None:
    cron, said = TIMES[name]
    schedule = defs.resolve_schedule_def(name)
    assert schedule.cron_schedule == cron
    assert schedule.execution_timezone == "America/Chicago"
    assert said in PAGE
    running = schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert running is (name != "full_refresh")


def test_the_limits_on_the_page_are_dagsters_configuration() -> None:
    configured = yaml.safe_load((PROJECT_ROOT / "dagster.yaml").read_text())
    monitoring, runs = configured["run_monitoring"], configured["concurrency"]["runs"]
    assert (monitoring["max_runtime_seconds"], monitoring["start_timeout_seconds"]) == (6 * 3600, 5 * 60)
    assert LONGEST_RUN.total_seconds() == monitoring["max_runtime_seconds"]
    assert runs["max_concurrent_runs"] == 4
    assert runs["tag_concurrency_limits"] == [{"key": "dagster/backfill", "limit": 2}]
    assert configured["concurrency"]["pools"] == {"granularity": "op", "default_limit": 1}
    for said in ("after 6 hours", "after 5 minutes", "4 runs, 2 of them of backfills"):
        assert said in PAGE
