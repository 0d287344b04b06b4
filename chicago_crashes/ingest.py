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

from chicago_crashes.cleaning.clean import DAY, clean
from chicago_crashes.errors import CrashesError, PermanentError, TransientError
from chicago_crashes.feeds import Feed
from chicago_crashes.lake import DayFile, Lake
from chicago_crashes.postgis.merge import DayCounts, NewerVersionLoadedError, SourceDay, merge_days
from chicago_crashes.shrink import guard_against_shrink
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.download import DayFailure, DayRows, HeldDay, download
from chicago_crashes.soda.signatures import Signature
from chicago_crashes.soda.windows import MAX_ROWS

logger = logging.getLogger(__name__)

CHICAGO = ZoneInfo("America/Chicago")
ROWS_A_MERGE = 50_000
"""Days are merged together up to this many rows: few transactions, bounded memory."""


@dataclass(frozen=True, slots=True)
class FetchedDay:
    """A day whose rows are in the raw lake, proven against the portal's signature.

    A day that was held already was not fetched again: `rows_fetched`, `requests`, `bytes` and `seconds` are 0.
    Otherwise they are the day's share of what its window cost.
    """

    day: date
    file: DayFile
    is_new_version: bool
    rows_fetched: int = 0
    requests: int = 0
    bytes: int = 0
    seconds: float = 0.0
    unknown_columns: tuple[str, ...] = ()


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
    `refetch` asks for it: so a run that was cut short goes on where it stopped. No request brings more than about
    `max_rows` rows.

    Raises:
        ShrinkError: the portal publishes much less than we hold; of those days nothing was fetched.
        CrashesError: no plan could be made; nothing was fetched.
    """
    held: dict[date, DayFile] = {}

    def review(plan: Mapping[date, Signature]) -> Collection[date]:
        try:
            guard_against_shrink(portal, connection, feed, plan, today=datetime.now(CHICAGO).date())
        except psycopg.OperationalError as error:
            raise TransientError(
                f"{feed.name}: the database was lost while the plan was held against what is loaded: {error}. Nothing "
                "of these days was fetched; load them again."
            ) from error
        now_held = {} if refetch else dict(_held_files(lake, feed, plan))
        held.update(now_held)
        return now_held.keys()

    for outcome in download(portal, feed, days, review=review, max_rows=max_rows):
        match outcome:
            case DayRows():
                yield _store(lake, feed, outcome, run_id)
            case HeldDay(day):
                yield FetchedDay(day, held[day], is_new_version=False)
            case DayFailure():
                yield outcome


def load_days(
    connection: psycopg.Connection, lake: Lake, feed: Feed, days: Sequence[date], *, run_id: str
) -> Iterator[LoadedDay | DayFailure]:
    """Clean the days' newest raw files and merge them into the feed's table."""
    batch: list[DayFile] = []
    rows = 0
    for day in days:
        file = _newest(lake, feed, day)
        if isinstance(file, DayFailure):
            yield file
            continue
        if batch and rows + file.rows > ROWS_A_MERGE:
            yield from _merge(connection, lake, feed, batch, run_id)
            batch, rows = [], 0
        batch.append(file)
        rows += file.rows
    yield from _merge(connection, lake, feed, batch, run_id)


def _held_files(lake: Lake, feed: Feed, plan: Mapping[date, Signature]) -> Iterator[tuple[date, DayFile]]:
    for day, signature in plan.items():
        try:
            file = lake.newest(feed, day)
        except CrashesError as error:
            logger.warning("%s %s is fetched again; what is there cannot be read: %s", feed.name, day, error)
            continue
        if file and Signature(file.note.source_rows, file.note.source_updated_at) == signature:
            yield day, file


def _newest(lake: Lake, feed: Feed, day: date) -> DayFile | DayFailure:
    try:
        file = lake.newest(feed, day)
    except CrashesError as error:
        return DayFailure(day, error)
    return file or DayFailure(day, _never_fetched(feed, day))


def _store(lake: Lake, feed: Feed, fetched: DayRows, run_id: str) -> FetchedDay | DayFailure:
    try:
        file, is_new_version = lake.write(
            feed,
            fetched.day,
            fetched.rows,
            source_updated_at=fetched.signature.updated_at,
            fetched_at=fetched.fetched_at,
            run_id=run_id,
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
    )


def _merge(
    connection: psycopg.Connection, lake: Lake, feed: Feed, files: Sequence[DayFile], run_id: str
) -> Iterator[LoadedDay | DayFailure]:
    """Merge the files in one transaction; if that cannot be, day by day, to find the day that is to blame."""
    frames: dict[DayFile, pl.DataFrame] = {}
    for file in files:
        try:
            frames[file] = lake.read(file)
        except CrashesError as error:
            yield DayFailure(file.note.day, error)
    if not frames:
        return
    try:
        counts = _merge_at_once(connection, feed, frames, run_id)
    except (psycopg.DataError, psycopg.IntegrityError, NewerVersionLoadedError) as error:
        if len(frames) == 1:
            yield from _retold(connection, lake, feed, next(iter(frames)), run_id, error)
            return
        logger.warning("%s: merging %d days one by one, because together: %s", feed.name, len(frames), error)
        for file in frames:
            yield from _merge(connection, lake, feed, [file], run_id)
    except psycopg.OperationalError as error:
        for file in frames:
            yield DayFailure(file.note.day, _database_lost(feed, file.note.day, error))
    else:
        yield from (LoadedDay(day, counts[day]) for day in counts)


def _retold(
    connection: psycopg.Connection, lake: Lake, feed: Feed, file: DayFile, run_id: str, error: Exception
) -> Iterator[LoadedDay | DayFailure]:
    """What becomes of a day that could not be merged by itself: a newer file of it, if there is one, or its failure."""
    day = file.note.day
    if not isinstance(error, NewerVersionLoadedError):
        yield DayFailure(day, _refused(feed, day, error))
        return
    newest = _newest(lake, feed, day)
    if isinstance(newest, DayFailure):
        yield newest
    elif newest.path == file.path:
        yield DayFailure(day, error)
    else:
        yield from _merge(connection, lake, feed, [newest], run_id)


def _merge_at_once(
    connection: psycopg.Connection, feed: Feed, frames: Mapping[DayFile, pl.DataFrame], run_id: str
) -> dict[date, DayCounts]:
    days = [
        SourceDay(file.note.day, file.note.source_rows, file.note.source_updated_at, frame.height, file.note.fetched_at)
        for file, frame in frames.items()
    ]
    rows = [frame.with_columns(pl.lit(file.note.day).alias(DAY)) for file, frame in frames.items()]
    cleaned = clean(feed, pl.concat(rows, how="diagonal"))
    return merge_days(connection, feed, cleaned, days, run_id=run_id)


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
