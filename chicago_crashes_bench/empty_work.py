"""`python -m chicago_crashes_bench.empty_work`: a backfill of the platform's assets that do nothing but report.

Partitions, backfill policy, pool, storage and the way of launching are the platform's; what is left is the cost of
telling Dagster of every day of every asset, with or without the results of every check of every day.
"""

import argparse
import json
import sys
import time
import warnings
from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg

from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.feeds.changes import DayRange
from chicago_crashes.feeds.defs.jobs import load_jobs
from chicago_crashes.feeds.defs.launch import launch
from chicago_crashes.feeds.defs.raw import FetchConfig
from chicago_crashes.feeds.defs.table_checks import BLOCKING
from chicago_crashes.feeds.defs.tables import MergeConfig
from chicago_crashes.feeds.inspection import day_checks
from chicago_crashes.operations.workplace import dagster_instance
from chicago_crashes.orchestration.check_reports import report_verdicts
from chicago_crashes.orchestration.day_reports import Metadata, report_days, requested_days
from chicago_crashes.orchestration.description import raw_key, table_key
from chicago_crashes.orchestration.outcomes import COUNTED
from chicago_crashes.orchestration.partitions import chunks, day_of, day_partitions
from chicago_crashes.orchestration.pools import POOL
from chicago_crashes.settings import settings
from chicago_crashes.verdict import Verdict
from chicago_crashes_bench.command import with_own_dagster_home

FETCHED: Metadata = {
    "dagster/partition_row_count": 0,
    "rows_fetched": 0,
    "source_rows": 0,
    "new_version": 0,
    "requests": 0,
    "bytes": 0,
    "seconds": 0.0,
    "file": "none",
}
LOADED: Metadata = {"dagster/partition_row_count": 0, **dict.fromkeys(COUNTED, 0)}


def empty_definitions(*, with_checks: bool) -> dg.Definitions:
    """The platform's assets and jobs without their work."""
    days = day_partitions(settings().start_date)
    backfill = dg.BackfillPolicy.multi_run(settings().days_per_run)
    return dg.Definitions(
        assets=[asset for feed in FEEDS for asset in (_raw(feed, days, backfill), _table(feed, days, backfill))],
        asset_checks=[_checks(feed, days) for feed in FEEDS] if with_checks else [],
        jobs=load_jobs(),
        executor=dg.in_process_executor,
    )


def _raw(feed: Feed, days: dg.DailyPartitionsDefinition, backfill: dg.BackfillPolicy) -> dg.AssetsDefinition:
    @dg.asset(key=raw_key(feed), partitions_def=days, backfill_policy=backfill, pool=POOL)
    def fetch(context: dg.AssetExecutionContext, config: FetchConfig) -> dg.MaterializeResult[None]:  # noqa: ARG001
        report_days(context, iter(requested_days(context)), lambda day: (day, FETCHED))
        return dg.MaterializeResult()

    return fetch


def _table(feed: Feed, days: dg.DailyPartitionsDefinition, backfill: dg.BackfillPolicy) -> dg.AssetsDefinition:
    @dg.asset(key=table_key(feed), deps=[raw_key(feed)], partitions_def=days, backfill_policy=backfill)
    def load(context: dg.AssetExecutionContext, config: MergeConfig) -> dg.MaterializeResult[None]:  # noqa: ARG001
        report_days(context, iter(requested_days(context)), lambda day: (day, LOADED))
        return dg.MaterializeResult()

    return load


def _checks(feed: Feed, days: dg.DailyPartitionsDefinition) -> dg.AssetChecksDefinition:
    key = table_key(feed)
    names = day_checks(feed)
    specs = [dg.AssetCheckSpec(name, asset=key, partitions_def=days, blocking=name in BLOCKING) for name in names]

    @dg.multi_asset_check(specs=specs, name=f"{feed.table}_checks")
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        verdicts = (
            Verdict(name, day_of(key), passed=True, is_fault=False, numbers={"rows": 0, "failed_rows": 0})
            for name in names
            for key in context.op_execution_context.partition_keys
        )
        yield from report_verdicts(context, key, verdicts, blocking=BLOCKING)

    return check


def backfill(first: date, days: int, *, with_checks: bool) -> list[tuple[int, float]]:
    """Launch the days as the platform does; days and seconds so far at the end of each run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        warnings.simplefilter("ignore", dg.PreviewWarning)
        defs = empty_definitions(with_checks=with_checks)
    parts = chunks(first, first + timedelta(days=days - 1), settings().days_per_run)
    pace, done = [], 0
    with dagster_instance(_database_url()) as instance:
        started = time.perf_counter()
        for start, end in parts:
            outcome = launch(defs, instance, [DayRange(start, end, tuple(FEEDS))], on_step=lambda _step: None)
            if not outcome.succeeded or any(feed.days != (end - start).days + 1 for feed in outcome.feeds.values()):
                raise SystemExit(f"The backfill failed: {outcome.failures}")
            done += (end - start).days + 1
            pace.append((done, time.perf_counter() - started))
    return pace


def _database_url() -> str:
    configured = settings().database_url
    if configured is None:
        raise SystemExit("CRASHES_DATABASE_URL must name a database for the benchmark.")
    return configured.get_secret_value()


def main() -> int:
    """Run the backfill that the command line asks for, and say how it went."""
    parser = argparse.ArgumentParser(prog="python -m chicago_crashes_bench.empty_work", description=__doc__)
    parser.add_argument("first", type=date.fromisoformat)
    parser.add_argument("days", type=int)
    parser.add_argument("--with-checks", action="store_true")
    asked = parser.parse_args()
    with_own_dagster_home()
    pace = backfill(asked.first, asked.days, with_checks=asked.with_checks)
    sys.stdout.write(json.dumps(pace) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
