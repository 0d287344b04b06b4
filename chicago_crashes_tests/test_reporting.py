"""What Dagster is told of verdicts: each day's own numbers, and of many days their sums, the failed ones, examples."""

from dataclasses import replace
from datetime import date, timedelta

import dagster as dg
import pytest

from chicago_crashes.orchestration.check_reports import DAYS_NAMED, _evaluation, _result_of_range, result_of_history
from chicago_crashes.verdict import Verdict

KEY = dg.AssetKey(["postgis", "crashes"])
FIRST = date(2024, 1, 1)


def verdict(
    number: int, *, passed: bool = True, is_fault: bool = False, reasons: tuple[str, ...] = (), rows: int = 1000
) -> Verdict:
    failed = 0 if passed else 10 * number
    numbers = {"rows": rows, "failed_rows": failed, "failure_rate": failed / rows if rows else 0.0}
    day = FIRST + timedelta(days=number)
    return Verdict("valid", day, passed, is_fault, numbers, reasons, () if passed else (f"row {number}",))


def told(result: dg.AssetCheckResult) -> dict[str, object]:
    return {name: value.value for name, value in result.metadata.items()}


def test_days_that_all_pass() -> None:
    result = _result_of_range(KEY, "valid", [verdict(0), verdict(1, reasons=("not asked",))])

    assert (result.passed, result.severity, result.description) == (True, dg.AssetCheckSeverity.WARN, None)
    assert told(result) == {
        "rows": "2,000",
        "failed_rows": "0",
        "failure_rate": "0.00%",
        "days": "2",
        "reasons": ["2024-01-02: not asked"],
    }


@pytest.mark.parametrize("is_fault", [True, False])
def test_days_that_fail_are_named(is_fault: bool) -> None:
    """The rate is that of all rows together: 10 + 30 of 2,500, not 1 % and 2 %."""
    failed = [
        verdict(1, passed=False, reasons=("one", "two")),
        verdict(3, passed=False, is_fault=is_fault, reasons=("three",), rows=1500),
    ]
    result = _result_of_range(KEY, "valid", [*failed, verdict(2, rows=0)])

    assert (result.asset_key, result.check_name, result.passed) == (KEY, "valid", False)
    assert result.severity == (dg.AssetCheckSeverity.ERROR if is_fault else dg.AssetCheckSeverity.WARN)
    assert result.description == "2 of 3 days failed"
    assert told(result) == {
        "rows": "2,500",
        "failed_rows": "40",
        "failure_rate": "1.60%",
        "days": "3",
        "failed_days": ["2024-01-02", "2024-01-04"],
        "reasons": ["2024-01-02: one", "2024-01-02: two", "2024-01-04: three"],
        "examples": ["row 1", "row 3"],
    }


def test_days_without_rows_have_no_rate() -> None:
    assert told(_result_of_range(KEY, "valid", [verdict(1, rows=0)]))["failure_rate"] == "0.00%"


def test_the_threshold_of_days_is_not_their_sum() -> None:
    days = [replace(one, numbers={**one.numbers, "threshold": 0.02}) for one in (verdict(1), verdict(2))]

    assert told(_result_of_range(KEY, "coordinates_in_bounds", days))["threshold"] == "2.00%"


def test_a_fault_of_a_day_that_passed_is_none() -> None:
    assert _result_of_range(KEY, "valid", [verdict(1, is_fault=True)]).severity == dg.AssetCheckSeverity.WARN


def test_so_many_days_are_named_and_no_more() -> None:
    many = [verdict(number, passed=False, reasons=("bad",)) for number in range(1, DAYS_NAMED + 3)]
    found = told(_result_of_range(KEY, "valid", many))

    for name, first in (("failed_days", "2024-01-02"), ("reasons", "2024-01-02: bad"), ("examples", "row 1")):
        named = found[name]
        assert isinstance(named, list)
        assert (named[0], len(named)) == (first, DAYS_NAMED)


@pytest.mark.parametrize("blocking", [True, False])
def test_a_day_is_told_with_its_own_numbers(blocking: bool) -> None:
    failed = verdict(1, passed=False, is_fault=True, reasons=("a", "b"))
    evaluation = _evaluation(KEY, failed, {}, blocking=blocking)

    assert (evaluation.partition, evaluation.check_name, evaluation.passed) == ("2024-01-02", "valid", False)
    assert (evaluation.blocking, evaluation.severity) == (blocking, dg.AssetCheckSeverity.ERROR)
    assert {name: value.value for name, value in evaluation.metadata.items()} == {
        "rows": 1000,
        "failed_rows": 10,
        "failure_rate": 0.01,
        "reasons": ["a", "b"],
        "examples": ["row 1"],
    }


def test_the_whole_history_is_told_in_its_own_words() -> None:
    result = result_of_history(KEY, verdict(1, passed=False, reasons=("a.", "b.")))

    assert (result.passed, result.severity, result.description) == (False, dg.AssetCheckSeverity.WARN, "a. b.")
    sound = result_of_history(KEY, verdict(1))
    assert (sound.passed, sound.description) == (True, None)
    assert told(sound) == {"rows": 1000, "failed_rows": 0, "failure_rate": 0.0}
