"""Lake to tables: clean, merge, history and indexes, against a bare COPY of the finished rows; then the same again."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
from psycopg import sql

from chicago_crashes.feeds.catalogue import CRASHES, PEOPLE, VEHICLES, Feed
from chicago_crashes.feeds.ingest import LoadedDay, load_days
from chicago_crashes.storage.lake import Lake
from chicago_crashes_bench import database
from chicago_crashes_bench.bench import Bench, Found, first_days, runs_of
from chicago_crashes_bench.growth import Growth
from chicago_crashes_bench.results import Amount, Bar, Kind, Measurement, Unit
from chicago_crashes_bench.watching import ProgramFailedError

BLOCK = 1 << 20
BOOKKEEPING = 0.02
"""What is logged when nothing changed may be this share of what the first load logged: the catalogue's temporary
tables."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What was measured of one size."""

    rows: int
    days: int
    first: float
    first_log: int
    again: float
    compared: float
    rows_written: int
    log: int
    copy: float


def measure(bench: Bench) -> Found:
    """The pair of measures for crashes, people and vehicles."""
    lake, rows_of_days = bench.lake
    for feed in (CRASHES, PEOPLE, VEHICLES):
        timings = []
        for rows in bench.sizes.rows:
            days = first_days(rows_of_days[feed.name], rows)
            times = bench.sizes.tries if rows <= bench.sizes.repeated_up_to else 1
            tries = [_timing(bench, lake, feed, days) for _ in range(times)]
            timings.append(_fastest(tries))
        yield from _measurements(feed, timings[-1])
        points = [(timing.rows, timing) for timing in timings]
        yield Growth(f"{feed.name}: first load", [(rows, timing.first) for rows, timing in points])
        yield Growth(f"{feed.name}: again, unchanged", [(rows, timing.again) for rows, timing in points])
        yield Growth(f"{feed.name}: again, every row compared", [(rows, timing.compared) for rows, timing in points])
        yield Growth(f"{feed.name}: bare COPY", [(rows, timing.copy) for rows, timing in points])


def _measurements(feed: Feed, timing: Timing) -> Found:
    size = f"{timing.rows:,} rows, {timing.days:,} days"
    first = Amount(timing.first, Unit.SECONDS)
    yield Measurement(
        f"{feed.name}: lake to tables, first load, by bare COPY",
        size,
        first,
        Bar(Kind.AT_MOST_TIMES, 2.0),
        Amount(timing.copy, Unit.SECONDS),
    )
    yield Measurement(
        f"{feed.name}: the same again, by first load",
        size,
        Amount(timing.again, Unit.SECONDS),
        Bar(Kind.AT_MOST_TIMES, 0.35),
        first,
    )
    yield Measurement(
        f"{feed.name}: the same again, every row compared, by first load",
        size,
        Amount(timing.compared, Unit.SECONDS),
        baseline=first,
    )
    yield Measurement(
        f"{feed.name}: both again, rows written", size, Amount(timing.rows_written, Unit.ROWS), Bar(Kind.AT_MOST, 0)
    )
    yield Measurement(
        f"{feed.name}: both again, write-ahead log, by first load",
        size,
        Amount(timing.log, Unit.BYTES),
        Bar(Kind.AT_MOST_TIMES, BOOKKEEPING),
        Amount(timing.first_log, Unit.BYTES),
    )


def _fastest(tries: Sequence[Timing]) -> Timing:
    any_try = tries[0]
    return Timing(
        any_try.rows,
        any_try.days,
        first=min(each.first for each in tries),
        first_log=any_try.first_log,
        again=min(each.again for each in tries),
        compared=min(each.compared for each in tries),
        rows_written=max(each.rows_written for each in tries),
        log=max(each.log for each in tries),
        copy=min(each.copy for each in tries),
    )


def _timing(bench: Bench, lake: Lake, feed: Feed, days: Sequence[date]) -> Timing:
    with bench.workplace.database("tables") as url, bench.workplace.place("export") as folder:
        bench.tell(f"{feed.name}: first load of {len(days):,} days")
        first, first_log, _ = _load(url, lake, feed, days)
        bench.tell(f"{feed.name}: {len(days):,} days again")
        again, again_log, again_written = _load(url, lake, feed, days)
        compared, compared_log, compared_written = _load(url, lake, feed, days, remerge=True)
        bench.tell(f"{feed.name}: COPY of {len(days):,} days")
        finished = folder / "rows.csv"
        rows = _export(url, feed, finished)
        copy = _copy(url, feed, finished)
    return Timing(
        rows,
        len(days),
        first,
        first_log,
        again,
        compared,
        rows_written=again_written + compared_written,
        log=again_log + compared_log,
        copy=copy,
    )


def _load(url: str, lake: Lake, feed: Feed, days: Sequence[date], *, remerge: bool = False) -> tuple[float, int, int]:
    """Load days as the platform's runs do; the seconds it took, the bytes logged, the rows written."""
    database.settle(url)
    written, position = database.rows_written(url), database.log_position(url)
    started = time.perf_counter()
    for part in runs_of(days):
        with psycopg.connect(url, autocommit=True) as connection:
            for outcome in load_days(connection, lake, feed, part, run_id="bench", remerge=remerge):
                if not isinstance(outcome, LoadedDay) or not outcome.counts.reconciled:
                    raise ProgramFailedError(f"{feed.name} was not loaded: {outcome}")
            database.tell_statistics(connection)
    seconds = time.perf_counter() - started
    return seconds, database.log_position(url) - position, database.rows_written(url) - written


def _export(url: str, feed: Feed, file: Path) -> int:
    """Write the finished rows to a file, without what the database computes itself; how many there are."""
    with psycopg.connect(url, autocommit=True) as connection:
        query = sql.SQL("copy (select {} from {}) to stdout (format csv)").format(
            _stored_columns(connection, feed), sql.Identifier(feed.table)
        )
        with file.open("wb") as target, connection.cursor() as cursor:
            with cursor.copy(query) as copy:
                for block in copy:
                    target.write(block)
            return cursor.rowcount


def _copy(url: str, feed: Feed, file: Path) -> float:
    """COPY the rows into an identical table; the seconds it took."""
    table = sql.Identifier("bare")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("create table {} (like {} including all)").format(table, sql.Identifier(feed.table)))
        statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(table, _stored_columns(connection, feed))
        database.settle(url)
        started = time.perf_counter()
        with file.open("rb") as source, connection.cursor() as cursor, cursor.copy(statement) as copy:
            while block := source.read(BLOCK):
                copy.write(block)
        return time.perf_counter() - started


def _stored_columns(connection: psycopg.Connection, feed: Feed) -> sql.Composable:
    rows = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
        " and attgenerated = '' order by attnum",
        [feed.table],
    ).fetchall()
    return sql.SQL(", ").join(sql.Identifier(name) for (name,) in rows)
