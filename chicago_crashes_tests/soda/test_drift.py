"""Schema drift: what differs between the published columns and the declared ones, spelled out."""

from collections.abc import Sequence

import pytest

from chicago_crashes.feeds.catalogue import CRASHES, FEEDS, PEOPLE, Feed
from chicago_crashes.feeds.inspection import schema
from chicago_crashes.soda.described import Published
from chicago_crashes.soda.drift import Difference, Drift, compare
from chicago_crashes.stand_in.datasets import published_type
from chicago_crashes.stand_in.metadata import NAMES


def as_declared(feed: Feed) -> list[Published]:
    """What the stand-in portal says of the feed's columns."""
    types = [(column.name, published_type(column)) for column in feed.columns]
    return [Published(name, NAMES.get(kind, kind.value)) for name, kind in types]


def drift(feed: Feed, published: Sequence[Published]) -> list[Difference]:
    return list(compare(feed, published))


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_declared_columns_do_not_drift(feed: Feed) -> None:
    assert drift(feed, as_declared(feed)) == []
    assert schema(feed, []).passed


def test_a_column_that_older_vintages_lack_is_not_missed() -> None:
    published = [column for column in as_declared(CRASHES) if column.name != "idot_control_no"]

    assert drift(CRASHES, published) == []


def test_a_new_column_is_a_warning() -> None:
    found = drift(CRASHES, [*as_declared(CRASHES), Published("autonomous_i", "text")])

    assert [(one.drift, one.column) for one in found] == [(Drift.NEW, "autonomous_i")]
    assert "autonomous_i (text) is published but not declared" in found[0].told
    verdict = schema(CRASHES, found)
    assert (verdict.passed, verdict.is_fault, verdict.numbers["new"]) == (False, False, 1)


def test_a_missing_column_is_a_fault() -> None:
    found = drift(PEOPLE, [column for column in as_declared(PEOPLE) if column.name != "age"])

    assert found == [Difference(Drift.MISSING, "age", "age (number) is no longer published.")]
    verdict = schema(PEOPLE, found)
    assert (verdict.passed, verdict.is_fault, list(verdict.reasons)) == (False, True, [found[0].told])


def test_a_new_column_does_not_excuse_a_missing_one() -> None:
    published = [column for column in as_declared(PEOPLE) if column.name != "age"]

    verdict = schema(PEOPLE, drift(PEOPLE, [*published, Published("autonomous_i", "text")]))

    assert (verdict.passed, verdict.is_fault) == (False, True)
    assert verdict.numbers == {
        "declared_columns": len(PEOPLE.columns), "new": 1, "missing": 1, "renamed": 0, "retyped": 0,
    }  # fmt: skip


def test_a_column_of_another_type_is_retyped() -> None:
    published = [Published("age", "text") if column.name == "age" else column for column in as_declared(PEOPLE)]

    assert drift(PEOPLE, published) == [
        Difference(Drift.RETYPED, "age", "age is published as text, declared as number.")
    ]


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ("injuries_total", "injuries_total_count", True),
        ("sec_contributory_cause", "another_reason", False),
        ("crash_record_id", "report", False),
    ],
    ids=["near name, elsewhere", "same place", "first of all"],
)
def test_a_column_with_the_type_and_the_place_or_nearly_the_name_is_the_old_one_renamed(
    old: str, new: str, moved: bool
) -> None:
    published = []
    for column in as_declared(CRASHES):
        if column.name != old:
            published.append(column)
        elif not moved:
            published.append(Published(new, column.type))
    if moved:
        published.append(Published(new, "number"))

    (found,) = drift(CRASHES, published)

    assert (found.drift, found.column) == (Drift.RENAMED, old)
    assert f"{new}, also " in found.told


def test_a_column_of_another_type_in_the_same_place_is_not_the_old_one() -> None:
    published = [
        Published("report", "number") if column.name == "crash_record_id" else column for column in as_declared(CRASHES)
    ]

    assert {(one.drift, one.column) for one in drift(CRASHES, published)} == {
        (Drift.MISSING, "crash_record_id"),
        (Drift.NEW, "report"),
    }
