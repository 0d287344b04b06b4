"""Refresh the answers from a command: the same job, run and events as from Dagster's UI."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from chicago_crashes.answers.defs.runs import REFRESH
from chicago_crashes.definitions import build_defs
from chicago_crashes.operations.workplace import dagster_instance, database
from chicago_crashes.orchestration.dead_runs import end_dead_runs
from chicago_crashes.orchestration.outcomes import OnStep
from chicago_crashes.orchestration.presence import is_present, present
from chicago_crashes.orchestration.running import failures_of, run_here, tally
from chicago_crashes.settings import settings


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer after its refresh."""

    name: str
    rows: int
    seconds: float


@dataclass(slots=True)
class Answered:
    """What a refresh of all answers made of each, in the order they were made, and what went wrong."""

    answers: list[Answer] = field(default_factory=list)
    checks_passed: int = 0
    checks_failed: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def all_held(self) -> bool:
        """Whether every answer was refreshed and every check passed."""
        return not self.failures and not self.checks_failed


@dataclass(frozen=True, slots=True)
class Answering:
    """A refresh that is ready to begin."""

    database_url: str
    instance: dg.DagsterInstance
    job: dg.JobDefinition

    @property
    def steps(self) -> int:
        """How many steps the run will report."""
        return len(self.job.nodes)

    def run(self, on_step: OnStep) -> Answered:
        """Run the job here; what a killed command left behind must not be in its way."""
        end_dead_runs(self.instance, lambda token: is_present(self.database_url, token))
        with present(self.database_url) as token:
            return _answered(run_here(self.job, self.instance, on_step=on_step, command=token))


@contextmanager
def answering() -> Iterator[Answering]:
    """Everything a refresh needs, proven to be there.

    Raises:
        PermanentError: a database without PostGIS, or with an older schema.
        TransientError: the database does not answer.
    """
    with database() as url, dagster_instance(url) as instance:
        yield Answering(url, instance, build_defs(settings()).resolve_job_def(REFRESH))


def _answered(result: dg.ExecuteInProcessResult) -> Answered:
    answered = Answered(failures=failures_of(result, "all answers"))
    for event in result.get_asset_materialization_events():
        materialization = event.step_materialization_data.materialization
        numbers = materialization.metadata
        answered.answers.append(
            Answer(
                materialization.asset_key.to_user_string(),
                int(_number(numbers.get("dagster/row_count"))),
                _number(numbers.get("seconds")),
            )
        )
    answered.checks_passed, answered.checks_failed = tally(
        result.get_asset_check_evaluations(), lambda each: f"{each.asset_key.to_user_string()}: {each.check_name}"
    )
    return answered


def _number(value: dg.MetadataValue[Any] | None) -> float:
    return float(value.value or 0) if isinstance(value, dg.IntMetadataValue | dg.FloatMetadataValue) else 0.0
