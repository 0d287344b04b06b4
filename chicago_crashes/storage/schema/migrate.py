"""Bring a database to the current schema, or say why that cannot be done."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from chicago_crashes.errors import CrashesError, PermanentError, TransientError

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_SCHEMA = "ops"

TURN = "chicago_crashes.schema"
"""The lock of this name is held by whoever changes the schema."""

NAMED = 3
"""How many functions a message names."""


def upgrade(database_url: str) -> None:
    """Apply every migration the database has not seen yet, and make the functions anew that have changed.

    Raises:
        PermanentError: the server has no PostGIS, the user may not create what is needed, or something of the user's
            own needs a function that has to be dropped.
        TransientError: the server does not answer.
    """
    from chicago_crashes.storage.schema import function_upgrade  # slow to import, and many commands need no schema

    with connected(database_url) as connection:
        take_turn(connection)
        _require_postgis(connection)
        connection.execute(text(f"create schema if not exists {VERSION_SCHEMA}"))
        command.upgrade(alembic_of(connection), "head")
        function_upgrade.renew(connection)
        connection.commit()


def require_current(database_url: str) -> None:
    """Raise a `PermanentError` that names the command to run, unless the database has the schema of this version."""
    from chicago_crashes.storage.schema import function_upgrade  # slow to import, and many commands need no schema

    expected = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    with connected(database_url) as connection:
        found = current_revision(connection)
        if found != expected:
            raise PermanentError(
                f"The database has schema version {found or 'none'}, this version of Chicago Crashes needs {expected}. "
                "Run `chicago-crashes db upgrade`."
            )
        if names := function_upgrade.outdated(connection):
            raise PermanentError(
                f"The database has other functions than this version of Chicago Crashes: {_some(names)}. "
                "Run `chicago-crashes db upgrade`."
            )


def current_revision(connection: Connection) -> str | None:
    """The last migration that was applied; None where there was none."""
    context = MigrationContext.configure(connection, opts={"version_table_schema": VERSION_SCHEMA})
    return context.get_current_revision()


def engine_for(database_url: str) -> Engine:
    """An SQLAlchemy engine that speaks to the database by psycopg 3."""
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError):
        raise _no_database_url() from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise _no_database_url()
    return create_engine(url.set(drivername="postgresql+psycopg"))


def _no_database_url() -> PermanentError:
    return PermanentError(
        "CRASHES_DATABASE_URL is not a database URL; expected the form postgresql://user:password@host:port/database."
    )


@contextmanager
def connected(database_url: str) -> Iterator[Connection]:
    """A connection whose failures say what happened to the database; nothing is committed unasked."""
    engine = engine_for(database_url)
    try:
        with engine.connect() as connection:
            yield connection
    except (OperationalError, ProgrammingError) as error:
        raise _explained(engine, error) from error
    finally:
        engine.dispose()


def _explained(engine: Engine, error: OperationalError | ProgrammingError) -> CrashesError:
    where = engine.url.render_as_string(hide_password=True)
    if isinstance(error, ProgrammingError):
        return PermanentError(f"The database {where} refused a change of its schema: {error.orig}")
    return TransientError(
        f"The database {where} does not answer: {error.orig} "
        "Check CRASHES_DATABASE_URL, or unset it to use the private cluster."
    )


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def take_turn(connection: Connection) -> None:
    """Two upgrades at once would both find the same migrations missing."""
    connection.execute(text("select pg_advisory_xact_lock(hashtext(:turn))"), {"turn": TURN})


def _require_postgis(connection: Connection) -> None:
    available = connection.execute(text("select 1 from pg_available_extensions where name = 'postgis'")).first()
    if available is None:
        raise PermanentError(
            f"The database server at {connection.engine.url.host} has no PostGIS. Install PostGIS there (Debian: "
            "postgresql-15-postgis-3), or unset CRASHES_DATABASE_URL to use the private cluster."
        )
    connection.execute(text("create extension if not exists postgis"))


def alembic_of(connection: Connection) -> Config:
    """What Alembic's commands need to work on the connection, in its open transaction."""
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    configuration.attributes["connection"] = connection
    return configuration
