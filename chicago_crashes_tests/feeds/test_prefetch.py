"""Making things ahead: the same things in the same order, the failure in its turn, and no more than one ahead."""

import threading
from collections.abc import Iterator

import pytest

from chicago_crashes.feeds.prefetch import one_ahead


@pytest.mark.parametrize("number", [0, 1, 2, 7])
def test_the_items_are_the_same_in_the_same_order(number: int) -> None:
    assert list(one_ahead(iter(range(number)))) == list(range(number))


def test_the_next_item_is_made_while_one_is_in_use() -> None:
    made = [threading.Event() for _ in range(4)]

    def items() -> Iterator[int]:
        for place, event in enumerate(made):
            event.set()
            yield place

    coming = one_ahead(items())
    assert next(coming) == 0
    assert made[1].wait(10), "the second item was not begun while the first was in use"
    assert not made[2].is_set()


def test_a_failure_comes_after_what_was_made_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise LookupError("the second one")

    coming = one_ahead(items())
    assert next(coming) == 1
    with pytest.raises(LookupError, match="the second one"):
        next(coming)
