"""The City's layers: one asset per layer, from the portal to its table, with the checks of what it became."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import dagster as dg
from pydantic import Field

from chicago_crashes.errors import CrashesError
from chicago_crashes.layers.examination import Examination, examine
from chicago_crashes.layers.features import Shape
from chicago_crashes.layers.published import PUBLISHED_LAYERS, PublishedLayer
from chicago_crashes.layers.refreshing import RefreshedLayer, refresh_layer
from chicago_crashes.layers.store import TABLES
from chicago_crashes.orchestration.day_reports import failure_of
from chicago_crashes.orchestration.description import (
    OWNERS,
    dataset_link,
    portal_key,
    table_metadata,
    tags,
    weekly_freshness,
)
from chicago_crashes.orchestration.pools import POOL
from chicago_crashes.orchestration.portal_assets import portal_asset
from chicago_crashes.orchestration.resources import PostgisResource, SodaResource
from chicago_crashes.orchestration.step_checks import results_of, specs_of
from chicago_crashes.verdict import Check, Judgement

AREAS = "areas"
"""The group of all layers, and of what is told by their areas."""

MOST_OVERLAP = 0.001
"""Which part of a layer may lie in two areas: neighbours are drawn a few feet apart or into each other."""
LABELS_NAMED = 20


class LayerConfig(dg.Config):
    """How a layer is refreshed."""

    accept_shrink: bool = Field(False, description="Let the layer lose more than a tenth of its features.")


def layer_key(name: str) -> dg.AssetKey:
    """The stored layer of this name."""
    return dg.AssetKey(["layers", name])


def layer_checks(layer: PublishedLayer) -> Sequence[Check[Examination]]:
    """The checks that are asked of the layer."""
    return list(_checks(layer))


def _checks(layer: PublishedLayer) -> Iterator[Check[Examination]]:
    yield Check("valid", "Every geometry is valid.", partial(_valid, layer))
    if layer.expected is not None:
        meaning = f"The layer has {_range(layer.expected)} features."
        yield Check("as_many_as_expected", meaning, partial(_as_many_as_expected, layer, layer.expected))
    if layer.shape is Shape.POLYGON:
        yield Check("labels_differ", "No two areas are called the same.", partial(_labels_differ, layer))
    if layer.divides_the_city:
        meaning = f"At most {MOST_OVERLAP:.1%} of the layer lies in two of its areas."
        yield Check("no_overlap", meaning, partial(_no_overlap, layer))


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
        check_specs=specs_of(key, layer_checks(layer)),
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
            check_results=results_of(key, layer_checks(layer), examined),
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


def _valid(layer: PublishedLayer, examined: Examination) -> Judgement:
    return _judgement(
        examined,
        {"invalid": examined.invalid},
        f"{examined.invalid} geometries of {layer.name} are invalid." if examined.invalid else None,
    )


def _as_many_as_expected(layer: PublishedLayer, expected: tuple[int, int], examined: Examination) -> Judgement:
    fewest, most = expected
    reason = f"{layer.name} has {examined.features:,} features; {_range(expected)} were expected."
    return _judgement(examined, {"expected": _range(expected)}, None if fewest <= examined.features <= most else reason)


def _labels_differ(layer: PublishedLayer, examined: Examination) -> Judgement:
    repeated = list(examined.repeated_labels)
    return _judgement(
        examined,
        {"repeated_labels": len(repeated), "examples": dg.MetadataValue.json(repeated[:LABELS_NAMED])},
        f"{len(repeated)} labels of {layer.name} are those of several areas: {repeated[0]}." if repeated else None,
    )


def _no_overlap(layer: PublishedLayer, examined: Examination) -> Judgement:
    reason = f"{examined.overlapping_share:.3%} of {layer.name} lies in two of its areas."
    return _judgement(
        examined,
        {
            "overlapping_share": examined.overlapping_share,
            "overlapping_square_feet": round(examined.overlapping_square_feet, 1),
            "square_feet": round(examined.square_feet, 1),
        },
        reason if examined.overlapping_share > MOST_OVERLAP else None,
    )


def _judgement(examined: Examination, shown: Mapping[str, Any], reason: str | None) -> Judgement:
    """What the City publishes is no fault of ours, so these checks warn."""
    return Judgement(reason is None, {"features": examined.features, **shown}, reason)


def _range(expected: tuple[int, int]) -> str:
    fewest, most = expected
    return f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"


def _validity(layer: PublishedLayer) -> dict[str, str]:
    """The days on which the boundaries are in force, where they are known."""
    known = {"valid_from": layer.valid_from, "valid_to": layer.valid_to}
    return {name: day.isoformat() for name, day in known.items() if day is not None}
