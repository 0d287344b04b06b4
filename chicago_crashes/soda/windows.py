"""Which days to fetch with one request: windows of consecutive days, and small windows together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chicago_crashes.soda.signatures import Signature

MAX_ROWS = 50_000
MAX_WINDOWS = 16
"""Each adds some hundred characters to the address of a request, which must not grow beyond a few thousand."""

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """The days from `start` to before `end`, and how many rows they should hold together."""

    start: date
    end: date
    rows: int

    def __str__(self) -> str:
        return f"{self.start} to {self.end - ONE_DAY}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows that are fetched with one request, in order."""

    windows: tuple[Window, ...]

    @property
    def start(self) -> date:
        """The first day."""
        return self.windows[0].start

    @property
    def rows(self) -> int:
        """How many rows the days should hold together."""
        return sum(window.rows for window in self.windows)

    def holds(self, day: date) -> bool:
        """Whether the day is fetched."""
        return any(window.start <= day < window.end for window in self.windows)

    def __str__(self) -> str:
        parts = f", {len(self.windows)} windows" if len(self.windows) > 1 else ""
        return f"{self.start} to {self.windows[-1].end - ONE_DAY}{parts}"


def plan_windows(signatures: Mapping[date, Signature], max_rows: int = MAX_ROWS) -> list[Window]:
    """Pack the days that hold rows into as few windows as their order allows.

    A window begins and ends with a day that holds rows; empty days inside it cost nothing. It never reaches over a
    day that is not in `signatures`. Only a window of one single day may hold more than `max_rows`.
    """
    windows: list[Window] = []
    previous: date | None = None
    is_open = False
    for day in sorted(signatures):
        rows = signatures[day].rows
        if previous is None or day - previous > ONE_DAY:
            is_open = False
        previous = day
        if rows == 0:
            continue
        if is_open and windows[-1].rows + rows <= max_rows:
            windows[-1] = Window(windows[-1].start, day + ONE_DAY, windows[-1].rows + rows)
        else:
            windows.append(Window(day, day + ONE_DAY, rows))
            is_open = True
    return windows


def first_batch(windows: Sequence[Window], max_rows: int = MAX_ROWS) -> Batch | None:
    """The first window, and those after it that one request can bring as well: scattered days are few requests."""
    taken: list[Window] = []
    for window in windows[:MAX_WINDOWS]:
        if taken and sum(each.rows for each in taken) + window.rows > max_rows:
            break
        taken.append(window)
    return Batch(tuple(taken)) if taken else None
