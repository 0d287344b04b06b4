"""The raw lake: Parquet files that hold each day's rows exactly as the portal sent them.

A day is a folder, `<feed>/<year>/<day>/`. Every version of the day that was ever fetched is a file of its own, named
by the time of fetching, so the newest name wins and nothing is overwritten. What is known of a file beside its rows
(`DayFile`) travels in the file's own metadata.
"""

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import polars as pl
import pyarrow as pa
import pyarrow.fs as arrow_fs

from chicago_crashes.errors import PermanentError, TransientError
from chicago_crashes.feeds.catalogue import Feed, feed_named
from chicago_crashes.settings import PROJECT_ROOT
from chicago_crashes.soda.reconcile import signature_of
from chicago_crashes.soda.system_times import UnreadableTimeError
from chicago_crashes.storage.lake_files import (
    DayNote,
    UnsoundError,
    digest_of,
    file_of,
    length_of_end,
    note_and_rows,
    rows_of,
)
from chicago_crashes.storage.lake_names import (
    SET_ASIDE,
    UNFINISHED,
    DayFolder,
    NewestNames,
    VersionName,
    day_folder,
    newest_of_each_day,
    version_file_name,
)

logger = logging.getLogger(__name__)

ABANDONED_AFTER = timedelta(hours=1)
"""No day takes so long to write: an unfinished file this old belongs to a process that was killed."""

USUAL_END = 64 * 1024
"""So many bytes at the end of a file nearly always describe the rest."""

SHORTEST = timedelta(microseconds=1)
"""The difference between two times of fetching that follow each other."""


class LakeUnavailableError(TransientError):
    """The lake's files cannot be read or written: no room, no right, no network."""


class DamagedFileError(PermanentError):
    """A raw file is not what was written, or not where it was written to."""

    def __init__(self, feed: str, day: date, path: str, what: str) -> None:
        """`what` goes on after the path."""
        super().__init__(
            f"{feed} {day}: the raw file {path} {what}. Load the day again: the file is set aside then, and the day "
            "fetched anew."
        )
        self.feed, self.day, self.path, self.what = feed, day, path, what


@dataclass(frozen=True, slots=True)
class DayFile:
    """One stored version of a day."""

    path: str
    note: DayNote
    rows: int
    bytes: int


class Lake:
    """The raw lake at a local path or an `s3://` URL."""

    def __init__(self, url: str) -> None:
        """Open the lake; a relative path is taken from the project's folder, whoever asks from wherever."""
        try:
            if "://" in url:
                self._files, self._root = arrow_fs.FileSystem.from_uri(url)
            else:
                self._files, self._root = arrow_fs.LocalFileSystem(), str(PROJECT_ROOT / url)
        except (ValueError, OSError) as error:
            raise PermanentError(
                f"The raw lake {url!r} cannot be opened ({error}). Set CRASHES_RAW_URL to a local path or an s3:// URL."
            ) from error
        self.url = url

    def folder(self, feed: Feed, day: date) -> DayFolder:
        """The files of a day, told by their names."""
        with self._explained(feed.name, day):
            return day_folder(file.path for file in self._files_in(self._folder(feed, day)))

    def newest(self, feed: Feed, day: date) -> DayFile | None:
        """The newest version of a day, or None if the day was never fetched.

        Raises:
            DamagedFileError: its end cannot be read, or tells of another feed, day or version.
        """
        newest = self.folder(feed, day).newest
        return self.opened(feed, day, newest) if newest else None

    def opened(self, feed: Feed, day: date, version: VersionName) -> DayFile:
        """A version, known by its end.

        Raises:
            DamagedFileError: that cannot be read, or tells another thing than the file's name and place.
        """
        with self._explained(feed.name, day), self._files.open_input_file(version.path) as source:
            size = source.size()
            end = _end_of(source, size)
        try:
            note, rows = note_and_rows(end)
            _require_place(feed, day, version, note, rows)
        except UnsoundError as error:
            raise DamagedFileError(feed.name, day, version.path, str(error)) from error
        return DayFile(version.path, note, rows, size)

    def current(self, feed: Feed, day: date) -> DayFile | None:
        """The newest version of a day, which must not be older than one that was set aside.

        Raises:
            DamagedFileError: as `newest` says.
            PermanentError: the newest version was set aside; the day has to be fetched anew.
        """
        folder = self.folder(feed, day)
        if folder.newest is None or folder.newest.fetched_at == folder.fetched_at:
            return self.opened(feed, day, folder.newest) if folder.newest else None
        raise PermanentError(
            f"{feed.name} {day}: the newest raw file was damaged or foreign and is set aside; the one before it, "
            f"{folder.newest.path}, may be out of date. Nothing of the day was loaded. Fetch the day anew: "
            f"`chicago-crashes load {day} {day} --feed {feed.name}`."
        )

    def read(self, file: DayFile) -> pl.DataFrame:
        """The rows of a day's file: text columns, as published.

        Raises:
            DamagedFileError: the rows, or the note, are not those that were written.
        """
        with self._explained(file.note.feed, file.note.day), self._files.open_input_file(file.path) as source:
            content = source.read()
        try:
            return _verified(content, file.note)
        except UnsoundError as error:
            raise DamagedFileError(file.note.feed, file.note.day, file.path, str(error)) from error

    def set_aside(self, feed: Feed, day: date, path: str) -> str:
        """Rename a file so that it is no version of its day any more; returns its new path.

        That another process was quicker is no fault.
        """
        kept = path + SET_ASIDE
        with self._explained(feed.name, day):
            if self._exists(path):
                self._files.move(path, kept)
        return kept

    def write(
        self,
        feed: Feed,
        day: date,
        rows: pl.DataFrame,
        *,
        source_updated_at: datetime | None,
        fetched_at: datetime,
        run_id: str,
        not_before: datetime | None = None,
    ) -> tuple[DayFile, bool]:
        """Store a day's rows; returns its newest file and whether it had to be written.

        A day whose newest version has exactly these rows is left as it is.

        Args:
            feed: the feed.
            day: the day.
            rows: all rows of the day.
            source_updated_at: the newest time of publication the portal gives for the day.
            fetched_at: when the rows were asked for, by the clock of this host.
            run_id: who fetched them.
            not_before: the time of the newest version known when they were asked for, wherever it is recorded. These
                rows are newer, whatever the clock says, and an older version does not stand for them.
        """
        folder = self._folder(feed, day)
        known = self._sound_newest(feed, day)
        if known and (not_before is None or known.note.fetched_at >= not_before) and self._holds(known, rows):
            return known, False
        if not_before is not None:
            fetched_at = max(fetched_at, not_before + SHORTEST)
        digest = digest_of(rows)
        note = DayNote(feed.name, day, rows.height, source_updated_at, fetched_at, run_id, digest)
        name = version_file_name(fetched_at, digest)
        with self._explained(feed.name, day):
            self._make_room(folder)
            return self._put(f"{folder}/{name}", rows, note), True

    def newest_files(self, feed: Feed, days: Sequence[date]) -> Iterator[tuple[date, DayFile | None]]:
        """The newest file of each of the days."""
        for day in days:
            yield day, self.newest(feed, day)

    def newest_names(self, feed: Feed) -> NewestNames:
        """The newest version of each day of a feed, as names tell it: one listing, no file is opened.

        Raises:
            LakeUnavailableError: the lake cannot be listed.
        """
        folder = f"{self._root}/{feed.name}"
        try:
            found = self._files.get_file_info(arrow_fs.FileSelector(folder, allow_not_found=True, recursive=True))
        except OSError as error:
            raise LakeUnavailableError(
                f"{feed.name}: the raw lake at {self.url} cannot be listed: {error}. Mend it or CRASHES_RAW_URL."
            ) from error
        return newest_of_each_day(folder, [file.path for file in found if file.type == arrow_fs.FileType.File])

    def try_out(self) -> None:
        """Write, read and remove a small file; raises a `LakeUnavailableError` if that cannot be done."""
        path = f"{self._root}/.tried-{uuid4().hex}{UNFINISHED}"
        try:
            self._files.create_dir(self._root, recursive=True)
            with self._files.open_output_stream(path) as target:
                target.write(path.encode())
            with self._files.open_input_file(path) as source:
                same = source.read() == path.encode()
            self._files.delete_file(path)
        except OSError as error:
            raise LakeUnavailableError(
                f"The raw lake at {self.url} cannot be used: {error}. Make room or mend CRASHES_RAW_URL."
            ) from error
        if not same:
            raise LakeUnavailableError(
                f"The raw lake at {self.url} does not give back what is written to it. Mend it or CRASHES_RAW_URL."
            )

    def free_bytes(self) -> int | None:
        """The room that is left where the lake is; None where nobody can tell, as in a bucket."""
        if not isinstance(self._files, arrow_fs.LocalFileSystem):
            return None
        return shutil.disk_usage(self._root).free

    @contextmanager
    def _explained(self, feed: str, day: date) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LakeUnavailableError(
                f"{feed} {day}: the raw lake at {self.url} cannot be used: {error}. Nothing of the day was kept. Make "
                "room or mend CRASHES_RAW_URL, then load the day again."
            ) from error

    def _folder(self, feed: Feed, day: date) -> str:
        return f"{self._root}/{feed.name}/{day.year}/{day.isoformat()}"

    def _files_in(self, folder: str) -> list[arrow_fs.FileInfo]:
        return list(self._files.get_file_info(arrow_fs.FileSelector(folder, allow_not_found=True)))

    def _sound_newest(self, feed: Feed, day: date) -> DayFile | None:
        """The newest version whose end can be read; what cannot is set aside."""
        while True:
            try:
                return self.newest(feed, day)
            except DamagedFileError as error:
                self._replaced(feed, day, error)

    def _holds(self, known: DayFile, rows: pl.DataFrame) -> bool:
        """Whether a stored version has exactly these rows; one that cannot be read has none, and is set aside."""
        try:
            return known.rows == rows.height and _same_rows(self.read(known), rows)
        except DamagedFileError as error:
            self._replaced(feed_named(known.note.feed), known.note.day, error)
            return False

    def _replaced(self, feed: Feed, day: date, error: DamagedFileError) -> None:
        kept = self.set_aside(feed, day, error.path)
        logger.error(
            "%s %s: the raw file %s %s. It is kept as %s; the version that is written now replaces it.",
            feed.name,
            day,
            error.path,
            error.what,
            kept,
        )

    def _put(self, path: str, rows: pl.DataFrame, note: DayNote) -> DayFile:
        content = file_of(rows, note)
        folder, name = path.rsplit("/", 1)
        unfinished = f"{folder}/.{name}.{uuid4().hex}{UNFINISHED}"
        try:
            with self._files.open_output_stream(unfinished) as target:
                target.write(content)
            self._files.move(unfinished, path)
        except OSError:
            self._remove(unfinished)
            raise
        return DayFile(path, note, rows.height, content.nbytes)

    def _make_room(self, folder: str) -> None:
        """Make a day's folder, or remove from it what killed processes left of files they were writing."""
        present = self._files_in(folder)
        if not present:
            self._files.create_dir(folder, recursive=True)
        for file in present:
            if file.base_name.endswith(UNFINISHED) and file.mtime < datetime.now(UTC) - ABANDONED_AFTER:
                self._remove(file.path)

    def _remove(self, path: str) -> None:
        if self._exists(path):
            self._files.delete_file(path)

    def _exists(self, path: str) -> bool:
        return bool(self._files.get_file_info(path).type != arrow_fs.FileType.NotFound)


def _end_of(source: pa.NativeFile, size: int) -> bytes:
    """As much of the end of a file as describes the rest, usually in one read."""
    end: bytes = source.read_at(min(size, USUAL_END), max(size - USUAL_END, 0))
    length = length_of_end(end)
    return end if length <= len(end) or length > size else bytes(source.read_at(length, size - length))


def _require_place(feed: Feed, day: date, version: VersionName, note: DayNote, rows: int) -> None:
    if (note.feed, note.day) != (feed.name, day):
        raise UnsoundError(f"belongs to another place: it holds {note.feed} of {note.day}")
    if note.fetched_at != version.fetched_at or not note.digest.startswith(version.digest_prefix):
        raise UnsoundError(f"is damaged or was renamed: it was fetched at {note.fetched_at}, with digest {note.digest}")
    if rows != note.source_rows:
        raise UnsoundError(f"holds {rows} rows, but {note.source_rows} were verified when it was written")


def _verified(content: bytes, note: DayNote) -> pl.DataFrame:
    """The rows of a file, if they are all that its note, as it was read before, says."""
    frame = rows_of(content, note.digest)
    if note_and_rows(content) != (note, frame.height):
        raise UnsoundError("is damaged: what it tells of its rows has changed")
    try:
        updated_at = signature_of(frame).updated_at
    except (UnreadableTimeError, pl.exceptions.ColumnNotFoundError) as error:
        raise UnsoundError(f"has no readable :updated_at ({error})") from error
    if updated_at != note.source_updated_at:
        raise UnsoundError(f"has rows of {updated_at}, but {note.source_updated_at} was verified when it was written")
    return frame


def _same_rows(some: pl.DataFrame, others: pl.DataFrame) -> bool:
    """Whether the frames hold the same rows and columns, whatever the order of either."""
    if set(some.columns) != set(others.columns):
        return False
    some = some.select(others.columns)
    return some.equals(others) or some.sort(others.columns).equals(others.sort(others.columns))
