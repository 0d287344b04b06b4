"""What names a cause, and how days are told, to the letter."""

from datetime import date, timedelta

import pytest

from chicago_crashes.alerts.incidents import days_in_words, digest, multirange

DAY = date(2024, 1, 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Run 4F9A0C11-22bb-33cc-44dd-5566778899aa failed", "run 00000000-22bb-33cc-44dd-5566778899aa failed"),
        ("object at 0x7FA2B3C4D5E6", "object at 0x7fa2b3c4d5ff"),
        ("crashes of 2024-01-01: 3 rows", "crashes of 2024-02-11: 4,000 rows"),
        ("days 2024-01-01, 2024-01-02 …", "days 2024-03-01"),
    ],
)
def test_a_cause_is_the_same_whatever_its_numbers_are(one: str, other: str) -> None:
    assert digest(one) == digest(other)


@pytest.mark.parametrize(
    ("one", "other"), [("the portal is down", "the portal is slow"), ("3 rows of crashes", "3 rows of people")]
)
def test_another_cause_is_another(one: str, other: str) -> None:
    assert digest(one) != digest(other)


def test_the_name_of_a_cause_is_short() -> None:
    assert len(digest("a cause")) == 12


@pytest.mark.parametrize(("count", "more"), [(9, ""), (10, ""), (11, " and 1 more"), (12, " and 2 more")])
def test_ten_times_are_told_and_how_many_more_there_are(count: int, more: str) -> None:
    apart = [DAY + timedelta(days=2 * number) for number in range(count)]

    assert days_in_words(multirange(apart)) == ", ".join(map(str, apart[:10])) + more


def test_days_beside_one_another_are_told_together() -> None:
    days = [DAY + timedelta(days=number) for number in (0, 1, 2, 4, 6, 7)]

    assert days_in_words(multirange([*reversed(days), days[0]])) == (
        "2024-01-01 to 2024-01-03, 2024-01-05, 2024-01-07 to 2024-01-08"
    )
    assert multirange([]) is None
