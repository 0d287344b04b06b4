"""Work on one thing while the next one is made ready."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def one_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, each made in a thread while the one before is in use: at most two are in memory at a time.

    What making an item raises is raised here, in its turn.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as thread:
        coming: Future[list[Item]] = thread.submit(_next, items)
        while item := coming.result():
            coming = thread.submit(_next, items)
            yield item[0]


def _next(items: Iterator[Item]) -> list[Item]:
    """The next item in a list, which is empty when there is none."""
    return list(islice(items, 1))
