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
)

OnStep = Callable[[str], None]
"""Called with the name of every step that ended."""


@dataclass(slots=True)
class FeedOutcome:
    """What launched runs made of a feed: sums over the days that were loaded, and how the checks of its table went."""

    days: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    checks_passed: int = 0
    checks_failed: dict[str, str] = field(default_factory=dict)

    @property
    def is_reconciled(self) -> bool:
        """Whether every published row of the loaded days is in the table or in quarantine."""
        counts = self.counts
        return counts["source_rows"] == counts["raw_rows"] == counts["table_rows"] + counts["quarantined"]

    def add(self, other: "FeedOutcome") -> None:
        """Let this be the outcome of both."""
        self.days += other.days
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
        """Whether every day of every feed was loaded."""
        return not self.failures

    @property
    def all_held(self) -> bool:
        """Whether every day was loaded, every row is accounted for and every check passed."""
        return self.succeeded and all(
            feed.days and feed.is_reconciled and not feed.checks_failed for feed in self.feeds.values()
        )


def together(outcomes: Iterable[Outcome]) -> Outcome:
    """What became of several launches, as of one."""
    feeds: dict[str, FeedOutcome] = defaultdict(FeedOutcome)
    failures: dict[str, str] = {}
    for outcome in outcomes:
        for name, feed in outcome.feeds.items():
            feeds[name].add(feed)
        failures.update(outcome.failures)
    return Outcome(feeds, failures)
