"""Merge cleaned days into their table: by set, in one transaction, keeping the old version of whatever changes.

Running it again with the same days writes nothing and says so. A day is merged whole: rows of the day that are not
among the staged ones were withdrawn by the portal, so they leave the table and stay in `ops.history`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
from psycopg import Connection, sql
from psycopg.errors import UniqueViolation
from sqlalchemy import Table

from chicago_crashes.cleaning.clean import DAY, ROW_KEY, Cleaned
from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds import Feed
from chicago_crashes.feeds.rules import SECOND_ROW
from chicago_crashes.postgis.copy import copy_from_query, copy_rows, copy_to_stage
from chicago_crashes.postgis.sql_files import sql_file
from chicago_crashes.postgis.tables import FINDINGS, QUARANTINE, SIGNATURES


@dataclass(frozen=True, slots=True)
class SourceDay:
    """What was fetched of a day: the portal's signature and what the raw lake holds, and the rules it is cleaned by."""

    day: date
    source_rows: int
    source_updated_at: datetime | None
    raw_rows: int
    fetched_at: datetime
    raw_digest: str
    rules_digest: str


@dataclass(frozen=True, slots=True)
class DayCounts:
    """What a merge made of one day. `table_rows` is counted in the table after the merge."""

    source_rows: int
    raw_rows: int
    table_rows: int
    inserted: int
    updated: int
    unchanged: int
    withdrawn: int
    repaired: int
    quarantined: int

    @property
    def reconciled(self) -> bool:
        """Whether every published row is accounted for: source = raw = table + quarantine."""
        return self.source_rows == self.raw_rows == self.table_rows + self.quarantined


def unchanged_counts(source_rows: int, raw_rows: int, table_rows: int, repaired: int, quarantined: int) -> DayCounts:
    """The counts of a day of which nothing was written."""
    return DayCounts(
        source_rows=source_rows,
        raw_rows=raw_rows,
        table_rows=table_rows,
        inserted=0,
        updated=0,
        unchanged=table_rows,
        withdrawn=0,
        repaired=repaired,
        quarantined=quarantined,
    )


class NewerVersionLoadedError(PermanentError):
    """The table already holds a version of a day that was fetched later; nothing of these days was merged."""


def merge_days(
    connection: Connection, feed: Feed, cleaned: Cleaned, days: Sequence[SourceDay], *, run_id: str
) -> dict[date, DayCounts]:
    """Merge the days and record what became of them, in one transaction.

    Args:
        connection: a connection outside a transaction.
        feed: the feed whose table is written.
        cleaned: the cleaned rows of exactly these days.
        days: what was fetched; a day without rows is merged too, and loses whatever the table still holds of it.
        run_id: the Dagster run that is named in the records.

    Raises:
        NewerVersionLoadedError: a day was fetched before the version of it that is loaded already.
    """
    with _taking_turns(connection, feed), connection.transaction():
        _refuse_older_versions(connection, feed, days)
        written = _merge_rows(connection, feed, cleaned.rows, [source.day for source in days], run_id)
        counts = _day_counts(connection, feed, cleaned, days, written)
        _replace_days(connection, feed, FINDINGS, cleaned.findings, counts)
        _replace_days(connection, feed, QUARANTINE, cleaned.quarantined, counts)
        _record_signatures(connection, feed, days, counts, run_id)
    return counts


@dataclass(frozen=True, slots=True)
class _Written:
    """Rows written per day."""

    inserted: Mapping[date, int]
    updated: Mapping[date, int]
    withdrawn: Mapping[date, int]


@contextmanager
def _taking_turns(connection: Connection, feed: Feed) -> Iterator[None]:
    """Two runs over the same days at once must end as one would: merges of a feed take turns.

    A transaction begins when it is its turn, so that what a later merge writes bears a later time.
    """
    connection.execute("select pg_advisory_lock(hashtext('chicago_crashes.merge'), hashtext(%s))", [feed.name])
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute(
                "select pg_advisory_unlock(hashtext('chicago_crashes.merge'), hashtext(%s))", [feed.name]
            )


def _refuse_older_versions(connection: Connection, feed: Feed, days: Sequence[SourceDay]) -> None:
    """Two overlapping runs may merge in another order than they fetched; the older version must not win."""
    fetched = {source.day: source.fetched_at for source in days}
    loaded = connection.execute(
        "select day, fetched_at from ops.signatures where feed = %s and day = any(%s)", [feed.name, list(fetched)]
    ).fetchall()
    for day, fetched_at in loaded:
        if fetched_at > fetched[day]:
            raise NewerVersionLoadedError(
                f"{feed.name} {day}: the table holds what was fetched at {fetched_at:%Y-%m-%d %H:%M:%S} UTC, the "
                f"newest raw file is of {fetched[day]:%Y-%m-%d %H:%M:%S} UTC. Nothing of the day was merged. Fetch it "
                f"again (`chicago-crashes load {day} {day} --feed {feed.name} --refetch`)."
            )


def _merge_rows(connection: Connection, feed: Feed, rows: pl.DataFrame, days: Sequence[date], run_id: str) -> _Written:
    """Rows with a new key go straight into the table; only those whose key it holds are staged and compared."""
    arrived = _one_version_each(feed, rows).drop(DAY)
    table = sql.Identifier(feed.table)
    if not table_rows_by_day(connection, feed, days) and _insert_all(connection, table, arrived):
        return _Written(inserted=_rows_by_day(feed, arrived), updated={}, withdrawn={})
    params = {
        "feed": feed.name,
        "run_id": run_id,
        "days": list(days),
        "first": min(days),
        "after_last": max(days) + timedelta(days=1),
        "rival_days": _days_with_rivals(connection, feed, days),
    }
    parts = _statement_parts(feed, arrived.columns)
    copy_to_stage(connection, KEYS, table, arrived.select(feed.key))
    _run(connection, "keep_withdrawn", parts, params)
    withdrawn = [day for (day,) in _run(connection, "remove_withdrawn", parts, params)]
    stored = _stored_keys(connection, feed, arrived, parts)
    updated = _amend(connection, table, arrived.join(stored, on=feed.key, how="semi"), parts, params)
    new = arrived.join(stored, on=feed.key, how="anti", maintain_order="left")
    copy_rows(connection, table, new)
    return _Written(inserted=_rows_by_day(feed, new), updated=updated, withdrawn=Counter(withdrawn))


def _insert_all(connection: Connection, table: sql.Identifier, rows: pl.DataFrame) -> bool:
    """Insert rows that are all new; False, and nothing is written, if the table holds one of their keys.

    Of a day that is loaded for the first time hardly ever a row is stored under another day, so it pays to try.
    """
    try:
        with connection.transaction():
            copy_rows(connection, table, rows)
    except UniqueViolation:
        return False
    return True


def _rows_by_day(feed: Feed, rows: pl.DataFrame) -> dict[date, int]:
    return _count_by_day(rows.select(pl.col(feed.date).dt.date().alias(DAY)))


def _stored_keys(
    connection: Connection, feed: Feed, arrived: pl.DataFrame, parts: Mapping[str, sql.Composable]
) -> pl.DataFrame:
    types = {name: arrived.schema[name] for name in feed.key}
    return copy_from_query(connection, sql_file("stored_keys").format(**parts), types)


def _amend(
    connection: Connection,
    table: sql.Identifier,
    known: pl.DataFrame,
    parts: Mapping[str, sql.Composable],
    params: Mapping[str, object],
) -> Mapping[date, int]:
    """Compare rows whose key is stored with what is stored, keep and replace what differs; how many, by day."""
    if known.is_empty():
        return {}
    copy_to_stage(connection, STAGE, table, known)
    _run(connection, "find_amended", parts, params)
    _run(connection, "keep_amended", parts, params)
    return dict(_run(connection, "update_amended", parts, params))


def _days_with_rivals(connection: Connection, feed: Feed, days: Sequence[date]) -> list[date]:
    """The days of which, until now, a second row with the same key is in quarantine."""
    rows = connection.execute(
        "select distinct day from ops.quarantine where feed = %s and day = any(%s) and reason = %s",
        [feed.name, list(days), SECOND_ROW],
    ).fetchall()
    return [day for (day,) in rows]


KEYS = sql.Identifier("staged_keys")
STAGE = sql.Identifier("staged_rows")
AMENDED = sql.Identifier("amended_rows")


def _one_version_each(feed: Feed, rows: pl.DataFrame) -> pl.DataFrame:
    """The newest version of each row, should a row that moved be among the rows of two days."""
    if rows.select(pl.struct(feed.key).is_unique().all()).item():
        return rows
    return rows.sort("source_updated_at", nulls_last=False, maintain_order=True).unique(
        feed.key, keep="last", maintain_order=True
    )


def _statement_parts(feed: Feed, columns: Sequence[str]) -> dict[str, sql.Composable]:
    """What the SQL files leave open, for this feed: identifiers and placeholders, never values."""
    names = [name for name in columns if name != "source_updated_at"]
    values = [name for name in names if name not in feed.key]
    stored_keys = [sql.SQL("stored.{}::text").format(sql.Identifier(name)) for name in feed.key]
    return {
        "table": sql.Identifier(feed.table),
        "keys": KEYS,
        "stage": STAGE,
        "amended": AMENDED,
        "date": sql.Identifier(feed.date),
        "key": _listed(feed.key),
        "same_key": _same_key(feed),
        "values": _listed(values),
        "staged_values": _listed(values, of="staged"),
        "stored_row_key": sql.SQL("concat_ws('/', {})").format(sql.SQL(", ").join(stored_keys)),
        "stored_row": sql.SQL("to_jsonb(stored) - array['geometry', 'needs_geocoding']"),
        "staged_is_newer": _staged_is_newer(feed),
        "values_differ": sql.SQL("({}) is distinct from ({})").format(
            _listed(values, of="stored"), _listed(values, of="staged")
        ),
        "is_withdrawn": _is_withdrawn(feed),
        "feed": sql.Placeholder("feed"),
        "run_id": sql.Placeholder("run_id"),
    }


def _listed(names: Iterable[str], *, of: str | None = None) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(of, name) if of else sql.Identifier(name) for name in names)


def _same_key(feed: Feed) -> sql.Composable:
    return sql.SQL(" and ").join(sql.SQL("stored.{0} = staged.{0}").format(sql.Identifier(name)) for name in feed.key)


def _staged_is_newer(feed: Feed) -> sql.Composable:
    """At least as new as the stored row; a row without a time of publication never replaces one that has it.

    When the newer of two rows that share a key goes, the older one takes its place. Rows share a key where we number
    equal ones, and where a second one was set aside.
    """
    may_take_its_place = (
        sql.SQL("true")
        if feed.surrogate
        else sql.SQL("stored.{}::date = any({})").format(sql.Identifier(feed.date), sql.Placeholder("rival_days"))
    )
    return sql.SQL(
        "(stored.source_updated_at is null or staged.source_updated_at >= stored.source_updated_at"
        " or staged.source_updated_at is not null and {})"
    ).format(may_take_its_place)


def _is_withdrawn(feed: Feed) -> sql.Composable:
    """Stored rows of the days whose keys did not arrive.

    `not in` is looked up in a hash, whatever PostgreSQL guesses of tables it has not analysed yet; with `not exists` it
    may compare every row with every other.
    """
    return sql.SQL(
        "stored.{date} >= {first} and stored.{date} < {after_last} and stored.{date}::date = any({days})"
        " and ({stored_key}) not in (select {key} from {keys})"
    ).format(
        date=sql.Identifier(feed.date),
        first=sql.Placeholder("first"),
        after_last=sql.Placeholder("after_last"),
        days=sql.Placeholder("days"),
        stored_key=_listed(feed.key, of="stored"),
        key=_listed(feed.key),
        keys=KEYS,
    )


def _day_counts(
    connection: Connection, feed: Feed, cleaned: Cleaned, days: Sequence[SourceDay], written: _Written
) -> dict[date, DayCounts]:
    repaired = _count_by_day(cleaned.findings.unique([DAY, ROW_KEY]))
    quarantined = _count_by_day(cleaned.quarantined)
    stored = table_rows_by_day(connection, feed, [source.day for source in days])
    counts = {}
    for source in days:
        inserted, updated = written.inserted.get(source.day, 0), written.updated.get(source.day, 0)
        table_rows = stored.get(source.day, 0)
        counts[source.day] = DayCounts(
            source_rows=source.source_rows,
            raw_rows=source.raw_rows,
            table_rows=table_rows,
            inserted=inserted,
            updated=updated,
            unchanged=table_rows - inserted - updated,
            withdrawn=written.withdrawn.get(source.day, 0),
            repaired=repaired.get(source.day, 0),
            quarantined=quarantined.get(source.day, 0),
        )
    return counts


def table_rows_by_day(connection: Connection, feed: Feed, days: Sequence[date]) -> dict[date, int]:
    """How many rows the table holds of each of the days; days without rows are absent."""
    query = sql.SQL(
        "select {date}::date, count(*) from {table} where {date} >= %(first)s and {date} < %(after_last)s group by 1"
    ).format(date=sql.Identifier(feed.date), table=sql.Identifier(feed.table))
    bounds = {"first": min(days), "after_last": max(days) + timedelta(days=1)}
    return dict(connection.execute(query, bounds).fetchall())


def _count_by_day(frame: pl.DataFrame) -> dict[date, int]:
    return dict(frame.group_by(DAY).len().iter_rows())


def _replace_days(
    connection: Connection, feed: Feed, table: Table, records: pl.DataFrame, days: Iterable[date]
) -> None:
    """Make the feed's records of these days in an `ops` table exactly `records`, writing only what differs."""
    stage, target = sql.Identifier(f"staged_{table.name}"), sql.Identifier("ops", table.name)
    copy_to_stage(connection, stage, target, records)
    key = [column.name for column in table.primary_key if column.name != "feed"]
    same_value = sql.SQL(" and ").join(
        sql.SQL("stored.{0} is not distinct from staged.{0}").format(sql.Identifier(name)) for name in records.columns
    )
    parts = {
        "table": target,
        "stage": stage,
        "feed": sql.Placeholder("feed"),
        "days": sql.Placeholder("days"),
        "same_record": same_value,
        "columns": _listed(records.columns),
        "key": _listed(key),
    }
    params = {"feed": feed.name, "days": list(days)}
    _run(connection, "remove_records", parts, params)
    _run(connection, "add_records", parts, params)


def _record_signatures(
    connection: Connection, feed: Feed, days: Sequence[SourceDay], counts: Mapping[date, DayCounts], run_id: str
) -> None:
    records = pl.DataFrame(
        [
            (
                source.day,
                source.source_rows,
                source.source_updated_at,
                source.raw_rows,
                counts[source.day].table_rows,
                counts[source.day].quarantined,
                counts[source.day].repaired,
                source.fetched_at,
                source.raw_digest,
                source.rules_digest,
            )
            for source in days
        ],
        schema={
            DAY: pl.Date,
            "source_rows": pl.Int32,
            "source_updated_at": pl.Datetime("us", "UTC"),
            "raw_rows": pl.Int32,
            "table_rows": pl.Int32,
            "quarantined_rows": pl.Int32,
            "repaired_rows": pl.Int32,
            "fetched_at": pl.Datetime("us", "UTC"),
            "raw_digest": pl.String,
            "rules_digest": pl.String,
        },
        orient="row",
    )
    stage = sql.Identifier(f"staged_{SIGNATURES.name}")
    copy_to_stage(connection, stage, sql.Identifier("ops", SIGNATURES.name), records)
    parts = {"stage": stage, "feed": sql.Placeholder("feed"), "run_id": sql.Placeholder("run_id")}
    _run(connection, "record_signatures", parts, {"feed": feed.name, "run_id": run_id})


def _run(
    connection: Connection, file: str, parts: Mapping[str, sql.Composable], params: Mapping[str, object]
) -> list[tuple[Any, ...]]:
    """Run a statement from `sql/`, its open parts filled in, its parameters bound; the rows it returns, if any."""
    cursor = connection.execute(sql_file(file).format(**parts), params)
    return cursor.fetchall() if cursor.description else []
