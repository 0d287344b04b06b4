"""What the measures share: the sizes, the place to work, and whatever is expensive and made only once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from chicago_crashes.feeds.catalogue import CRASHES, FEEDS, PEOPLE, VEHICLES, Feed
from chicago_crashes.orchestration.partitions import chunks
from chicago_crashes.settings import settings
from chicago_crashes.storage.lake import Lake
from chicago_crashes_bench.growth import Growth
from chicago_crashes_bench.history import History, loaded_history
from chicago_crashes_bench.portal import PortalProcess, portal_process
from chicago_crashes_bench.results import Measurement
from chicago_crashes_bench.sizes import CRASHES_A_DAY, FIRST_DAY, Sizes
from chicago_crashes_bench.synthetic_lake import fill
from chicago_crashes_bench.watching import ProgramFailedError
from chicago_crashes_bench.workplace import Workplace

Found = Iterator[Measurement | Growth]


@dataclass
class Bench:
    """One invocation. `tell` says what is being done now; what is made for several measures ends with `stack`."""

    sizes: Sizes
    workplace: Workplace
    tell: Callable[[str], None]
    stack: ExitStack
    history_failed: bool = False

    @property
    def last_day(self) -> date:
        """The last day of the history."""
        return FIRST_DAY + timedelta(days=self.sizes.history_days - 1)

    @cached_property
    def portal(self) -> PortalProcess:
        """The portal that publishes the whole history."""
        self.tell(f"a stand-in portal of {self.sizes.history_days:,} days is made")
        return self.stack.enter_context(portal_process(FIRST_DAY, self.last_day, FEEDS))

    def portal_of(self, feed: Feed, rows: int) -> PortalProcess:
        """A portal that publishes at least so many rows of the feed: that of the history, if it is large enough."""
        days = days_for(rows)
        if "portal" in self.__dict__ and days <= self.sizes.history_days:
            return self.portal
        self.tell(f"a stand-in portal of {days:,} days of {feed.name} is made")
        return self.stack.enter_context(portal_process(FIRST_DAY, FIRST_DAY + timedelta(days=days - 1), [feed]))

    @cached_property
    def history(self) -> History:
        """The whole history, loaded; what failed once is not tried again."""
        if self.history_failed:
            raise ProgramFailedError("The full history could not be loaded; see above.")
        self.history_failed = True
        history = loaded_history(self.workplace, self.portal, self.stack, self.tell)
        self.history_failed = False
        return history

    @cached_property
    def lake(self) -> tuple[Lake, dict[str, dict[date, int]]]:
        """A raw lake with as many rows of each crash feed as the largest size, and the rows of each of its days."""
        self.tell(f"a raw lake of {max(self.sizes.rows):,} rows a feed is made")
        lake = Lake(str(self.stack.enter_context(self.workplace.place("lake"))))
        return lake, fill(lake, (CRASHES, PEOPLE, VEHICLES), max(self.sizes.rows))


def days_for(rows: int) -> int:
    """How many days publish at least so many crashes."""
    return round(rows / CRASHES_A_DAY * 1.05) + 5


def first_days(rows_of_days: dict[date, int], rows: int) -> list[date]:
    """The first days that have at least so many rows together."""
    days = []
    for day in sorted(rows_of_days):
        days.append(day)
        rows -= rows_of_days[day]
        if rows <= 0:
            break
    return days


def runs_of(days: Sequence[date]) -> list[list[date]]:
    """Consecutive days, divided as the platform divides them into runs."""
    parts = chunks(days[0], days[-1], settings().days_per_run)
    return [[first + timedelta(days=number) for number in range((last - first).days + 1)] for first, last in parts]
