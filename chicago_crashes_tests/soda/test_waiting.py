"""What `Retry-After` may say."""

from datetime import UTC, datetime

import pytest
from tenacity import Future, RetryCallState, Retrying

from chicago_crashes.soda.waiting import LONGEST_WAIT, backoff, seconds_asked_for

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("-3", 0),
        ("86400", LONGEST_WAIT),
        ("inf", LONGEST_WAIT),
        ("Sat, 21 Nov 2026 12:00:42 GMT", 42),
        ("Sat, 21 Nov 2026 06:00:42 -0600", 42),
        ("Sat, 21 Nov 2026 12:00:42 -0000", 42),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0),
        ("299.5", 299.5),
        ("301", LONGEST_WAIT),
        ("Sun, 22 Nov 2026 12:00:00 GMT", LONGEST_WAIT),
        ("soon", None),
        ("nan", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_never_longer_than_we_bear(
    header: str | None, seconds: float | None
) -> None:
    assert seconds_asked_for(header, now=NOW) == seconds


def test_a_date_is_held_against_the_clock_unless_told_otherwise() -> None:
    assert seconds_asked_for("Sat, 21 Nov 2020 12:00:00 GMT") == 0
    assert seconds_asked_for("Sat, 21 Nov 2099 12:00:00 GMT") == LONGEST_WAIT


class _AskedError(Exception):
    def __init__(self, retry_after: float | None) -> None:
        super().__init__()
        self.retry_after = retry_after


def waits(attempt: int, *, retry_after: float | None = None) -> list[float]:
    """What is waited after a failed attempt, often enough to see what chance does."""
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = attempt
    state.outcome = Future(attempt)
    state.outcome.set_exception(_AskedError(retry_after))
    return [backoff(state) for _ in range(300)]


@pytest.mark.parametrize(("attempt", "least"), [(1, 2), (2, 4), (3, 8), (4, 16), (5, 32)])
def test_waits_double_and_chance_adds_up_to_two_seconds(attempt: int, least: int) -> None:
    drawn = waits(attempt)

    assert least <= min(drawn) < least + 1
    assert least + 1 < max(drawn) <= least + 2


def test_no_wait_is_longer_than_a_minute_unless_the_portal_asks_for_it() -> None:
    assert set(waits(7)) == {60}
    assert set(waits(1, retry_after=77.0)) == {77.0}
    assert min(waits(7, retry_after=1.0)) == 60


def test_before_anything_failed_the_wait_is_the_first_one() -> None:
    assert 2 <= backoff(RetryCallState(Retrying(), None, (), {})) <= 4
