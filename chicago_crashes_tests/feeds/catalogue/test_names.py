"""No module but its declaration names a feed: what is to be known of one by name is a field of it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import chicago_crashes
from chicago_crashes.feeds.catalogue import FEEDS

PACKAGE = Path(chicago_crashes.__file__).parent

EXCEPTIONS = {
    "catalogue": "the declarations themselves",
    "synthetic": "the generator of an invented city, in which crashes, people and vehicles belong together",
    "report": "answers about crashes, people and vehicles",
    "facts.py": "answers about crashes, people and vehicles",
    "outdated.py": "answers about crashes, people and vehicles",
}
"""Folders and files that may, and why."""

ALSO_ANOTHER_WORD = "crashes"
"""As a text of its own it is the name of a column, of a number and of a role, too."""


def test_no_module_names_a_feed() -> None:
    found = {
        f"{file.relative_to(PACKAGE)}:{line}": name
        for file in sorted(PACKAGE.rglob("*.py"))
        if EXCEPTIONS.keys().isdisjoint(file.relative_to(PACKAGE).parts)
        if "migrations" not in file.parts
        for line, name in _named(ast.parse(file.read_text()))
    }
    assert found == {}, "Make what the module knows of this feed a field of Feed or Column, in its declaration."


def test_every_exception_is_needed() -> None:
    for exception in EXCEPTIONS:
        files = [file for file in PACKAGE.rglob("*.py") if exception in file.parts]
        assert any(list(_named(ast.parse(file.read_text()))) for file in files), exception


def test_names_are_found() -> None:
    source = "if feed.name == 'crashes': pass\nmatch feed.name:\n case 'people': pass\nfrom x.feeds import VEHICLES\n"
    assert {name for _, name in _named(ast.parse(source))} == {"crashes", "people", "VEHICLES"}


def _named(module: ast.Module) -> Iterator[tuple[int, str]]:
    names = {feed.name for feed in FEEDS}
    telling = (names | {feed.dataset_id for feed in FEEDS}) - {ALSO_ANOTHER_WORD}
    for node in ast.walk(module):
        match node:
            case ast.Constant(value=str(text)) if text in telling:
                yield node.lineno, text
            case ast.Compare(comparators=[ast.Constant(value=str(text))]) if text == ALSO_ANOTHER_WORD:
                yield node.lineno, text
            case ast.MatchValue(value=ast.Constant(value=str(text))) if text == ALSO_ANOTHER_WORD:
                yield node.lineno, text
            case ast.Call(func=ast.Name(id="feed_named"), args=[ast.Constant(value=str(text))]):
                yield node.lineno, text
            case ast.ImportFrom(module=str(source)) if "feeds" in source.split("."):
                yield from ((node.lineno, alias.name) for alias in node.names if alias.name.lower() in names)
