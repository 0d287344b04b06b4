"""What the portal says of a dataset's columns, unjudged."""

from dataclasses import dataclass

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.errors import PortalUnavailableError


@dataclass(frozen=True, slots=True)
class Published:
    """A column as the portal describes it, system fields and computed regions left out."""

    name: str
    type: str


def described_columns(portal: Portal, feed: Feed) -> list[Published]:
    """The published columns in their order, system fields and computed regions left out.

    Raises:
        PortalUnavailableError: the description cannot be read.
    """
    metadata = portal.get_metadata(feed.dataset_id, feed=feed.name)
    try:
        found = [Published(str(column["fieldName"]), str(column.get("dataTypeName"))) for column in metadata["columns"]]
    except (AttributeError, KeyError, TypeError) as error:
        raise PortalUnavailableError(
            f"The portal's description of {feed.name} ({feed.dataset_id}) lists no columns. Try again later."
        ) from error
    return [column for column in found if not column.name.startswith(":")]
