"""What the stand-in portal holds: one DuckDB table per dataset, every value as the text it was published as.

The store adds what the portal adds to a row: a hidden number, the `:id` that hides it, `:version` and the times of the
transaction. Queries come from `translate`; one DuckDB cursor serves one request.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import polars as pl

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds import FEEDS, Feed
from chicago_crashes.local.portal import row_ids
from chicago_crashes.local.portal.datasets import (
    HIDDEN_NUMBER,
    Dataset,
    PublishedColumn,
    SodaType,
    published_type,
)
from chicago_crashes.local.portal.functions import MACROS
from chicago_crashes.local.portal.translate import Translation, quoted

TIMES = (":created_at", ":updated_at")
REGIONS = {"85ca-t3if": {":@computed_region_rpca_8um6": "location"}}
"""The columns the portal computes from a point by itself, per dataset."""
ROWS_PER_BATCH = 2_000
PROFILED_ROWS = 1_000


class PortalStore:
    """All datasets of the portal. Every declared feed has one from the start, empty and with its declared columns."""

    def __init__(self) -> None:
        # What a query needs is built in; nothing is ever fetched from elsewhere.
        self._database = duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"})
        self._database.execute(MACROS)
        self._writing = threading.Lock()
        self._datasets: dict[str, Dataset] = {}
        self._next_number: dict[str, int] = {}
        for feed in FEEDS:
            self._create(_dataset_of(feed))

    def dataset(self, dataset_id: str) -> Dataset | None:
        """A dataset as it is now."""
        return self._datasets.get(dataset_id)

    def publish(self, dataset_id: str, rows: pl.DataFrame) -> None:
        """Append `rows`: text columns under their published names, null for no value, points as `POINT (lon lat)`.

        `:created_at` and `:updated_at` may come along as datetimes in UTC; without them the rows were written now. The
        first rows of a dataset say which columns it publishes; later ones may add columns.

        Raises:
            PermanentError: a column is no text, or has a name that only the portal gives.
        """
        _refuse_what_is_no_text(dataset_id, rows)
        with self._writing:
            dataset = self._datasets.get(dataset_id) or Dataset(dataset_id, dataset_id, "", ())
            self._insert(self._with_columns(dataset, rows), rows)

    def close(self) -> None:
        """Let go of everything."""
        self._database.close()

    def read(self, translation: Translation) -> Iterator[Sequence[tuple[object, ...]]]:
        """The rows of a query in batches; what is wrong with the query shows now, not with the first batch."""
        cursor = self._database.cursor()
        cursor.execute(translation.sql, list(translation.parameters))
        return _batches(cursor)

    def _create(self, dataset: Dataset) -> None:
        system = f'"{HIDDEN_NUMBER}" ubigint, ":id" varchar, ":created_at" timestamp, ":updated_at" timestamp'
        columns = "".join(f", {quoted(name)} varchar" for name in dataset.column_names)
        self._database.execute(f'create or replace table {quoted(dataset.id)} ({system}, ":version" varchar{columns})')
        self._datasets[dataset.id] = dataset
        self._next_number[dataset.id] = 1

    def _with_columns(self, dataset: Dataset, rows: pl.DataFrame) -> Dataset:
        """`dataset` with the columns that `rows` bring, in its table as well."""
        declared = {column.name: column for column in _declared_columns(dataset.id)}
        known = dataset.column_names if dataset.is_published else ()
        new = tuple(
            replace(
                declared.get(name) or PublishedColumn(name, SodaType.TEXT, name.upper()),
                profile=_profile(rows[name].head(PROFILED_ROWS)),
            )
            for name in rows.columns
            if name not in TIMES and name not in known
        )
        if not dataset.is_published:
            places = REGIONS.get(dataset.id, {})
            regions = {name: place for name, place in places.items() if place in rows.columns}
            dataset = replace(dataset, columns=new, regions=regions, is_published=True)
            self._create(dataset)
            return dataset
        for column in new:
            self._database.execute(f"alter table {quoted(dataset.id)} add column {quoted(column.name)} varchar")
        return replace(dataset, columns=dataset.columns + new)

    def _insert(self, dataset: Dataset, rows: pl.DataFrame) -> None:
        first = self._next_number[dataset.id]
        writes = dataset.writes + 1
        numbers = pl.Series(range(first, first + rows.height), dtype=pl.UInt64)
        version = row_ids.encoded(pl.Series([writes], dtype=pl.UInt64), dataset.id, "rv-")[0]
        now = datetime.now(UTC).replace(tzinfo=None)
        written = rows.with_columns(
            numbers.alias(HIDDEN_NUMBER),
            row_ids.encoded(numbers, dataset.id, "row-").alias(":id"),
            pl.lit(version).alias(":version"),
            *(_utc_milliseconds(rows, name, now).alias(name) for name in TIMES),
        )
        names = ", ".join(quoted(name) for name in written.columns)
        with self._database.cursor() as cursor:
            cursor.register("batch", written.to_arrow())
            cursor.execute(f"insert into {quoted(dataset.id)} ({names}) select {names} from batch")  # noqa: S608 - ours
        self._next_number[dataset.id] = first + rows.height
        newest = written[":updated_at"].max()
        modified_at = newest.replace(tzinfo=UTC) if isinstance(newest, datetime) else dataset.modified_at
        self._datasets[dataset.id] = replace(dataset, writes=writes, modified_at=max(dataset.modified_at, modified_at))


def _batches(cursor: duckdb.DuckDBPyConnection) -> Iterator[Sequence[tuple[object, ...]]]:
    try:
        while batch := cursor.fetchmany(ROWS_PER_BATCH):
            yield batch
    finally:
        cursor.close()


def _dataset_of(feed: Feed) -> Dataset:
    columns = _declared_columns(feed.dataset_id)
    return Dataset(feed.dataset_id, feed.title, feed.description, columns, REGIONS.get(feed.dataset_id, {}))


def _declared_columns(dataset_id: str) -> tuple[PublishedColumn, ...]:
    return tuple(
        PublishedColumn(column.name, published_type(feed, column), column.header, column.description)
        for feed in FEEDS
        if feed.dataset_id == dataset_id
        for column in feed.columns
    )


def _refuse_what_is_no_text(dataset_id: str, rows: pl.DataFrame) -> None:
    for name, kind in rows.schema.items():
        is_fit = isinstance(kind, pl.Datetime) if name in TIMES else kind in (pl.String, pl.Null)
        if not is_fit or (name.startswith(":") and name not in TIMES):
            raise PermanentError(
                f"The column {name} cannot be published in {dataset_id}: it is {kind}. Published columns are text and "
                f"do not begin with a colon, except {' and '.join(TIMES)}, which are times."
            )


def _utc_milliseconds(rows: pl.DataFrame, name: str, now: datetime) -> pl.Series:
    """The times of `rows`, or `now` where there is none; naive, because in the store all times are UTC."""
    if name not in rows.columns:
        return pl.repeat(now, rows.height, dtype=pl.Datetime("ms"), eager=True)
    times = rows[name]
    if isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone is not None:
        times = times.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return times.cast(pl.Datetime("ms")).fill_null(now)


def _profile(values: pl.Series) -> Mapping[str, str]:
    """What the portal's description says a column holds, long after it has ceased to be true."""
    stated = values.drop_nulls()
    profile = {
        "non_null": str(stated.len()),
        "null": str(values.null_count()),
        "count": str(values.len()),
        "cardinality": str(stated.n_unique()),
    }
    if stated.len():
        profile |= {"smallest": str(stated.min()), "largest": str(stated.max())}
    return profile
