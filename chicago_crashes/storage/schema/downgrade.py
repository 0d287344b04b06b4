"""Take a database back to the schema of an older version, and say beforehand what that costs.

What would be lost is found by doing it: the migrations are undone in a transaction, the catalogues before and after are
compared, and the transaction is rolled back.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg import errors, sql
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from chicago_crashes.errors import PermanentError, TransientError
from chicago_crashes.storage.schema.migrate import MIGRATIONS, alembic_of, connected, current_revision, take_turn

NOTHING = "base"
"""The revision before the first."""

COLUMNS = """
select format('%I.%I', schema.nspname, class.relname) as table_name, attribute.attname as column_name
from pg_class as class
join pg_namespace as schema on schema.oid = class.relnamespace
join pg_attribute as attribute on attribute.attrelid = class.oid
where class.relkind in ('r', 'p') and schema.nspname in ('public', 'ops')
    and attribute.attnum > 0 and not attribute.attisdropped
    and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = class.oid and deptype = 'e')
order by table_name, attribute.attnum
"""
TOUCHED = """
select format('%I.%I', schemaname, relname), n_tup_del, n_tup_upd from pg_stat_xact_user_tables
where schemaname in ('public', 'ops') and n_tup_del + n_tup_upd > 0 and relname <> 'alembic_version'
order by 1
"""

PATIENCE = "5s"
"""How long a lock is waited for."""

Columns = Mapping[tuple[str, str], None]
"""Table and column, in the tables' own order."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What is gone after a downgrade, in words, and how many rows had something there."""

    what: str
    rows: int


def losses(database_url: str, revision: str) -> list[Loss]:
    """What a downgrade to the revision would lose; the database is as before afterwards.

    Raises:
        PermanentError: there is no such revision, or the database is not above it.
        TransientError: somebody uses the tables.
    """
    with _undisturbed(database_url) as connection:
        _require_above(connection, revision)
        before = _columns(connection)
        command.downgrade(alembic_of(connection), revision)
        after = _columns(connection)
        changed = [tuple(row) for row in connection.execute(text(TOUCHED))]
        connection.rollback()
        return [
            *_gone(connection, before, after),
            *(Loss(f"rows deleted from {table}", rows) for table, rows, _ in changed if rows and _has(after, table)),
            *(Loss(f"rows changed in {table}", rows) for table, _, rows in changed if rows and _has(after, table)),
        ]


def downgrade(database_url: str, revision: str) -> None:
    """Undo every migration after the revision.

    Raises:
        PermanentError: there is no such revision, or the database is not above it.
        TransientError: somebody uses the tables.
    """
    with _undisturbed(database_url) as connection:
        _require_above(connection, revision)
        command.downgrade(alembic_of(connection), revision)
        connection.commit()


@contextmanager
def _undisturbed(database_url: str) -> Iterator[Connection]:
    """A connection that gives up where tables are in use, so that nobody has to wait for it behind their users."""
    with connected(database_url) as connection:
        connection.execute(text("select set_config('lock_timeout', :patience, true)"), {"patience": PATIENCE})
        try:
            take_turn(connection)
            yield connection
        except OperationalError as error:
            if not isinstance(error.orig, errors.LockNotAvailable):
                raise
            raise TransientError(
                "The tables that would change are in use. Stop the platform and whatever else reads or loads, then "
                "try again."
            ) from error


def _require_above(connection: Connection, revision: str) -> None:
    scripts, current = ScriptDirectory(str(MIGRATIONS)), current_revision(connection)
    try:
        applied = [script.revision for script in scripts.iterate_revisions(current or NOTHING, NOTHING)]
    except CommandError:
        raise PermanentError(
            f"The database has schema version {current}, which this version of Chicago Crashes does not know. "
            "Downgrade it with the version that made it."
        ) from None
    below = [*applied[1:], NOTHING] if applied else []
    if revision not in below:
        raise PermanentError(
            f"The database has schema version {current or 'none'} and cannot be taken back to {revision!r}. "
            + (f"Choose one of: {', '.join(below)}." if below else "There is nothing to take back.")
        )


def _columns(connection: Connection) -> Columns:
    return dict.fromkeys(connection.execute(text(COLUMNS)))


def _has(columns: Columns, table: str) -> bool:
    return any(name == table for name, _ in columns)


def _gone(connection: Connection, before: Columns, after: Columns) -> list[Loss]:
    tables = [table for table in dict.fromkeys(table for table, _ in before) if not _has(after, table)]
    columns = [(table, column) for table, column in before if (table, column) not in after and table not in tables]
    return [
        *(Loss(f"table {table}", _count(connection, table)) for table in tables),
        *(Loss(f"column {table}.{column}", _count(connection, table, column)) for table, column in columns),
    ]


def _count(connection: Connection, table: str, column: str | None = None) -> int:
    """The rows of a table, or those that have something in a column."""
    counted = sql.Identifier(column).as_string() if column else "*"
    return int(connection.exec_driver_sql(f"select count({counted}) from {table}").scalar_one())  # noqa: S608 - quoted
