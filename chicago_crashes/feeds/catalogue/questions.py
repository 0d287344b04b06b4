"""What a rule is, and what people ask of a table. Which rules a feed has follows from its declaration (`feeds.catalogue.rules`)."""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil


class Question(StrEnum):
    """What people ask of a table; each question is a check of that name."""

    COMPLETE = "complete"
    UNIQUE = "unique"
    VALID = "valid"
    CONSISTENT = "consistent"
    CONNECTED = "connected"
    FRESH = "fresh"
    SCHEMA = "schema"


MEANINGS = {
    Question.COMPLETE: "Every published row is accounted for: portal = raw lake = table + quarantine",
    Question.UNIQUE: "Every row has a key and a date, and no key occurs twice",
    Question.VALID: "Every value has its column's type, lies within its bounds and is a known category",
    Question.CONSISTENT: "What rows say of one another agrees",
    Question.CONNECTED: "Every row finds the rows it names",
    Question.FRESH: "The newest row and the last look at the portal are not older than they should be",
    Question.SCHEMA: "The portal publishes the declared columns with the declared types, and no others",
}


class Action(StrEnum):
    """What is done with a row or value that breaks a rule. Whatever it is, the row as published stays in the lake."""

    NULLED = "nulled"
    FLAGGED = "flagged"
    QUARANTINED = "quarantined"
    CHECKED = "checked"


class Severity(StrEnum):
    """How bad it is when more rows break a rule than its threshold allows."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `columns` are those it reads, the first the one it belongs to.

    `threshold` is the share of the rows it applies to that may break it before people should look.
    """

    name: str
    columns: tuple[str, ...]
    question: Question
    action: Action
    threshold: float
    meaning: str
    severity: Severity = Severity.WARNING

    @property
    def column(self) -> str:
        """The column it belongs to."""
        return self.columns[0]

    @property
    def label(self) -> str:
        """What it is called among the rules of its question."""
        return f"{self.column} {self.name}" if self.question is Question.VALID else self.name

    def allowed(self, rows: int) -> int:
        """How many of `rows` may break it; a single row never breaks a threshold above zero."""
        return ceil(self.threshold * rows)
