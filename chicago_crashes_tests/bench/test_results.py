"""Ratios and verdicts, whichever way a bar is meant."""

import pytest

from chicago_crashes_bench.results import Amount, Bar, Kind, Measurement, Unit


def measured(ours: float, bar: Bar | None = None, baseline: float | None = None) -> Measurement:
    return Measurement(
        "a measure",
        "a size",
        Amount(ours, Unit.SECONDS),
        bar,
        None if baseline is None else Amount(baseline, Unit.SECONDS),
    )


@pytest.mark.parametrize(
    ("ours", "bar", "baseline", "ratio", "verdict"),
    [
        (4.0, Bar(Kind.AT_MOST_TIMES, 2), 2.0, 2.0, "met"),
        (4.1, Bar(Kind.AT_MOST_TIMES, 2), 2.0, 2.05, "missed"),
        (10.0, Bar(Kind.TIMES_FASTER, 60), 600.0, 60.0, "met"),
        (10.1, Bar(Kind.TIMES_FASTER, 60), 600.0, 600 / 10.1, "missed"),
        (59.9, Bar(Kind.UNDER, 60), None, None, "met"),
        (60.0, Bar(Kind.UNDER, 60), None, None, "missed"),
        (4.0, Bar(Kind.AT_MOST, 4), None, None, "met"),
        (5.0, Bar(Kind.AT_MOST, 4), None, None, "missed"),
        (0.0, Bar(Kind.AT_MOST, 0), None, None, "met"),
        (1.0, Bar(Kind.AT_MOST, 0), None, None, "missed"),
        (7.0, None, 14.0, 0.5, ""),
        (7.0, None, None, None, ""),
    ],
)
def test_a_bar_is_met_or_missed(
    ours: float, bar: Bar | None, baseline: float | None, ratio: float | None, verdict: str
) -> None:
    found = measured(ours, bar, baseline)
    assert found.ratio == (None if ratio is None else pytest.approx(ratio))
    assert found.verdict == verdict


def test_the_share_of_a_bar_is_above_one_exactly_where_it_is_missed() -> None:
    assert measured(3, Bar(Kind.AT_MOST_TIMES, 2), 2).share_of_bar == pytest.approx(0.75)
    assert measured(5, Bar(Kind.TIMES_FASTER, 4), 40).share_of_bar == pytest.approx(0.5)
    assert measured(5, Bar(Kind.TIMES_FASTER, 4), 10).share_of_bar == pytest.approx(2)
    assert measured(15, Bar(Kind.UNDER, 60)).share_of_bar == pytest.approx(0.25)
    assert measured(1, Bar(Kind.AT_MOST, 0)).share_of_bar == float("inf")
    assert measured(1).share_of_bar is None


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Amount(0.123, Unit.SECONDS), "0.12 s"),
        (Amount(12.34, Unit.MILLISECONDS), "12.3 ms"),
        (Amount(1234.5, Unit.SECONDS), "1,234 s"),
        (Amount(1_500_000, Unit.BYTES), "1,500,000 bytes"),
        (Amount(0, Unit.ROWS), "0 rows"),
        (Amount(1.25, Unit.TIMES), "1.25 ×"),
    ],
)
def test_amounts_are_written_for_people(amount: Amount, text: str) -> None:
    assert str(amount) == text
