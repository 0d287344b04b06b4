"""What a check found, whoever asked: the checks of feeds and of answers speak in it, and Dagster is told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one question for one day, or for the whole history if there is no day.

    `is_fault` tells a broken promise from a warning; `reasons` say in words why it did not pass, or what was not asked.
    """

    question: str
    day: date | None
    passed: bool
    is_fault: bool
    numbers: Mapping[str, int | float]
    reasons: Sequence[str] = ()
    examples: Sequence[str] = ()
