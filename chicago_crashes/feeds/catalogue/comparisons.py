"""The relations that feeds declare, with the feeds they name: what is judged together, and by which statement."""

from dataclasses import dataclass

from chicago_crashes.feeds.catalogue import Feed, feed_named
from chicago_crashes.feeds.catalogue.rules import Question, Rule


@dataclass(frozen=True, slots=True)
class Comparison:
    """The relations of one question about one feed's rows, judged together; `others` are the feeds they also read."""

    feed: Feed
    question: Question
    others: tuple[Feed, ...]
    relations: tuple[Rule, ...]

    @property
    def statement(self) -> str:
        """The name of its SQL file."""
        return f"{self.feed.name}_{self.question}"


def comparisons_of(feed: Feed) -> tuple[Comparison, ...]:
    """The comparisons about the feed's rows."""
    return tuple(
        Comparison(feed, declared.question, tuple(map(feed_named, declared.others)), declared.rules)
        for declared in feed.relations
    )
