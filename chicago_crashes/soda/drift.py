"""How the columns the portal publishes now differ from the declared ones: new, missing, renamed, retyped."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from chicago_crashes.feeds.catalogue import Column, Feed, Kind
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.described import Published, described_columns

TYPES = {
    Kind.TEXT: ("text",),
    Kind.CATEGORY: ("text",),
    Kind.FLAG: ("text",),
    Kind.CODE: ("number",),
    Kind.INTEGER: ("number",),
    Kind.NUMBER: ("number",),
    Kind.TIMESTAMP: ("calendar_date",),
    Kind.POINT: ("point", "location"),
}
"""The portal's types, as its metadata call them, that a column of each kind is published with."""

NEAR_NAME = 0.75
"""How alike two names are at least, from 0 to 1, for one to be taken for the other's new name."""


class Drift(StrEnum):
    """In what way a column differs."""

    NEW = "new"
    MISSING = "missing"
    RENAMED = "renamed"
    RETYPED = "retyped"


@dataclass(frozen=True, slots=True)
class Difference:
    """One column that is not published as declared, and how, in a sentence."""

    drift: Drift
    column: str
    told: str


def never(_column: str) -> bool:
    """No column was ever loaded."""
    return False


def differences(portal: Portal, feed: Feed, *, was_loaded: Callable[[str], bool] = never) -> list[Difference]:
    """What differs between the feed's declaration and what the portal says of its columns now.

    The absence of a column that older vintages lack is a difference if it `was_loaded`.

    Raises:
        PortalUnavailableError: the description cannot be read.
    """
    return list(compare(feed, described_columns(portal, feed), was_loaded=was_loaded))


def compare(
    feed: Feed, published: Sequence[Published], *, was_loaded: Callable[[str], bool] = never
) -> Iterator[Difference]:
    """What differs between the feed's declaration and the published columns, in the order of the declaration."""
    now = {column.name: column for column in published}
    new = [column for column in published if column.name not in feed.column_names]
    for column in feed.columns:
        expected = _types(column)
        if found := now.get(column.name):
            if found.type not in expected:
                told = f"{column.name} is published as {found.type}, declared as {' or '.join(expected)}."
                yield Difference(Drift.RETYPED, column.name, told)
        elif successor := _successor(feed, column, published, new):
            new.remove(successor)
            told = f"{column.name} is no longer published; {successor.name}, also {successor.type}, seems to be it now."
            yield Difference(Drift.RENAMED, column.name, told)
        elif not column.published_since or was_loaded(column.name):
            yield Difference(Drift.MISSING, column.name, f"{column.name} ({expected[0]}) is no longer published.")
    for unknown in new:
        told = f"{unknown.name} ({unknown.type}) is published but not declared; its values are kept in extra."
        yield Difference(Drift.NEW, unknown.name, told)


def _types(column: Column) -> tuple[str, ...]:
    return (column.published_as,) if column.published_as else TYPES[column.kind]


def _successor(feed: Feed, lost: Column, published: Sequence[Published], new: Sequence[Published]) -> Published | None:
    """The new column that has the lost one's type, and its place or a name much like its own."""
    alike = [column for column in new if column.type in _types(lost)]
    by_name = sorted(alike, key=lambda column: _likeness(column.name, lost.name), reverse=True)
    if by_name and _likeness(by_name[0].name, lost.name) >= NEAR_NAME:
        return by_name[0]
    names = [column.name for column in published]
    in_place = [column for column in alike if _before(column.name, names, feed) == _before_declared(lost, feed, names)]
    return in_place[0] if in_place else None


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _before(name: str, names: Sequence[str], feed: Feed) -> str | None:
    """The nearest declared column published before a published one."""
    earlier = [other for other in names[: names.index(name)] if other in feed.column_names]
    return earlier[-1] if earlier else None


def _before_declared(lost: Column, feed: Feed, names: Sequence[str]) -> str | None:
    """The nearest published column declared before a declared one."""
    declared = feed.column_names
    earlier = [other for other in declared[: declared.index(lost.name)] if other in names]
    return earlier[-1] if earlier else None
