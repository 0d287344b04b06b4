"""The table of contents: every asset, check, job, schedule, sensor and resource of the platform."""

import warnings
from functools import lru_cache

import dagster as dg

from chicago_crashes.answers.defs.definitions import answer_definitions
from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.feeds.defs.definitions import feed_definitions
from chicago_crashes.layers.defs.definitions import layer_definitions
from chicago_crashes.operations.defs.definitions import operation_definitions
from chicago_crashes.orchestration import dagster_logs
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
    postgis = PostgisResource(database_url=configured.database_url)
    return dg.Definitions.merge(
        feed_definitions(configured, feeds),
        layer_definitions(configured),
        answer_definitions(configured),
        operation_definitions(configured),
        dg.Definitions(
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
            executor=dg.in_process_executor,
        ),
    )


dagster_logs.configure(settings())
defs = build_defs(settings())
