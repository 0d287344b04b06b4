"""The checks of a table's whole history: asked every night by a job of their own, never in a run that loads days."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import partial

import dagster as dg

from chicago_crashes.alerts.causes import resolve_lost_columns
from chicago_crashes.alerts.recording import record_safely
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.catalogue.comparisons import comparisons_of
from chicago_crashes.feeds.catalogue.rules import MEANINGS, Question, value_checks
from chicago_crashes.feeds.changes import find_changes
from chicago_crashes.feeds.freshness import fresh
from chicago_crashes.feeds.inspection import complete_history, history_name, related_history, schema, value_histories
from chicago_crashes.feeds.reading import has_values
from chicago_crashes.orchestration.check_reports import result_of_history
from chicago_crashes.orchestration.description import portal_key, raw_key, table_key
from chicago_crashes.orchestration.partitions import CHICAGO, last_day_over
from chicago_crashes.orchestration.resources import LakeResource, PostgisResource, SodaResource
from chicago_crashes.soda.drift import differences
from chicago_crashes.verdict import Verdict


def history_checks(feed: Feed) -> dg.AssetChecksDefinition:
    """The checks that read the database: valid, in bounds, consistent and connected over all days, and fresh."""
    comparisons = comparisons_of(feed)
    meanings = {check.question: check.meaning for check in value_checks(feed)}
    meanings |= {comparison.question.value: MEANINGS[comparison.question] for comparison in comparisons}
    specs = [
        *(_spec(feed, history_name(name), f"{meaning}. All days at once.") for name, meaning in meanings.items()),
        _spec(feed, Question.FRESH.value, f"{MEANINGS[Question.FRESH]}: four days."),
    ]

    @dg.multi_asset_check(specs=specs, name=f"{feed.table}_history", can_subset=True)
    def check(context: dg.AssetCheckExecutionContext, postgis: PostgisResource) -> Iterator[dg.AssetCheckResult]:
        def verdicts() -> Iterator[Verdict]:
            with postgis.connect() as connection:
                yield fresh(connection, feed, last_poll=_last_poll(context.instance, feed), now=datetime.now(CHICAGO))
                yield from value_histories(connection, feed)
                for comparison in comparisons:
                    yield related_history(connection, comparison)

        yield from _results(context, feed, verdicts())

    return check


def portal_checks(feed: Feed, start: date) -> dg.AssetChecksDefinition:
    """The checks that ask the portal: are the rows of each day accounted for, does it publish the declared columns."""
    specs = [
        _spec(feed, history_name(Question.COMPLETE), f"{MEANINGS[Question.COMPLETE]}. All days at once."),
        _spec(feed, Question.SCHEMA.value, f"{MEANINGS[Question.SCHEMA]}."),
    ]

    @dg.multi_asset_check(specs=specs, name=f"{feed.table}_portal", can_subset=True)
    def check(
        context: dg.AssetCheckExecutionContext, postgis: PostgisResource, soda: SodaResource, lake: LakeResource
    ) -> Iterator[dg.AssetCheckResult]:
        def verdicts() -> Iterator[Verdict]:
            last = last_day_over(datetime.now(UTC))
            with postgis.connect() as connection, soda.portal() as portal:
                yield complete_history(feed, find_changes(portal, connection, lake.lake(), feed, start, last))
                columns = schema(feed, differences(portal, feed, was_loaded=partial(has_values, connection, feed)))
                if not columns.is_fault:
                    record_safely(partial(resolve_lost_columns, connection, feed))
                yield columns

        yield from _results(context, feed, verdicts())

    return check


def _spec(feed: Feed, name: str, description: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(name, asset=table_key(feed), description=description)


def _results(
    context: dg.AssetCheckExecutionContext, feed: Feed, verdicts: Iterable[Verdict]
) -> Iterator[dg.AssetCheckResult]:
    """The results of the checks the run selected.

    A backfill started in the UI selects every check of its tables. To read the whole history again in each of its runs
    would take longer than the load, so runs over days leave these checks to the nightly job.
    """
    if context.op_execution_context.has_partition_key or context.op_execution_context.has_partition_key_range:
        context.log.info("The whole history is not checked by runs that load days; the job check_everything does it.")
        return
    selected = {key.name for key in context.op_execution_context.selected_asset_check_keys}
    for verdict in verdicts:
        if verdict.question in selected:
            yield result_of_history(table_key(feed), verdict)


def _last_poll(instance: dg.DagsterInstance, feed: Feed) -> datetime | None:
    """When the portal last answered for the feed: to the change sensor, or to a run that fetched."""
    events = [instance.get_latest_materialization_event(key) for key in (portal_key(feed), raw_key(feed))]
    times = [event.timestamp for event in events if event]
    return datetime.fromtimestamp(max(times), UTC) if times else None
