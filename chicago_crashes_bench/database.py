"""What the database says of itself: rows written, bytes logged."""

import psycopg

TABLES_OF_DAYS = ("signatures", "findings", "quarantine", "history")


def rows_written(database_url: str) -> int:
    """Rows ever inserted, updated or deleted in the feeds' tables and in what is recorded of their days."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        ((rows,),) = connection.execute(
            "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) from pg_stat_user_tables"
            " where schemaname = 'public' or schemaname = 'ops' and relname = any(%s)",
            [list(TABLES_OF_DAYS)],
        ).fetchall()
    return int(rows)


def tell_statistics(connection: psycopg.Connection) -> None:
    """Let what this connection wrote be counted now, not when it suits the server."""
    connection.execute("select pg_stat_force_next_flush()")
    connection.execute("select 1")


def log_position(database_url: str) -> int:
    """How many bytes the server has logged."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        ((position,),) = connection.execute("select pg_current_wal_insert_lsn() - '0/0'").fetchall()
    return int(position)


def settle(database_url: str) -> None:
    """Let the server write what it owes to the disk, so that the next measure does not pay for the one before."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("checkpoint")


def keep_house(database_url: str) -> None:
    """Let the server do now what it would begin by itself in a while, in the middle of another measure."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")
