"""The checks of a table: every published row accounted for, every stored row valid. Names, days and numbers."""

from collections.abc import Iterator
from itertools import chain

import dagster as dg

from chicago_crashes.assets.description import table_key
from chicago_crashes.assets.partitions import day_of
from chicago_crashes.assets.resources import LakeResource, PostgisResource
from chicago_crashes.checks.reporting import report_verdicts
from chicago_crashes.cleaning.questions import questions
from chicago_crashes.feeds import Feed
from chicago_crashes.inspection import reconcile, validate

BLOCKING = frozenset({"reconciled"})


def table_checks(feed: Feed, partitions: dg.DailyPartitionsDefinition) -> dg.AssetChecksDefinition:
    """The checks of the feed's table, run together because they read the same rows."""
    key = table_key(feed)
    reconciled = dg.AssetCheckSpec(
        "reconciled",
        asset=key,
        partitions_def=partitions,
        blocking=True,
        description="Every published row is accounted for: source = raw = table + quarantine",
    )
    validity = [
        dg.AssetCheckSpec(
            question.name,
            asset=key,
            partitions_def=partitions,
            description=f"{question.description}. At most {question.threshold:.1%} of the published rows may fail.",
        )
        for question in questions(feed)
    ]

    @dg.multi_asset_check(specs=[reconciled, *validity], name=f"{feed.table}_checks")
    def check(
        context: dg.AssetCheckExecutionContext, postgis: PostgisResource, lake: LakeResource
    ) -> Iterator[dg.AssetCheckResult]:
        days = [day_of(partition) for partition in context.op_execution_context.partition_keys]
        with postgis.connect() as connection:
            verdicts = chain(reconcile(connection, lake.lake(), feed, days), validate(connection, feed, days))
            yield from report_verdicts(context, key, verdicts, blocking=BLOCKING)

    return check
