"""The hot spots as assets: cells of two grids and streets with the City's index, with checks that no crash is lost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
from psycopg import Connection

from chicago_crashes.answers.defs.facts import CRASH_FACTS_KEY, mart_key, mart_step, refreshed_in_turn
from chicago_crashes.answers.hot_spots.cell_analysis import refresh_hot_spots
from chicago_crashes.answers.hot_spots.hot_spot_tables import HIGH_CRASH_SEGMENTS, HOT_SPOTS
from chicago_crashes.answers.hot_spots.parameters import GridKind, HotSpotParameters, Measure, SegmentParameters
from chicago_crashes.answers.hot_spots.store import CellAccount, SegmentAccount, cell_accounts, segment_account
from chicago_crashes.answers.hot_spots.street_analysis import ANALYSIS, refresh_high_crash_segments
from chicago_crashes.answers.refreshing import Refreshed
from chicago_crashes.layers.defs.layers import layer_key
from chicago_crashes.layers.published import CITY_BOUNDARY, STREET_CENTER_LINES
from chicago_crashes.orchestration.resources import PostgisResource
from chicago_crashes.orchestration.step_checks import results_of
from chicago_crashes.verdict import Check, Judgement

ANALYSES = len(GridKind) * len(Measure)
KINDS = ("postgres", "python")


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


@dataclass(frozen=True, slots=True)
class Cells:
    """What the checks of cells look at: an account of every analysis, and how many cells there are."""

    accounts: Sequence[CellAccount]
    rows: int


def _counted(cells: Cells) -> Judgement:
    lost = {account.analysis: account.located - account.counted for account in cells.accounts}
    located = max((account.located for account in cells.accounts), default=0)
    return _promised(not any(lost.values()), {"located_crashes": located, "not_counted": lost})


def _stated(cells: Cells) -> Judgement:
    """Where there was something to count, every analysis is there and its hot cells are those of its level."""
    accounts, expected = cells.accounts, ANALYSES if cells.rows else 0
    return _promised(
        len(accounts) == expected and all(0 < each.level <= 1 and not each.misjudged for each in accounts),
        {
            "analyses": len(accounts),
            "levels": {account.analysis: account.level for account in accounts},
            "hot_cells": {account.analysis: account.hot for account in accounts},
            "misjudged_cells": sum(account.misjudged for account in accounts),
        },
    )


def _on_segments(account: SegmentAccount) -> Judgement:
    return _promised(
        account.counted + account.out_of_reach == account.located,
        {
            "located_crashes": account.located,
            "on_segments": account.counted,
            "out_of_reach": account.out_of_reach,
        },
    )


def _indexed(account: SegmentAccount) -> Judgement:
    return _promised(not account.misjudged, {"misjudged_rows": account.misjudged})


def _promised(passed: bool, shown: Mapping[str, Any]) -> Judgement:
    return Judgement(passed, shown, is_fault=not passed)


CELL_CHECKS = (
    Check(
        "every_crash_is_counted", "The cells of each grid hold all located crashes of the period, each once.", _counted
    ),
    Check(
        "level_is_stated",
        "Each grid and measure says at which false discovery rate its cells are hot, and they are.",
        _stated,
    ),
)
SEGMENT_CHECKS = (
    Check(
        "every_crash_is_counted",
        "Located crashes of the period are on one segment each, or out of reach of all.",
        _on_segments,
    ),
    Check(
        "index_is_its_formula",
        "The index of every row is (5 x (K + A crashes) + B and C crashes) / miles.",
        _indexed,
    ),
)


def hot_spot_assets() -> list[dg.AssetsDefinition]:
    """The hot spots of cells, and the streets with the City's index."""
    return [_cells(), _segments()]


def _cells() -> dg.AssetsDefinition:
    @mart_step(
        HOT_SPOTS,
        refresh_hot_spots,
        deps=[CRASH_FACTS_KEY, layer_key(CITY_BOUNDARY.name)],
        description="The city in H3 hexagons and in squares: crashes, KSI, EPDO and the City's index of each cell, and "
        "Getis-Ord Gi* of each, with p values by drawing and Benjamini-Hochberg's correction. "
        "`hot_spot_parameters` has what was chosen.",
        kinds=KINDS,
        checks=CELL_CHECKS,
    )
    def hot_spots(
        context: dg.AssetExecutionContext, config: HotSpotConfig, postgis: PostgisResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        chosen = HotSpotParameters(**config.model_dump())
        yield refreshed_in_turn(
            context, postgis, HOT_SPOTS, lambda connection: refresh_hot_spots(connection, chosen), _judged_cells
        )

    return hot_spots


def _segments() -> dg.AssetsDefinition:
    @mart_step(
        HIGH_CRASH_SEGMENTS,
        refresh_high_crash_segments,
        deps=[CRASH_FACTS_KEY, layer_key(STREET_CENTER_LINES.name)],
        description="The index by which the City ranked its High Crash Corridors, 5 x (K + A crashes) + B and C "
        "crashes per mile, for every segment of the street centre lines and for every street.",
        kinds=KINDS,
        checks=SEGMENT_CHECKS,
    )
    def high_crash_segments(
        context: dg.AssetExecutionContext, config: SegmentConfig, postgis: PostgisResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        chosen = SegmentParameters(**config.model_dump())
        yield refreshed_in_turn(
            context,
            postgis,
            HIGH_CRASH_SEGMENTS,
            lambda connection: refresh_high_crash_segments(connection, chosen),
            _judged_segments,
        )

    return high_crash_segments


def _judged_cells(connection: Connection, refreshed: Refreshed) -> list[dg.AssetCheckResult]:
    return results_of(mart_key(HOT_SPOTS), CELL_CHECKS, Cells(cell_accounts(connection), refreshed.rows))


def _judged_segments(connection: Connection, _refreshed: Refreshed) -> list[dg.AssetCheckResult]:
    return results_of(mart_key(HIGH_CRASH_SEGMENTS), SEGMENT_CHECKS, segment_account(connection, ANALYSIS))
