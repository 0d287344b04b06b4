"""A whole layer from the portal: counted, read page by page, and proven to be all there.

Geometries are large, so a layer is read in pages, each after the last row of the one before (`:id` sorts by a hidden
number), and each row is turned at once into what the caller makes of it.
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from chicago_crashes.errors import PermanentError
from chicago_crashes.soda import soql
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.errors import PortalDisagreesError

logger = logging.getLogger(__name__)

PAGE_ROWS = 5_000
FETCHES = 3
"""A layer that still disagrees with its count then is given up for this time."""

Read = TypeVar("Read")


class EmptyLayerError(PermanentError):
    """The dataset is there, and there is nothing in it."""


def published_fields(portal: Portal, dataset_id: str, name: str) -> tuple[str, ...]:
    """The fields of a layer as the portal describes them.

    Raises:
        PortalError: the portal cannot or will not tell.
    """
    columns = portal.get_metadata(dataset_id, feed=name).get("columns")
    named = columns if isinstance(columns, list) else []
    fields = [str(column["fieldName"]) for column in named if isinstance(column, dict) and "fieldName" in column]
    return tuple(field for field in fields if not field.startswith(":"))


def count_rows(portal: Portal, dataset_id: str, name: str) -> int:
    """How many rows the layer has; never none.

    Raises:
        EmptyLayerError: the portal holds no rows, as for every map view.
        PortalError: the portal cannot or will not tell.
    """
    rows = portal.get_rows(dataset_id, {"$select": "count(*) as rows"}, feed=name, purpose="count").rows
    try:
        counted = sum(int(row["rows"]) for row in rows)
    except (KeyError, TypeError, ValueError) as error:
        raise PortalDisagreesError(
            f"Asked how many rows {name} ({dataset_id}) has, the portal sent {rows[:2]}. Try again later."
        ) from error
    if counted == 0:
        raise EmptyLayerError(
            f"The portal has the dataset {dataset_id} of {name}, but no rows in it. Nothing was stored. It may be the "
            "id of a map view, and those return nothing: declare the id of the dataset behind the map. Or the City is "
            "replacing the layer just now: then try again later."
        )
    return counted


def fetch_layer(
    portal: Portal,
    dataset_id: str,
    name: str,
    read: Callable[[dict[str, Any]], Read],
    *,
    counted: int,
    page_rows: int = PAGE_ROWS,
) -> list[Read]:
    """Every row of the layer, as many as were `counted`, read by `read`: the fields of the row, and its `:id`.

    Raises:
        PortalDisagreesError: as many rows as were counted did not come, however often they were counted again.
        PortalError: the portal cannot or will not answer.
    """
    for fetch in range(1, FETCHES + 1):
        rows = _all_rows(portal, dataset_id, name, read, counted, page_rows)
        if len(rows) == counted:
            return list(rows.values())
        logger.warning("%s: %d rows were counted and %d came, fetch %d", name, counted, len(rows), fetch)
        if fetch < FETCHES:
            counted = count_rows(portal, dataset_id, name)
    raise PortalDisagreesError(
        f"The portal counts {counted:,} rows of {name} ({dataset_id}) and sends {len(rows):,}. Nothing was stored. "
        "Try again later."
    )


def _all_rows(
    portal: Portal,
    dataset_id: str,
    name: str,
    read: Callable[[dict[str, Any]], Read],
    counted: int,
    page_rows: int,
) -> dict[str, Read]:
    """The rows by their `:id`; one page more than the count needs is asked for at most."""
    rows: dict[str, Read] = {}
    query = {"$select": "*,:id", "$order": ":id", "$limit": str(page_rows)}
    for number in range(1, counted // page_rows + 3):
        page = portal.get_rows(dataset_id, query, feed=name, purpose=f"page {number}").rows
        for row in page:
            rows[_id_of(row, name)] = read(row)
        if len(page) < page_rows:
            break
        query["$where"] = f":id > {soql.literal(str(page[-1][':id']))}"
    return rows


def _id_of(row: dict[str, Any], name: str) -> str:
    try:
        return str(row[":id"])
    except KeyError as error:
        raise PortalDisagreesError(f"The portal sent a row of {name} without its :id. Try again later.") from error
