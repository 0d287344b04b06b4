"""The checks that a step asks of what it has just made: each with a name, what it means, who judges, whether it blocks.

Checks that are steps of their own are in the modules beside.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import dagster as dg

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of a check. `reason` says why it did not pass; `shown` is what people see beside it, either way.

    What `is_fault` breaks a promise of ours; otherwise it is a warning.
    """

    passed: bool
    shown: Mapping[str, Any]
    reason: str | None = None
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class Check(Generic[Subject]):
    """One question about a subject. If one that is `blocking` fails, nothing is made of the asset."""

    name: str
    meaning: str
    judge: Callable[[Subject], Judgement]
    blocking: bool = False


def specs_of(key: dg.AssetKey, checks: Iterable[Check[Any]]) -> list[dg.AssetCheckSpec]:
    """The checks as the step of the asset announces them."""
    return [
        dg.AssetCheckSpec(check.name, asset=key, description=check.meaning, blocking=check.blocking) for check in checks
    ]


def results_of(key: dg.AssetKey, checks: Iterable[Check[Subject]], subject: Subject) -> list[dg.AssetCheckResult]:
    """What became of every check."""
    return [_result(key, check, check.judge(subject)) for check in checks]


def _result(key: dg.AssetKey, check: Check[Subject], judged: Judgement) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=check.name,
        passed=judged.passed,
        severity=dg.AssetCheckSeverity.ERROR if judged.is_fault else dg.AssetCheckSeverity.WARN,
        metadata=dict(judged.shown),
        description=judged.reason,
    )
