"""The invented city, stored once for all tests of this room, which only read it."""

import uuid
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from psycopg import sql

from chicago_crashes_tests.answers.report import city


@pytest.fixture(scope="session")
def crashes() -> Sequence[city.Crash]:
    """All crashes of the invented city."""
    return city.invent()


@pytest.fixture(scope="session")
def city_url(postgis_server: str, template_database: str, crashes: Sequence[city.Crash]) -> Iterator[str]:
    """URL of the database of the invented city, with its answers made."""
    name = f"city_{uuid.uuid4().hex}"
    with psycopg.connect(postgis_server, autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template_database))
        )
    url = f"{postgis_server.rpartition('/')[0]}/{name}"
    city.build(url, crashes)
    yield url
    with psycopg.connect(postgis_server, autocommit=True) as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def db(city_url: str) -> Iterator[psycopg.Connection]:
    """A connection to the city, whose changes are undone."""
    with psycopg.connect(city_url) as connection:
        yield connection
        connection.rollback()
