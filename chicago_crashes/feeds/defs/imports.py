"""Tell Dagster of days that no run loaded: those that were imported from files.

`report_runless_asset_event` tells of one day and takes minutes for a whole history, so the events are made here of
Dagster's private parts. They can go when it takes several events at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from uuid import uuid4

import dagster as dg

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.importing.importer import ImportedDay
from chicago_crashes.orchestration.dagster_internals import (
    RUNLESS_JOB_NAME,
    RUNLESS_RUN_ID,
    DagsterEvent,
    DagsterEventBatchMetadata,
    StepMaterializationData,
)
from chicago_crashes.orchestration.day_reports import Metadata
from chicago_crashes.orchestration.description import raw_key, table_key


class ImportReporter:
    """Reports the days of one file: those that changed, and those Dagster does not know yet.

    A day that is no partition yet (today) is left for the run that will load it.
    """

    def __init__(
        self, instance: dg.DagsterInstance, feed: Feed, file_name: str, partitions: dg.DailyPartitionsDefinition
    ) -> None:
        self._instance = instance
        self._feed = feed
        self._file_name = file_name
        self._partitions = set(partitions.get_partition_keys())
        self._known = instance.get_materialized_partitions(raw_key(feed)) & instance.get_materialized_partitions(
            table_key(feed)
        )

    def __call__(self, days: Sequence[ImportedDay]) -> None:
        """Report days."""
        told = [day for day in days if day.day.isoformat() in self._partitions and self._is_news(day)]
        self._report(raw_key(self._feed), {day.day: _raw_metadata(day) for day in told})
        self._report(table_key(self._feed), {day.day: _table_metadata(day) for day in told})

    def _is_news(self, day: ImportedDay) -> bool:
        return day.is_new_version or day.counts.any_written or day.day.isoformat() not in self._known

    def _report(self, key: dg.AssetKey, days: Mapping[date, Metadata]) -> None:
        """Report days of one asset at once: Dagster's own way, one by one, takes minutes for a whole history."""
        batch = str(uuid4())
        for place, (day, metadata) in enumerate(days.items(), 1):
            materialization = dg.AssetMaterialization(
                key, partition=day.isoformat(), metadata={**metadata, "imported_from": self._file_name}
            )
            event = DagsterEvent(
                event_type_value=dg.DagsterEventType.ASSET_MATERIALIZATION.value,
                job_name=RUNLESS_JOB_NAME,
                event_specific_data=StepMaterializationData(materialization),
            )
            self._instance.report_dagster_event(
                event, run_id=RUNLESS_RUN_ID, batch_metadata=DagsterEventBatchMetadata(batch, place == len(days))
            )


def _raw_metadata(imported: ImportedDay) -> Metadata:
    """The numbers a fetched day has; nothing was asked of the portal."""
    return {
        "dagster/partition_row_count": imported.file.rows,
        "rows_fetched": 0,
        "source_rows": imported.file.note.source_rows,
        "new_version": int(imported.is_new_version),
        "requests": 0,
        "bytes": 0,
        "seconds": 0.0,
        "file": imported.file.path,
    }


def _table_metadata(imported: ImportedDay) -> Metadata:
    counts: Mapping[str, int] = asdict(imported.counts)
    return {"dagster/partition_row_count": imported.counts.table_rows, **counts}
