"""The checks of places, facts and marts, asked by every run that refreshes them."""

import dagster as dg
from psycopg import Connection

from chicago_crashes.orchestration.resources import PostgisResource
from chicago_crashes.orchestration.step_checks import result_of
from chicago_crashes.verdict import Check


def answer_check(key: dg.AssetKey, asked: Check[Connection]) -> dg.AssetChecksDefinition:
    """The check as a step of its own, so that it is asked whatever became of other marts."""

    @dg.asset_check(asset=key, name=asked.name, description=asked.meaning, blocking=asked.blocking)
    def check(postgis: PostgisResource) -> dg.AssetCheckResult:
        with postgis.connect() as connection:
            return result_of(key, asked, connection)

    return check
