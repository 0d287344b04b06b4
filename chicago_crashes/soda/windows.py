"""Which consecutive days to fetch with one request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from chicago_crashes.soda.signatures import Signature

MAX_ROWS = 50_000
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """The days from `start` to before `end`, and how many rows they should hold together."""

    start: date
    end: date
    rows: int

    def __str__(self) -> str:
        return f"{self.start} to {self.end - ONE_DAY}"


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
