"""What Dagster is told of a `Check`: that it will be asked, and what became of it."""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from chicago_crashes.verdict import Check, Judgement, Subject


def specs_of(key: dg.AssetKey, checks: Iterable[Check[Any]]) -> list[dg.AssetCheckSpec]:
    """The checks as the step of the asset announces them."""
    return [
        dg.AssetCheckSpec(check.name, asset=key, description=check.meaning, blocking=check.blocking) for check in checks
    ]


def results_of(key: dg.AssetKey, checks: Iterable[Check[Subject]], subject: Subject) -> list[dg.AssetCheckResult]:
    """What became of every check."""
    return [result_of(key, check, subject) for check in checks]


def result_of(key: dg.AssetKey, check: Check[Subject], subject: Subject) -> dg.AssetCheckResult:
    """What became of a check."""
    return _result(key, check, check.judge(subject))


def _result(key: dg.AssetKey, check: Check[Subject], judged: Judgement) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=check.name,
        passed=judged.passed,
        severity=dg.AssetCheckSeverity.ERROR if judged.is_fault else dg.AssetCheckSeverity.WARN,
        metadata=dict(judged.shown),
        description=judged.reason,
    )
