"""Keys as one text: two keys never have one text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chicago_crashes.feeds.catalogue import CRASHES, PEOPLE, VEHICLES
from chicago_crashes.feeds.cleaning.keys import last_part, row_key_of

PARTS = st.text(st.sampled_from("/\\ab:é\N{INFORMATION SEPARATOR ONE}'%{"), min_size=1, max_size=6)
PAIRS = st.tuples(PARTS, PARTS)


def of_person(pair: tuple[str, str]) -> str:
    return row_key_of(PEOPLE, dict(zip(PEOPLE.key, pair, strict=True)))


@pytest.mark.parametrize(
    ("pair", "text"),
    [
        (("c1", "O1"), "c1/O1"),
        (("a/b", "c"), "a\\/b/c"),
        (("a", "b/c"), "a/b\\/c"),
        (("a\\", "b"), "a\\\\/b"),
        (("a", "\\b"), "a/\\\\b"),
    ],
)
def test_only_slashes_and_backslashes_within_a_part_are_marked(pair: tuple[str, str], text: str) -> None:
    assert of_person(pair) == text


@given(PAIRS, PAIRS)
def test_two_keys_never_have_one_text(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (of_person(one) == of_person(other)) == (one == other)


@given(PAIRS)
def test_the_last_part_is_found_again(pair: tuple[str, str]) -> None:
    assert last_part(PEOPLE, of_person(pair)) == pair[1]


def test_a_key_of_one_column_is_its_value() -> None:
    assert row_key_of(CRASHES, {"crash_record_id": "a/b\\c"}) == "a/b\\c" == last_part(CRASHES, "a/b\\c")
    assert row_key_of(VEHICLES, {"crash_unit_id": 7}) == "7"
