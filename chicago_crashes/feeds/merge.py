"""Merge cleaned days into their table: by set, in one transaction, keeping the old version of whatever changes.

Running it again with the same days writes nothing and says so. A day is merged whole: rows of the day that are not
among the staged ones were withdrawn by the portal, so they leave the table and stay in `ops.history`.

What was fetched of the merged days decides all their rows, whatever times these bear: the portal may take a change
back. Only between a merged day and one that is not do the rows' own times decide: see `feeds.rivals`.
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

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.cleaning.clean import DAY, RECORD_DAY, Cleaned
from chicago_crashes.feeds.cleaning.keys import ROW_KEY
from chicago_crashes.feeds.leaving import guard_what_leaves
from chicago_crashes.feeds.recleaning import RECLEANED, recleaned_days
from chicago_crashes.feeds.rivals import Rival, let_go, let_the_newest_win, set_aside
from chicago_crashes.feeds.row_keys import stored_row_key
from chicago_crashes.storage.copy import copy_rows, copy_to_stage
from chicago_crashes.storage.sql_files import sql_file
from chicago_crashes.storage.tables import FINDINGS, QUARANTINE, SIGNATURES


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
    """What a merge made of one day. `table_rows` is counted in the table after the merge.

    Rows that were `updated` or `withdrawn` are the City's doing; those that changed or left the table because we clean
    by other rules are `recleaned`.
    """

    source_rows: int
    raw_rows: int
    table_rows: int
    inserted: int
    updated: int
    unchanged: int
    withdrawn: int
    repaired: int
    quarantined: int
    recleaned: int = 0

    @property
    def any_written(self) -> bool:
        """Whether any row of the table is another one than before."""
        return bool(self.inserted or self.updated or self.withdrawn or self.recleaned)

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


@dataclass(frozen=True, slots=True)
class MergedDays:
    """What a merge made of its days, and of rows that share a key with a row of another day.

    `set_aside` are rows of these days that are in quarantine because another day has a newer one. `left_short` are rows
    of other days that are in neither table nor quarantine any more; merging their days again puts them where they
    belong.
    """

    counts: dict[date, DayCounts]
    set_aside: Sequence[Rival]
    left_short: Sequence[Rival]


class NewerVersionLoadedError(PermanentError):
    """The table already holds a version of a day that was fetched later; nothing of these days was merged."""


def merge_days(
    connection: Connection, feed: Feed, cleaned: Cleaned, days: Sequence[SourceDay], *, run_id: str
) -> MergedDays:
    """Merge the days and record what became of them, in one transaction.

    Args:
        connection: a connection outside a transaction.
        feed: the feed whose table is written.
        cleaned: the cleaned rows of exactly these days.
        days: what was fetched; a day without rows is merged too, and loses whatever the table still holds of it.
        run_id: the Dagster run that is named in the records.

    Raises:
        NewerVersionLoadedError: a day was fetched before the version of it that is loaded already.
        MassQuarantineError: too many rows would leave the table for quarantine; nothing was merged.
    """
    fetched = [source.day for source in days]
    with _taking_turns(connection, feed), connection.transaction():
        _refuse_older_versions(connection, feed, days)
        written = _merge_rows(connection, feed, cleaned, days, run_id)
        counts = _day_counts(connection, feed, written, days)
        _replace_days(connection, feed, FINDINGS, written.cleaned.findings, counts)
        _replace_days(connection, feed, QUARANTINE, written.cleaned.quarantined, counts)
        _record_signatures(connection, feed, days, counts, run_id)
        freed = let_go(connection, feed, fetched, written.replaced)
        guard_what_leaves(connection, feed, counts)
    return MergedDays(counts, set_aside(written.cleaned), [*written.replaced, *freed])


@dataclass(frozen=True, slots=True)
class _Written:
    """Rows written per day, what of the cleaned rows is in the table, and the rows of other days they replaced."""

    cleaned: Cleaned
    inserted: Mapping[date, int]
    updated: Mapping[date, int]
    withdrawn: Mapping[date, int]
    replaced: Sequence[Rival] = ()
    recleaned: frozenset[date] = frozenset()
    """The days of which we, not the City, have changed or removed what is counted there."""


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


def _merge_rows(
    connection: Connection, feed: Feed, cleaned: Cleaned, sources: Sequence[SourceDay], run_id: str
) -> _Written:
    """Rows with a new key go straight into the table; only those whose key it holds are staged and compared."""
    days, rules = [source.day for source in sources], sources[0].rules_digest
    arrived = cleaned.rows.drop(DAY)
    table = sql.Identifier(feed.table)
    if not table_rows_by_day(connection, feed, days) and _insert_all(connection, table, arrived):
        return _Written(cleaned, inserted=_rows_by_day(feed, arrived), updated={}, withdrawn={})
    recleaned = recleaned_days(connection, feed, {source.day: source.raw_digest for source in sources}, rules)
    params = {
        "feed": feed.name,
        "run_id": run_id,
        "rules": rules,
        "recleaned_days": list(recleaned),
        "days": days,
        "first": min(days),
        "after_last": max(days) + timedelta(days=1),
    }
    parts = _statement_parts(feed, arrived.columns)
    copy_to_stage(connection, KEYS, table, arrived.select(feed.key))
    _run(connection, "keep_withdrawn", parts, params)
    withdrawn = [day for (day,) in _run(connection, "remove_withdrawn", parts, params)]
    won = let_the_newest_win(connection, feed, cleaned, parts, params)
    arrived = won.cleaned.rows.drop(DAY)
    updated = _amend(connection, table, arrived.join(won.stored, on=feed.key, how="semi"), parts, params)
    new = arrived.join(won.stored, on=feed.key, how="anti", maintain_order="left")
    copy_rows(connection, table, new)
    return _Written(won.cleaned, _rows_by_day(feed, new), updated, Counter(withdrawn), won.replaced, recleaned)


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
    return _count_by_day(rows.select(pl.col(feed.date).dt.date().alias(RECORD_DAY)))


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
    _run(connection, "take_back_times", parts, params)
    return dict(_run(connection, "update_amended", parts, params))


KEYS = sql.Identifier("staged_keys")
STAGE = sql.Identifier("staged_rows")
AMENDED = sql.Identifier("amended_rows")


def _statement_parts(feed: Feed, columns: Sequence[str]) -> dict[str, sql.Composable]:
    """What the SQL files leave open, for this feed: identifiers and placeholders, never values."""
    names = [name for name in columns if name != "source_updated_at"]
    values = [name for name in names if name not in feed.key]
    return {
        "table": sql.Identifier(feed.table),
        "keys": KEYS,
        "stage": STAGE,
        "amended": AMENDED,
        "date": sql.Identifier(feed.date),
        "key": _listed(feed.key),
        "staged_key": _listed(feed.key, of="staged"),
        "same_key": _same_key(feed),
        "values": _listed(values),
        "staged_values": _listed(values, of="staged"),
        "stored_row_key": stored_row_key(feed),
        "stored_row": sql.SQL("to_jsonb(stored) - array['geometry', 'needs_geocoding']"),
        "values_differ": sql.SQL("({}) is distinct from ({})").format(
            _listed(values, of="stored"), _listed(values, of="staged")
        ),
        "is_withdrawn": _is_withdrawn(feed),
        "recleaned": RECLEANED,
        "feed": sql.Placeholder("feed"),
        "run_id": sql.Placeholder("run_id"),
        "days": sql.Placeholder("days"),
    }


def _listed(names: Iterable[str], *, of: str | None = None) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(of, name) if of else sql.Identifier(name) for name in names)


def _same_key(feed: Feed) -> sql.Composable:
    return sql.SQL(" and ").join(sql.SQL("stored.{0} = staged.{0}").format(sql.Identifier(name)) for name in feed.key)


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
    connection: Connection, feed: Feed, written: _Written, days: Sequence[SourceDay]
) -> dict[date, DayCounts]:
    repaired = _count_by_day(written.cleaned.findings.unique([RECORD_DAY, ROW_KEY]))
    quarantined = _count_by_day(written.cleaned.quarantined)
    stored = table_rows_by_day(connection, feed, [source.day for source in days])
    counts = {}
    for source in days:
        inserted, changed = written.inserted.get(source.day, 0), written.updated.get(source.day, 0)
        gone, is_ours = written.withdrawn.get(source.day, 0), source.day in written.recleaned
        table_rows = stored.get(source.day, 0)
        counts[source.day] = DayCounts(
            source_rows=source.source_rows,
            raw_rows=source.raw_rows,
            table_rows=table_rows,
            inserted=inserted,
            updated=0 if is_ours else changed,
            unchanged=table_rows - inserted - changed,
            withdrawn=0 if is_ours else gone,
            recleaned=changed + gone if is_ours else 0,
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
    return dict(frame.group_by(RECORD_DAY).len().iter_rows())


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
            RECORD_DAY: pl.Date,
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
    cursor = connection.execute(sql_file(__file__, file).format(**parts), params)
    return cursor.fetchall() if cursor.description else []
