"""Mistakes that are declared to change nothing, and are not planted."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from chicago_crashes_tests.mutation.mistakes import Mistake

FILE = Path(__file__).with_name("equivalents.toml")


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A change of one file that changes nothing, and why; `after` is the line before it, where that matters."""

    path: str
    old: str
    new: str
    reason: str
    after: str = ""


def declared(file: Path = FILE) -> list[Equivalent]:
    """What the file declares."""
    return [Equivalent(**entry) for entry in tomllib.loads(file.read_text()).get("equivalent", [])]


def is_declared(mistake: Mistake, source: str, equivalents: list[Equivalent]) -> bool:
    """Whether the mistake is one of these."""
    here = [one for one in equivalents if one.path == mistake.path]
    if not here:
        return False
    diff = mistake.diff(source)
    old, new = (" ".join(line[1:].strip() for line in diff if line.startswith(sign)) for sign in "-+")
    before = source[: mistake.start].splitlines()[-2:-1]
    return any((one.old, one.new) == (old, new) and one.after in ("", *map(str.strip, before)) for one in here)
