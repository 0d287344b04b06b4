"""Whether a process is still alive, wherever it runs: it holds a lock that the database frees as soon as it is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg

TAKE = "select pg_try_advisory_lock(hashtext('chicago_crashes.presence'), hashtext(%s))"


@contextmanager
def present(database_url: str) -> Iterator[str]:
    """A token that stands for this process as long as the context lasts; a killed process has none either."""
    token = uuid4().hex
    with psycopg.connect(database_url, autocommit=True, application_name="chicago-crashes presence") as connection:
        connection.execute(TAKE, [token])
        yield token


def is_present(database_url: str, token: str) -> bool:
    """Whether the process of a token is still there."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        return connection.execute(TAKE, [token]).fetchone() == (False,)
