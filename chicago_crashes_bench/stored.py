"""What full-size measures found when each was last taken: docs/performance.json, which docs/performance.md shows.

A whole invocation takes longer than people wait, so a measure may be taken again by itself; every ratio is still of one
invocation, and the page says of which day and machine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from chicago_crashes_bench.growth import Growth
from chicago_crashes_bench.results import Measurement


@dataclass
class Taken:
    """What one measure found, and on what it was taken: machine, versions, date."""

    machine: dict[str, str]
    measurements: list[Measurement] = field(default_factory=list)
    growths: list[Growth] = field(default_factory=list)


_ALL = TypeAdapter(dict[str, Taken])


def read(file: Path) -> dict[str, Taken]:
    """What is stored, by the measure's name; nothing if there is no file."""
    return _ALL.validate_json(file.read_bytes()) if file.exists() else {}


def write(file: Path, taken: Mapping[str, Taken]) -> None:
    """Store it."""
    file.write_bytes(_ALL.dump_json(dict(taken), indent=1) + b"\n")


def merged(stored: Mapping[str, Taken], fresh: Mapping[str, Taken], names: Sequence[str]) -> dict[str, Taken]:
    """The fresh findings, and the stored ones of all other measures that still exist, in the order of `names`."""
    found = {**stored, **fresh}
    return {name: found[name] for name in names if name in found}


def machines(taken: Mapping[str, Taken]) -> dict[str, str]:
    """On what all of it was taken; where measures differ, each value with the names of its measures."""
    values: dict[str, dict[str, list[str]]] = {}
    for name, each in taken.items():
        for what, value in each.machine.items():
            values.setdefault(what, {}).setdefault(value, []).append(name)
    return {what: _told(found) for what, found in values.items()}


def _told(found: Mapping[str, Sequence[str]]) -> str:
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{value} ({', '.join(names)})" for value, names in found.items())
