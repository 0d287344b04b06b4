"""One raw file as bytes: the rows of a day, a note of what is known of them, and a seal over everything.

The seal is a digest of the whole file with its own place left blank. So damaged bytes are found out before anything
tries to make sense of them: a decoder may take them for other values, or bring its process down. Files that were
written before there were seals are read by a decoder that bears damage, and known by the digest of their rows.
"""

import hashlib
import io
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

NOTE_KEY = "chicago_crashes"
SEAL_KEY = "chicago_crashes_seal"

_SEAL = b"sealed by sha256 "
_BLANK = b"0" * 64


class UnsoundError(ValueError):
    """Bytes are not those of a raw file as it was written. The message goes on after the name of the file."""


@dataclass(frozen=True, slots=True)
class DayNote:
    """What a file says of itself: the signature it was verified against, when and by which run it was fetched.

    `fetched_at` orders the versions of a day. It is never before that of a version which was there already, so where a
    clock was ahead once, it may be later than it was.
    """

    feed: str
    day: date
    source_rows: int
    source_updated_at: datetime | None
    fetched_at: datetime
    run_id: str
    digest: str


def file_of(rows: pl.DataFrame, note: DayNote) -> memoryview:
    """The bytes of a file."""
    content = io.BytesIO()
    rows.write_parquet(
        content,
        # A day is read whole, never searched; and most of its few rows' bytes are identifiers, which no effort
        # makes much smaller.
        statistics=False,
        compression_level=1,
        metadata={
            NOTE_KEY: json.dumps(asdict(note), default=_as_text),
            SEAL_KEY: (_SEAL + _BLANK).decode(),
        },
    )
    whole = content.getbuffer()
    place = content.getvalue().rindex(_SEAL) + len(_SEAL)
    whole[place : place + len(_BLANK)] = hashlib.sha256(whole).hexdigest().encode()
    return whole


def note_and_rows(end: bytes) -> tuple[DayNote, int]:
    """What the end of a file, as much of it as `length_of_end` says, tells: the note, and how many rows there are.

    Raises:
        UnsoundError: it is not the end of a raw file.
    """
    try:
        footer = pq.read_metadata(pa.BufferReader(end))
        return _note_of((footer.metadata or {})[NOTE_KEY.encode()]), footer.num_rows
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise UnsoundError(f"is damaged or was not written by this platform ({error})") from error


def length_of_end(last_bytes: bytes) -> int:
    """How many bytes at the end of a file describe the rest, told by its last eight."""
    return int.from_bytes(last_bytes[-8:-4], "little") + 8


def rows_of(content: bytes, digest: str) -> pl.DataFrame:
    """The rows of a file, proven to be those that were written.

    Args:
        content: the whole file.
        digest: that of the rows, from the file's note.

    Raises:
        UnsoundError: they are not.
    """
    place = content.rfind(_SEAL) + len(_SEAL)
    if place < len(_SEAL):
        return _unsealed_rows(content, digest)
    if content[place : place + len(_BLANK)] != _seal_at(place, content):
        raise UnsoundError("is damaged: its seal is broken")
    return pl.read_parquet(content)


def _seal_at(place: int, content: bytes) -> bytes:
    whole = memoryview(content)
    seal = hashlib.sha256(whole[:place])
    seal.update(_BLANK)
    seal.update(whole[place + len(_BLANK) :])
    return seal.hexdigest().encode()


def _unsealed_rows(content: bytes, digest: str) -> pl.DataFrame:
    try:
        table = pq.read_table(pa.BufferReader(content))
        table.validate(full=True)
    except (ValueError, OSError, pa.ArrowException) as error:
        raise UnsoundError(f"is damaged: {error}") from error
    frame = pl.DataFrame(table)
    if any(kind != pl.String for kind in frame.dtypes) or digest_of(frame) != digest:
        raise UnsoundError("is damaged: its rows are not those that were written")
    return frame


def digest_of(rows: pl.DataFrame) -> str:
    """A digest of the rows in their order and of their columns in any."""
    digest = hashlib.sha256()
    for name in sorted(rows.columns):
        digest.update(orjson.dumps([name, rows[name].to_list()]))
    return digest.hexdigest()


def _note_of(text: bytes) -> DayNote:
    stored: dict[str, Any] = json.loads(text)
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


def _as_text(value: date | datetime) -> str:
    return value.isoformat()
