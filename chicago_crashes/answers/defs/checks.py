"""The checks of places and facts, asked by every run that refreshes them. They warn, or fail, and block nothing."""

import inspect

import dagster as dg

from chicago_crashes.answers.fact_checks import Judge
from chicago_crashes.orchestration.check_reports import result_of_history
from chicago_crashes.orchestration.resources import PostgisResource


def answer_check(key: dg.AssetKey, judge: Judge) -> dg.AssetChecksDefinition:
    """The check of an answer that has the name and the words of the function that judges it."""

    @dg.asset_check(asset=key, name=judge.__name__, description=inspect.getdoc(judge))
    def check(postgis: PostgisResource) -> dg.AssetCheckResult:
        with postgis.connect() as connection:
            return result_of_history(key, judge(connection))

    return check
