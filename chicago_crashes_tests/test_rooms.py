"""What may import what: rooms stand on the rooms below them, and only some know Dagster."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from chicago_crashes.settings import PROJECT_ROOT

PACKAGE = "chicago_crashes"

FLOORS = (
    ("settings", "errors", "secrets", "verdict", "words"),
    ("feeds.catalogue", "feeds.cleaning.parsing", "layers.published", "layers.features"),
    ("soda",),
    ("storage", "alerts", "stand_in"),
    ("orchestration",),
    ("feeds", "layers"),
    ("answers",),
    ("storage.schema",),
    ("operations", "web"),
    ("definitions",),
    ("operations.doctor",),
    ("cli",),
)
"""From the ground up. Whoever stands on a floor may import what is below it, and its own room; not its neighbours.

The declarations of feeds and layers are the ground, with how the text of a declared column is read, so that tables and
requests can be made of them. The lake keeps what the portal's client proved to be whole, so storage stands on `soda`.
The doctor looks at everything that is declared, so it stands on `definitions`; so does the database's schema on the
rooms that have tables.
"""

DECLARATIONS = 1
"""The floor of what is declared; on it and below, modules may know each other."""

SHOW_DAGSTER = ("orchestration", "definitions", "cli", "operations.doctor", "operations.status", "operations.workplace")
"""Besides the rooms' `defs`: what may import Dagster. Everything else is work, and can be run without it."""

STILL_UPWARD: frozenset[tuple[str, str]] = frozenset()
"""Imports that run upward for now: (who, whom). Cut one and take it out here; nothing may be added."""


def imports(path: Path, known: frozenset[str], *, at_the_top: bool = False) -> Iterator[str]:
    """The dotted names that a module imports, ours as modules; `at_the_top` leaves out what functions import late."""
    tree = ast.parse(path.read_text())
    for node in tree.body if at_the_top else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in known else node.module for name in names)


def modules() -> Mapping[str, Path]:
    """Every module of the package by its dotted name; migrations are no part of the house."""
    files = [file for file in (PROJECT_ROOT / PACKAGE).rglob("*.py") if "versions" not in file.parts]
    dotted = {".".join(file.relative_to(PROJECT_ROOT).with_suffix("").parts): file for file in files}
    return {name.removesuffix(".__init__"): file for name, file in dotted.items()}


MODULES = modules()
KNOWN = frozenset(MODULES)


def room(module: str) -> tuple[int, str]:
    """The floor and the room of a module; the longest name that fits counts."""
    inside = f"{module.removeprefix(PACKAGE).lstrip('.')}."
    fitting = [(name, floor) for floor, names in enumerate(FLOORS) for name in names if inside.startswith(f"{name}.")]
    assert fitting, f"{module} is in no room: say in FLOORS where it stands"
    name, floor = max(fitting, key=lambda found: len(found[0]))
    return floor, name


def ours() -> Iterator[tuple[str, str]]:
    """(who, whom) of every import among our modules."""
    for module, path in MODULES.items():
        if module != PACKAGE:
            yield from ((module, name) for name in imports(path, KNOWN) if name in KNOWN and name != PACKAGE)


def is_upward(who: str, whom: str) -> bool:
    """Whether an import runs to a floor above, or to a neighbour; declarations may know each other."""
    (floor, own), (below, other) = room(who), room(whom)
    return below > floor or (below == floor > DECLARATIONS and own != other)


def is_dagster_part(module: str) -> bool:
    inside = module.removeprefix(f"{PACKAGE}.")
    return ".defs" in module or any(f"{inside}.".startswith(f"{room}.") for room in SHOW_DAGSTER)


def test_nothing_imports_upward_or_sideways() -> None:
    wrong = set()
    for who, whom in ours():
        if is_upward(who, whom):
            wrong.add((who.removeprefix(f"{PACKAGE}."), whom.removeprefix(f"{PACKAGE}.")))
    assert sorted(wrong - STILL_UPWARD) == []
    assert sorted(STILL_UPWARD - wrong) == [], "cut already: take them out of STILL_UPWARD"


def test_work_knows_nothing_of_dagster() -> None:
    work = {module: path for module, path in MODULES.items() if not is_dagster_part(module)}
    wrong = [
        (module, name)
        for module, path in work.items()
        for name in imports(path, KNOWN)
        if name.split(".")[0] == "dagster" or ".defs" in name
    ]
    assert wrong == []


def test_dagsters_insides_are_known_to_one_room() -> None:
    wrong = [
        module
        for module, path in MODULES.items()
        if not module.startswith(f"{PACKAGE}.orchestration.")
        and any(
            part.startswith("_")
            for name in imports(path, KNOWN)
            for part in name.split(".")
            if name.startswith("dagster")
        )
    ]
    assert wrong == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    uses = {module: set(imports(path, KNOWN, at_the_top=True)) & KNOWN for module, path in MODULES.items()}
    while leaves := {module for module, used in uses.items() if not used}:
        uses = {module: used - leaves for module, used in uses.items() if module not in leaves}
    assert uses == {}
