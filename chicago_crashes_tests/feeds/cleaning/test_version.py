"""Which change makes days be cleaned anew, and of which feed; and who is reminded to say so."""

import ast
import hashlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from chicago_crashes.feeds import cleaning
from chicago_crashes.feeds.catalogue import FEEDS, Column, Feed, feed_named
from chicago_crashes.feeds.cleaning import clean, keys, parsing, rules, version
from chicago_crashes.feeds.cleaning.version import rules_digest

APPLYING = (clean, keys, parsing, rules)
"""The modules whose code decides what becomes of a raw row."""
NO_PART = {"version", "schema"}
"""Modules of the package that do not: one says which version the rest is, the other checks what is stored."""

PEOPLE = feed_named("people")


def _with_column(feed: Feed, name: str, change: Callable[[Column], Column]) -> Feed:
    return replace(feed, columns=tuple(change(one) if one.name == name else one for one in feed.columns))


CHANGES: dict[str, Callable[[Feed], Feed]] = {
    "another bound": lambda feed: _with_column(feed, "age", lambda one: replace(one, highest=110)),
    "a new category": lambda feed: _with_column(feed, "sex", lambda one: replace(one, values=(*one.values, "Q"))),
    "a shorter text": lambda feed: _with_column(feed, "city", lambda one: replace(one, max_length=20)),
    "a new column": lambda feed: replace(feed, columns=(*feed.columns, replace(feed.columns[0], name="new"))),
    "a column that is gone": lambda feed: replace(feed, columns=feed.columns[:-1]),
    "another key": lambda feed: replace(feed, key=("person_id",)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_rule_is_another_digest(change: str) -> None:
    changed = CHANGES[change](PEOPLE)
    assert changed != PEOPLE
    assert rules_digest(changed) != rules_digest(PEOPLE)


WORDS: dict[str, Callable[[Feed], Feed]] = {
    "a description": lambda feed: _with_column(feed, "age", lambda one: replace(one, description="How old")),
    "a heading": lambda feed: _with_column(feed, "age", lambda one: replace(one, header="Age")),
    "another order of columns": lambda feed: replace(feed, columns=feed.columns[::-1]),
    "another order of categories": lambda feed: _with_column(
        feed, "sex", lambda one: replace(one, values=one.values[::-1])
    ),
    "an index": lambda feed: replace(feed, indexes=()),
    "a title": lambda feed: replace(feed, title="People"),
    "a relation": lambda feed: replace(feed, relations=()),
    "how often it is loaded": lambda feed: replace(feed, cadence=feed_named("fatalities").cadence),
}


@pytest.mark.parametrize("change", WORDS)
def test_what_changes_no_row_changes_no_digest(change: str) -> None:
    changed = WORDS[change](PEOPLE)
    assert changed != PEOPLE
    assert rules_digest(changed) == rules_digest(PEOPLE)


def test_every_feed_has_rules_of_its_own() -> None:
    assert len({rules_digest(feed) for feed in FEEDS}) == len(FEEDS)


def test_a_raised_version_is_another_digest_of_every_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {feed.name: rules_digest(feed) for feed in FEEDS}
    rules_digest.cache_clear()
    monkeypatch.setattr(version, "CLEANING_VERSION", version.CLEANING_VERSION + 1)
    try:
        assert all(rules_digest(feed) != before[feed.name] for feed in FEEDS)
    finally:
        rules_digest.cache_clear()


def test_whoever_changes_the_cleaning_decides_about_its_version() -> None:
    now = _digest(*(inspect.getsource(module) for module in APPLYING))
    assert now == version.CLEANING_CODE, (
        "The code that cleans rows has changed. If it may make something else of any raw row, raise CLEANING_VERSION "
        f"in {version.__name__}, and every day is cleaned anew from the raw lake. In either case write there: "
        f'CLEANING_CODE = "{now}"'
    )


def test_every_module_of_the_cleaning_is_looked_at() -> None:
    (folder,) = cleaning.__path__
    modules = {name.rpartition(".")[2] for name in _names(APPLYING)} | NO_PART
    assert modules == {file.stem for file in Path(folder).glob("*.py")} - {"__init__"}


SOURCE = 'import a\n\n\ndef f(x: int) -> int:\n    """Says."""\n    return x + 1  # why\n'


@pytest.mark.parametrize(
    ("changed", "is_same"),
    [
        (SOURCE.replace("Says", "Tells"), True),
        (SOURCE.replace("# why", ""), True),
        (SOURCE.replace("import a", "from b import a"), True),
        (SOURCE.replace("x + 1", "(\n        x\n        + 1\n    )"), True),
        (SOURCE.replace("x + 1", "x + 2"), False),
        (SOURCE.replace("x + 1", "x - 1"), False),
        (SOURCE.replace("return x", "return -x"), False),
    ],
    ids=["docstring", "comment", "import", "layout", "number", "operator", "sign"],
)
def test_words_and_layout_are_no_code(changed: str, is_same: bool) -> None:
    assert changed != SOURCE
    assert (_digest(changed) == _digest(SOURCE)) is is_same


def _names(modules: tuple[ModuleType, ...]) -> list[str]:
    return [module.__name__ for module in modules]


def _digest(*sources: str) -> str:
    """A digest of code, whatever its comments, texts that document it, imports and layout are."""
    digest = hashlib.sha256()
    for source in sources:
        for word in _words(ast.parse(source)):
            digest.update(f"{word}\n".encode())
    return digest.hexdigest()[:16]


def _words(node: ast.AST) -> Iterator[str]:
    yield type(node).__name__
    for name, value in ast.iter_fields(node):
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, ast.AST) and not _is_left_out(one):
                yield from _words(one)
            elif one is not None and not isinstance(one, ast.AST):
                yield f"{name}={one!r}"


def _is_left_out(node: ast.AST) -> bool:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return is_text or isinstance(node, (ast.Import, ast.ImportFrom, ast.Load, ast.Store))
