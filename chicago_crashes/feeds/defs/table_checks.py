"""The checks of a table's days: complete, unique, valid, in bounds, and how its rows relate to others."""

from collections.abc import Iterator
from itertools import chain

import dagster as dg

from chicago_crashes.alerts.causes import review_unloadable
from chicago_crashes.alerts.recording import record_safely
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.catalogue.comparisons import Comparison
from chicago_crashes.feeds.catalogue.rules import MEANINGS, Question, value_checks
from chicago_crashes.feeds.inspection import complete, related, unique_and_valid
from chicago_crashes.orchestration.check_reports import report_verdicts
from chicago_crashes.orchestration.description import table_key
from chicago_crashes.orchestration.partitions import day_of
from chicago_crashes.orchestration.resources import LakeResource, PostgisResource
from chicago_crashes.verdict import Verdict

BLOCKING = frozenset({Question.COMPLETE.value})


def table_checks(feed: Feed, partitions: dg.DailyPartitionsDefinition) -> dg.AssetChecksDefinition:
    """The checks that ask of the feed's own rows, run together because they read the same ones."""
    key = table_key(feed)
    meanings = {question.value: MEANINGS[question] for question in (Question.COMPLETE, Question.UNIQUE)}
    meanings |= {check.question: check.meaning for check in value_checks(feed)}
    specs = [
        dg.AssetCheckSpec(
            name,
            asset=key,
            partitions_def=partitions,
            blocking=name in BLOCKING,
            description=f"{meaning}.",
        )
        for name, meaning in meanings.items()
    ]

    @dg.multi_asset_check(specs=specs, name=f"{feed.table}_checks")
    def check(
        context: dg.AssetCheckExecutionContext, postgis: PostgisResource, lake: LakeResource
    ) -> Iterator[dg.AssetCheckResult]:
        days = [day_of(partition) for partition in context.op_execution_context.partition_keys]
        with postgis.connect() as connection:
            seen: list[Verdict] = []
            verdicts = chain(complete(connection, lake.lake(), feed, days), unique_and_valid(connection, feed, days))
            yield from report_verdicts(context, key, _noted(verdicts, seen), blocking=BLOCKING)
            record_safely(lambda: review_unloadable(connection, feed, seen, run_id=context.run.run_id))

    return check


def _noted(verdicts: Iterator[Verdict], seen: list[Verdict]) -> Iterator[Verdict]:
    """The verdicts, and in `seen` those of whether rows can be loaded at all."""
    for verdict in verdicts:
        if verdict.question == Question.UNIQUE.value:
            seen.append(verdict)
        yield verdict


def relation_checks(comparison: Comparison, partitions: dg.DailyPartitionsDefinition) -> dg.AssetChecksDefinition:
    """The check of the relations between a feed's rows and others, once every table of the run that it reads is loaded.

    It warns and blocks nothing: a feed that is published a little later than another breaks relations for a while.
    """
    key = table_key(comparison.feed)
    told = " ".join(relation.meaning for relation in comparison.relations)
    spec = dg.AssetCheckSpec(
        comparison.question.value,
        asset=key,
        partitions_def=partitions,
        additional_deps=[table_key(other) for other in comparison.others],
        description=f"{MEANINGS[comparison.question]}: {told}",
    )

    @dg.multi_asset_check(specs=[spec], name=f"{comparison.feed.table}_{comparison.question}")
    def check(context: dg.AssetCheckExecutionContext, postgis: PostgisResource) -> Iterator[dg.AssetCheckResult]:
        days = [day_of(partition) for partition in context.op_execution_context.partition_keys]
        with postgis.connect() as connection:
            yield from report_verdicts(context, key, related(connection, comparison, days), blocking=BLOCKING)

    return check
