"""The functions and views of the database: files that are edited in place, made anew by `db upgrade` when they change.

Migrations are for tables. A part is one or several files of statements that belong together. What a statement says
once for every count, column or feed is filled in from the declarations.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise

import jinja2
from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects import postgresql

from chicago_crashes.answers.mart_tables import CRASH_FACTS
from chicago_crashes.answers.marts import counts
from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.feeds.quality import CITYWIDE_SINCE
from chicago_crashes.storage.tables import metadata

FUNCTIONS = Table(
    "functions",
    metadata,
    Column("kind", Text(), nullable=False, comment="function, view or type"),
    Column("name", Text(), nullable=False, comment="With its schema, unless that is public"),
    Column("part", Text(), nullable=False, comment="Those that are made together"),
    Column("place", Integer(), nullable=False, comment="Each may need those before it"),
    Column("digest", Text(), nullable=False, comment="SHA-256 of the statements that made it"),
    PrimaryKeyConstraint("kind", "name"),
    schema="ops",
    comment="The functions, views and types the platform made, so that an upgrade knows which have changed",
)

PARTS: Mapping[str, tuple[str, Sequence[str]]] = {
    "executions": ("chicago_crashes.orchestration", ["executions"]),
    "findings_summary": ("chicago_crashes.feeds", ["findings_summary"]),
    "crash_areas": ("chicago_crashes.answers.places", ["crash_areas"]),
    "costs": ("chicago_crashes.answers", ["costs"]),
    "report": (
        "chicago_crashes.answers.report",
        ["places", "figures", "days", "counting", "breakdowns", "periods", "caveats", "reports", "crashes"],
    ),
}
"""By name: the package and the files in its folder `functions`, each of which may need those before it."""

BEGINNING = re.compile(r"^create (?:or replace )?(?P<kind>function|view|type) (?P<name>[\w.]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """What makes one function, view or type, its comments included."""

    part: str
    kind: str
    name: str
    sql: str

    @property
    def member(self) -> tuple[str, str]:
        """Kind and name."""
        return self.kind, self.name

    @property
    def digest(self) -> str:
        """Changes with every character."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def statements() -> tuple[Statement, ...]:
    """The statements of all parts, in an order in which they can be applied, by the declarations as they are now."""
    return tuple(statement for part in PARTS for statement in statements_of(part))


def statements_of(part: str) -> tuple[Statement, ...]:
    """The statements of one part; none where this version has no such part."""
    package, files = PARTS.get(part, ("", []))
    return tuple(
        Statement(part, found["kind"], found["name"], rendered[found.start() : end])
        for rendered in (_rendered(package, name) for name in files)
        for found, end in _beginnings(rendered)
    )


def _beginnings(rendered: str) -> Iterator[tuple[re.Match[str], int]]:
    """Where each statement begins, and where the next one does."""
    begun = list(BEGINNING.finditer(rendered))
    ends = [following.start() for _, following in pairwise(begun)] + [len(rendered)]
    return zip(begun, ends, strict=False)


def _rendered(package: str, name: str) -> str:
    return _template(package, name).render(_declarations())


@cache
def _template(package: str, name: str) -> jinja2.Template:
    return _environment().from_string((resources.files(package) / "functions" / f"{name}.sql").read_text())


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(  # noqa: S701 - what is filled in are the platform's own declarations, and no HTML
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )


def _declarations() -> Mapping[str, object]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return {
        "counts": list(counts.COUNTS.values()),
        "groups": list(counts.GROUPS),
        "modes": list(counts.MODES),
        "injuries": list(counts.INJURIES),
        "rates": counts.RATES,
        "shown_first": counts.SHOWN_FIRST,
        "compared": counts.COMPARED,
        "shared_with_city": counts.SHARED_WITH_CITY,
        "citywide_since": CITYWIDE_SINCE,
        "fact_columns": [
            {"name": column.name, "kind": column.type.compile(dialect=dialect)} for column in CRASH_FACTS.columns
        ],
        "feeds": FEEDS,
    }
