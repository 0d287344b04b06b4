"""Which columns the portal publishes now, held against the feed's declaration and against what was loaded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.described import Published, described_columns
from chicago_crashes.soda.drift import Drift, compare, never

WasLoaded = Callable[[str], bool]
"""Whether rows were ever loaded with a value in a column. Asked only of columns that older vintages lack."""


@dataclass(frozen=True, slots=True)
class PublishedColumns:
    """The published field names in their order; `unknown` are those that are not declared.

    `missing` are declared, not published, and were never loaded: what is published is older than they are.
    """

    names: tuple[str, ...]
    unknown: tuple[str, ...]
    missing: tuple[str, ...] = ()


class LostColumnsError(PermanentError):
    """The portal no longer publishes columns that are declared, or that were loaded before."""

    def __init__(self, message: str, columns: Sequence[str]) -> None:
        super().__init__(message)
        self.columns = columns


def published_columns(portal: Portal, feed: Feed, *, was_loaded: WasLoaded = never) -> PublishedColumns:
    """The columns of `feed` as the portal describes them, system fields and computed regions left out.

    Raises:
        LostColumnsError: columns are missing that must be there, or that loaded rows have.
        PortalUnavailableError: the description cannot be read.
    """
    described = described_columns(portal, feed)
    names = tuple(column.name for column in described)
    absent = [column for column in feed.columns if column.name not in names]
    lost = [column.name for column in absent if not column.published_since or was_loaded(column.name)]
    if lost:
        raise LostColumnsError(_lost_in_words(feed, described, lost), lost)
    return PublishedColumns(
        names,
        unknown=tuple(name for name in names if name not in feed.column_names),
        missing=tuple(column.name for column in absent),
    )


def _lost_in_words(feed: Feed, described: Sequence[Published], lost: Sequence[str]) -> str:
    renamed = [
        f" {difference.told}"
        for difference in compare(feed, described)
        if difference.drift is Drift.RENAMED and difference.column in lost
    ]
    return (
        f"The portal no longer publishes {', '.join(lost)} of {feed.name} ({feed.dataset_id}).{''.join(renamed)} "
        "Nothing was loaded, because the columns would have been emptied. If the City renamed or dropped them, change "
        "the feed's declaration."
    )
