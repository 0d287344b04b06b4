"""Functions and views: an upgrade makes exactly what the files say, and keeps what was granted and built on it."""

import uuid
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from alembic import command
from psycopg import sql

from chicago_crashes.answers.marts.counts import COMPARED, COUNTS, IN_TOTALS, RATES, SHARED_WITH_CITY
from chicago_crashes.errors import PermanentError
from chicago_crashes.storage.schema import migrate
from chicago_crashes.storage.schema.functions import PARTS, statements
from chicago_crashes_tests.feeds.loading import Connection, connected, rows_of

SOURCES = {
    "functions": """
        select oid::regprocedure::text, pg_get_functiondef(oid), obj_description(oid) from pg_proc
        where pronamespace in ('public'::regnamespace, 'ops'::regnamespace) and prokind = 'f'
            and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e') order by 1""",
    "views": """
        select oid::regclass::text, pg_get_viewdef(oid), obj_description(oid) from pg_class
        where relkind = 'v' and relnamespace in ('public'::regnamespace, 'ops'::regnamespace)
            and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e') order by 1""",
    "columns": """
        select attrelid::regclass::text, attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum)
        from pg_class join pg_attribute on attrelid = pg_class.oid
        where relkind in ('c', 'v') and relnamespace in ('public'::regnamespace, 'ops'::regnamespace) and attnum > 0
            and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e') order by 1, attnum""",
}

OLDER_REPORT = """
drop function report_of_locations, report_comparisons, report_series, report_counts, report_daily, report_city_daily;
drop type report_counts_of_day;
create function report_daily(locations integer[], first date, last date) returns setof citywide_daily
language sql stable as $$ select * from citywide_daily $$;
create function report_counts(daily citywide_daily[], first date, last date) returns jsonb
language sql stable as $$ select '{}'::jsonb $$;
"""
"""The report as migrations once made it, as far as it cannot be replaced: other results, other parameters."""


@pytest.fixture
def role(postgis_server: str) -> Iterator[str]:
    """A role to grant something to."""
    name = f"guest_{uuid.uuid4().hex}"
    with connected(postgis_server) as admin:
        admin.execute(sql.SQL("create role {}").format(sql.Identifier(name)))
    yield name
    with connected(postgis_server) as admin:
        admin.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def sources(db: Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {kind: rows_of(db, query) for kind, query in SOURCES.items()}


def may(db: Connection, role: str) -> list[tuple[object, ...]]:
    return rows_of(
        db,
        "select has_function_privilege(%s, to_regproc('report_of_area'), 'execute'),"
        " has_function_privilege(%s, to_regproc('report_of_point'), 'execute'),"
        " has_table_privilege(%s, 'crash_areas', 'select')",
        role,
        role,
        role,
    )


def test_an_older_database_gets_what_a_fresh_one_has(database_url: str, role: str) -> None:
    with connected(database_url) as db:
        fresh = sources(db)
    engine = migrate.engine_for(database_url)
    with engine.connect() as connection:
        command.downgrade(migrate.alembic_of(connection), "0011")
        connection.commit()
    engine.dispose()
    with connected(database_url) as db:
        db.execute(OLDER_REPORT)
        for statement in (
            "revoke execute on function report_of_area from public",
            "revoke execute on function report_of_point from public",
            "grant execute on function report_of_area to {}",
            "grant select on crash_areas to {}",
        ):
            db.execute(sql.SQL(statement).format(sql.Identifier(role)))
        assert sources(db) != fresh

    migrate.upgrade(database_url)

    migrate.require_current(database_url)
    with connected(database_url) as db:
        assert sources(db) == fresh
        assert may(db, role) == [(True, False, True)]
        db.execute(sql.SQL("drop owned by {}").format(sql.Identifier(role)))


def test_a_function_that_is_gone_is_noticed_and_made_again(database_url: str) -> None:
    with connected(database_url) as db:
        fresh = sources(db)
        db.execute("drop function report_share")

    with pytest.raises(PermanentError, match=r"report_share\. Run `chicago-crashes db upgrade`"):
        migrate.require_current(database_url)

    migrate.upgrade(database_url)
    migrate.require_current(database_url)
    with connected(database_url) as db:
        assert sources(db) == fresh


def test_a_changed_function_is_replaced_under_what_is_built_on_it(database_url: str) -> None:
    with connected(database_url) as db:
        fresh = sources(db)
        db.execute(
            "create or replace function report_share(part bigint, whole bigint) returns double precision"
            " language sql immutable parallel safe as $$ select 0.5::double precision $$"
        )
        db.execute("update ops.functions set digest = 'of another version' where name = 'report_share'")
        db.execute("create table mine as select 1 as part")
        db.execute("create view shares as select report_share(part, 4) as share from mine")

    with pytest.raises(PermanentError, match="report_share"):
        migrate.require_current(database_url)
    migrate.upgrade(database_url)

    with connected(database_url) as db:
        assert rows_of(db, "select share from shares") == [(0.25,)]
        db.execute("drop view shares")
        assert sources(db) == fresh


def test_what_no_file_makes_any_more_is_dropped(database_url: str) -> None:
    with connected(database_url) as db:
        fresh = sources(db)
        db.execute("create function report_of_the_moon() returns integer language sql as $$ select 1 $$")
        db.execute("create view ops.of_the_moon as select report_of_the_moon()")
        db.execute("create function mine() returns integer language sql as $$ select 1 $$")
        db.execute(
            "insert into ops.functions (kind, name, part, place, digest)"
            " values ('function', 'report_of_the_moon', 'report', 99, ''), ('view', 'ops.of_the_moon', 'moon', 0, '')"
        )

    migrate.upgrade(database_url)

    migrate.require_current(database_url)
    with connected(database_url) as db:
        assert rows_of(db, "select mine()") == [(1,)]
        db.execute("drop function mine")
        assert sources(db) == fresh


def test_a_function_that_others_need_and_that_has_to_go_stops_the_upgrade(database_url: str) -> None:
    with connected(database_url) as db:
        db.execute("create view my_days as select crashes from report_daily(array[1], '2024-01-01', '2024-01-31')")
        db.execute("update ops.functions set digest = '' where name in ('report_counts_of_day', 'report_share')")
        before = sources(db)

    with pytest.raises(PermanentError, match=r"(?s)'report'.*my_days.*Drop it, run `chicago-crashes db upgrade`"):
        migrate.upgrade(database_url)

    with connected(database_url) as db:
        assert sources(db) == before
        db.execute("drop view my_days")
    migrate.upgrade(database_url)
    migrate.require_current(database_url)


def test_every_file_is_part_of_something() -> None:
    declared = {(package, name) for package, names in PARTS.values() for name in names}
    packages = {package for package, _ in declared}
    there = {
        (package, entry.name.removesuffix(".sql"))
        for package in packages
        for entry in (resources.files(package) / "functions").iterdir()
    }
    assert there == declared


def test_no_two_statements_make_the_same() -> None:
    members = [each.member for each in statements()]
    assert len(members) == len(set(members))
    assert {each.part for each in statements()} == set(PARTS)


def test_what_a_report_shows_is_counted() -> None:
    shown = {*IN_TOTALS, *COMPARED, *SHARED_WITH_CITY, *(rate.of for rate in RATES.values())}
    assert shown <= COUNTS.keys()


def test_a_report_counts_everything_that_is_declared(database_url: str) -> None:
    with connected(database_url) as db:
        ((empty,),) = rows_of(db, "select report_counts(array[]::report_counts_of_day[], '2024-01-01', '2024-01-31')")
    assert empty == dict.fromkeys(COUNTS, 0)
