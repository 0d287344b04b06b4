"""What a launch says of itself: its steps as they end, and in the end what became of each feed.

Commands show this without having to import Dagster, which takes longer than many of them run.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

COUNTED = (
    "source_rows",
    "raw_rows",
    "table_rows",
    "quarantined",
    "repaired",
    "inserted",
    "updated",
    "unchanged",
    "withdrawn",
    "recleaned",
)

OnStep = Callable[[str], None]
"""Called with the name of every step that ended."""


@dataclass(slots=True)
class FeedOutcome:
    """What launched runs made of a feed: sums over the days that were loaded, and how the checks of its table went.

    `unreconciled` are the days of which not every published row is in the table or in quarantine.
    """

    days: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    unreconciled: list[str] = field(default_factory=list)
    checks_passed: int = 0
    checks_failed: dict[str, str] = field(default_factory=dict)

    @property
    def is_reconciled(self) -> bool:
        """Whether every published row of every loaded day is in the table or in quarantine, day by day."""
        return not self.unreconciled

    def add_day(self, day: str, counts: Mapping[str, int]) -> None:
        """Count one more loaded day."""
        self.days += 1
        self.counts = {name: number + counts[name] for name, number in self.counts.items()}
        if not counts["source_rows"] == counts["raw_rows"] == counts["table_rows"] + counts["quarantined"]:
            self.unreconciled.append(day)

    def add(self, other: "FeedOutcome") -> None:
        """Let this be the outcome of both."""
        self.days += other.days
        self.unreconciled.extend(other.unreconciled)
        self.counts = {name: number + other.counts[name] for name, number in self.counts.items()}
        self.checks_passed += other.checks_passed
        self.checks_failed |= other.checks_failed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a launch. `failures` are the messages of the steps that failed, by run and step."""

    feeds: Mapping[str, FeedOutcome]
    failures: Mapping[str, str]

    @property
    def succeeded(self) -> bool:
        """Whether every day of every feed was loaded, and every published row of it is accounted for."""
        return not self.failures and all(feed.is_reconciled for feed in self.feeds.values())

    @property
    def all_held(self) -> bool:
        """Whether every day was loaded, every row is accounted for and every check passed."""
        return self.succeeded and all(feed.days and not feed.checks_failed for feed in self.feeds.values())


def together(outcomes: Iterable[Outcome]) -> Outcome:
    """What became of several launches, as of one."""
    feeds: dict[str, FeedOutcome] = defaultdict(FeedOutcome)
    failures: dict[str, str] = {}
    for outcome in outcomes:
        for name, feed in outcome.feeds.items():
            feeds[name].add(feed)
        failures.update(outcome.failures)
    return Outcome(feeds, failures)
