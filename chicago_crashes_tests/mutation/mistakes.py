"""A mistake: one small change of one source file, as people make them."""

import difflib
from dataclasses import dataclass

LOOKALIKES = {
    "updated_at": "source_updated_at",
    "source_updated_at": "updated_at",
    "fetched_at": "loaded_at",
    "loaded_at": "fetched_at",
    "raw_rows": "source_rows",
    "source_rows": "raw_rows",
    "table_rows": "raw_rows",
    "recent_rows": "past_rows",
    "repaired": "quarantined",
    "quarantined": "repaired",
    "inserted": "updated",
    "updated": "inserted",
    "lo": "hi",
    "start": "end",
    "end": "start",
    "first": "last",
    "last": "first",
}
"""Names of the project that are taken for one another."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """`text` in place of what lies between the offsets `start` and `end` of the file."""

    path: str
    start: int
    end: int
    text: str
    kind: str

    def planted_in(self, source: str) -> str:
        """The source with the mistake."""
        return source[: self.start] + self.text + source[self.end :]

    def line(self, source: str) -> int:
        """The line it begins in, from 1."""
        return source.count("\n", 0, self.start) + 1

    def diff(self, source: str) -> list[str]:
        """What changes, as a unified diff without its heading."""
        lines = difflib.unified_diff(source.splitlines(), self.planted_in(source).splitlines(), lineterm="", n=0)
        return [line for line in lines if not line.startswith(("---", "+++", "@@"))]
