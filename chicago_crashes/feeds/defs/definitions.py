"""The feeds from the portal to their tables: assets, checks, jobs, schedules, sensors."""

import dagster as dg

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.catalogue.comparisons import comparisons_of
from chicago_crashes.feeds.defs.history_checks import history_checks, portal_checks
from chicago_crashes.feeds.defs.jobs import check_job, history_check_keys, load_jobs
from chicago_crashes.feeds.defs.quality import month_partitions, quality_asset
from chicago_crashes.feeds.defs.quality_runs import score_job, score_schedule, score_sensor
from chicago_crashes.feeds.defs.raw import raw_asset
from chicago_crashes.feeds.defs.schedules import check_schedule, schedules
from chicago_crashes.feeds.defs.sensors import change_sensor
from chicago_crashes.feeds.defs.table_checks import relation_checks, table_checks
from chicago_crashes.feeds.defs.tables import table_asset
from chicago_crashes.orchestration.partitions import day_partitions
from chicago_crashes.orchestration.portal_assets import portal_asset
from chicago_crashes.orchestration.references import with_links_to_code
from chicago_crashes.settings import Settings


def feed_definitions(configured: Settings, feeds: tuple[Feed, ...]) -> dg.Definitions:
    """What Dagster is told of this room, for the given settings."""
    days = day_partitions(configured.start_date)
    months = month_partitions(configured.start_date)
    backfill = dg.BackfillPolicy.multi_run(configured.days_per_run)
    retries = dg.RetryPolicy(
        max_retries=2,
        delay=configured.retry_seconds,
        backoff=dg.Backoff.EXPONENTIAL,
        jitter=dg.Jitter.PLUS_MINUS,
    )
    return dg.Definitions(
        assets=with_links_to_code(
            [
                *(portal_asset(feed) for feed in feeds),
                *(raw_asset(feed, days, backfill, retries) for feed in feeds),
                *(table_asset(feed, days, backfill, retries) for feed in feeds),
                *(quality_asset(feed, months) for feed in feeds),
            ],
            configured.code_url,
        ),
        asset_checks=[
            *(table_checks(feed, days) for feed in feeds),
            *(relation_checks(comparison, days) for feed in feeds for comparison in comparisons_of(feed)),
            *(history_checks(feed) for feed in feeds),
            *(portal_checks(feed, configured.start_date) for feed in feeds),
        ],
        jobs=[
            *load_jobs(leaving_out=history_check_keys()),
            check_job(),
            score_job(),
        ],
        schedules=[
            *schedules(
                configured.start_date, days_per_run=configured.days_per_run, switched_on=configured.schedules_on
            ),
            check_schedule(switched_on=configured.schedules_on),
            score_schedule(configured.start_date, switched_on=configured.schedules_on),
        ],
        sensors=[
            change_sensor(
                configured.start_date,
                days_per_run=configured.days_per_run,
                seconds=configured.poll_seconds,
                switched_on=configured.schedules_on,
            ),
            score_sensor(configured.start_date, switched_on=configured.schedules_on),
        ],
    )
