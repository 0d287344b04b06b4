"""The table of contents: every asset, check, job, schedule, sensor and resource of the platform."""

import warnings
from functools import lru_cache

import dagster as dg

from chicago_crashes.answers.defs.checks import answer_check
from chicago_crashes.answers.defs.facts import (
    CRASH_FACTS_KEY,
    LOCATION_AREAS_KEY,
    crash_facts_asset,
    location_areas_asset,
    mart_key,
    polygon_layers,
)
from chicago_crashes.answers.defs.hot_spots import hot_spot_assets
from chicago_crashes.answers.defs.marts import JUDGES, counted_marts
from chicago_crashes.answers.defs.report import location_report_asset
from chicago_crashes.answers.defs.runs import answers_job, answers_sensor
from chicago_crashes.answers.fact_checks import (
    beats_agree,
    facts_are_consistent,
    one_fact_per_crash,
    places_in_the_city,
)
from chicago_crashes.feeds.catalogue import FEEDS, Feed
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
from chicago_crashes.layers.defs.layer_runs import missing_layers_sensor, refresh_layers_job, refresh_layers_schedule
from chicago_crashes.layers.defs.layers import layer_assets, portal_layer_assets
from chicago_crashes.layers.defs.upload_runs import uploads_job, uploads_sensor
from chicago_crashes.layers.defs.uploads import uploaded_asset
from chicago_crashes.operations.defs.alerts import alert_sensors
from chicago_crashes.operations.defs.housekeeping import prune_job, prune_schedule
from chicago_crashes.orchestration import dagster_logs
from chicago_crashes.orchestration.partitions import day_partitions
from chicago_crashes.orchestration.portal_assets import portal_asset
from chicago_crashes.orchestration.references import with_links_to_code
from chicago_crashes.orchestration.resources import LakeResource, PostgisResource, SodaResource
from chicago_crashes.settings import Settings, settings


def build_defs(configured: Settings) -> dg.Definitions:
    """Everything Dagster needs to know, for the given settings and the feeds there are."""
    return _built(configured, tuple(FEEDS))


@lru_cache(maxsize=1)
def _built(configured: Settings, feeds: tuple[Feed, ...]) -> dg.Definitions:
    with warnings.catch_warnings():
        # Backfill policies and partitioned checks are what this platform is built on, though Dagster may change them.
        warnings.simplefilter("ignore", dg.BetaWarning)
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return _definitions(configured, feeds)


def _definitions(configured: Settings, feeds: tuple[Feed, ...]) -> dg.Definitions:
    days = day_partitions(configured.start_date)
    months = month_partitions(configured.start_date)
    backfill = dg.BackfillPolicy.multi_run(configured.days_per_run)
    retries = dg.RetryPolicy(
        max_retries=2,
        delay=configured.retry_seconds,
        backoff=dg.Backoff.EXPONENTIAL,
        jitter=dg.Jitter.PLUS_MINUS,
    )
    postgis = PostgisResource(database_url=configured.database_url)
    return dg.Definitions(
        assets=with_links_to_code(
            [
                *(portal_asset(feed) for feed in feeds),
                *(raw_asset(feed, days, backfill, retries) for feed in feeds),
                *(table_asset(feed, days, backfill, retries) for feed in feeds),
                *(quality_asset(feed, months) for feed in feeds),
                *portal_layer_assets(),
                *layer_assets(retries),
                uploaded_asset(configured.layers_folder),
                location_areas_asset(polygon_layers()),
                crash_facts_asset(),
                *counted_marts(),
                location_report_asset(),
                *hot_spot_assets(),
            ],
            configured.code_url,
        ),
        asset_checks=[
            *(table_checks(feed, days) for feed in feeds),
            *(relation_checks(comparison, days) for feed in feeds for comparison in comparisons_of(feed)),
            *(history_checks(feed) for feed in feeds),
            *(portal_checks(feed, configured.start_date) for feed in feeds),
            answer_check(LOCATION_AREAS_KEY, beats_agree),
            answer_check(LOCATION_AREAS_KEY, places_in_the_city),
            answer_check(CRASH_FACTS_KEY, one_fact_per_crash),
            answer_check(CRASH_FACTS_KEY, facts_are_consistent),
            *(answer_check(mart_key(mart), judge) for mart, judges in JUDGES.items() for judge in judges),
        ],
        resources={
            "postgis": postgis,
            "soda": SodaResource(
                postgis=postgis,
                portal_url=configured.portal_url,
                requests_per_hour=configured.requests_per_hour,
                app_token=configured.app_token,
            ),
            "lake": LakeResource(raw_url=configured.raw_url),
        },
        jobs=[
            *load_jobs(leaving_out=history_check_keys()),
            check_job(),
            score_job(),
            refresh_layers_job(),
            uploads_job(),
            answers_job(),
            prune_job(configured.keep_run_logs_days),
        ],
        schedules=[
            *schedules(
                configured.start_date, days_per_run=configured.days_per_run, switched_on=configured.schedules_on
            ),
            check_schedule(switched_on=configured.schedules_on),
            score_schedule(configured.start_date, switched_on=configured.schedules_on),
            refresh_layers_schedule(switched_on=configured.schedules_on),
            prune_schedule(switched_on=configured.schedules_on),
        ],
        sensors=[
            change_sensor(
                configured.start_date,
                days_per_run=configured.days_per_run,
                seconds=configured.poll_seconds,
                switched_on=configured.schedules_on,
            ),
            score_sensor(configured.start_date, switched_on=configured.schedules_on),
            uploads_sensor(configured.layers_folder, switched_on=configured.schedules_on),
            missing_layers_sensor(switched_on=configured.schedules_on),
            answers_sensor(switched_on=configured.schedules_on),
            *alert_sensors(configured),
        ],
        executor=dg.in_process_executor,
    )


dagster_logs.configure(settings())
defs = build_defs(settings())
