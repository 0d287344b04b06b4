"""Portal to lake: fetch, verify and write recorded replies, against parsing the same bytes and writing Parquet."""

import gzip
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import httpx
import orjson
import polars as pl
import psycopg

from chicago_crashes.feeds.catalogue import CRASHES
from chicago_crashes.feeds.ingest import FetchedDay, fetch_days
from chicago_crashes.soda.ceiling import Unlimited
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.signatures import published_days
from chicago_crashes.storage.lake import Lake
from chicago_crashes_bench.bench import Bench, Found, first_days, runs_of
from chicago_crashes_bench.growth import Growth
from chicago_crashes_bench.portal import PortalProcess
from chicago_crashes_bench.results import Amount, Bar, Kind, Measurement, Unit
from chicago_crashes_bench.watching import ProgramFailedError

TRIES = 2
"""The fastest counts: what else the machine does only ever adds."""


@dataclass(frozen=True, slots=True)
class RecordedReply:
    """A reply as it came over the wire."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    holds_rows: bool


@dataclass(slots=True)
class Recording(httpx.BaseTransport):
    """Asks the portal and remembers what it said; once `is_over`, answers from memory."""

    replies: dict[str, RecordedReply] = field(default_factory=dict)
    is_over: bool = False
    _portal: httpx.HTTPTransport = field(default_factory=httpx.HTTPTransport)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The portal's reply, or the remembered one."""
        key = str(request.url)
        known = self.replies.get(key)
        if known is None:
            if self.is_over:
                raise ProgramFailedError(f"The platform now asks what it did not ask before: {key}")
            response = self._portal.handle_request(request)
            assert isinstance(response.stream, Iterable)  # noqa: S101 - the transport is not an asynchronous one
            body = b"".join(response.stream)
            response.close()
            known = RecordedReply(response.status_code, response.headers.raw, body, holds_rows=_asks_for_rows(request))
            with self._lock:
                self.replies[key] = known
        return httpx.Response(known.status, headers=list(known.headers), stream=httpx.ByteStream(known.body))


def _asks_for_rows(request: httpx.Request) -> bool:
    return request.url.path.startswith("/resource/") and "$group" not in request.url.params


def measure(bench: Bench) -> Found:
    """Crashes, at each size."""
    portal = bench.portal_of(CRASHES, max(bench.sizes.rows))
    ours, plain, count = [], [], 0
    with bench.workplace.database("fetch") as url:
        for rows in bench.sizes.rows:
            days = _days_with(portal, rows)
            bench.tell(f"fetch: {len(days):,} days are recorded")
            recording = Recording()
            count, _ = _fetched(bench, url, portal.url, recording, days)
            recording.is_over = True
            bench.tell(f"fetch: {count:,} rows, by us and plainly in turn")
            tries = [
                (_fetched(bench, url, portal.url, recording, days)[1], _plainly(bench, recording)) for _ in range(TRIES)
            ]
            ours.append((count, min(seconds for seconds, _ in tries)))
            plain.append((count, min(seconds for _, seconds in tries)))
    yield Measurement(
        "crashes: portal to lake, by parse and Parquet write",
        f"{count:,} rows",
        Amount(ours[-1][1] / count * 1e6, Unit.MICROSECONDS_PER_ROW),
        Bar(Kind.AT_MOST_TIMES, 1.5),
        Amount(plain[-1][1] / count * 1e6, Unit.MICROSECONDS_PER_ROW),
    )
    yield Growth("crashes: portal to lake", ours)
    yield Growth("crashes: parse and Parquet write", plain)


def _days_with(portal: PortalProcess, rows: int) -> list[date]:
    with Portal(portal.url, ceiling=Unlimited()) as client:
        published = published_days(client, CRASHES).days
    return first_days({day: signature.rows for day, signature in published.items()}, rows)


def _fetched(
    bench: Bench, database_url: str, portal_url: str, recording: Recording, days: Sequence[date]
) -> tuple[int, float]:
    """Bring the days into an empty lake, as the platform's runs do; rows and seconds."""
    rows = 0
    with bench.workplace.place("fetched") as folder:
        lake = Lake(str(folder))
        started = time.perf_counter()
        for part in runs_of(days):
            with (
                Portal(portal_url, ceiling=Unlimited(), transport=recording) as portal,
                psycopg.connect(database_url, autocommit=True) as connection,
            ):
                for outcome in fetch_days(portal, connection, lake, CRASHES, part, run_id="bench"):
                    if not isinstance(outcome, FetchedDay):
                        raise ProgramFailedError(f"crashes were not fetched: {outcome.error}")
                    rows += outcome.rows_fetched
        return rows, time.perf_counter() - started


def _plainly(bench: Bench, recording: Recording) -> float:
    """Unpack and parse the same replies, and write each as one Parquet file; the seconds it took.

    The frames' schema is found out before: guessing it anew for each reply would cost the baseline more.
    """
    bodies = [reply.body for reply in recording.replies.values() if reply.holds_rows]
    schema = pl.DataFrame(_parsed(max(bodies, key=len)), infer_schema_length=None).schema
    with bench.workplace.place("plain") as folder:
        started = time.perf_counter()
        for number, body in enumerate(bodies):
            pl.DataFrame(_parsed(body), schema=schema).write_parquet(folder / f"{number}.parquet")
        return time.perf_counter() - started


def _parsed(body: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = orjson.loads(gzip.decompress(body))
    return rows
