"""The answers: whether they stand for what is loaded, and whether the sensor has given up on them."""

from collections.abc import Iterator

import dagster as dg
from psycopg import Connection

from chicago_crashes.answers.defs.runs import REFRESH, tries_of
from chicago_crashes.answers.outdated import outdated
from chicago_crashes.feeds.defs.sensors import TRIES
from chicago_crashes.operations.doctor.condition import Condition, ok, problem, warning


def answers(connection: Connection, instance: dg.DagsterInstance) -> Iterator[Condition]:
    """Whether anything that was loaded waits to be counted, and for whom."""
    waiting = outdated(connection)
    if not waiting:
        yield ok("answers", "They stand for all loaded days and all layers.")
        return
    tries = tries_of(instance, waiting.state)
    if tries >= TRIES:
        yield problem(
            "answers",
            f"{waiting}; {tries} refreshes of what is loaded now did not bring them up to date, so there will be no "
            "more by itself.",
            f"See in the UI why the runs of {REFRESH} failed, mend that, then run `chicago-crashes answers`.",
        )
    else:
        yield warning(
            "answers",
            f"{waiting} for a refresh.",
            "The sensor answers does that if it is on; or run `chicago-crashes answers`.",
        )
