"""What an import refused, in `ops.quarantine`: first put aside in a file, then recorded in one transaction.

Refused rows are recorded without a day, even if they tell one. The rows of a day, its quarantine included, add up to
what the portal says of that day; what a file says beside that belongs to no such account. The date stays readable in
`raw_row`.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from psycopg import Connection

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.importing.refusals import Refusal
from chicago_crashes.storage.sql_files import sql_file


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many refusals of a file are in quarantine now, and how many of them were not there before."""

    rows: int
    new: int


class RefusalFile:
    """Refusals put aside, one a line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("w", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, refusals: Sequence[Refusal]) -> None:
        """Put refusals aside."""
        for refusal in refusals:
            json.dump([refusal.line, refusal.explanation, _row_as_json(refusal.row)], self._file)
            self._file.write("\n")

    def read(self) -> Iterator[tuple[int, str, str]]:
        """Line, explanation and row (JSON text) of every refusal so far."""
        self._file.flush()
        with self._path.open(encoding="utf-8") as file:
            for line in file:
                number, explanation, row = json.loads(line)
                yield number, explanation, row


def record(connection: Connection, feed: Feed, file_name: str, refusals: RefusalFile) -> Recorded:
    """Make the quarantined rows of a file exactly these; what is there already stays as it is."""
    params = {"feed": feed.name, "prefix": f"{file_name}:"}
    with connection.transaction():
        _run(connection, "stage_refusals", {})
        with connection.cursor() as cursor, cursor.copy("copy staged_refusals from stdin") as copy:
            for line, explanation, row in refusals.read():
                digest = hashlib.sha256(row.encode()).hexdigest()
                copy.write_row((digest, line, explanation, f"{file_name}:{line}", row))
        _run(connection, "forget_refusals", params)
        new = _run(connection, "add_refusals", params)
        rows = _run(connection, "count_refusals", params)
    return Recorded(rows=rows, new=new)


def _run(connection: Connection, file: str, params: dict[str, str]) -> int:
    """Run a statement of imports; the number it selects, or else the number of rows it touched."""
    cursor = connection.execute(sql_file(__file__, file), params or None)
    first = cursor.fetchone() if cursor.description else None
    return int(first[0]) if first else cursor.rowcount


def _row_as_json(row: dict[str, str]) -> str:
    storable = {name: value.replace("\0", "\N{REPLACEMENT CHARACTER}") for name, value in row.items()}
    return json.dumps(storable, ensure_ascii=False, sort_keys=True)
