"""The data's way, without an orchestrator: portal → raw lake → table, day by day.

Both steps take days and yield what became of each, as soon as it is certain. A day that fails never hides another.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import psycopg

from chicago_crashes.ahead import one_ahead
from chicago_crashes.cleaning.clean import DAY, Cleaned, clean
from chicago_crashes.cleaning.version import rules_digest
from chicago_crashes.errors import CrashesError, PermanentError, TransientError
from chicago_crashes.feeds import Feed
from chicago_crashes.lake import DamagedFileError, DayFile, Lake
from chicago_crashes.postgis.merge import DayCounts, NewerVersionLoadedError, SourceDay, merge_days
from chicago_crashes.postgis.reading import Merged, merged_days
from chicago_crashes.raw_files import RawFiles, is_merged_from, put_aside_to_fail
from chicago_crashes.shrink import guard_against_shrink
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.download import DayFailure, DayRows, HeldDay, download
from chicago_crashes.soda.signatures import Signature
from chicago_crashes.soda.windows import MAX_ROWS

logger = logging.getLogger(__name__)

CHICAGO = ZoneInfo("America/Chicago")
ROWS_A_MERGE = 20_000
"""Days are merged together up to this many rows: few transactions, bounded memory."""


@dataclass(frozen=True, slots=True)
class FetchedDay:
    """A day whose rows are in the raw lake, proven against the portal's signature.

    A day that was held already was not fetched again: `rows_fetched`, `requests`, `bytes` and `seconds` are 0.
    Otherwise they are the day's share of what its window cost. `set_aside` are files that were no version of the day.
    """

    day: date
    file: DayFile
    is_new_version: bool
    rows_fetched: int = 0
    requests: int = 0
    bytes: int = 0
    seconds: float = 0.0
    unknown_columns: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadedDay:
    """A day whose rows are in the table or in quarantine."""

    day: date
    counts: DayCounts


def fetch_days(
    portal: Portal,
    connection: psycopg.Connection,
    lake: Lake,
    feed: Feed,
    days: Sequence[date],
    *,
    run_id: str,
    refetch: bool = False,
    max_rows: int = MAX_ROWS,
) -> Iterator[FetchedDay | DayFailure]:
    """Bring the days from the portal into the raw lake.

    A day whose newest file has the signature the portal gives now is held already and is not fetched, unless
    `refetch` asks for it: so a run that was cut short goes on where it stopped. What the load step will read of such
    days is proven first: damaged and foreign files are set aside, and their days fetched. No request brings more than
    about `max_rows` rows.

    Raises:
        ShrinkError: the portal publishes much less than we hold; of those days nothing was fetched.
        CrashesError: no plan could be made; nothing was fetched.
    """
    files = RawFiles(connection, lake, feed)

    def review(plan: Mapping[date, Signature]) -> Collection[date]:
        try:
            guard_against_shrink(portal, connection, feed, plan, today=datetime.now(CHICAGO).date())
            return files.look(plan, refetch=refetch)
        except psycopg.OperationalError as error:
            raise TransientError(
                f"{feed.name}: the database was lost while the plan was held against what is loaded: {error}. Nothing "
                "of these days was fetched; load them again."
            ) from error

    for outcome in download(portal, feed, days, review=review, max_rows=max_rows):
        match outcome:
            case DayRows():
                yield _store(lake, feed, outcome, run_id, files)
            case HeldDay(day):
                yield FetchedDay(day, files.held[day], is_new_version=False, set_aside=tuple(files.set_aside[day]))
            case DayFailure():
                yield outcome


def load_days(
    connection: psycopg.Connection,
    lake: Lake,
    feed: Feed,
    days: Sequence[date],
    *,
    run_id: str,
    remerge: bool = False,
) -> Iterator[LoadedDay | DayFailure]:
    """Clean the days' newest raw files and merge them into the feed's table.

    A day that was merged from the same rows by the same rules, and of which table and quarantine still have as many,
    is in the table already: it is not even read, unless `remerge` asks for it. While some days are merged, the next
    ones are read and cleaned.
    """
    merged = {} if remerge else merged_days(connection, feed, days)
    for ready in one_ahead(_made_ready(lake, feed, days, merged)):
        if isinstance(ready, _Batch):
            yield from _merge(connection, lake, feed, ready, run_id)
        else:
            yield ready


@dataclass(frozen=True, slots=True)
class _Batch:
    """Days that are merged together: their files and their rows."""

    files: Sequence[DayFile]
    cleaned: Cleaned


def _made_ready(
    lake: Lake, feed: Feed, days: Sequence[date], merged: Mapping[date, Merged]
) -> Iterator[_Batch | LoadedDay | DayFailure]:
    """The days, cleaned and in batches, or what is known of them without."""
    frames: dict[DayFile, pl.DataFrame] = {}
    rows = 0
    for day in days:
        try:
            file = lake.current(feed, day)
            if file is None:
                yield DayFailure(day, _never_fetched(feed, day))
                continue
            if (known := merged.get(day)) and is_merged_from(known, file):
                yield LoadedDay(day, known.counts)
                continue
            frame = lake.read(file)
        except DamagedFileError as error:
            yield DayFailure(day, put_aside_to_fail(lake, feed, error))
            continue
        except CrashesError as error:
            yield DayFailure(day, error)
            continue
        if frames and rows + frame.height > ROWS_A_MERGE:
            yield _batch(feed, frames)
            frames, rows = {}, 0
        frames[file] = frame
        rows += frame.height
    if frames:
        yield _batch(feed, frames)


def _batch(feed: Feed, frames: Mapping[DayFile, pl.DataFrame]) -> _Batch:
    rows = [frame.with_columns(pl.lit(file.note.day).alias(DAY)) for file, frame in frames.items()]
    return _Batch(list(frames), clean(feed, pl.concat(rows, how="diagonal")))


def _store(lake: Lake, feed: Feed, fetched: DayRows, run_id: str, known: RawFiles) -> FetchedDay | DayFailure:
    try:
        file, is_new_version = lake.write(
            feed,
            fetched.day,
            fetched.rows,
            source_updated_at=fetched.signature.updated_at,
            fetched_at=fetched.fetched_at,
            run_id=run_id,
            not_before=known.not_before.get(fetched.day),
        )
    except CrashesError as error:
        return DayFailure(fetched.day, error)
    return FetchedDay(
        day=fetched.day,
        file=file,
        is_new_version=is_new_version,
        rows_fetched=fetched.rows.height,
        requests=fetched.requests,
        bytes=fetched.bytes,
        seconds=fetched.seconds,
        unknown_columns=fetched.unknown_columns,
        set_aside=tuple(known.set_aside[fetched.day]),
    )


def _merge(
    connection: psycopg.Connection, lake: Lake, feed: Feed, batch: _Batch, run_id: str
) -> Iterator[LoadedDay | DayFailure]:
    """Merge the batch in one transaction; if that cannot be, day by day, to find the day that is to blame."""
    days = [file.note.day for file in batch.files]
    try:
        counts = merge_days(connection, feed, batch.cleaned, [_source_day(file) for file in batch.files], run_id=run_id)
    except (psycopg.DataError, psycopg.IntegrityError, NewerVersionLoadedError) as error:
        if len(days) == 1:
            yield from _retold(connection, lake, feed, batch.files[0], run_id, error)
            return
        logger.warning("%s: merging %d days one by one, because together: %s", feed.name, len(days), error)
        for day in days:
            yield from _merge_again(connection, lake, feed, day, run_id)
    except psycopg.OperationalError as error:
        for day in days:
            yield DayFailure(day, _database_lost(feed, day, error))
    else:
        yield from (LoadedDay(day, counts[day]) for day in counts)


def _merge_again(
    connection: psycopg.Connection, lake: Lake, feed: Feed, day: date, run_id: str
) -> Iterator[LoadedDay | DayFailure]:
    """Merge one day by itself, from its newest file."""
    for ready in _made_ready(lake, feed, [day], {}):
        if isinstance(ready, _Batch):
            yield from _merge(connection, lake, feed, ready, run_id)
        else:
            yield ready


def _retold(
    connection: psycopg.Connection, lake: Lake, feed: Feed, file: DayFile, run_id: str, error: Exception
) -> Iterator[LoadedDay | DayFailure]:
    """What becomes of a day that could not be merged by itself: a newer file of it, if there is one, or its failure."""
    day = file.note.day
    if not isinstance(error, NewerVersionLoadedError):
        yield DayFailure(day, _refused(feed, day, error))
        return
    try:
        newest = lake.newest(feed, day)
    except CrashesError as unreadable:
        yield DayFailure(day, unreadable)
        return
    if newest is None or newest.path == file.path:
        yield DayFailure(day, error)
    else:
        yield from _merge_again(connection, lake, feed, day, run_id)


def _source_day(file: DayFile) -> SourceDay:
    note = file.note
    return SourceDay(
        day=note.day,
        source_rows=note.source_rows,
        source_updated_at=note.source_updated_at,
        raw_rows=file.rows,
        fetched_at=note.fetched_at,
        raw_digest=note.digest,
        rules_digest=rules_digest(),
    )


def _never_fetched(feed: Feed, day: date) -> PermanentError:
    return PermanentError(
        f"{feed.name} {day} is not in the raw lake. Materialise raw/{feed.name} for this day first, or launch both."
    )


def _refused(feed: Feed, day: date, error: Exception) -> PermanentError:
    return PermanentError(
        f"{feed.name} {day}: the table {feed.table} refused a value that cleaning let through: {error}. Nothing of the "
        "day was loaded; its rows are in the raw lake. This is a fault of the platform: please report it."
    )


def _database_lost(feed: Feed, day: date, error: psycopg.Error) -> TransientError:
    return TransientError(
        f"{feed.name} {day}: the database was lost while the day was merged: {error}. Nothing of the day was loaded; "
        "load it again."
    )
