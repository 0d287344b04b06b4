"""Launch days from the command line: the same jobs, runs and events as from Dagster's UI, one run per chunk of days."""

from collections.abc import Sequence
from typing import Any

import dagster as dg
from dagster import DagsterInstance

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.catalogue.comparisons import comparisons_of
from chicago_crashes.feeds.changes import DayRange
from chicago_crashes.feeds.defs.jobs import LOAD_ALL, asset_keys, day_check_keys, load_config
from chicago_crashes.orchestration.description import table_key
from chicago_crashes.orchestration.outcomes import COUNTED, FeedOutcome, OnStep, Outcome, together
from chicago_crashes.orchestration.partitions import range_tags
from chicago_crashes.orchestration.running import failures_of, run_here, tally


def steps_of(ranges: Sequence[DayRange]) -> int:
    """How many steps a launch will report: in each run each feed is fetched, loaded, checked and compared."""
    return sum(3 + len(comparisons_of(feed)) for days in ranges for feed in days.feeds)


def launch(
    defs: dg.Definitions,
    instance: DagsterInstance,
    ranges: Sequence[DayRange],
    *,
    on_step: OnStep,
    refetch: bool = False,
    command: str | None = None,
) -> Outcome:
    """Load the ranges of days, one run each; a run that fails does not stop the others.

    `command` is the token that stands for this process, by which others know whether it still lives.
    """
    job = defs.resolve_job_def(LOAD_ALL)
    return together(_run(job, instance, days, on_step, refetch, command) for days in ranges)


def _run(
    job: dg.JobDefinition,
    instance: DagsterInstance,
    days: DayRange,
    on_step: OnStep,
    refetch: bool,
    command: str | None,
) -> Outcome:
    selected = job.get_subset(
        asset_selection=frozenset(asset_keys(days.feeds)),
        asset_check_selection=frozenset(day_check_keys(days.feeds)) & _checks_of(job),
    )
    result = run_here(
        selected,
        instance,
        on_step=on_step,
        command=command,
        tags=range_tags(days.first, days.last),
        config=load_config(days.feeds, refetch=refetch),
    )
    return Outcome({feed.name: _feed_outcome(feed, result) for feed in days.feeds}, failures_of(result, str(days)))


def _checks_of(job: dg.JobDefinition) -> set[dg.AssetCheckKey]:
    """The checks there are: a benchmark of empty work may have none."""
    return set(job.asset_layer.asset_graph.asset_check_keys)


def _feed_outcome(feed: Feed, result: dg.ExecuteInProcessResult) -> FeedOutcome:
    outcome = FeedOutcome()
    key = table_key(feed)
    for event in result.get_asset_materialization_events():
        materialization = event.step_materialization_data.materialization
        if materialization.asset_key != key:
            continue
        counts = {name: _whole_number(materialization.metadata[name]) for name in COUNTED}
        outcome.add_day(materialization.partition or "", counts)
    evaluations = [found for found in result.get_asset_check_evaluations() if found.asset_key == key]
    over_all_days = [found for found in evaluations if found.partition is None]
    outcome.checks_passed, outcome.checks_failed = tally(over_all_days or evaluations)
    return outcome


def _whole_number(value: dg.MetadataValue[Any]) -> int:
    return value.value or 0 if isinstance(value, dg.IntMetadataValue) else 0
