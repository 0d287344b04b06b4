"""The jobs: which assets go together when days are loaded."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from chicago_crashes.feeds.catalogue import FEEDS, Cadence, Feed
from chicago_crashes.feeds.inspection import day_checks, history_checks
from chicago_crashes.orchestration.dagster_internals import UnresolvedAssetJobDefinition
from chicago_crashes.orchestration.description import raw_key, table_key


def asset_keys(feeds: Sequence[Feed]) -> list[dg.AssetKey]:
    """The assets that bring the feeds from the portal to their tables."""
    return [key for feed in feeds for key in (raw_key(feed), table_key(feed))]


def day_check_keys(feeds: Sequence[Feed]) -> list[dg.AssetCheckKey]:
    """The checks that a run over days asks. A run that names only assets would plan those of the whole history, too."""
    return [dg.AssetCheckKey(table_key(feed), name) for feed in feeds for name in day_checks(feed)]


def load_config(feeds: Sequence[Feed], *, refetch: bool) -> dict[str, Any]:
    """The run configuration that says whether days are fetched and merged again although nothing of them changed."""
    fetch = {raw_key(feed).to_python_identifier(): {"config": {"refetch": refetch}} for feed in feeds}
    merge = {table_key(feed).to_python_identifier(): {"config": {"remerge": refetch}} for feed in feeds}
    return {"ops": fetch | merge}


def load_job(
    name: str, feeds: Sequence[Feed], description: str, leaving_out: Sequence[dg.AssetCheckKey] = ()
) -> UnresolvedAssetJobDefinition:
    """A job that loads days of the feeds and asks their checks, except those it leaves out."""
    return dg.define_asset_job(
        name,
        selection=dg.AssetSelection.assets(*asset_keys(feeds)) - dg.AssetSelection.checks(*leaving_out),
        description=description,
        executor_def=dg.in_process_executor,
    )


LOAD_ALL = "load_days"
CHECK_EVERYTHING = "check_everything"


def feeds_by_cadence() -> dict[Cadence, list[Feed]]:
    """The feeds that are loaded together, by how often that is."""
    together: dict[Cadence, list[Feed]] = {}
    for feed in FEEDS:
        together.setdefault(feed.cadence, []).append(feed)
    return together


def named(feeds: Sequence[Feed]) -> str:
    """The names of some feeds, in words."""
    *others, last = [feed.name for feed in feeds]
    return f"{', '.join(others)} and {last}" if others else last


def load_jobs(leaving_out: Sequence[dg.AssetCheckKey] = ()) -> list[UnresolvedAssetJobDefinition]:
    """The jobs that load days: of all feeds, and of those that are loaded equally often."""
    return [
        load_job(LOAD_ALL, FEEDS, "Load days of all feeds: fetch, clean, merge, check.", leaving_out),
        *(
            load_job(cadence.job, feeds, f"Load days of {named(feeds)}: fetch, clean, merge, check.", leaving_out)
            for cadence, feeds in feeds_by_cadence().items()
        ),
    ]


def history_check_keys() -> list[dg.AssetCheckKey]:
    """The checks that ask of the whole history."""
    return [dg.AssetCheckKey(table_key(feed), name) for feed in FEEDS for name in history_checks(feed)]


def check_job() -> UnresolvedAssetJobDefinition:
    """The job that asks everything of the whole history and of the portal, and changes nothing."""
    return dg.define_asset_job(
        CHECK_EVERYTHING,
        selection=dg.AssetSelection.checks(*history_check_keys()),
        description="Check the whole history of all feeds: complete, valid, consistent, connected, fresh, schema.",
        executor_def=dg.in_process_executor,
    )
