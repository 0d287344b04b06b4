"""What the stand-in portal holds: one DuckDB table per dataset, every value as the text it was published as.

The store adds what the portal adds to a row: a hidden number, the `:id` that hides it, `:version` and the times of the
transaction. Queries come from `translate`; one DuckDB cursor serves one request.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import duckdb
import polars as pl
import pyarrow as pa

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.stand_in import row_ids
from chicago_crashes.stand_in.datasets import HIDDEN_NUMBER, Dataset, PublishedColumn, SodaType, published_type
from chicago_crashes.stand_in.functions import MACROS
from chicago_crashes.stand_in.translate import quoted

TIMES = (":created_at", ":updated_at")
ROWS_PER_BATCH = 2_000
DATABASE_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    # What a query needs is built in; nothing is ever fetched from elsewhere.
    "autoinstall_known_extensions": "false",
    # Rows are compressed this much at a time: after every few megabytes, publishing a year takes twice as long, and
    # never, the rows fill twice the memory.
    "checkpoint_threshold": "128MB",
}
PROFILED_ROWS = 1_000
USUAL_TIME = r"^[12]\d{3}-\d\d-\d\dT\d\d:\d\d:[0-5]\d\.\d{3}$"
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%.3f"
TICK = timedelta(milliseconds=1)
"""The portal's clock has no finer one."""


@dataclass(slots=True)
class Transaction:
    """One write to a dataset, seen by readers whole or not at all. Everything it writes has the same time and version.

    `dataset` is what readers are told afterwards; `next_number` is the first hidden number that is still free.
    """

    dataset: Dataset
    cursor: duckdb.DuckDBPyConnection
    moment: datetime
    version: str
    next_number: int

    @property
    def table(self) -> str:
        """The dataset's table, as SQL writes it."""
        return quoted(self.dataset.id)

    def rows(self) -> pl.DataFrame:
        """Everything that is stored of the dataset, in the order of the hidden numbers."""
        return _all_rows(self.cursor, self.dataset)

    def insert(self, rows: pl.DataFrame) -> None:
        """Append rows that have all their system fields."""
        self.review_times(rows)
        names = ", ".join(map(quoted, rows.columns))
        self.cursor.register("batch", rows.to_arrow())
        self.cursor.execute(f"insert into {self.table} ({names}) select {names} from batch")  # noqa: S608 - ours
        self.cursor.unregister("batch")

    def review_times(self, rows: pl.DataFrame) -> None:
        """Remember the columns of times in which some text of these rows is not as the portal writes times."""
        odd = {name for name in self.dataset.times if name in rows.columns and not _are_usual_times(rows[name])}
        if not odd <= self.dataset.odd_times:
            self.dataset = replace(self.dataset, odd_times=self.dataset.odd_times | odd)

    def numbered(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with hidden numbers, ids and versions that no row has had before."""
        first = self.next_number
        numbers = pl.Series(range(first, first + rows.height), dtype=pl.UInt64)
        self.next_number += rows.height
        return rows.with_columns(
            numbers.alias(HIDDEN_NUMBER),
            row_ids.encoded(numbers, self.dataset.id, "row-").alias(":id"),
            pl.lit(self.version).alias(":version"),
        )


class PortalStore:
    """All datasets of the portal. Every declared feed has one from the start, empty and with its declared columns."""

    def __init__(self) -> None:
        self._database = duckdb.connect(":memory:", config=DATABASE_SETTINGS)
        self._database.execute(MACROS)
        self._writing = threading.Lock()
        self._datasets: dict[str, Dataset] = {}
        self._next_number: dict[str, int] = {}
        self._gone: set[str] = set()
        self._offers: dict[str, Callable[[PortalStore], None]] = {}
        self._offering = threading.Lock()
        for feed in FEEDS:
            self._create(_dataset_of(feed))

    def dataset(self, dataset_id: str) -> Dataset | None:
        """A dataset as it is now; `None` if there is none, or none any more."""
        self._take_offer(dataset_id)
        return None if dataset_id in self._gone else self._datasets.get(dataset_id)

    def offer(self, dataset_id: str, publish: Callable[["PortalStore"], None]) -> None:
        """Let `publish` bring a dataset when it is first asked for: most who start a portal never ask for all of it."""
        self._offers[dataset_id] = publish

    def withdraw(self, dataset_id: str) -> None:
        """Act as if the dataset had never been."""
        self._gone.add(dataset_id)

    def put_back(self, dataset_id: str) -> None:
        """Serve a withdrawn dataset again."""
        self._gone.discard(dataset_id)

    def rows(self, dataset_id: str) -> pl.DataFrame:
        """Everything that is stored of a dataset, in the order of the hidden numbers."""
        self._take_offer(dataset_id)
        with self._database.cursor() as cursor:
            return _all_rows(cursor, self._datasets[dataset_id])

    def copy(self) -> "PortalStore":
        """A store that holds what this one holds now, ids and times included, and does not change with it."""
        other = PortalStore()
        with self._writing, self._database.cursor() as cursor:
            for dataset in self._datasets.values():
                other._create(dataset)
                other._next_number[dataset.id] = self._next_number[dataset.id]
                other._database.register("batch", cursor.sql(f"from {quoted(dataset.id)}").to_arrow_table())
                other._database.execute(f"insert into {quoted(dataset.id)} by name from batch")
                other._database.unregister("batch")
            other._gone = set(self._gone)
            other._offers = dict(self._offers)
        return other

    @contextmanager
    def transaction(self, dataset_id: str, now: datetime | None = None) -> Iterator[Transaction]:
        """Write to a dataset; one transaction at a time. Without `now` it is later than all that was written before."""
        self._take_offer(dataset_id)
        with self._writing, self._database.cursor() as cursor:
            dataset = self._datasets[dataset_id]
            dataset = replace(dataset, writes=dataset.writes + 1)
            version = row_ids.encoded(pl.Series([dataset.writes], dtype=pl.UInt64), dataset_id, "rv-")[0]
            moment = _naive(now or _later(dataset))
            transaction = Transaction(dataset, cursor, moment, version, self._next_number[dataset_id])
            cursor.begin()
            try:
                yield transaction
            except BaseException:
                cursor.rollback()
                raise
            cursor.commit()
            self._next_number[dataset_id] = transaction.next_number
            modified_at = max(dataset.modified_at, moment.replace(tzinfo=UTC))
            self._datasets[dataset_id] = replace(transaction.dataset, modified_at=modified_at)

    def publish(
        self, dataset_id: str, rows: pl.DataFrame, *, title: str = "", types: Mapping[str, SodaType] | None = None
    ) -> None:
        """Append `rows`: text columns under their published names, null for no value, points as `POINT (lon lat)`.

        Lines and polygons are GeoJSON. A dataset that is new takes `title` and `types`; columns are text otherwise.

        `:created_at` and `:updated_at` may come along as datetimes in UTC; without them the rows were written now. The
        first rows of a dataset say which columns it publishes; later ones may add columns.

        Raises:
            PermanentError: a column is no text, or has a name that only the portal gives.
        """
        _refuse_what_is_no_text(dataset_id, rows)
        with self._writing:
            dataset = self._datasets.get(dataset_id) or Dataset(dataset_id, title or dataset_id, "", ())
            self._insert(self._with_columns(dataset, rows, types or {}), rows)

    def close(self) -> None:
        """Let go of everything."""
        self._database.close()

    def read(self, sql: str, parameters: Sequence[object]) -> Iterator[pa.StringArray]:
        """A statement's first column in batches; what is wrong with it shows now, not with the first batch."""
        cursor = self._database.cursor()
        return _batches(cursor, cursor.sql(sql, params=list(parameters)).to_arrow_reader(ROWS_PER_BATCH))

    def _create(self, dataset: Dataset) -> None:
        system = f'"{HIDDEN_NUMBER}" ubigint, ":id" varchar, ":created_at" timestamp, ":updated_at" timestamp'
        columns = "".join(f", {quoted(name)} varchar" for name in dataset.column_names)
        self._database.execute(f'create or replace table {quoted(dataset.id)} ({system}, ":version" varchar{columns})')
        self._datasets[dataset.id] = dataset
        self._next_number[dataset.id] = 1

    def _take_offer(self, dataset_id: str) -> None:
        with self._offering:
            publish = self._offers.pop(dataset_id, None)
            if publish is not None:
                publish(self)

    def _with_columns(self, dataset: Dataset, rows: pl.DataFrame, types: Mapping[str, SodaType]) -> Dataset:
        """`dataset` with the columns that `rows` bring, in its table as well."""
        declared = {column.name: column for column in _declared_columns(dataset.id)}
        known = dataset.column_names if dataset.is_published else ()
        new = tuple(
            replace(
                declared.get(name) or PublishedColumn(name, types.get(name, SodaType.TEXT), name.upper()),
                profile=_profile(rows[name].head(PROFILED_ROWS)),
            )
            for name in rows.columns
            if name not in TIMES and name not in known
        )
        if not dataset.is_published:
            places = _regions(dataset.id)
            regions = {name: place for name, place in places.items() if place in rows.columns}
            dataset = replace(dataset, columns=new, regions=regions, is_published=True)
            self._create(dataset)
            return dataset
        for column in new:
            self._database.execute(f"alter table {quoted(dataset.id)} add column {quoted(column.name)} varchar")
        return replace(dataset, columns=dataset.columns + new)

    def _insert(self, dataset: Dataset, rows: pl.DataFrame) -> None:
        now = _naive(_later(dataset))
        writes = dataset.writes + 1
        version = row_ids.encoded(pl.Series([writes], dtype=pl.UInt64), dataset.id, "rv-")[0]
        with self._database.cursor() as cursor:
            transaction = Transaction(dataset, cursor, now, version, self._next_number[dataset.id])
            written = transaction.numbered(rows).with_columns(
                _utc_milliseconds(rows, name, now).alias(name) for name in TIMES
            )
            transaction.insert(written)
        self._next_number[dataset.id] = transaction.next_number
        newest = written[":updated_at"].max()
        modified_at = newest.replace(tzinfo=UTC) if isinstance(newest, datetime) else dataset.modified_at
        self._datasets[dataset.id] = replace(
            transaction.dataset, writes=writes, modified_at=max(dataset.modified_at, modified_at)
        )


def _all_rows(cursor: duckdb.DuckDBPyConnection, dataset: Dataset) -> pl.DataFrame:
    stored = cursor.sql(f'from {quoted(dataset.id)} order by "{HIDDEN_NUMBER}"').to_arrow_table()
    return pl.DataFrame(stored)


def _later(dataset: Dataset) -> datetime:
    """Now, or the first moment after all that was written so far."""
    return max(datetime.now(UTC), dataset.modified_at + TICK)


def _naive(moment: datetime) -> datetime:
    """A time of the store: UTC without saying so, in milliseconds."""
    moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _batches(cursor: duckdb.DuckDBPyConnection, reader: pa.RecordBatchReader) -> Iterator[pa.StringArray]:
    with cursor, reader:
        for batch in reader:
            yield batch.column(0)


def _dataset_of(feed: Feed) -> Dataset:
    columns = _declared_columns(feed.dataset_id)
    return Dataset(feed.dataset_id, feed.title, feed.description, columns, _regions(feed.dataset_id))


def _regions(dataset_id: str) -> dict[str, str]:
    """The columns the portal computes by itself, each with the point it comes from."""
    return {
        region: feed.coordinates.point
        for feed in FEEDS
        if feed.dataset_id == dataset_id and feed.coordinates
        for region in feed.computed_regions
    }


def _declared_columns(dataset_id: str) -> tuple[PublishedColumn, ...]:
    return tuple(
        PublishedColumn(column.name, published_type(column), column.header, column.description)
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


def _are_usual_times(values: pl.Series) -> bool:
    """Whether all texts are times, and sort as the times do."""
    stated = values.drop_nulls().cast(pl.String)
    is_time = stated.str.contains(USUAL_TIME) & stated.str.to_datetime(TIME_FORMAT, strict=False).is_not_null()
    return bool(is_time.all())


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
