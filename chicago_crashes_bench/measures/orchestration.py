"""What Dagster's bookkeeping costs: a backfill of all days and assets whose work is empty."""

import json
import sys
from collections.abc import Sequence

from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.feeds.inspection import day_checks
from chicago_crashes_bench.bench import Bench, Found
from chicago_crashes_bench.growth import Growth
from chicago_crashes_bench.results import Amount, Bar, Kind, Measurement, Unit
from chicago_crashes_bench.sizes import FIRST_DAY
from chicago_crashes_bench.watching import run_watched

ASSETS = 2 * len(FEEDS)
CHECKS = sum(len(day_checks(feed)) for feed in FEEDS)


def measure(bench: Bench) -> Found:
    """Milliseconds per asset and day, without and with the results of the checks of every day."""
    days = bench.sizes.empty_days
    pace = _backfill(bench)
    yield Measurement(
        "orchestration: backfill of empty work, per asset-day",
        f"{days:,} days × {ASSETS} assets",
        _per_asset_day(pace),
        Bar(Kind.UNDER, 3),
    )
    checked = _backfill(bench, "--with-checks")
    yield Measurement(
        f"orchestration: the same with {CHECKS} check results a day",
        f"{days:,} days × {ASSETS} assets",
        _per_asset_day(checked),
    )
    yield _growth("orchestration, per asset-day", pace)
    yield _growth(f"orchestration with {CHECKS} check results a day, per asset-day", checked)


def _backfill(bench: Bench, *options: str) -> Sequence[tuple[int, float]]:
    bench.tell(f"orchestration: {bench.sizes.empty_days:,} days × {ASSETS} assets {' '.join(options)}")
    with bench.workplace.database("orchestration") as url:
        run = run_watched(
            [
                *(sys.executable, "-m", "chicago_crashes_bench.empty_work"),
                *(str(FIRST_DAY), str(bench.sizes.empty_days), *options),
            ],
            bench.workplace.environment(url),
            bench.workplace.folder / "orchestration",
        )
    return [(days, seconds) for days, seconds in json.loads(run.output.strip().splitlines()[-1])]


def _per_asset_day(pace: Sequence[tuple[int, float]]) -> Amount:
    days, seconds = pace[-1]
    return Amount(seconds / days / ASSETS * 1e3, Unit.MILLISECONDS)


def _growth(name: str, pace: Sequence[tuple[int, float]]) -> Growth:
    marks = sorted({max(len(pace) // 10, 1), max(len(pace) // 3, 1), len(pace)})
    return Growth(name, [(pace[mark - 1][0] * ASSETS, pace[mark - 1][1]) for mark in marks])
