"""What a check is and what it found, whoever asked. All rooms speak in it, and Dagster is told of it.

A `Check` asks one question of what was made, and its answer is a `Judgement`. The checks of a feed follow from its
declared rules; they answer for many days at once, and a `Verdict` is the answer for one of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

Subject = TypeVar("Subject")


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


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of a check. `reason` says why it did not pass; `shown` is what people see beside it, either way.

    What `is_fault` breaks a promise of ours; otherwise it is a warning.
    """

    passed: bool
    shown: Mapping[str, Any]
    reason: str | None = None
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class Check(Generic[Subject]):
    """One question about a subject. If one that is `blocking` fails, nothing is made of the asset."""

    name: str
    meaning: str
    judge: Callable[[Subject], Judgement]
    blocking: bool = False
