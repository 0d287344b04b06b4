"""From the bytes of a CSV file to rows of fields, one after another, in bounded memory.

A row that is broken is refused alone: whatever a stray quote or a foreign byte does, the next line is read afresh.
"""

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from chicago_crashes.feeds.importing.refusals import Reason, Refusal

LONGEST_FIELD = 131_072
"""Characters. The longest published text has a few thousand."""

LONGEST_LINE = 1024 * 1024
MOST_LINES = 100
"""A quoted field may hold line breaks; a quote that is still open after so many lines was never meant to be."""

csv.field_size_limit(LONGEST_FIELD)


class Row(NamedTuple):
    """The fields of one row, and the line it starts on."""

    line: int
    fields: list[str]


class _Line(NamedTuple):
    number: int
    position: int
    content: bytes


def read_records(file: BinaryIO, width: int) -> Iterator[Row | Refusal]:
    """Every row below the header: as fields, or as refused. Lines that hold nothing are passed over.

    Args:
        file: the whole file, at its beginning; the header is skipped.
        width: how many fields a row has.
    """
    lines = _Lines(file)
    lines.take()
    while (line := lines.take()) is not None:
        if not line.content.strip():
            continue
        if len(line.content) > LONGEST_LINE:
            yield _refused(line, Reason.LONG_LINE, f"more than {LONGEST_LINE:,} bytes; its beginning is kept")
            continue
        outcome = _record(line, lines, width)
        if isinstance(outcome, Refusal) or any(outcome.fields):
            yield outcome


class _Lines:
    """The lines of a file, some of which may be given back."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._waiting: deque[_Line] = deque()
        self._number = 0
        self._position = 0

    def take(self) -> _Line | None:
        """The next line, or None at the end. Of a line that is too long, only the beginning is kept."""
        if self._waiting:
            return self._waiting.popleft()
        content = self._file.readline(LONGEST_LINE + 1)
        if not content:
            return None
        self._number += 1
        line = _Line(self._number, self._position, content)
        self._position += len(content)
        while not content.endswith(b"\n") and (content := self._file.readline(LONGEST_LINE)):
            self._position += len(content)
        return line

    def give_back(self, lines: list[_Line]) -> None:
        self._waiting.extendleft(reversed(lines))


def _record(line: _Line, lines: _Lines, width: int) -> Row | Refusal:
    """The row that starts on a line; following lines are part of it only if that makes a whole row."""
    if line.content.count(b'"') % 2 == 0:
        return _parsed(line, line.content, width)
    following = _until_quotes_close(line, lines)
    content = b"".join([line.content, *(part.content for part in following)])
    outcome = _parsed(line, content, width)
    if isinstance(outcome, Row) or not following:
        return outcome
    lines.give_back(following)
    return _refused(line, Reason.BROKEN_QUOTES, "a quote is opened and never closed")


def _until_quotes_close(line: _Line, lines: _Lines) -> list[_Line]:
    taken: list[_Line] = []
    length = len(line.content)
    while len(taken) < MOST_LINES and length <= LONGEST_LINE and (part := lines.take()) is not None:
        taken.append(part)
        length += len(part.content)
        if part.content.count(b'"') % 2:
            break
    return taken


def _parsed(line: _Line, content: bytes, width: int) -> Row | Refusal:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        return _refused(line, Reason.NOT_UTF8, f"at byte {line.position + error.start:,} of the file")
    try:
        fields = next(csv.reader([text], strict=True))
    except csv.Error as error:
        if "field limit" in str(error):
            return _refused(line, Reason.LONG_FIELD, f"more than {LONGEST_FIELD:,} characters")
        return _refused(line, Reason.BROKEN_QUOTES, str(error))
    if len(fields) != width:
        return _refused(line, Reason.RAGGED, f"{len(fields)} instead of {width}")
    return Row(line.number, fields)


def _refused(line: _Line, reason: Reason, detail: str) -> Refusal:
    text = line.content[:LONGEST_LINE].rstrip(b"\r\n").decode(errors="backslashreplace")
    return Refusal(line.number, reason, detail, {"text": text})
