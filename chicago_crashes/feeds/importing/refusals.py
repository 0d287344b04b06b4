"""Rows of a file that cannot be trusted: why, where they were, and what they said."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a row was refused; the summary counts by it, the record of the row may add a detail."""

    NOT_UTF8 = "bytes that are not UTF-8"
    LONG_LINE = "line too long"
    LONG_FIELD = "field too long"
    BROKEN_QUOTES = "broken quotes"
    RAGGED = "wrong number of fields"
    LITERAL_KEY = "literal NULL in the key"
    NO_KEY = "no readable key"
    EXCEL_DATE = "date is an Excel serial number"
    HALF_DATE = "date without AM or PM"
    NO_DATE = "no readable date"
    NO_TIME = "no readable time of publication"
    OUTSIDE = "date outside the days that are kept"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused row. `row` is what it said: its values by column, or its `text` where it has no columns."""

    line: int
    reason: Reason
    detail: str
    row: dict[str, str]

    @property
    def explanation(self) -> str:
        """The reason with its detail."""
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)
