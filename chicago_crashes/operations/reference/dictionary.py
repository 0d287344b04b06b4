"""The data dictionary, `docs/dictionary.md`: every column of every table, told from the declarations.

`make docs` writes it anew; a test holds it equal to what is declared. `python -m
chicago_crashes.operations.reference.dictionary --measure` first measures, in the database in use, how the columns are
filled.
"""

import argparse
from collections.abc import Iterator, Sequence
from datetime import date
from types import ModuleType

import psycopg
from sqlalchemy import Column as TableColumn
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from chicago_crashes.feeds.catalogue import FEEDS, Column, Feed, Kind
from chicago_crashes.operations.reference import measured
from chicago_crashes.operations.reference.measured import Measured
from chicago_crashes.operations.reference.measuring import MeasuredColumn, MeasuredTable
from chicago_crashes.operations.workplace import database
from chicago_crashes.settings import PROJECT_ROOT
from chicago_crashes.storage.schema.all_tables import hot_spot_tables, mart_tables, metadata, place_tables
from chicago_crashes.storage.tables import table_of

FILE = PROJECT_ROOT / "docs" / "dictionary.md"
DATASET_PAGE = "https://data.cityofchicago.org/d/"
SHORTER_TYPES = {
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "geometry(point": "geometry(Point",
}
INTRODUCTION = """\
# Dictionary

Every column of every table. This file is made by `make docs` from the declarations in `chicago_crashes/feeds/catalogue`
and the modules of tables: change those, not this. The descriptions are the City's own where it gives any.

A column has the name of the portal's API field; *published as* is its heading in the portal's CSV exports. Text is
trimmed, and an empty text, `NULL`, `N/A`, `UNKNOWN` and `UNK` in any case become null, except where the marker is one
of the column's known categories. A value that breaks a rule is nulled, and kept in `ops.findings`; a category nobody
knows stays and is reported there. [data.md](data.md) explains the rules with examples.

*Nulls* is the share of the rows without a value, and *example* the most frequent value, {measured}.
Free text is quoted only if several rows share it, and a column the City has published since then is empty there. To
measure your own copy instead, run `python -m chicago_crashes.operations.reference.dictionary --measure`: it writes
`docs/measured.json` and this file anew.
"""


def dictionary() -> str:
    """The whole dictionary as Markdown."""
    found = measured.read()
    tables = found.tables if found else {}
    introduction = INTRODUCTION.format(measured=_when_measured(found))
    sections = (line for feed in FEEDS for line in _feed_section(feed, tables.get(feed.name)))
    return "\n".join([introduction, *sections, *_other_sections()])


def _when_measured(found: Measured | None) -> str:
    if found is None:
        return "once somebody has measured a loaded copy"
    tables = [(feed.table, found.tables[feed.name]) for feed in FEEDS if feed.name in found.tables]
    counted = (f"{table.rows:,} rows of `{name}` ({table.first_day} to {table.last_day})" for name, table in tables)
    return f"as measured on {found.measured_on} in\n" + ",\n".join(counted)


def _feed_section(feed: Feed, found: MeasuredTable | None) -> Iterator[str]:
    table = table_of(feed)
    columns = found.columns if found else {}
    yield f"## {feed.table}"
    yield ""
    yield (
        f"{feed.description} Published as [{feed.title}]({DATASET_PAGE}{feed.dataset_id}). "
        f"Primary key: {', '.join(f'`{name}`' for name in feed.key)}."
    )
    yield ""
    declared = {column.name: column for column in feed.columns}
    rows = [
        (
            f"`{column.name}`",
            _type(column),
            _sentence(column.comment),
            _rule(feed, declared[column.name]) if column.name in declared else "made here",
            _share(columns.get(column.name)),
            _example(columns.get(column.name)),
            f"`{declared[column.name].header}`" if column.name in declared else "",
        )
        for column in table.columns
    ]
    yield from _markdown_table(("column", "type", "meaning", "rule", "nulls", "example", "published as"), rows)
    categories = [column for column in feed.columns if column.kind is Kind.CATEGORY]
    if categories:
        yield f"### Known categories of {feed.table}"
        yield ""
        yield from (f"- `{column.name}`: {' · '.join(column.values)}" for column in categories)
        yield ""


def _other_sections() -> Iterator[str]:
    ours = [table for table in metadata.sorted_tables if table.schema == "ops"]
    places = [table for table in _tables_of(place_tables) if table not in ours]
    marts = [table for table in (*_tables_of(mart_tables), *_tables_of(hot_spot_tables)) if table not in ours]
    for title, tables in (
        ("Places", places),
        ("Marts", marts),
        ("What the platform keeps of its own work", ours),
    ):
        yield f"## {title}"
        yield ""
        for table in tables:
            yield from _other_table(table)


def _tables_of(module: ModuleType) -> list[Table]:
    return [value for value in vars(module).values() if isinstance(value, Table)]


def _other_table(table: Table) -> Iterator[str]:
    yield f"### {table.fullname}"
    yield ""
    yield _sentence(table.comment)
    yield ""
    rows = [(f"`{column.name}`", _type(column), _sentence(column.comment)) for column in table.columns]
    yield from _markdown_table(("column", "type", "meaning"), rows)


def _type(column: TableColumn[object]) -> str:
    name = column.type.compile(dialect=postgresql.dialect()).lower()  # type: ignore[no-untyped-call]
    for ours, shorter in SHORTER_TYPES.items():
        name = name.replace(ours, shorter)
    return name


def _rule(feed: Feed, column: Column) -> str:
    parts = [_form(column), _bounds(column)]
    if feed.coordinates and column.name in (feed.coordinates.latitude, feed.coordinates.longitude):
        parts.append("kept only as a pair")
    if column.name in (*feed.key, feed.date):
        parts.append("without it the row is quarantined")
    if column.published_since:
        parts.append(f"published since {column.published_since}")
    return "; ".join(part for part in parts if part)


def _form(column: Column) -> str:
    match column.kind:
        case Kind.TEXT:
            return f"at most {column.max_length} characters"
        case Kind.CATEGORY:
            return f"one of {len(column.values)} known categories"
        case Kind.CODE:
            return f"{column.digits} digits, padded with zeros"
        case Kind.FLAG:
            return "Y is true, N is false, U is null"
        case Kind.INTEGER:
            return "whole number"
        case Kind.NUMBER:
            return "number"
        case Kind.TIMESTAMP:
            return "Chicago wall clock"
        case Kind.POINT:
            return "POINT (longitude latitude)"


def _bounds(column: Column) -> str:
    highest = f"{column.highest:g}" if column.highest is not None else ""
    if column.highest_year_after is not None:
        highest = f"the year after `{column.highest_year_after}`"
    if column.lowest is not None and highest:
        return f"{column.lowest:g} to {highest}"
    if column.lowest is not None:
        return f"at least {column.lowest:g}"
    return f"at most {highest}" if highest else ""


def _share(found: MeasuredColumn | None) -> str:
    if found is None:
        return ""
    percent = found.null_share * 100
    return f"{percent:.0f} %" if percent in (0, 100) else f"{percent:.1f} %"


def _example(found: MeasuredColumn | None) -> str:
    return f"`{found.example.replace('|', ' ').replace('`', ' ')}`" if found and found.example else ""


def _sentence(text: str | None) -> str:
    return (text or "").replace("|", "\\|").strip()


def _markdown_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _measure() -> None:
    with database() as url, psycopg.connect(url) as connection:
        measured.write(measured.measure_all(connection, date.today()))  # noqa: DTZ011 - the day people know here


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write docs/dictionary.md anew.")
    parser.add_argument("--measure", action="store_true", help="first measure the tables of the database in use")
    if parser.parse_args().measure:
        _measure()
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(dictionary())
