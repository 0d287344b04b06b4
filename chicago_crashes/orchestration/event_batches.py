"""Write many of Dagster's events at once: per day and asset there is a planned event, an outcome, and every check's.

Dagster writes only materialisations together; the planned events of a run and the check results of its days go one by
one, each in several statements. What is written here is the same, in one statement a table.

It waits for dagster#33831 (pull request #33832), as `event_log` tells.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from dagster import AssetCheckEvaluation, DagsterEventType, EventLogEntry
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

ASSET_EVENTS = {DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_MATERIALIZATION_PLANNED}
CHECK_EVENTS = {DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED, DagsterEventType.ASSET_CHECK_EVALUATION}

Row = dict[str, Any]


def may_be_written_together(events: Sequence[EventLogEntry]) -> bool:
    """Whether all that Dagster stores of these events is known here."""
    return all(event.dagster_event_type in ASSET_EVENTS | CHECK_EVENTS and _belongs_to_a_run(event) for event in events)


def _belongs_to_a_run(event: EventLogEntry) -> bool:
    """What is reported without a run has no plan that it could fulfil: Dagster stores it in another way."""
    return bool(event.run_id)


def insert_events(connection: Connection, rows: Sequence[Row]) -> list[int]:
    """Append rows to the event log; their ids, in the same order."""
    table = SqlEventLogStorageTable
    statement = table.insert().returning(table.c.id, sort_by_parameter_order=True)
    return list(connection.execute(statement, rows).scalars())


def of_assets(events: Sequence[EventLogEntry], ids: Sequence[int]) -> tuple[list[EventLogEntry], list[int]]:
    """The events that tell of an asset, and their ids."""
    places = [place for place, event in enumerate(events) if event.dagster_event_type in ASSET_EVENTS]
    return [events[place] for place in places], [ids[place] for place in places]


def last_of_each_asset(events: Sequence[EventLogEntry], ids: Sequence[int]) -> Iterator[tuple[EventLogEntry, int]]:
    """Of every asset the event that its record keeps, and its id."""
    last = {event.get_dagster_event().asset_key: (event, event_id) for event, event_id in zip(events, ids, strict=True)}
    yield from last.values()


def record_checks(
    connection: Connection, events: Sequence[EventLogEntry], texts: Sequence[str], ids: Sequence[int]
) -> None:
    """Record which checks are planned and how those that ran went.

    `texts` are the serialised events, `ids` their places in the event log.
    """
    planned: list[Row] = []
    evaluated: list[Row] = []
    evaluated_whole: list[Row] = []
    for event, text, event_id in zip(events, texts, ids, strict=True):
        found = event.get_dagster_event().event_specific_data
        written: Row = {
            "run_id": event.run_id,
            "evaluation_event": text,
            "evaluation_event_timestamp": datetime.fromtimestamp(event.timestamp, UTC).replace(tzinfo=None),
            "evaluation_event_storage_id": event_id,
        }
        if isinstance(found, AssetCheckEvaluationPlanned):
            planned.extend(written | row for row in _planned_rows(found))
        elif isinstance(found, AssetCheckEvaluation):
            (evaluated_whole if found.partition is None else evaluated).append(written | _evaluated_row(found))
    if planned:
        connection.execute(AssetCheckExecutionsTable.insert(), planned)
    if evaluated:
        _upsert(connection, evaluated)
    for row in evaluated_whole:
        _replace_planned(connection, row)


KEY = ("asset_key", "check_name", "run_id", "partition")


def _upsert(connection: Connection, rows: Sequence[Row]) -> None:
    table = AssetCheckExecutionsTable
    statement = insert(table)
    changes = {name: statement.excluded[name] for name in rows[0] if name not in KEY}
    statement = statement.on_conflict_do_update(index_elements=KEY, set_=changes)
    # What returns something goes in few statements, what does not in one a row: that is SQLAlchemy's way.
    connection.execute(statement.returning(table.c.id), rows)


def _replace_planned(connection: Connection, row: Row) -> None:
    """Like an upsert, for a result without a partition: to PostgreSQL, nulls are never equal, so nothing conflicts."""
    table = AssetCheckExecutionsTable
    same = [table.c[name] == row[name] for name in KEY]  # which for None becomes "is null"
    if not connection.execute(table.update().where(*same).values(row)).rowcount:
        connection.execute(table.insert().values(row))


def _planned_rows(planned: AssetCheckEvaluationPlanned) -> list[Row]:
    subset = planned.partitions_subset
    return [
        {
            "asset_key": planned.asset_key.to_string(),
            "check_name": planned.check_name,
            "partition": partition,
            "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
        }
        for partition in (subset.get_partition_keys() if subset else [None])
    ]


def _evaluated_row(evaluation: AssetCheckEvaluation) -> Row:
    status = AssetCheckExecutionRecordStatus.SUCCEEDED if evaluation.passed else AssetCheckExecutionRecordStatus.FAILED
    target = evaluation.target_materialization_data
    return {
        "asset_key": evaluation.asset_key.to_string(),
        "check_name": evaluation.check_name,
        "partition": evaluation.partition,
        "execution_status": status.value,
        "materialization_event_storage_id": target.storage_id if target else None,
    }
