"""A published layer's way from the portal to its table: fetched whole, read, repaired, stored."""

from dataclasses import dataclass

from psycopg import Connection

from chicago_crashes.layers.published import PublishedLayer
from chicago_crashes.layers.published_rows import LayerReader
from chicago_crashes.layers.repair import prepare
from chicago_crashes.layers.store import StoredLayer, store_layer
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.layers import PAGE_ROWS, count_rows, fetch_layer, published_fields


@dataclass(frozen=True, slots=True)
class RefreshedLayer:
    """What was published, what became of it, and what it took.

    Every published row is a feature, left out, or merged into another feature; `notes` names those that are not
    features as they came.
    """

    stored: StoredLayer
    published_rows: int
    repaired: int
    left_out: int
    merged: int
    notes: tuple[str, ...]
    requests: int
    bytes: int
    seconds: float


def refresh_layer(
    portal: Portal,
    connection: Connection,
    layer: PublishedLayer,
    *,
    accept_shrink: bool = False,
    page_rows: int = PAGE_ROWS,
) -> RefreshedLayer:
    """Bring the stored layer up to what the portal publishes now, or leave it as it is and say why.

    Raises:
        CrashesError: the portal fails, has no rows, or other fields than were declared; the layer lies elsewhere, or
            would lose more than a tenth of its features. Nothing was stored then.
    """
    before = (portal.requests_made, portal.bytes_received, portal.seconds_spent)
    counted = count_rows(portal, layer.dataset_id, layer.name)
    reader = LayerReader(layer, published_fields(portal, layer.dataset_id, layer.name))
    rows = fetch_layer(portal, layer.dataset_id, layer.name, reader.candidate, counted=counted, page_rows=page_rows)
    prepared = prepare(rows, layer.shape)
    stored = store_layer(
        connection,
        layer.layer(reader.label_field),
        prepared.features,
        repaired=prepared.repaired,
        left_out=prepared.left_out,
        may_shrink=accept_shrink,
    )
    return RefreshedLayer(
        stored,
        len(rows),
        prepared.repaired,
        prepared.left_out,
        prepared.merged,
        prepared.notes,
        portal.requests_made - before[0],
        portal.bytes_received - before[1],
        portal.seconds_spent - before[2],
    )
