"""Where the parts of a chart are, in the units of its drawing; the page draws them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import floor, log10
from typing import Any

from chicago_crashes.answers.report import words

WIDTH = 760
LEFT, RIGHT, TOP, BOTTOM = 64, 8, 22, 32
"""Room for words around the bars; on narrow screens the words are drawn twice as large."""

YEAR_WIDTH, MONTH_WIDTH = 60, 112
"""Room for "2024" and "May 2024" below an axis, drawn large."""

HOUR_WIDTH, DAY_HEIGHT = 28, 26
HOURS_LEFT, HOURS_TOP = 66, 34


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, and what it says when it is pointed at."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A word beside an axis; one `at_edge` ends at the chart's right edge instead of beginning at its place."""

    place: float
    word: str
    at_edge: bool = False


@dataclass(frozen=True, slots=True)
class MonthsChart:
    """Bars for every month of the range."""

    height: int
    bars: Sequence[Bar]
    levels: Sequence[Tick]
    years: Sequence[Tick]
    base: float
    has_partial: bool
    has_unknown: bool


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the week; `strength` is how much it holds of the fullest one."""

    x: float
    y: float
    strength: float
    title: str
    crashes: int


@dataclass(frozen=True, slots=True)
class WeekChart:
    """All hours of the week."""

    width: int
    height: int
    hours: Sequence[Hour]
    days: Sequence[Tick]
    clock: Sequence[Tick]
    fullest: str


def months_chart(months: Sequence[Mapping[str, Any]], key: str, noun: str, height: int) -> MonthsChart:
    """The months' numbers of one kind as bars; a month of which nothing is known has a band instead."""
    values = [month[key] or 0 for month in months]
    levels = _levels(max([*values, 1]))
    base = height - BOTTOM
    scale = (base - TOP) / levels[-1]
    step = (WIDTH - LEFT - RIGHT) / len(months)
    gap = 0 if step < 2 else min(step * 0.18, 6)
    bars = []
    for place, (month, value) in enumerate(zip(months, values, strict=True)):
        kind = _kind(month)
        tall = (base - TOP) if kind == "unknown" else value * scale
        bars.append(
            Bar(
                round(LEFT + place * step + gap / 2, 2),
                round(base - tall, 2),
                round(step - gap, 2),
                round(tall, 2),
                kind,
                _month_title(month, key, noun, kind),
            )
        )
    return MonthsChart(
        height=height,
        bars=bars,
        levels=[Tick(round(base - level * scale, 2), f"{level:,}") for level in levels],
        years=_words_that_fit(list(_calendar(months, step))),
        base=base,
        has_partial=any(bar.kind == "partial" for bar in bars),
        has_unknown=any(bar.kind == "unknown" for bar in bars),
    )


def week_chart(hours: Sequence[Mapping[str, Any]]) -> WeekChart:
    """The hours of the week, by how many crashes each holds."""
    most = max(hour["crashes"] for hour in hours)
    fullest = max(hours, key=lambda hour: int(hour["crashes"]))
    return WeekChart(
        width=HOURS_LEFT + 24 * HOUR_WIDTH + RIGHT,
        height=HOURS_TOP + 7 * DAY_HEIGHT + 4,
        hours=[
            Hour(
                HOURS_LEFT + hour["hour"] * HOUR_WIDTH,
                HOURS_TOP + (hour["weekday"] - 1) * DAY_HEIGHT,
                round(hour["crashes"] / most, 3) if most else 0,
                f"{_hour_in_words(hour)}: {hour['crashes']:,} crashes, {hour['ksi_crashes']:,} of them with anybody "
                "killed or seriously injured",
                hour["crashes"],
            )
            for hour in hours
        ],
        days=[Tick(HOURS_TOP + number * DAY_HEIGHT + DAY_HEIGHT / 2, day) for number, day in enumerate(words.WEEKDAYS)],
        clock=[Tick(HOURS_LEFT + hour * HOUR_WIDTH, _clock(hour)) for hour in range(0, 24, 6)],
        fullest=_hour_in_words(fullest) if most else "",
    )


def _kind(month: Mapping[str, Any]) -> str:
    if not month["days_loaded"]:
        return "unknown"
    return "partial" if words.is_short(month) else "whole"


def _month_title(month: Mapping[str, Any], key: str, noun: str, kind: str) -> str:
    name = words.month(month["first"])
    if kind == "unknown":
        return f"{name}: not loaded"
    short = f" ({month['days_loaded']} days counted)" if kind == "partial" else ""
    return f"{name}: {month[key]:,} {noun}{short}"


def _levels(most: int) -> list[int]:
    """Round numbers from 0 to at least the largest bar, four or so."""
    rough = most / 4
    size = 10 ** floor(log10(rough)) if rough >= 1 else 1
    steps = (factor * size for factor in (1, 2, 2.5, 5, 10))
    step = next(int(step) for step in steps if step >= rough and step % 1 == 0)
    return list(range(0, most + step, step))


def _calendar(months: Sequence[Mapping[str, Any]], step: float) -> Iterator[Tick]:
    """Years below many months, months below few; never so close that words meet."""
    firsts = [date.fromisoformat(month["first"]) for month in months]
    if len(months) > 24:
        apart = max(1, round(88 / (12 * step) + 0.49))
        for place, first in enumerate(firsts):
            if first.month == 1 and first.year % apart == 0:
                yield Tick(round(LEFT + place * step, 2), str(first.year))
        return
    apart = max(1, round(120 / step + 0.49))
    for place, first in enumerate(firsts):
        if place % apart == 0:
            yield Tick(round(LEFT + place * step, 2), f"{first:%b %Y}")


def _words_that_fit(ticks: Sequence[Tick]) -> Sequence[Tick]:
    """The ticks, the last word moved to the left if the edge would cut it; the one before gives way to it."""
    if not ticks:
        return ticks
    *others, last = ticks
    width = YEAR_WIDTH if last.word.isdigit() else MONTH_WIDTH
    if last.place + width <= WIDTH:
        return ticks
    apart = [tick for tick in others if tick.place + width <= WIDTH - width]
    return [*apart, replace(last, at_edge=True)]


def _hour_in_words(hour: Mapping[str, Any]) -> str:
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return f"{names[hour['weekday'] - 1]}, {_clock(hour['hour'])} to {_clock((hour['hour'] + 1) % 24)}"


def _clock(hour: int) -> str:
    if hour in (0, 12):
        return "midnight" if hour == 0 else "noon"
    return f"{hour % 12} {'a.m.' if hour < 12 else 'p.m.'}"
