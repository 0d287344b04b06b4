"""How many rows of each day keep each relation and how many break it, judged by the database in one query each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources

from psycopg import Connection, sql

from chicago_crashes.feeds import Feed
from chicago_crashes.relations import Comparison

SQL_FILES = resources.files("chicago_crashes.postgis") / "sql"
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


def relation_tallies(
    connection: Connection, comparison: Comparison, first: date = FIRST_OF_ALL, last: date = LAST_OF_ALL
) -> dict[date, dict[str, Tally]]:
    """By day and name of the relation, over the days from `first` to `last` (both inclusive) that hold rows."""
    names = [relation.name for relation in comparison.relations]
    query = sql.SQL("select day, {} from ({}) as judged group by day order by day").format(
        sql.SQL(", ").join(map(_tally, names)), _statement(comparison.statement)
    )
    with connection.transaction():
        connection.execute("select set_config('work_mem', %s, true)", [WORK_MEMORY])
        rows = connection.execute(
            query, {"first": first, "after_last": last + timedelta(days=1), "examples": EXAMPLES}
        ).fetchall()
    return {
        day: {
            name: Tally(*numbers[3 * place : 3 * place + 2], tuple(numbers[3 * place + 2] or ()))
            for place, name in enumerate(names)
        }
        for day, *numbers in rows
    }


def together(tallies: Mapping[date, Mapping[str, Tally]]) -> dict[str, Tally]:
    """The tallies of several days as one per relation."""
    sums: dict[str, Tally] = {}
    for of_day in tallies.values():
        for name, tally in of_day.items():
            so_far = sums.get(name, Tally(0, 0))
            examples = (*so_far.examples, *tally.examples)[:EXAMPLES]
            sums[name] = Tally(so_far.rows + tally.rows, so_far.broken + tally.broken, examples)
    return sums


def loaded_days(connection: Connection, feed: Feed, first: date, last: date) -> set[date]:
    """The days from `first` to `last`, both inclusive, that were ever loaded, those without rows included."""
    rows = connection.execute(
        "select day from ops.signatures where feed = %s and day >= %s and day <= %s", [feed.name, first, last]
    ).fetchall()
    return {day for (day,) in rows}


def _tally(name: str) -> sql.Composable:
    return sql.SQL(
        "count({name}), count(*) filter (where not {name}),"
        " (array_agg(row_key order by row_key) filter (where not {name}))[1:{examples}]"
    ).format(name=sql.Identifier(name), examples=sql.Placeholder("examples"))


def _statement(name: str) -> sql.Composable:
    return sql.SQL((SQL_FILES / f"{name}.sql").read_text())  # type: ignore[arg-type]  # our own files, not user input
