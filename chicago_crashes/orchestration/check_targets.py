"""Which materialisation each check result is about: without it, the UI calls a day's result missing.

It reads Dagster's event log by itself, as no public call tells the newest materialisations of many partitions without
reading each event whole. It can go when one does.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import cast

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)
from dagster._core.storage.event_log import SqlEventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable as Events
from sqlalchemy import func, select


def newest_materializations(
    instance: dg.DagsterInstance, asset_key: dg.AssetKey, partitions: Sequence[str]
) -> Mapping[str, AssetCheckEvaluationTargetMaterializationData]:
    """The newest materialisation of each of the partitions that was ever materialised.

    Dagster would give whole events, and reading one takes longer than everything else a check does for its day.
    """
    newest = (
        select(func.max(Events.c.id))
        .where(
            Events.c.asset_key == asset_key.to_string(),
            Events.c.dagster_event_type == dg.DagsterEventType.ASSET_MATERIALIZATION.value,
            Events.c.partition.in_(partitions),
        )
        .group_by(Events.c.partition)
    )
    query = select(Events.c.partition, Events.c.id, Events.c.run_id, Events.c.timestamp).where(Events.c.id.in_(newest))
    with cast(SqlEventLogStorage, instance.event_log_storage).index_connection() as connection:
        return {
            partition: AssetCheckEvaluationTargetMaterializationData(
                storage_id=storage_id, run_id=run_id, timestamp=moment.replace(tzinfo=UTC).timestamp()
            )
            for partition, storage_id, run_id, moment in connection.execute(query)
        }
