"""The list of the feeds, in the order people see them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import overload

from chicago_crashes.feeds.catalogue.columns import Feed


class Registry(Sequence[Feed]):
    """The declared feeds.

    Whoever works with all feeds goes through this list at that moment, and keeps nothing of it at import: so a feed can
    be tried out that no module of the package declares.
    """

    def __init__(self, *feeds: Feed) -> None:
        self._feeds = feeds

    @contextmanager
    def with_feed(self, feed: Feed) -> Iterator[Feed]:
        """One more feed, as long as the context lasts: for whoever tries a declaration before the platform has it."""
        before = self._feeds
        self._feeds = (*before, feed)
        try:
            yield feed
        finally:
            self._feeds = before

    @overload
    def __getitem__(self, place: int) -> Feed: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Feed, ...]: ...
    def __getitem__(self, place: int | slice) -> Feed | tuple[Feed, ...]:
        return self._feeds[place]

    def __len__(self) -> int:
        return len(self._feeds)
