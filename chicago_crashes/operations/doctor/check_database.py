"""The database: whether it answers, has PostGIS and the schema of this version, and no broken index."""

from collections.abc import Iterator

from psycopg import Connection

from chicago_crashes.errors import CrashesError
from chicago_crashes.operations.doctor.condition import Condition, ok, problem, warning
from chicago_crashes.storage.schema import migrate

OLDEST = 150000
"""`nulls not distinct`, which the tables need, came with PostgreSQL 15."""


def server(connection: Connection) -> Iterator[Condition]:
    """Whether the server is of a version the platform runs on."""
    version, number, name, size = connection.execute(
        "select current_setting('server_version'), current_setting('server_version_num')::int, current_database(),"
        " pg_size_pretty(pg_database_size(current_database()))"
    ).fetchall()[0]
    says = f"PostgreSQL {version} answers, database {name}, {size}."
    if number < OLDEST:
        yield problem("database", says, "Move to PostgreSQL 15 or newer.")
    else:
        yield ok("database", says)


def extension(connection: Connection) -> Iterator[Condition]:
    """Whether PostGIS is there, and as new as what the server has to offer."""
    found = connection.execute(
        "select installed_version, default_version from pg_available_extensions where name = 'postgis'"
    ).fetchone()
    if found is None:
        yield problem(
            "PostGIS",
            "The server has no PostGIS.",
            "Install it there (Debian: postgresql-15-postgis-3), then run `chicago-crashes db upgrade`.",
        )
    elif found[0] is None:
        yield problem(
            "PostGIS",
            "The extension postgis is not in this database.",
            "Run `chicago-crashes db upgrade`, or let an owner of the database run: create extension postgis",
        )
    elif found[0] != found[1]:
        yield warning(
            "PostGIS",
            f"The database uses {found[0]}, the server has {found[1]}.",
            "Let an owner of the database run: alter extension postgis update",
        )
    else:
        yield ok("PostGIS", f"Version {found[0]}.")


def schema(database_url: str) -> Iterator[Condition]:
    """Whether the schema is that of this version."""
    try:
        migrate.require_current(database_url)
    except CrashesError as error:
        upgrade = "Run `chicago-crashes db upgrade`."
        yield problem("schema", str(error).removesuffix(f" {upgrade}"), upgrade)
    else:
        yield ok("schema", "Every migration has been applied.")


def indexes(connection: Connection) -> Iterator[Condition]:
    """Whether every index is valid; one whose making was cut short is written and never read."""
    rows = connection.execute(
        "select format('%I.%I', schema.nspname, class.relname) from pg_index as index"
        " join pg_class as class on class.oid = index.indexrelid"
        " join pg_namespace as schema on schema.oid = class.relnamespace"
        " where not index.indisvalid and schema.nspname in ('public', 'ops', 'dagster') order by 1"
    ).fetchall()
    if rows:
        names = [name for (name,) in rows]
        yield problem(
            "indexes",
            f"Invalid: {', '.join(names)}.",
            "Let an owner run: " + "; ".join(f"reindex index {name}" for name in names),
        )
    else:
        yield ok("indexes", "All are valid.")
