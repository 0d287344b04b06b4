"""The hot spots as assets: cells of two grids and streets with the City's index, with checks that no crash is lost."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from chicago_crashes.assets.answers import MARTS, column_schema, mart_key
from chicago_crashes.assets.description import OWNERS
from chicago_crashes.assets.references import links_to_code
from chicago_crashes.assets.resources import PostgisResource
from chicago_crashes.hot_spots.cell_analysis import refresh_hot_spots
from chicago_crashes.hot_spots.parameters import GridKind, HotSpotParameters, Measure, SegmentParameters
from chicago_crashes.hot_spots.street_analysis import ANALYSIS, refresh_high_crash_segments
from chicago_crashes.postgis.hot_spot_tables import HIGH_CRASH_SEGMENTS, HOT_SPOTS
from chicago_crashes.postgis.hot_spots import (
    BOUNDARY_LAYER,
    STREET_LAYER,
    CellAccount,
    SegmentAccount,
    cell_accounts,
    segment_account,
)
from chicago_crashes.postgis.mart_tables import CRASH_FACTS
from chicago_crashes.postgis.refreshing import Refreshed, taking_turns

COUNTED, STATED, INDEXED = "every_crash_is_counted", "level_is_stated", "index_is_its_formula"
ANALYSES = len(GridKind) * len(Measure)


class HotSpotConfig(dg.Config):
    """How hot spots are looked for; what is left out is as `HotSpotParameters` has it."""

    years: int = HotSpotParameters().years
    resolution: int = HotSpotParameters().resolution
    side_feet: float = HotSpotParameters().side_feet
    rings: int = HotSpotParameters().rings
    level: float = HotSpotParameters().level
    cap_at: float = HotSpotParameters().cap_at
    seed: int = HotSpotParameters().seed


class SegmentConfig(dg.Config):
    """How streets are judged; what is left out is as `SegmentParameters` has it."""

    years: int = SegmentParameters().years
    reach_feet: float = SegmentParameters().reach_feet
    shortest_segment_feet: float = SegmentParameters().shortest_segment_feet
    shortest_street_feet: float = SegmentParameters().shortest_street_feet


def hot_spot_assets(*, code_url: str) -> list[dg.AssetsDefinition]:
    """The hot spots of cells, and the streets with the City's index."""
    return [_cells(code_url), _segments(code_url)]


def _cells(code_url: str) -> dg.AssetsDefinition:
    key = mart_key(HOT_SPOTS)

    @dg.asset(
        key=key,
        deps=[mart_key(CRASH_FACTS), dg.AssetKey(["layers", BOUNDARY_LAYER])],
        group_name=MARTS,
        kinds={"postgres", "python"},
        owners=OWNERS,
        description="The city in H3 hexagons and in squares: crashes, KSI, EPDO and the City's index of each cell, and "
        "Getis-Ord Gi* of each, with p values by drawing and Benjamini-Hochberg's correction. "
        "`hot_spot_parameters` has what was chosen.",
        metadata={
            "dagster/column_schema": column_schema(HOT_SPOTS),
            "dagster/table_name": f"public.{HOT_SPOTS.name}",
            "dagster/code_references": links_to_code(
                [("the step", _cells), ("what it does", refresh_hot_spots)], code_url
            ),
        },
        check_specs=[
            dg.AssetCheckSpec(
                COUNTED,
                asset=key,
                description="The cells of each grid hold all located crashes of the period, each once.",
            ),
            dg.AssetCheckSpec(
                STATED,
                asset=key,
                description="Each grid and measure says at which false discovery rate its cells are hot, and they are.",
            ),
        ],
    )
    def hot_spots(
        context: dg.AssetExecutionContext, config: HotSpotConfig, postgis: PostgisResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        started = time.monotonic()
        with postgis.connect() as connection, taking_turns(connection):
            refreshed = refresh_hot_spots(connection, HotSpotParameters(**config.model_dump()))
            accounts = cell_accounts(connection)
        context.log.info(f"{HOT_SPOTS.name}: {refreshed.rows:,} rows")
        yield dg.MaterializeResult(
            metadata=_shown(refreshed, started),
            check_results=[_counted(key, accounts), _stated(key, accounts, refreshed)],
        )

    return hot_spots


def _segments(code_url: str) -> dg.AssetsDefinition:
    key = mart_key(HIGH_CRASH_SEGMENTS)

    @dg.asset(
        key=key,
        deps=[mart_key(CRASH_FACTS), dg.AssetKey(["layers", STREET_LAYER])],
        group_name=MARTS,
        kinds={"postgres", "python"},
        owners=OWNERS,
        description="The index by which the City ranked its High Crash Corridors, 5 x (K + A crashes) + B and C "
        "crashes per mile, for every segment of the street centre lines and for every street.",
        metadata={
            "dagster/column_schema": column_schema(HIGH_CRASH_SEGMENTS),
            "dagster/table_name": f"public.{HIGH_CRASH_SEGMENTS.name}",
            "dagster/code_references": links_to_code(
                [("the step", _segments), ("what it does", refresh_high_crash_segments)], code_url
            ),
        },
        check_specs=[
            dg.AssetCheckSpec(
                COUNTED,
                asset=key,
                description="Located crashes of the period are on one segment each, or out of reach of all.",
            ),
            dg.AssetCheckSpec(
                INDEXED,
                asset=key,
                description="The index of every row is (5 x (K + A crashes) + B and C crashes) / miles.",
            ),
        ],
    )
    def high_crash_segments(
        context: dg.AssetExecutionContext, config: SegmentConfig, postgis: PostgisResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        started = time.monotonic()
        with postgis.connect() as connection, taking_turns(connection):
            refreshed = refresh_high_crash_segments(connection, SegmentParameters(**config.model_dump()))
            account = segment_account(connection, ANALYSIS)
        context.log.info(f"{HIGH_CRASH_SEGMENTS.name}: {refreshed.rows:,} rows")
        yield dg.MaterializeResult(
            metadata=_shown(refreshed, started),
            check_results=[_on_segments(key, account), _indexed(key, account)],
        )

    return high_crash_segments


def _shown(refreshed: Refreshed, started: float) -> dict[str, Any]:
    seconds = round(time.monotonic() - started, 2)
    return {"dagster/row_count": refreshed.rows, "seconds": seconds, **refreshed.numbers}


def _counted(key: dg.AssetKey, accounts: Sequence[CellAccount]) -> dg.AssetCheckResult:
    lost = {account.analysis: account.located - account.counted for account in accounts}
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=COUNTED,
        passed=not any(lost.values()),
        metadata={"located_crashes": max((account.located for account in accounts), default=0), "not_counted": lost},
    )


def _stated(key: dg.AssetKey, accounts: Sequence[CellAccount], refreshed: Refreshed) -> dg.AssetCheckResult:
    """Where there was something to count, every analysis is there and its hot cells are those of its level."""
    expected = ANALYSES if refreshed.rows else 0
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=STATED,
        passed=len(accounts) == expected and all(0 < each.level <= 1 and not each.misjudged for each in accounts),
        metadata={
            "analyses": len(accounts),
            "levels": {account.analysis: account.level for account in accounts},
            "hot_cells": {account.analysis: account.hot for account in accounts},
            "misjudged_cells": sum(account.misjudged for account in accounts),
        },
    )


def _on_segments(key: dg.AssetKey, account: SegmentAccount) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=COUNTED,
        passed=account.counted + account.out_of_reach == account.located,
        metadata={
            "located_crashes": account.located,
            "on_segments": account.counted,
            "out_of_reach": account.out_of_reach,
        },
    )


def _indexed(key: dg.AssetKey, account: SegmentAccount) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key, check_name=INDEXED, passed=not account.misjudged, metadata={"misjudged_rows": account.misjudged}
    )
