"""How many rows of each day keep each relation and how many break it, judged by the database in one query each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from psycopg import Connection, sql

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.catalogue.comparisons import Comparison
from chicago_crashes.storage.sql_files import sql_file

FIRST_OF_ALL, LAST_OF_ALL = date(1, 1, 1), date(9999, 12, 30)
EXAMPLES = 5
WORK_MEMORY = "192MB"
"""What the joins of the whole history need to stay out of temporary files; a run over days needs far less."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Of how many rows a relation can be told, how many break it, and the keys of some of those."""

    rows: int
    broken: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """How many rows there are, how many of them break at least one relation, and the tally of each relation."""

    rows: int
    broken: int
    relations: Mapping[str, Tally]


def judged_days(
    connection: Connection, comparison: Comparison, first: date = FIRST_OF_ALL, last: date = LAST_OF_ALL
) -> dict[date, Judged]:
    """The days from `first` to `last` (both inclusive) that hold rows, each with what became of its relations."""
    names = [relation.name for relation in comparison.relations]
    query = sql.SQL(
        "select day, count(*), count(*) filter (where not ({all_hold})), {tallies} from ({statement}) as judged"
        " group by day order by day"
    ).format(
        all_hold=sql.SQL(" and ").join(sql.SQL("coalesce({}, true)").format(sql.Identifier(name)) for name in names),
        tallies=sql.SQL(", ").join(map(_tally, names)),
        statement=sql_file(__file__, comparison.statement),
    )
    with connection.transaction():
        connection.execute("select set_config('work_mem', %s, true)", [WORK_MEMORY])
        rows = connection.execute(
            query, {"first": first, "after_last": last + timedelta(days=1), "examples": EXAMPLES}
        ).fetchall()
    return {
        day: Judged(count, broken, dict(zip(names, _tallies(numbers), strict=True)))
        for day, count, broken, *numbers in rows
    }


def _tallies(numbers: Sequence[Any]) -> Iterator[Tally]:
    for place in range(0, len(numbers), 3):
        rows, broken, examples = numbers[place : place + 3]
        yield Tally(rows, broken, tuple(examples or ()))


def together(days: Iterable[Judged]) -> Judged:
    """Several days as one."""
    rows, broken, sums = 0, 0, dict[str, Tally]()
    for judged in days:
        rows, broken = rows + judged.rows, broken + judged.broken
        for name, tally in judged.relations.items():
            known = sums.get(name, Tally(0, 0))
            examples = (*known.examples, *tally.examples)[:EXAMPLES]
            sums[name] = Tally(known.rows + tally.rows, known.broken + tally.broken, examples)
    return Judged(rows, broken, sums)


def loaded_days(connection: Connection, feed: Feed, first: date, last: date) -> set[date]:
    """The days from `first` to `last`, both inclusive, that were ever loaded, those without rows included."""
    rows = connection.execute(
        "select day from ops.signatures where feed = %s and day >= %s and day <= %s", [feed.name, first, last]
    ).fetchall()
    return {day for (day,) in rows}


def _tally(name: str) -> sql.Composable:
    return sql.SQL(
        "count({name}), count(*) filter (where not {name}),"
        " (array_agg(row_key) filter (where not {name}))[1:{examples}]"
    ).format(name=sql.Identifier(name), examples=sql.Placeholder("examples"))
