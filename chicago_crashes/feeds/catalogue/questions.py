"""What a rule is, and what people ask of a table. Which rules a feed has follows from its declaration (`feeds.catalogue.rules`)."""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil


class Question(StrEnum):
    """What people ask of every table; each question is a check of that name.

    Bounds that people look for by name are asked by checks that feeds name themselves (`bounds_check`).
    """

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
    Question.VALID: "Every value has its column's form and is a known category; those that no other check asks for are within bounds",
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


OF_ONE_VALUE = frozenset({Action.NULLED, Action.FLAGGED})
"""What is done with a value, where the row goes on."""


class Severity(StrEnum):
    """How bad it is when more rows break a rule than its threshold allows."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `columns` are those it reads, the first the one it belongs to; `question` is the check that asks it.

    `threshold` is the share of the rows it applies to that may break it before people should look.
    """

    name: str
    columns: tuple[str, ...]
    question: str
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
        return f"{self.column} {self.name}" if self.action in OF_ONE_VALUE else self.name

    def allowed(self, rows: int) -> int:
        """How many of `rows` may break it."""
        return allowed_rows(self.threshold, rows)


def allowed_rows(threshold: float, rows: int) -> int:
    """How many of `rows` may break what has this threshold; a single row never breaks one above zero."""
    return ceil(threshold * rows)
