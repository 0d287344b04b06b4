"""Rows of an export, sorted by month outside of memory: an export comes in any order, the lake takes whole days.

A month is a file of Arrow batches in a temporary folder. Of all rows, only the day and a short digest of the key stay
in memory.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl
import pyarrow as pa

from chicago_crashes.feeds.importing.judging import DAY, KEY


class Spool:
    """The rows of one file. Add all of them, then close it, then take them month by month."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[date, pa.RecordBatchStreamWriter] = {}
        self._seen: list[pl.DataFrame] = []
        self._rows: Counter[date] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """No more rows will come."""
        while self._writers:
            _, writer = self._writers.popitem()
            writer.close()

    @property
    def rows_by_day(self) -> Mapping[date, int]:
        """How many rows each day has."""
        return self._rows

    @property
    def months(self) -> list[date]:
        """The first days of the months there are rows of."""
        return sorted({day.replace(day=1) for day in self._rows})

    def add(self, rows: pl.DataFrame) -> None:
        """Put rows aside."""
        self._seen.append(rows.select(DAY, KEY))
        self._rows.update(dict(rows.group_by(DAY).len().iter_rows()))
        by_month = rows.drop(KEY).with_columns(pl.col(DAY).dt.truncate("1mo").alias("__month"))
        for (month,), part in by_month.partition_by("__month", as_dict=True, include_key=False).items():
            self._write(month, part)

    def days_sharing_keys(self) -> set[date]:
        """The days of rows that have the key of a row of another day."""
        if not self._seen:
            return set()
        once_a_day = pl.concat(self._seen).filter(pl.col(KEY).is_not_null()).unique()
        return set(once_a_day.filter(pl.col(KEY).is_duplicated())[DAY])

    def month(self, month: date) -> pl.DataFrame:
        """The rows of a month, in the order of the file."""
        with pa.OSFile(str(self._path(month))) as source, pa.ipc.open_stream(source) as reader:
            return pl.DataFrame(pl.from_arrow(reader.read_all()))

    def _write(self, month: date, rows: pl.DataFrame) -> None:
        table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
        if month not in self._writers:
            self._writers[month] = pa.ipc.new_stream(
                str(self._path(month)), table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")
            )
        self._writers[month].write_table(table)

    def _path(self, month: date) -> Path:
        return self._folder / f"{month:%Y-%m}.arrows"
