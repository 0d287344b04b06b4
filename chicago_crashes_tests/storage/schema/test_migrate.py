"""What people are told when the database is not there, not theirs or not migrated."""

import importlib
import socket
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest
from psycopg import sql

from chicago_crashes.errors import CrashesError, PermanentError, TransientError
from chicago_crashes.storage.schema import migrate
from chicago_crashes_tests.feeds.loading import connected

SECRET = "hunter2-is-secret"


@pytest.fixture
def empty_database(postgis_server: str) -> Iterator[str]:
    """URL of a database that nobody has prepared."""
    name = f"empty_{uuid.uuid4().hex}"
    with connected(postgis_server) as admin:
        admin.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
    yield f"{postgis_server.rpartition('/')[0]}/{name}"
    with connected(postgis_server) as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def changed(url: str, *, user: str | None = None, password: str | None = None, port: int | None = None) -> str:
    parts = urlsplit(url)
    login = f"{user or parts.username}:{password or parts.password}"
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.hostname}:{port or parts.port}"))


def test_an_empty_database_is_told_what_to_run(empty_database: str) -> None:
    with pytest.raises(PermanentError, match=r"schema version none.*Run `chicago-crashes db upgrade`"):
        migrate.require_current(empty_database)


def test_upgrading_an_empty_database_makes_it_current(empty_database: str) -> None:
    migrate.upgrade(empty_database)

    migrate.require_current(empty_database)


def test_an_older_schema_is_told_what_to_run(database_url: str) -> None:
    with connected(database_url) as db:
        db.execute("update ops.alembic_version set version_num = '0000'")

    with pytest.raises(PermanentError, match=r"schema version 0000.*chicago-crashes db upgrade"):
        migrate.require_current(database_url)


def test_acceptances_from_before_hold_only_for_days_that_were_not_loaded_since(database_url: str) -> None:
    migration = importlib.import_module(
        "chicago_crashes.storage.schema.migrations.versions.0018_what_the_shrink_guard_knows"
    )
    with connected(database_url) as db:
        db.execute(
            "insert into ops.accepted_shrinks (feed, first_day, last_day, published_rows, stored_rows, reason,"
            " accepted_by, accepted_at) values"
            " ('crashes', '2024-03-01', '2024-03-02', 160, 200, 'why', 'who', '2024-06-01')"
        )
        db.execute(
            "insert into ops.signatures (feed, day, source_rows, raw_rows, table_rows, quarantined_rows, repaired_rows,"
            " fetched_at, loaded_at, run_id) select 'crashes', day, 100, 100, 100, 0, 0, loaded_at, loaded_at, 'a run'"
            " from (values ('2024-03-01'::date, '2024-05-01'::timestamptz), ('2024-03-02', '2024-07-01'))"
            " as known (day, loaded_at)"
        )
        db.execute(migration.DAYS_NOT_LOADED_SINCE)
        days = db.execute("select day::text, stored_rows, published_rows, ended_at from ops.accepted_days").fetchall()
    assert days == [("2024-03-01", 100, 60, None)]


@pytest.mark.parametrize("ask", [migrate.upgrade, migrate.require_current])
def test_a_wrong_port_may_pass(postgis_server: str, ask: object) -> None:
    assert callable(ask)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = changed(postgis_server, port=taken.getsockname()[1])
        with pytest.raises(TransientError, match=r"(?s)does not answer.*CRASHES_DATABASE_URL") as caught:
            ask(url)
    assert_keeps_secret(caught.value, str(urlsplit(url).password))


@pytest.mark.parametrize("user", [None, "nobody-here"], ids=["wrong password", "wrong user"])
def test_a_wrong_login_never_shows_the_password(postgis_server: str, user: str | None) -> None:
    with pytest.raises(CrashesError) as caught:
        migrate.require_current(changed(postgis_server, user=user, password=SECRET))
    assert_keeps_secret(caught.value, SECRET)


def test_a_database_that_does_not_exist(postgis_server: str) -> None:
    with pytest.raises(CrashesError, match=r"atlantis.*does not exist"):
        migrate.upgrade(f"{postgis_server.rpartition('/')[0]}/atlantis")


@pytest.mark.parametrize(
    "url", ["", "nonsense", f"me:{SECRET}@somewhere/db", f"postgresql://me:{SECRET}@host:port/db", "://"]
)
def test_what_is_no_url_is_told_the_form(url: str) -> None:
    with pytest.raises(
        PermanentError, match=r"not a database URL.*postgresql://user:password@host:port/database"
    ) as caught:
        migrate.require_current(url)
    assert_keeps_secret(caught.value, SECRET)


def test_a_database_of_another_make_is_told_the_form() -> None:
    with pytest.raises(PermanentError, match=r"not a database URL"):
        migrate.require_current("sqlite:///crashes.db")


def test_a_user_without_rights_is_told_what_was_refused(empty_database: str, postgis_server: str) -> None:
    role = f"guest_{uuid.uuid4().hex}"
    with connected(postgis_server) as admin:
        admin.execute(sql.SQL("create role {} login password {}").format(sql.Identifier(role), sql.Literal(SECRET)))
    try:
        with pytest.raises(PermanentError, match=r"refused a change of its schema.*permission denied") as caught:
            migrate.upgrade(changed(empty_database, user=role, password=SECRET))
        assert_keeps_secret(caught.value, SECRET)
    finally:
        with connected(postgis_server) as admin:
            admin.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


def assert_keeps_secret(error: BaseException, secret: str) -> None:
    """Neither the error nor any of its causes shows the secret."""
    shown: BaseException | None = error
    while shown is not None:
        assert secret not in f"{shown} {shown!r}"
        shown = shown.__cause__
