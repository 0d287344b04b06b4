"""The rows of every month as bars, those of some months in another colour."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from math import ceil
from typing import TYPE_CHECKING, Any

from chicago_crashes.feeds.pictures.drawing import ACCENT, INK, MUTED, png, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 640, 170
FEWEST_MONTHS = 12
MOST_YEARS = 7
HEADROOM, FOOTROOM = 1.22, -0.16
"""Where the sheet ends above and below the bars, the tallest of which is 1: there is the place of words."""

WORDS: dict[str, Any] = {"color": INK, "fontsize": 8}


def months_chart(rows: Mapping[date, int], first: date, last: date) -> bytes:
    """A bar for every month up to the last in `rows`, at least a year of them; those of `first` to `last` stand out.

    Months are named by their first days. A month that is not in `rows` has its place, but no bar.
    """
    months = list(_months(min(rows), max(rows)))
    heights = [rows.get(month, 0) for month in months]
    tallest = max(*heights, 1)
    figure, axes = sheet(WIDTH, HEIGHT)
    bars = [(place, height / tallest) for place, height in enumerate(heights)]
    _draw(axes, bars, MUTED)
    _draw(axes, [bar for month, bar in zip(months, bars, strict=True) if first.replace(day=1) <= month <= last], ACCENT)
    axes.set_xlim(-0.5, len(months) - 0.5)
    axes.set_ylim(FOOTROOM, HEADROOM)
    peak = heights.index(max(heights))
    axes.text(peak, 1.04, f"{max(heights):,}", ha="left" if peak < len(months) / 2 else "right", **WORDS)
    for place, word, side in _calendar(months):
        axes.text(place, FOOTROOM * 0.75, word, ha=side, **WORDS)
    return png(figure)


def _draw(axes: "Axes", bars: Sequence[tuple[int, float]], colour: str) -> None:
    """All bars as one shape, which is drawn much faster than each by itself."""
    outline = [
        point
        for place, height in bars
        for point in ((place - 0.4, 0.0), (place - 0.4, height), (place + 0.4, height), (place + 0.4, 0.0))
    ]
    if outline:
        axes.fill(*zip(*outline, strict=True), color=colour, linewidth=0)


def _calendar(months: Sequence[date]) -> Iterator[tuple[float, str, str]]:
    """Words below the bars, with their places and sides: the years, or of few months the first and the last."""
    if len(months) > 2 * FEWEST_MONTHS:
        apart = ceil(len(months) / 12 / MOST_YEARS)
        for place, month in enumerate(months):
            if month.month == 1 and month.year % apart == 0:
                yield place, str(month.year), "left"
    else:
        yield -0.4, f"{months[0]:%Y-%m}", "left"
        yield len(months) - 0.6, f"{months[-1]:%Y-%m}", "right"


def _months(first: date, last: date) -> Iterator[date]:
    """The first days of all months from that of `first` to that of `last`, and of earlier ones if they are too few."""
    ends = last.year * 12 + last.month
    begins = min(first.year * 12 + first.month - 1, ends - FEWEST_MONTHS)
    return (date(number // 12, number % 12 + 1, 1) for number in range(begins, ends))
