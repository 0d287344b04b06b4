"""Mistakes in SQL: another comparison, a condition that was forgotten, another join, order, count or bound.

The text is read by tokens, not parsed. What a mistake makes unreadable for PostgreSQL is noticed like every other.
"""

import re
from collections.abc import Iterator

from chicago_crashes_tests.mutation.mistakes import LOOKALIKES, Mistake

UNREAD = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\"[^\"]*\"|\{\{|\}\}|\{[^}]*\}|%\(\w+\)s")
"""Comments, texts, quoted names, open parts and parameters."""

SWAPS: tuple[tuple[str, str], ...] = (
    (r"(?<![<>=!:|])<(?![<>=@-])", "<="),
    (r"(?<![<>=!:|])<=", "<"),
    (r"(?<![<>=!:|-])>(?![<>=])", ">="),
    (r"(?<![<>=!:|])>=", ">"),
    (r"(?<= )=(?= )(?! excluded\.| row\(| staged\.\w+,)", "<>"),
    (r"<>", "="),
    (r"\bis distinct from\b", "is not distinct from"),
    (r"\bis not distinct from\b", "is distinct from"),
    (r"\bis null\b", "is not null"),
    (r"\bis not null\b", "is null"),
    (r"\bor\b", "and"),
    (r"\bdesc\b", "asc"),
    (r"\bnulls last\b", "nulls first"),
    (r"\bnulls first\b", "nulls last"),
    (r"\bmin\(", "max("),
    (r"\bmax\(", "min("),
    (r"\bleast\(", "greatest("),
    (r"\bgreatest\(", "least("),
    (r"\bbool_or\(", "bool_and("),
    (r"\bbool_and\(", "bool_or("),
    (r"\brank\(", "dense_rank("),
    (r"\bdistinct\b(?! (?:from|on))", ""),
    (r"\bunion all\b", "union"),
    (r"\bleft join\b(?! lateral)", "join"),
    (r"(?<!left )(?<!cross )\bjoin\b", "left join"),
    (r"\bnot exists\b", "exists"),
    (r"(?<!not )\bexists \(", "not exists ("),
    (r"\bnot in\b", "in"),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"(?<=[\w)] )\+(?= [\w(])", "-"),
    (r"(?<=[\w)] )-(?= [\w(])", "+"),
)

AND = re.compile(r"\band\b")
BETWEEN = re.compile(r"\bbetween\b(?:(?!\band\b).)*$", re.DOTALL)
ASSIGNED = re.compile(r"(?:\bset|,)\s+\w+ $")
NUMBER = re.compile(r"(?<![\w.%])(\d{1,3})(?![\w.%])")
NAMED = re.compile(r"\.(\w+)\b(?! =)(?<!excluded.)")
COALESCE = re.compile(r"\bcoalesce\(([^(),]+), ([^(),]+)\)")
CONDITION = re.compile(r"\n *and ([^\n]+)")
FORGOTTEN = {
    r"\b\w+ = excluded\.\w+, ?|, ?\w+ = excluded\.\w+(?=\n)": "SQL: column not set",
    r" filter \(where [^()]*\)": "SQL: filter forgotten",
}

Change = tuple[int, int, str, str]
"""Where a part of the text begins and ends, what stands there by mistake, and the kind of mistake."""


def mistakes_in_sql(path: str, text: str, *, offset: int = 0) -> list[Mistake]:
    """The mistakes that can be made in a statement, which begins at `offset` of the file."""
    read = UNREAD.sub(lambda match: "\0" * len(match[0]), text)
    return [
        Mistake(path, offset + start, offset + end, replacement, kind)
        for start, end, replacement, kind in _changes(read, text)
    ]


def _changes(read: str, text: str) -> Iterator[Change]:
    for pattern, replacement in SWAPS:
        yield from _each(pattern, read, replacement, "SQL: another word")
    for pattern, kind in FORGOTTEN.items():
        yield from _each(pattern, read, "", kind)
    yield from _changed_conditions(read)
    yield from _changed_values(read, text)


def _each(pattern: str, read: str, replacement: str, kind: str) -> Iterator[Change]:
    for match in re.finditer(pattern, read):
        if match[0] != "=" or not _is_assignment(read, match.start()):
            yield match.start(), match.end(), replacement, kind


def _is_assignment(read: str, place: int) -> bool:
    """Whether the sign sets a column: another one there is not a mistake but nonsense."""
    return "update" in read and ASSIGNED.search(read, 0, place) is not None


def _changed_conditions(read: str) -> Iterator[Change]:
    for match in AND.finditer(read):
        if not BETWEEN.search(read[: match.start()]):
            yield match.start(), match.end(), "or", "SQL: and, or"
    for match in CONDITION.finditer(read):
        if match[1].count("(") == match[1].count(")"):
            yield match.start(), match.end(), "", "SQL: condition forgotten"


def _changed_values(read: str, text: str) -> Iterator[Change]:
    for match in NAMED.finditer(read):
        if match[1] in LOOKALIKES:
            yield *match.span(1), LOOKALIKES[match[1]], "SQL: another name"
    for match in NUMBER.finditer(read):
        yield match.start(), match.end(), str(int(match[1]) + 1), "SQL: number"
    for match in COALESCE.finditer(read):
        first, second = text[slice(*match.span(1))], text[slice(*match.span(2))]
        yield match.start(), match.end(), f"coalesce({second}, {first})", "SQL: coalesce the other way round"
