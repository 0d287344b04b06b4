"""Which columns the portal publishes now, held against the feed's declaration."""

from dataclasses import dataclass

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds import Feed
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.errors import PortalUnavailableError


@dataclass(frozen=True, slots=True)
class PublishedColumns:
    """The published field names in their order; `unknown` are those that are not declared."""

    names: tuple[str, ...]
    unknown: tuple[str, ...]


def published_columns(portal: Portal, feed: Feed) -> PublishedColumns:
    """The columns of `feed` as the portal describes them, system fields and computed regions left out.

    Raises:
        PermanentError: declared columns are missing.
        PortalUnavailableError: the description cannot be read.
    """
    names = tuple(name for name, _ in described_columns(portal, feed))
    declared = set(feed.column_names)
    missing = [column.name for column in feed.columns if column.name not in names and not column.published_since]
    if missing:
        raise PermanentError(
            f"The portal no longer publishes {', '.join(missing)} of {feed.name} ({feed.dataset_id}). Nothing was "
            "loaded, because the columns would have been emptied. If the City renamed or dropped them, change the "
            "feed's declaration."
        )
    return PublishedColumns(names, tuple(name for name in names if name not in declared))


def described_columns(portal: Portal, feed: Feed) -> list[tuple[str, str]]:
    """The field name and type of each published column in their order, system fields and computed regions left out.

    Raises:
        PortalUnavailableError: the description cannot be read.
    """
    metadata = portal.get_metadata(feed.dataset_id, feed=feed.name)
    try:
        fields = [(str(column["fieldName"]), str(column.get("dataTypeName"))) for column in metadata["columns"]]
    except (AttributeError, KeyError, TypeError) as error:
        raise PortalUnavailableError(
            f"The portal's description of {feed.name} ({feed.dataset_id}) lists no columns. Try again later."
        ) from error
    return [(name, type_) for name, type_ in fields if not name.startswith(":")]
