"""The City's layers: one asset per layer, from the portal to its table, with the checks of what it became."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from pydantic import Field

from chicago_crashes.assets.description import (
    OWNERS,
    check_specs,
    dataset_link,
    portal_key,
    table_metadata,
    tags,
    weekly_freshness,
)
from chicago_crashes.assets.portal import portal_asset
from chicago_crashes.assets.raw import POOL
from chicago_crashes.assets.reporting import failure_of
from chicago_crashes.assets.resources import PostgisResource, SodaResource
from chicago_crashes.errors import CrashesError
from chicago_crashes.layers.features import Shape
from chicago_crashes.layers.published import PUBLISHED_LAYERS, PublishedLayer
from chicago_crashes.layers.refreshing import RefreshedLayer, refresh_layer
from chicago_crashes.postgis.layer_examination import Examination, examine
from chicago_crashes.postgis.layers import TABLES

AREAS = "areas"
"""The group of all layers, and of what is told by their areas."""

AS_MANY_AS_EXPECTED, VALID, LABELS_DIFFER, NO_OVERLAP = "as_many_as_expected", "valid", "labels_differ", "no_overlap"
MOST_OVERLAP = 0.001
"""Which part of a layer may lie in two areas: neighbours are drawn a few feet apart or into each other."""
LABELS_NAMED = 20


class LayerConfig(dg.Config):
    """How a layer is refreshed."""

    accept_shrink: bool = Field(False, description="Let the layer lose more than a tenth of its features.")


def layer_key(name: str) -> dg.AssetKey:
    """The stored layer of this name."""
    return dg.AssetKey(["layers", name])


def layer_checks(layer: PublishedLayer) -> Mapping[str, str]:
    """The checks that are asked of the layer, with what each means."""
    meanings = {VALID: "Every geometry is valid."}
    if layer.expected is not None:
        meanings[AS_MANY_AS_EXPECTED] = f"The layer has {_range(layer)} features."
    if layer.shape is Shape.POLYGON:
        meanings[LABELS_DIFFER] = "No two areas are called the same."
    if layer.divides_the_city:
        meanings[NO_OVERLAP] = f"At most {MOST_OVERLAP:.1%} of the layer lies in two of its areas."
    return meanings


def portal_layer_assets() -> list[dg.AssetSpec]:
    """The datasets the City publishes."""
    return [portal_asset(layer) for layer in PUBLISHED_LAYERS]


def layer_assets(retries: dg.RetryPolicy) -> list[dg.AssetsDefinition]:
    """The stored layers."""
    return [_layer_asset(layer, retries) for layer in PUBLISHED_LAYERS]


def _layer_asset(layer: PublishedLayer, retries: dg.RetryPolicy) -> dg.AssetsDefinition:
    key, table = layer_key(layer.name), TABLES[layer.shape].table

    @dg.asset(
        key=key,
        deps=[portal_key(layer)],
        group_name=AREAS,
        kinds={"socrata", "postgres"},
        owners=OWNERS,
        tags=tags(layer),
        pool=POOL,
        retry_policy=retries,
        freshness_policy=weekly_freshness(),
        description=f"{layer.description} In `{table.name}`, where `layers.layer` is {layer.name}; earlier versions of "
        "its features are in `ops.layer_history`.",
        metadata={
            **table_metadata(table, refresh_layer),
            "dataset": dataset_link(layer),
            **_validity(layer),
        },
        check_specs=check_specs(key, layer_checks(layer)),
    )
    def refresh(
        context: dg.AssetExecutionContext, config: LayerConfig, soda: SodaResource, postgis: PostgisResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        try:
            with soda.portal() as portal, postgis.connect() as connection:
                refreshed = refresh_layer(portal, connection, layer, accept_shrink=config.accept_shrink)
                examined = examine(
                    connection, refreshed.stored.layer_id, layer.shape, with_overlaps=layer.divides_the_city
                )
        except CrashesError as error:
            raise failure_of(context, error) from error
        yield dg.MaterializeResult(
            metadata=_shown(refreshed),
            check_results=[_result(layer, name, examined) for name in layer_checks(layer)],
        )

    return refresh


def _shown(refreshed: RefreshedLayer) -> dict[str, Any]:
    stored = refreshed.stored
    return {
        "dagster/row_count": stored.features,
        "features": stored.features,
        "published_rows": refreshed.published_rows,
        "repaired": refreshed.repaired,
        "left_out": refreshed.left_out,
        "merged": refreshed.merged,
        "version": stored.version,
        "changed": int(stored.is_changed),
        "added": stored.added,
        "amended": stored.amended,
        "removed": stored.removed,
        "requests": refreshed.requests,
        "bytes": refreshed.bytes,
        "seconds": round(refreshed.seconds, 3),
        "notes": dg.MetadataValue.json(list(refreshed.notes)),
    }


def _result(layer: PublishedLayer, check: str, examined: Examination) -> dg.AssetCheckResult:
    reason: str | None = None
    metadata: dict[str, Any] = {"features": examined.features}
    match check:
        case "as_many_as_expected":
            fewest, most = layer.expected or (0, 0)
            metadata |= {"expected": _range(layer)}
            if not fewest <= examined.features <= most:
                reason = f"{layer.name} has {examined.features:,} features; {_range(layer)} were expected."
        case "labels_differ":
            repeated = list(examined.repeated_labels)
            metadata |= {"repeated_labels": len(repeated), "examples": dg.MetadataValue.json(repeated[:LABELS_NAMED])}
            if repeated:
                reason = f"{len(repeated)} labels of {layer.name} are those of several areas: {repeated[0]}."
        case "no_overlap":
            metadata |= {
                "overlapping_share": examined.overlapping_share,
                "overlapping_square_feet": round(examined.overlapping_square_feet, 1),
                "square_feet": round(examined.square_feet, 1),
            }
            if examined.overlapping_share > MOST_OVERLAP:
                reason = f"{examined.overlapping_share:.3%} of {layer.name} lies in two of its areas."
        case _:
            metadata |= {"invalid": examined.invalid}
            if examined.invalid:
                reason = f"{examined.invalid} geometries of {layer.name} are invalid."
    return dg.AssetCheckResult(
        asset_key=layer_key(layer.name),
        check_name=check,
        passed=reason is None,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata,
        description=reason,
    )


def _range(layer: PublishedLayer) -> str:
    fewest, most = layer.expected or (0, 0)
    return f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"


def _validity(layer: PublishedLayer) -> dict[str, str]:
    """The days on which the boundaries are in force, where they are known."""
    known = {"valid_from": layer.valid_from, "valid_to": layer.valid_to}
    return {name: day.isoformat() for name, day in known.items() if day is not None}
