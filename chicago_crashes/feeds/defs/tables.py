"""The table assets: each day of a feed cleaned and merged into PostGIS."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from itertools import chain

import dagster as dg
from pydantic import Field

from chicago_crashes.errors import ShrinkError
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.defs.lineage import table_lineage
from chicago_crashes.feeds.defs.pictures import what_is_shown
from chicago_crashes.feeds.ingest import LoadedDay, load_days, rivals_in_words
from chicago_crashes.feeds.losses import held_days
from chicago_crashes.orchestration.day_reports import Metadata, report_days, requested_days
from chicago_crashes.orchestration.description import OWNERS, freshness, raw_key, table_columns, table_key, tags
from chicago_crashes.orchestration.references import CODE_REFERENCES, links_to_code
from chicago_crashes.orchestration.resources import LakeResource, PostgisResource
from chicago_crashes.soda.download import DayFailure


class MergeConfig(dg.Config):
    """How the days are merged."""

    remerge: bool = Field(
        False, description="Compare days with the table even if they were merged from this very file."
    )


def table_asset(
    feed: Feed,
    partitions: dg.DailyPartitionsDefinition,
    backfill: dg.BackfillPolicy,
    retries: dg.RetryPolicy,
) -> dg.AssetsDefinition:
    """The feed's table."""

    @dg.asset(
        key=table_key(feed),
        deps=[raw_key(feed)],
        partitions_def=partitions,
        backfill_policy=backfill,
        group_name="postgis",
        kinds={"postgres", "polars"},
        owners=OWNERS,
        freshness_policy=freshness(feed),
        tags=tags(feed),
        retry_policy=retries,
        description=f"{feed.description} Cleaned, typed and merged; old versions of rows are kept in `ops.history`.",
        metadata={
            "dagster/column_schema": table_columns(feed),
            "dagster/column_lineage": table_lineage(feed),
            CODE_REFERENCES: links_to_code(load_days, feed=feed),
            "dagster/table_name": f"public.{feed.table}",
        },
    )
    def load(
        context: dg.AssetExecutionContext, config: MergeConfig, postgis: PostgisResource, lake: LakeResource
    ) -> dg.MaterializeResult[None]:
        days = requested_days(context)
        with postgis.connect() as connection:
            held = held_days(connection, feed, days, by="portal")
            free = [day for day in days if day not in held]
            outcomes = chain(
                (DayFailure(day, ShrinkError(known.told)) for day, known in held.items()),
                load_days(connection, lake.lake(), feed, free, run_id=context.run.run_id, remerge=config.remerge),
            )
            report_days(context, outcomes, _report)
            newest = max(days).isoformat()
            context.add_asset_metadata(what_is_shown(connection, feed, days), partition_key=newest)
        return dg.MaterializeResult()

    return load


def _report(loaded: LoadedDay) -> tuple[date, Metadata]:
    counts: Mapping[str, int] = asdict(loaded.counts)
    rivals = {"rows_newer_on_another_day": rivals_in_words(loaded.rivals)} if loaded.rivals else {}
    return loaded.day, {"dagster/partition_row_count": loaded.counts.table_rows, **counts, **rivals}
