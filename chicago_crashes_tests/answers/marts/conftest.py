"""One migrated database for all tests of this room, emptied for each; the unit costs come with the schema and stay."""

import uuid
from collections.abc import Iterator

import pytest
from psycopg import sql

from chicago_crashes.answers.mart_tables import UNIT_COSTS
from chicago_crashes.storage.schema.all_tables import metadata
from chicago_crashes.storage.schema.functions import FUNCTIONS
from chicago_crashes_tests.feeds.loading import Connection, connected


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
    """A connection outside a transaction to a database whose tables are empty, but for the unit costs."""
    filled = [table for table in metadata.sorted_tables if table not in (UNIT_COSTS, FUNCTIONS)]
    tables = [sql.Identifier(table.schema or "public", table.name) for table in filled]
    with connected(marts_database) as connection:
        connection.execute(sql.SQL("truncate {}").format(sql.SQL(", ").join(tables)))
        yield connection
