"""The raw assets: each day of a feed in the lake, exactly as published, proven whole."""

from collections.abc import Collection, Iterator
from datetime import date
from functools import partial

import dagster as dg
from psycopg import Connection
from pydantic import Field

from chicago_crashes.alerts.causes import raw_files_set_aside, review_unknown_columns
from chicago_crashes.alerts.incidents import record
from chicago_crashes.alerts.recording import record_safely
from chicago_crashes.errors import ShrinkError
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.defs.lineage import raw_lineage
from chicago_crashes.feeds.ingest import FetchedDay, fetch_days
from chicago_crashes.orchestration.day_reports import Metadata, report_days, requested_days
from chicago_crashes.orchestration.description import (
    OWNERS,
    dataset_link,
    freshness,
    portal_key,
    raw_columns,
    raw_key,
    table_key,
    tags,
)
from chicago_crashes.orchestration.pools import POOL
from chicago_crashes.orchestration.references import CODE_REFERENCES, links_to_code
from chicago_crashes.orchestration.resources import LakeResource, PostgisResource, SodaResource
from chicago_crashes.soda.download import DayFailure


class FetchConfig(dg.Config):
    """How the days are fetched."""

    refetch: bool = Field(False, description="Fetch days again even if their signatures have not changed.")


def raw_asset(
    feed: Feed,
    partitions: dg.DailyPartitionsDefinition,
    backfill: dg.BackfillPolicy,
    retries: dg.RetryPolicy,
) -> dg.AssetsDefinition:
    """The feed's days in the raw lake."""

    @dg.asset(
        key=raw_key(feed),
        deps=[portal_key(feed)],
        partitions_def=partitions,
        backfill_policy=backfill,
        group_name="raw",
        kinds={"socrata", "parquet"},
        owners=OWNERS,
        freshness_policy=freshness(feed),
        tags=tags(feed),
        pool=POOL,
        retry_policy=retries,
        description=f"{feed.description} Every published field as text, in one Parquet file per version of a day.",
        metadata={
            "dagster/column_schema": raw_columns(feed),
            "dagster/column_lineage": raw_lineage(feed),
            CODE_REFERENCES: links_to_code(fetch_days, feed=feed),
            "dataset": dataset_link(feed),
        },
    )
    def fetch(
        context: dg.AssetExecutionContext,
        config: FetchConfig,
        soda: SodaResource,
        postgis: PostgisResource,
        lake: LakeResource,
    ) -> dg.MaterializeResult[None]:
        with soda.portal() as portal, postgis.connect() as connection:
            outcomes = fetch_days(
                portal,
                connection,
                lake.lake(),
                feed,
                requested_days(context),
                run_id=context.run.run_id,
                refetch=config.refetch,
            )
            told = _told(connection, feed, outcomes, context.run.run_id)
            fetched = report_days(context, _without_held_back(context, feed, told), _report)
            unknown = sorted({name for day in fetched for name in day.unknown_columns})
            if any(day.requests for day in fetched):  # of days that are held already nothing was asked
                record_safely(lambda: review_unknown_columns(connection, feed, unknown, run_id=context.run.run_id))
        return dg.MaterializeResult(
            metadata={
                "requests_of_run": portal.requests_made,
                "unknown_columns": dg.MetadataValue.json(unknown),
            }
        )

    return fetch


def _told(
    connection: Connection, feed: Feed, outcomes: Iterator[FetchedDay | DayFailure], run_id: str
) -> Iterator[FetchedDay | DayFailure]:
    """The outcomes; files that were set aside are kept as an incident. A day that failed is told as a failure."""
    for outcome in outcomes:
        if isinstance(outcome, FetchedDay) and outcome.set_aside:
            incident = raw_files_set_aside(feed, outcome.day, outcome.set_aside, run_id=run_id)
            record_safely(partial(record, connection, incident))
        yield outcome


def _without_held_back(
    context: dg.AssetExecutionContext, feed: Feed, outcomes: Iterator[FetchedDay | DayFailure]
) -> Iterator[FetchedDay | DayFailure]:
    """Leave it to the table's step of the run, if there is one, to fail for days the shrink guard holds back.

    If this step failed, no day at all would be loaded.
    """
    is_loaded_too = table_key(feed).to_python_identifier() in _steps(context)
    for outcome in outcomes:
        if is_loaded_too and isinstance(outcome, DayFailure) and isinstance(outcome.error, ShrinkError):
            context.log.error(f"{feed.name} {outcome.day} is held back. {outcome.error}")
            context.add_asset_metadata({"held_back": 1}, partition_key=outcome.day.isoformat())
        else:
            yield outcome


def _steps(context: dg.AssetExecutionContext) -> Collection[str]:
    """The steps of this run."""
    chosen = context.run.step_keys_to_execute
    return chosen if chosen is not None else [node.name for node in context.job_def.nodes]


def _report(fetched: FetchedDay) -> tuple[date, Metadata]:
    return fetched.day, {
        "dagster/partition_row_count": fetched.file.rows,
        "rows_fetched": fetched.rows_fetched,
        "source_rows": fetched.file.note.source_rows,
        "new_version": int(fetched.is_new_version),
        "requests": fetched.requests,
        "bytes": fetched.bytes,
        "seconds": round(fetched.seconds, 3),
        "file": fetched.file.path,
    }
