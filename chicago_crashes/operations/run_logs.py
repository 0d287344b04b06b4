"""The logs of Dagster's runs, which Dagster itself keeps for ever: how large they are, and how old ones are removed.

What tells of days stays, whatever its age: materialisations, observations, the newest result of every check of every
day, plans of runs that did not succeed (a failed day is known by its plan), and why a run failed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from psycopg import Connection, sql

from chicago_crashes.storage.sql_files import sql_file

ENDED = ["SUCCESS", "FAILURE", "CANCELED"]
BATCH = 20_000
"""Rows removed by one transaction: nobody who writes an event waits for it for long."""


@dataclass(frozen=True, slots=True)
class EventTypes:
    """Which types of events may go: those of a run, its plans, and results of checks."""

    of_runs: Sequence[str]
    of_plans: Sequence[str]
    of_checks: Sequence[str]


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed: lines of logs and results of checks, and their bytes before compression of the table."""

    events: int
    check_results: int
    bytes: int


def prune(connection: Connection, types: EventTypes, *, keep_days: int, batch: int = BATCH) -> Pruned:
    """Remove what runs that ended more than `keep_days` ago have logged, except for what tells of days.

    The connection must be in autocommit mode: every batch is a transaction of its own, so that what was removed stays
    removed when the rest is cut short.
    """
    parameters = {
        "ended": ENDED,
        "before": datetime.now(UTC).replace(tzinfo=None) - timedelta(days=keep_days),
        "of_runs": list(types.of_runs),
        "of_plans": list(types.of_plans),
        "of_checks": list(types.of_checks),
    }
    try:
        connection.execute(sql_file(__file__, "doomed_checks"), parameters)
        connection.execute(sql_file(__file__, "doomed_events"), parameters)
        events, event_bytes = _in_batches(connection, "doomed_events", "event_logs", batch)
        results, result_bytes = _in_batches(connection, "doomed_checks", "asset_check_executions", batch)
    finally:
        connection.execute("drop table if exists doomed_events, doomed_checks")
    return Pruned(events, results, event_bytes + result_bytes)


def size_of_event_log(connection: Connection) -> int:
    """The bytes that the event log takes on disk, indexes included; 0 before Dagster has made it."""
    found = connection.execute(
        "select coalesce(pg_total_relation_size(to_regclass('dagster.event_logs')), 0)"
        " + coalesce(pg_total_relation_size(to_regclass('dagster.asset_check_executions')), 0)"
    ).fetchall()
    return int(found[0][0])


def _in_batches(connection: Connection, doomed: str, table: str, batch: int) -> tuple[int, int]:
    """Remove the doomed rows from Dagster's table until nothing is left to remove; how many went, and their bytes."""
    statement = sql_file(__file__, "prune").format(doomed=sql.Identifier(doomed), kept=sql.Identifier("dagster", table))
    rows, size = 0, 0
    while True:
        ((taken, removed, removed_bytes),) = connection.execute(statement, {"batch": batch}).fetchall()
        if not taken:
            return rows, size
        rows += int(removed)
        size += int(removed_bytes)
