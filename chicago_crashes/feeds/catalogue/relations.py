"""The vocabulary for what rows say of one another: relations between columns and tables, declared with the feed.

A relation is judged by the database: the file `feeds/sql/<feed>_<question>.sql` has a column of each relation's name
for every row, true where it holds, false where it is broken, null where it does not apply.
"""

from dataclasses import dataclass

from chicago_crashes.feeds.catalogue.questions import Action, Question, Rule

RARE = 0.001
"""Relations that hold for all rows the City publishes, or for all but one in thousands."""

OF_ONE_CRASH = 0.005
"""On a day of 600 rows the three of one crash: one late crash is no reason to warn."""


@dataclass(frozen=True, slots=True)
class Relations:
    """The relations of one question about a feed's rows, judged together; `others` names the feeds they also read."""

    question: Question
    others: tuple[str, ...]
    rules: tuple[Rule, ...]


def consistent(name: str, columns: tuple[str, ...], threshold: float, meaning: str) -> Rule:
    """A relation that must hold for what rows say to agree."""
    return Rule(name, columns, Question.CONSISTENT, Action.CHECKED, threshold, meaning)


def connected(name: str, columns: tuple[str, ...], threshold: float, meaning: str) -> Rule:
    """A relation to a row of another feed, which must exist."""
    return Rule(name, columns, Question.CONNECTED, Action.CHECKED, threshold, meaning)
