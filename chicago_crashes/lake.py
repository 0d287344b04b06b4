"""The raw lake: Parquet files that hold each day's rows exactly as the portal sent them.

A day is a folder, `<feed>/<year>/<day>/`. Every version of the day that was ever fetched is a file of its own, named
by the time of fetching, so the newest name wins and nothing is overwritten. What is known of a file beside its rows
(`DayFile`) travels in the file's own metadata.
"""

import hashlib
import io
import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import orjson
import polars as pl
import pyarrow.fs as arrow_fs
import pyarrow.parquet as pq

from chicago_crashes.errors import PermanentError, TransientError
from chicago_crashes.feeds import Feed
from chicago_crashes.lake_names import UNFINISHED, NewestNames, newest_of_each_day, version_file_name
from chicago_crashes.settings import PROJECT_ROOT

logger = logging.getLogger(__name__)

NOTE_KEY = "chicago_crashes"

ABANDONED_AFTER = timedelta(hours=1)
"""No day takes so long to write: an unfinished file this old belongs to a process that was killed."""


class LakeUnavailableError(TransientError):
    """The lake's files cannot be read or written: no room, no right, no network."""


@dataclass(frozen=True, slots=True)
class DayNote:
    """What a file says of itself: the signature it was verified against, when and by which run it was fetched."""

    feed: str
    day: date
    source_rows: int
    source_updated_at: datetime | None
    fetched_at: datetime
    run_id: str
    digest: str


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

    def newest(self, feed: Feed, day: date) -> DayFile | None:
        """The newest version of a day, or None if the day was never fetched."""
        with self._explained(feed.name, day):
            return self._newest_of(self._files_in(self._folder(feed, day)))

    def read(self, file: DayFile) -> pl.DataFrame:
        """The rows of a day's file: text columns, as published."""
        with self._explained(file.note.feed, file.note.day), self._files.open_input_file(file.path) as source:
            content = source.read()
        try:
            frame = pl.read_parquet(content)
        except pl.exceptions.PolarsError as error:
            raise PermanentError(
                f"Raw file {file.path} is damaged: {error}. Remove the file and load {file.note.feed} {file.note.day} "
                "again."
            ) from error
        if frame.height != file.note.source_rows:
            raise PermanentError(
                f"Raw file {file.path} holds {frame.height} rows, but {file.note.source_rows} were verified when it "
                f"was written. Remove the file and load {file.note.feed} {file.note.day} again."
            )
        return frame

    def write(
        self,
        feed: Feed,
        day: date,
        rows: pl.DataFrame,
        *,
        source_updated_at: datetime | None,
        fetched_at: datetime,
        run_id: str,
    ) -> tuple[DayFile, bool]:
        """Store a day's rows; returns its newest file and whether it had to be written.

        A day that already holds exactly these rows is left as it is.
        """
        folder = self._folder(feed, day)
        with self._explained(feed.name, day):
            present = self._files_in(folder)
            known = self._newest_of(present)
        if known and self._holds(known, rows):
            return known, False
        digest = digest_of(rows)
        note = DayNote(feed.name, day, rows.height, source_updated_at, fetched_at, run_id, digest)
        name = version_file_name(fetched_at, digest)
        with self._explained(feed.name, day):
            self._make_room(folder, present)
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

    def _newest_of(self, files: Sequence[arrow_fs.FileInfo]) -> DayFile | None:
        versions = [file for file in files if file.base_name.endswith(".parquet")]
        if not versions:
            return None
        newest = max(versions, key=lambda file: file.base_name)
        note, rows = self._note_and_rows(newest.path)
        return DayFile(newest.path, note, rows, newest.size)

    def _holds(self, known: DayFile, rows: pl.DataFrame) -> bool:
        """Whether a stored version has exactly these rows; one that cannot be read has none."""
        try:
            return known.rows == rows.height and _same_rows(self.read(known), rows)
        except PermanentError as error:
            logger.warning("%s The version that is written now replaces it.", error)
            return False

    def _put(self, path: str, rows: pl.DataFrame, note: DayNote) -> DayFile:
        content = io.BytesIO()
        rows.write_parquet(
            content,
            # A day is read whole, never searched; and most of its few rows' bytes are identifiers, which no effort
            # makes much smaller.
            statistics=False,
            compression_level=1,
            metadata={NOTE_KEY: json.dumps(asdict(note), default=_as_text)},
        )
        folder, name = path.rsplit("/", 1)
        unfinished = f"{folder}/.{name}.{uuid4().hex}{UNFINISHED}"
        try:
            with self._files.open_output_stream(unfinished) as target:
                target.write(content.getbuffer())
            self._files.move(unfinished, path)
        except OSError:
            self._remove(unfinished)
            raise
        return DayFile(path, note, rows.height, content.getbuffer().nbytes)

    def _make_room(self, folder: str, present: Sequence[arrow_fs.FileInfo]) -> None:
        """Make a day's folder, or remove from it what killed processes left of files they were writing."""
        if not present:
            self._files.create_dir(folder, recursive=True)
        for file in present:
            if file.base_name.endswith(UNFINISHED) and file.mtime < datetime.now(UTC) - ABANDONED_AFTER:
                self._remove(file.path)

    def _remove(self, path: str) -> None:
        if self._files.get_file_info(path).type != arrow_fs.FileType.NotFound:
            self._files.delete_file(path)

    def _note_and_rows(self, path: str) -> tuple[DayNote, int]:
        with self._files.open_input_file(path) as source:
            try:
                footer = pq.read_metadata(source)
                return _note_of((footer.metadata or {})[NOTE_KEY.encode()]), footer.num_rows
            except (KeyError, TypeError, ValueError) as error:
                raise PermanentError(
                    f"Raw file {path} is damaged or was not written by this platform; move it out of the lake."
                ) from error


def _note_of(text: bytes) -> DayNote:
    stored = json.loads(text)
    updated = stored["source_updated_at"]
    return DayNote(
        feed=stored["feed"],
        day=date.fromisoformat(stored["day"]),
        source_rows=stored["source_rows"],
        source_updated_at=datetime.fromisoformat(updated) if updated else None,
        fetched_at=datetime.fromisoformat(stored["fetched_at"]),
        run_id=stored["run_id"],
        digest=stored["digest"],
    )


def digest_of(rows: pl.DataFrame) -> str:
    """A digest of the rows in their order and of their columns in any."""
    digest = hashlib.sha256()
    for name in sorted(rows.columns):
        digest.update(orjson.dumps([name, rows[name].to_list()]))
    return digest.hexdigest()


def _same_rows(some: pl.DataFrame, others: pl.DataFrame) -> bool:
    """Whether the frames hold the same rows and columns, whatever the order of either."""
    if set(some.columns) != set(others.columns):
        return False
    some = some.select(others.columns)
    return some.equals(others) or some.sort(others.columns).equals(others.sort(others.columns))


def _as_text(value: date | datetime) -> str:
    return value.isoformat()
