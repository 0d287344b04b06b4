"""What is said of all days at once: each number by its own name, and which reasons are faults."""

from datetime import date

import pytest

from chicago_crashes.feeds.catalogue import PEOPLE
from chicago_crashes.feeds.changes import Changes, Held
from chicago_crashes.feeds.inspection import complete_history
from chicago_crashes.feeds.stale import FAULTS, Reason, StaleDay
from chicago_crashes.soda.signatures import EMPTY

DAY = date(2024, 1, 10)
HELD = Held(days=1, source_rows=2, raw_rows=3, table_rows=4, quarantined_rows=5, unaccounted_rows=6)
NONE = {f"days_{reason}": 0 for reason in Reason}


def test_each_number_has_its_own_name() -> None:
    verdict = complete_history(PEOPLE, Changes(PEOPLE, {}, 7, 8, held=HELD))

    assert (verdict.question, verdict.day, verdict.passed, verdict.is_fault) == ("complete_history", None, True, False)
    assert verdict.reasons == []
    assert verdict.numbers == NONE | {
        "published_rows": 7,
        "source_rows": 2,
        "raw_rows": 3,
        "table_rows": 4,
        "quarantined_rows": 5,
        "unaccounted_rows": 6,
        "stale_days": 0,
        "rows_without_a_day": 8,
    }


@pytest.mark.parametrize("reason", Reason)
def test_a_stale_day_is_told_with_what_mends_it_and_some_are_faults(reason: Reason) -> None:
    stale = {DAY: StaleDay(EMPTY, {reason: "what was found"}), date(2024, 1, 12): StaleDay(EMPTY, {reason: "more"})}

    verdict = complete_history(PEOPLE, Changes(PEOPLE, stale, 7, 8))

    assert (verdict.passed, verdict.is_fault) == (False, reason in FAULTS)
    assert verdict.numbers["stale_days"] == verdict.numbers[f"days_{reason}"] == 2
    assert sum(verdict.numbers[name] for name in NONE) == 2
    assert "2024-01-10" in verdict.reasons[0]
    assert verdict.reasons[-1] == "`chicago-crashes refresh --feed people` mends these days."


def test_rows_that_no_load_removes_are_a_fault_by_themselves() -> None:
    verdict = complete_history(PEOPLE, Changes(PEOPLE, {}, 7, 8, out_of_reach={DAY: 3}))

    assert (verdict.passed, verdict.is_fault, len(verdict.reasons)) == (False, True, 1)
    assert "2024-01-10" in verdict.reasons[0]
