"""The facts: one row per crash in `crash_facts`, made anew for what was loaded since.

Days say where to look: those that were loaded since their facts were made. Of them the crashes are made anew that are
new or amended themselves, or by a person or a unit, and those that are gone go. A part of the days is made in one
transaction that sees one state of the tables, so facts, and what is recorded of their days, always fit each other.
Every other mart is counted from these.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

from chicago_crashes.answers.mart_tables import AREA_COLUMNS
from chicago_crashes.answers.marts.counts import AGES, INJURIES, MODES
from chicago_crashes.answers.refreshing import Refreshed, record_refresh, taking_turns
from chicago_crashes.storage.sql_files import sql_file

MART = "crash_facts"

PROVISIONAL_DAYS = 3
"""The newest loaded days lack crashes that are reported later, so they are marked."""

DAYS_LEFT_TO_AUTOVACUUM = 100
"""So few days change what the planner has to know of the table by little, and looking takes seconds."""

DAYS_PER_PART = 366
"""How many days are made in one transaction: about 100,000 crashes with a quarter of a million people."""


def refresh_facts(connection: Connection) -> Refreshed:
    """Bring `crash_facts` up to date with the crashes, people and vehicles, and with the areas of their places."""
    with taking_turns(connection):
        provisional = _provisional_days(connection)
        renamed = _name_areas(connection)
        _move_provisional(connection, provisional)
        days = days_to_make(connection)
        crashes = sum(
            _make(connection, days[first : first + DAYS_PER_PART], provisional)
            for first in range(0, len(days), DAYS_PER_PART)
        )
        rows = _record(connection)
        if renamed or len(days) > DAYS_LEFT_TO_AUTOVACUUM:
            connection.execute("analyze crash_facts")
    return Refreshed(
        rows, {"days_made": len(days), "crashes_touched": crashes, "layers_named_anew": ", ".join(renamed) or "none"}
    )


def days_to_make(connection: Connection) -> list[date]:
    """The days that were loaded since their facts were made, and those of which no load is recorded."""
    return sorted({*touched_days(connection), *(day for (day,) in _rows(connection, "unsigned_days"))})


def touched_days(connection: Connection) -> list[date]:
    """The days that were loaded since their facts were made."""
    return [day for (day,) in _rows(connection, "touched_days")]


def completeness(connection: Connection) -> dict[str, Any]:
    """How many crashes and facts there are, and the days that do not have one fact per crash."""
    return _numbers(connection, sql_file(__file__, "missing"))


def agreement(connection: Connection) -> dict[str, int]:
    """Of how many crashes the people, and the severity, fit the injuries the crash itself names."""
    people_add_up = sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(
            sql.SQL(" + ").join(sql.Identifier(f"{mode}_{injury}") for mode in MODES),
            sql.Identifier(f"persons_{injury}"),
        )
        for injury in INJURIES
    )
    return _numbers(connection, sql_file(__file__, "agreement").format(people_add_up=people_add_up))


def _provisional_days(connection: Connection) -> list[date]:
    rows = connection.execute(
        "select day from ops.signatures where feed = 'crashes' order by day desc limit %s", [PROVISIONAL_DAYS]
    ).fetchall()
    return [day for (day,) in rows]


def _name_areas(connection: Connection) -> list[str]:
    """Write the columns of the layers that were assigned since; which layers these are."""
    layers = dict(_rows(connection, "outdated_areas", {"layers": list(AREA_COLUMNS.values())}))
    if not layers:
        return []
    columns = {column: layer for column, layer in AREA_COLUMNS.items() if layer in layers}
    statement = sql_file(__file__, "name_areas").format(
        set_areas=_listed("{0} = area.{0}", columns),
        name_areas=_areas_by_name(columns),
        differ=sql.SQL(" or ").join(
            sql.SQL("crash_facts.{0} is distinct from area.{0}").format(sql.Identifier(column)) for column in columns
        ),
    )
    with connection.transaction():
        connection.execute(statement, {"layers": list(layers)})
        connection.execute("delete from ops.fact_areas where layer = any(%s)", [list(layers)])
        for layer, assigned_at in layers.items():
            if assigned_at is not None:
                connection.execute(
                    "insert into ops.fact_areas (layer, assigned_at) values (%s, %s)", [layer, assigned_at]
                )
    return sorted(layers)


def _move_provisional(connection: Connection, provisional: Sequence[date]) -> None:
    connection.execute(sql_file(__file__, "move_provisional"), {"provisional": list(provisional)})


def _make(connection: Connection, days: Sequence[date], provisional: Sequence[date]) -> int:
    """Make the facts of what is new on some days, in one transaction; how many crashes that touches."""
    asked = {"days": list(days), "provisional": list(provisional), "layers": list(AREA_COLUMNS.values())}
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        for table in ("part", "touched", "placed", "named"):
            connection.execute(_making(table), asked)
            # Of a table that has just been made PostgreSQL knows nothing, and what it guesses can take hours.
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(table)))
        connection.execute("create temporary table affected (day date) on commit drop")
        connection.execute(sql_file(__file__, "remove"))
        connection.execute(_insert(), asked)
        connection.execute(sql_file(__file__, "record_days"), asked)
        ((touched,),) = connection.execute("select count(*) from touched").fetchall()
    return int(touched)


def _record(connection: Connection) -> int:
    with connection.transaction():
        ((rows, through),) = connection.execute(
            "select coalesce(sum(crashes), 0)::bigint, max(day) filter (where crashes > 0) from ops.fact_days"
        ).fetchall()
        record_refresh(connection, MART, rows=rows, through=through)
    return int(rows)


def _making(table: str) -> sql.Composed:
    """The statement that makes one of the temporary tables of a part."""
    return sql_file(__file__, table).format(name_areas=_areas_by_name(AREA_COLUMNS))


def _insert() -> sql.Composed:
    groups = {**{mode: f"mode = '{mode}'" for mode in MODES}, **{age: f"is_{age}" for age in AGES}}
    counts: dict[str, str] = {}
    for group, condition in groups.items():
        counts[group] = condition
        for injury in INJURIES:
            counts[f"{group}_{injury}"] = f"{condition} and injury = '{injury}'"
    return sql_file(__file__, "insert").format(
        count_people=sql.SQL(",\n        ").join(
            sql.SQL("count(*) filter (where {}) as {}").format(sql.SQL(condition), sql.Identifier(name))
            for name, condition in counts.items()
        ),
        people=_listed("{0}", counts),
        people_or_none=_listed("coalesce({0}, 0)", counts),
        areas=_listed("{0}", AREA_COLUMNS),
    )


def _areas_by_name(columns: Mapping[str, str]) -> sql.Composable:
    """Of the layers of one place, each layer's area as a column."""
    return sql.SQL(",\n        ").join(
        sql.SQL("max(area) filter (where layer = {}) as {}").format(layer, sql.Identifier(column))
        for column, layer in columns.items()
    )


def _listed(template: str, names: Iterable[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.SQL(template).format(sql.Identifier(name)) for name in names)


def _rows(connection: Connection, name: str, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    return connection.execute(sql_file(__file__, name), params).fetchall()


def _numbers(connection: Connection, query: sql.SQL | sql.Composed) -> dict[str, Any]:
    """The one row of a query, by column."""
    with connection.cursor(row_factory=dict_row) as cursor:
        (row,) = cursor.execute(query).fetchall()
    return row
