"""One migrated database for all tests of this room, emptied for each; the unit costs come with the schema and stay."""

import uuid
from collections.abc import Iterator
from types import ModuleType

import pytest
from psycopg import sql
from sqlalchemy import Table

from chicago_crashes.postgis import mart_tables, place_tables
from chicago_crashes.postgis.mart_tables import UNIT_COSTS
from chicago_crashes.postgis.tables import SIGNATURES
from chicago_crashes_tests.postgis.loading import Connection, connected


@pytest.fixture(scope="session")
def marts_database(postgis_server: str, template_database: str) -> Iterator[str]:
    """URL of a migrated database that tests may fill but must not alter."""
    name, template = sql.Identifier(f"marts_{uuid.uuid4().hex}"), sql.Identifier(template_database)
    with connected(postgis_server) as admin:
        admin.execute(sql.SQL("create database {} template {}").format(name, template))
    yield f"{postgis_server.rpartition('/')[0]}/{name.as_string().strip(chr(34))}"
    with connected(postgis_server) as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(name))


@pytest.fixture
def db(marts_database: str) -> Iterator[Connection]:
    """A connection outside a transaction to a database without places, facts and marts; the unit costs are there."""
    filled = [SIGNATURES, *_tables_of(place_tables), *_tables_of(mart_tables)]
    tables = [sql.Identifier(table.schema or "public", table.name) for table in filled if table is not UNIT_COSTS]
    with connected(marts_database) as connection:
        connection.execute(sql.SQL("truncate {}").format(sql.SQL(", ").join(tables)))
        yield connection


def _tables_of(module: ModuleType) -> list[Table]:
    return [value for value in vars(module).values() if isinstance(value, Table)]
