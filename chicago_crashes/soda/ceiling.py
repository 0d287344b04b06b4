"""How many requests an hour the whole deployment may send, counted in PostgreSQL.

Dagster's pools limit how many requests run at once, not how often, and a count
kept in one process says nothing of the others. The rolling log of requests is
pyrate-limiter's; what is ours is how to wait for it: its own waiting loop adds
up planned sleeps instead of reading the clock again, so its entries fall
behind the time at which requests are really sent.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol, cast

import psycopg
from pyrate_limiter import Rate, RateItem
from pyrate_limiter.abstracts.algorithm import Decision
from pyrate_limiter.buckets import PostgresBucket

from chicago_crashes.errors import PermanentError, TransientError

logger = logging.getLogger(__name__)

SCHEMA = "ops"
TABLE = "portal_requests"
"""pyrate-limiter keeps its log in `ops.ratelimit___portal_requests`."""

MARGIN = timedelta(seconds=2)
"""A request reaches the portal a little after it was allowed; the window we count in is that much longer."""

LONGEST_LOOK = 60.0
"""While waiting, look again at least this often: somebody may have raised the ceiling or emptied the log."""

CONTENTION_WAIT = (0.02, 0.1)
"""Another process was being counted in the same moment; try again after a random wait between these seconds."""


class Ceiling(Protocol):
    """Something that is asked before every request."""

    def acquire(self) -> None:
        """Return when one more request may be sent."""


class Unlimited:
    """No ceiling: for a portal of one's own."""

    def acquire(self) -> None:
        """Return at once."""


def postgres_ceiling(
    database_url: str,
    per_hour: int,
    *,
    window: timedelta = timedelta(hours=1),
    margin: timedelta = MARGIN,
) -> Ceiling:
    """At most `per_hour` requests in any rolling `window`, shared by every process that uses this database."""
    interval = int((window + margin) / timedelta(milliseconds=1))
    return _PostgresCeiling(database_url, Rate(per_hour, interval))


class _PostgresCeiling:
    def __init__(self, database_url: str, rate: Rate, sleep: Callable[[float], None] = time.sleep) -> None:
        self._connections = _Connections(database_url)
        self._rate = rate
        self._sleep = sleep
        self._bucket: PostgresBucket | None = None

    def acquire(self) -> None:
        waited = 0.0
        while (wait := self._seconds_to_wait()) > 0:
            if waited == 0.0 and wait > CONTENTION_WAIT[1]:
                logger.info(
                    "The request ceiling is reached; the next request waits %.0f s",
                    wait,
                    extra={"wait_seconds": wait, "requests": self._rate.limit, "window_ms": self._rate.interval},
                )
            self._sleep(wait)
            waited += wait

    def _seconds_to_wait(self) -> float:
        """Count one more request and return 0, or say how long to wait before asking again."""
        try:
            decision = self._decide()
        except psycopg.OperationalError as error:
            raise TransientError(
                f"The request ceiling is counted in PostgreSQL, which does not answer: {str(error).strip()}. "
                "No request was sent. Start the database or check CRASHES_DATABASE_URL, then try again."
            ) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise PermanentError(
                f"The request ceiling needs a table of its own in schema {SCHEMA!r}: {str(error).strip()}. "
                "Let the user of CRASHES_DATABASE_URL create tables there."
            ) from error
        if decision.allowed:
            return 0.0
        if decision.retry_after_ms is None:
            return _short_wait()
        return min(decision.retry_after_ms / 1000, LONGEST_LOOK) + _short_wait()

    def _decide(self) -> Decision:
        with self._connections.kept():
            if self._bucket is None:
                self._bucket = self._open_bucket()
            now = self._connections.now()
            decision = cast(Decision, self._bucket.put_decision(RateItem("portal", now)))
            if decision.allowed:
                self._bucket.leak(now)
            return decision

    def _open_bucket(self) -> PostgresBucket:
        self._connections.prepare_schema()
        return PostgresBucket(cast(Any, self._connections), TABLE, [self._rate])


def _short_wait() -> float:
    return random.uniform(*CONTENTION_WAIT)  # noqa: S311 - only keeps processes from colliding again


class _Connections:
    """What the bucket takes for a pool: one connection for each decision, opened for it.

    One request takes seconds, so the milliseconds do not matter; a database that was restarted meanwhile does not
    either. The bucket stores timestamps without a zone, which are only comparable if every session is in UTC.
    """

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._thread = threading.local()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """While this lasts, this thread's statements share a connection."""
        with psycopg.connect(
            self._database_url,
            autocommit=True,
            connect_timeout=10,
            options=f"-c search_path={SCHEMA} -c TimeZone=UTC -c statement_timeout=30s",
            application_name="chicago-crashes request ceiling",
        ) as self._thread.connection:
            yield

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        """The kept connection, in a transaction."""
        kept: psycopg.Connection = self._thread.connection
        with kept.transaction():
            yield kept

    def now(self) -> int:
        """The database's clock in milliseconds: the only one that all processes share."""
        with self.connection() as connection:
            statement = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
            (milliseconds,) = connection.execute(statement).fetchall()[0]
        return int(milliseconds)

    def prepare_schema(self) -> None:
        """Make the schema if nobody has; two processes may try at once."""
        with self.connection() as connection:
            if connection.execute("SELECT to_regnamespace(%s) IS NULL", (SCHEMA,)).fetchone() == (True,):
                connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"{SCHEMA}.{TABLE}",))
                connection.execute("CREATE SCHEMA IF NOT EXISTS ops")
