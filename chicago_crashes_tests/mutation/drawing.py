"""Which mistakes are planted: drawn at random from all that can be made in the core."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chicago_crashes_tests.mutation.core import Part
from chicago_crashes_tests.mutation.equivalents import Equivalent, is_declared
from chicago_crashes_tests.mutation.mistakes import Mistake
from chicago_crashes_tests.mutation.python_mistakes import mistakes_in_python
from chicago_crashes_tests.mutation.sql_mistakes import mistakes_in_sql


@dataclass(frozen=True, slots=True)
class Drawn:
    """A mistake, the part of the core it is made in, and the source it is made to."""

    part: Part
    mistake: Mistake
    source: str

    def __str__(self) -> str:
        return f"{self.mistake.path}:{self.mistake.line(self.source)} {self.mistake.kind}"


def possible(parts: Sequence[Part], root: Path) -> list[Drawn]:
    """Every mistake that can be made in these parts, in the order of the declaration and of the texts."""
    return [
        Drawn(part, mistake, source)
        for part in parts
        for path in part.files(root)
        for source in [(root / path).read_text()]
        for mistake in mistakes_in(str(path), source)
    ]


def mistakes_in(path: str, source: str) -> list[Mistake]:
    """The mistakes that can be made in a file."""
    find = mistakes_in_sql if path.endswith(".sql") else mistakes_in_python
    return find(path, source)


def draw(all_possible: Sequence[Drawn], equivalents: list[Equivalent], *, seed: int, sample: int) -> list[Drawn]:
    """So many mistakes that are not declared equivalent, each as likely as any other; a seed draws the same again."""
    shuffled = random.Random(seed).sample(all_possible, len(all_possible))  # noqa: S311 - nothing is secret here
    real = (one for one in shuffled if not is_declared(one.mistake, one.source, equivalents))
    return [one for one, _ in zip(real, range(sample), strict=False)]
