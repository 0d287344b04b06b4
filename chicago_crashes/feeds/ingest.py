"""The data's way, without an orchestrator: portal → raw lake → table, day by day.

Both steps take days and yield what became of each, as soon as it is certain. A day that fails never hides another.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import polars as pl
import psycopg

from chicago_crashes.errors import CrashesError, PermanentError, TransientError
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.cleaning.clean import DAY, Cleaned, clean
from chicago_crashes.feeds.cleaning.version import rules_digest
from chicago_crashes.feeds.leaving import MassQuarantineError
from chicago_crashes.feeds.losses import hold_back
from chicago_crashes.feeds.merge import DayCounts, MergedDays, NewerVersionLoadedError, SourceDay, merge_days
from chicago_crashes.feeds.prefetch import one_ahead
from chicago_crashes.feeds.raw_files import RawFiles, is_merged_from, put_aside_to_fail
from chicago_crashes.feeds.reading import Merged, has_values, merged_days
from chicago_crashes.feeds.rivals import Rival
from chicago_crashes.feeds.shrink import guard_against_shrink
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.download import DayFailure, DayRows, HeldDay, Reviewed, download
from chicago_crashes.soda.signatures import Signature
from chicago_crashes.soda.windows import MAX_ROWS
from chicago_crashes.storage.lake import DamagedFileError, DayFile, Lake
from chicago_crashes.words import counted

logger = logging.getLogger(__name__)

CHICAGO = ZoneInfo("America/Chicago")
ROWS_A_MERGE = 20_000
"""Days are merged together up to this many rows: few transactions, bounded memory."""
RIVALS_NAMED, LONGEST_KEY = 10, 32


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
    """A day whose rows are in the table or in quarantine.

    `rivals` are those in quarantine because another day has a newer row with the same key.
    """

    day: date
    counts: DayCounts
    rivals: Sequence[Rival] = ()


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

    A day of which too much would be withdrawn fails with a `ShrinkError`; the others are fetched.

    Raises:
        CrashesError: no plan could be made; nothing was fetched.
    """
    files = RawFiles(connection, lake, feed)

    def review(plan: Mapping[date, Signature]) -> Reviewed:
        try:
            refused = guard_against_shrink(portal, connection, feed, plan, today=datetime.now(CHICAGO).date())
            may_be_fetched = {day: signature for day, signature in plan.items() if day not in refused}
            return Reviewed(files.look(may_be_fetched, refetch=refetch), refused)
        except psycopg.OperationalError as error:
            raise TransientError(
                f"{feed.name}: the database was lost while the plan was held against what is loaded: {error}. Nothing "
                "of these days was fetched; load them again."
            ) from error

    was_loaded = partial(has_values, connection, feed)
    for outcome in download(portal, feed, days, review=review, was_loaded=was_loaded, max_rows=max_rows):
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

    Where a merge leaves another day short, because the two share a key, that day is merged again from its newest file,
    whether it is among `days` or not. So what became of a day is certain in the end, and told then; failures are told
    at once.
    """
    merged = {} if remerge else merged_days(connection, feed, days)
    load = _Load(connection, lake, feed, run_id)
    for ready in one_ahead(_made_ready(lake, feed, days, merged)):
        yield from load.take(ready)
    yield from load.follow_up(days)
    yield from load.loaded(days)


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
            if (known := merged.get(day)) and is_merged_from(feed, known, file):
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
            yield from _batches(feed, frames)
            frames, rows = {}, 0
        frames[file] = frame
        rows += frame.height
    if frames:
        yield from _batches(feed, frames)


def _batches(feed: Feed, frames: Mapping[DayFile, pl.DataFrame]) -> Iterator[_Batch | DayFailure]:
    """The days cleaned together; if one of them cannot be, each by itself."""
    try:
        yield _batch(feed, frames)
    except CrashesError as error:
        if len(frames) == 1:
            yield from (DayFailure(file.note.day, error) for file in frames)
            return
        for file, frame in frames.items():
            yield from _batches(feed, {file: frame})


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


@dataclass(slots=True)
class _Load:
    """Days on their way into the table, what became of them, and which days this has left short."""

    connection: psycopg.Connection
    lake: Lake
    feed: Feed
    run_id: str
    done: dict[date, LoadedDay] = field(default_factory=dict)
    failed: set[date] = field(default_factory=set)
    short: dict[date, Rival] = field(default_factory=dict)

    def take(self, ready: _Batch | LoadedDay | DayFailure) -> Iterator[DayFailure]:
        """Merge what is ready to be merged."""
        match ready:
            case _Batch():
                yield from self._merge(ready)
            case LoadedDay():
                self.done[ready.day] = ready
            case DayFailure():
                yield self._failed(ready.day, ready.error)

    def _failed(self, day: date, error: CrashesError) -> DayFailure:
        self.failed.add(day)
        return DayFailure(day, error)

    def loaded(self, days: Sequence[date]) -> Iterator[LoadedDay]:
        """Those of the days that are in the table, in their order."""
        return (self.done[day] for day in dict.fromkeys(days) if day in self.done)

    def follow_up(self, days: Sequence[date]) -> Iterator[DayFailure]:
        """Merge the days that are short, until none is; one that was asked for and cannot be merged has failed."""
        while self.short:
            day = min(self.short)
            rival = self.short.pop(day)
            if day in self.failed:
                continue
            logger.info(
                "%s %s is merged again, because %s is, or was, on %s as well",
                self.feed.name,
                day,
                _short(rival.row_key),
                rival.rival_day,
            )
            for failure in self._merge_again(day):
                self.done.pop(day, None)
                if day in days:
                    yield failure
                else:
                    logger.warning("%s", _left_short(self.feed, rival, failure.error))

    def _merge(self, batch: _Batch) -> Iterator[DayFailure]:
        """Merge the batch in one transaction; if that cannot be, day by day, to find the day that is to blame."""
        days = [file.note.day for file in batch.files]
        sources = [_source_day(self.feed, file) for file in batch.files]
        try:
            merged = merge_days(self.connection, self.feed, batch.cleaned, sources, run_id=self.run_id)
        except (psycopg.DataError, psycopg.IntegrityError, NewerVersionLoadedError) as error:
            if len(days) == 1:
                yield from self._retold(batch.files[0], error)
                return
            logger.warning("%s: merging %d days one by one, because together: %s", self.feed.name, len(days), error)
            for day in days:
                yield from self._merge_again(day)
        except MassQuarantineError as error:
            hold_back(self.connection, self.feed, error.held, by="quarantine")
            for day in days:
                if day in error.days:
                    yield self._failed(day, error)
                else:
                    yield from self._merge_again(day)
        except psycopg.OperationalError as error:
            for day in days:
                yield self._failed(day, _database_lost(self.feed, day, error))
        else:
            self._note(merged)

    def _note(self, merged: MergedDays) -> None:
        for day, counts in merged.counts.items():
            before = self.done.get(day)
            rivals = [rival for rival in merged.set_aside if rival.day == day]
            self.done[day] = LoadedDay(day, _together(before.counts, counts) if before else counts, rivals)
            self.short.pop(day, None)
        self.short.update({rival.day: rival for rival in merged.left_short})
        if merged.set_aside:
            logger.warning("%s", _told(self.feed, merged.set_aside))

    def _merge_again(self, day: date) -> Iterator[DayFailure]:
        """Merge one day by itself, from its newest file."""
        for ready in _made_ready(self.lake, self.feed, [day], {}):
            yield from self.take(ready)

    def _retold(self, file: DayFile, error: psycopg.Error | NewerVersionLoadedError) -> Iterator[DayFailure]:
        """What becomes of a day that could not be merged by itself: a newer file, if there is one, or its failure."""
        day = file.note.day
        if not isinstance(error, NewerVersionLoadedError):
            yield self._failed(day, _refused(self.feed, day, error))
            return
        try:
            newest = self.lake.newest(self.feed, day)
        except CrashesError as unreadable:
            yield self._failed(day, unreadable)
            return
        if newest is None or newest.path == file.path:
            yield self._failed(day, error)
        else:
            yield from self._merge_again(day)


def _together(first: DayCounts, second: DayCounts) -> DayCounts:
    """What two merges of one day wrote, and how the day is after the second."""
    inserted, updated = first.inserted + second.inserted, first.updated + second.updated
    recleaned = first.recleaned + second.recleaned
    return replace(
        second,
        inserted=inserted,
        updated=updated,
        unchanged=max(second.table_rows - inserted - updated - recleaned, 0),
        withdrawn=first.withdrawn + second.withdrawn,
        recleaned=recleaned,
    )


def _told(feed: Feed, rivals: Sequence[Rival]) -> str:
    return (
        f"{feed.name}: {counted(len(rivals), 'row')} in quarantine, because a newer row of another day has the same "
        f"key: {rivals_in_words(rivals)}. The portal publishes such a key twice, or has moved the row, and the day it "
        "left is not fetched yet: `chicago-crashes refresh` fetches it if its signature has changed. If not, fetch "
        f"both days: {_both_fetched(feed, rivals[0])}{' and so on' if len(_pairs(rivals)) > 1 else ''}."
    )


def _pairs(rivals: Sequence[Rival]) -> set[tuple[date, date]]:
    return {(rival.day, rival.rival_day) for rival in rivals}


def _both_fetched(feed: Feed, rival: Rival) -> str:
    days = sorted([rival.day, rival.rival_day])
    return " and ".join(f"`chicago-crashes load {day} {day} --feed {feed.name} --refetch`" for day in days)


def rivals_in_words(rivals: Sequence[Rival]) -> str:
    """The keys of the rows, their days and the days of the rows that are stored; the first ones only."""
    named = [f"{_short(rival.row_key)} ({rival.day}; stored: {rival.rival_day})" for rival in rivals[:RIVALS_NAMED]]
    more = [f"and {len(rivals) - RIVALS_NAMED} more"] if len(rivals) > RIVALS_NAMED else []
    return ", ".join([*named, *more])


def _short(row_key: str) -> str:
    return row_key if len(row_key) <= LONGEST_KEY else f"{row_key[: LONGEST_KEY // 2]}…{row_key[-LONGEST_KEY // 2 :]}"


def _source_day(feed: Feed, file: DayFile) -> SourceDay:
    note = file.note
    return SourceDay(
        day=note.day,
        source_rows=note.source_rows,
        source_updated_at=note.source_updated_at,
        raw_rows=file.rows,
        fetched_at=note.fetched_at,
        raw_digest=note.digest,
        rules_digest=rules_digest(feed),
    )


def _never_fetched(feed: Feed, day: date) -> PermanentError:
    return PermanentError(
        f"{feed.name} {day} is not in the raw lake. Materialise raw/{feed.name} for this day first, or launch both."
    )


def _left_short(feed: Feed, rival: Rival, error: CrashesError) -> str:
    return (
        f"{feed.name} {rival.day} has a row too few, {_short(rival.row_key)}: it shares its key with a row of "
        f"{rival.rival_day}, which has just been loaded, and the day could not be merged again: {error} Then load it: "
        f"`chicago-crashes load {rival.day} {rival.day} --feed {feed.name} --refetch`."
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
