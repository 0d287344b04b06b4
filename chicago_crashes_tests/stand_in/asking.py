"""A small portal for tests, and how to ask it: over HTTP, or the store directly where HTTP adds nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
import orjson
import polars as pl

from chicago_crashes.feeds.catalogue.crashes import CRASHES
from chicago_crashes.stand_in.faults import Fault
from chicago_crashes.stand_in.formats import json_reply
from chicago_crashes.stand_in.serve import RunningPortal, serving
from chicago_crashes.stand_in.soql import parse_clauses, parse_statement
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.translate import translate

CRASH_DATASET = CRASHES.dataset_id
MORNING, EVENING = datetime(2024, 3, 1, 9, 30, 0, 123000), datetime(2024, 3, 2, 1, 15, 0, 456000)  # noqa: DTZ001 - UTC

FIVE_CRASHES = pl.DataFrame(
    {
        "crash_record_id": ["c1", "c2", "c3", "c4", "c5"],
        "crash_date": [
            "2024-01-01T00:00:00.000",
            "2024-01-01T23:59:00.000",
            "2024-01-02T08:30:00.000",
            "2024-02-10T12:00:00.000",
            None,
        ],
        "injuries_total": ["0", "10", "9", None, "2.0"],
        "posted_speed_limit": ["30", "30", "thirty", "35", "1,191,625"],
        "street_name": ["ARCHER AVE", "O'HARE ST", 'say "hi", \\ é', None, "archer ave"],
        "latitude": ["41.9", "41.8", "41.7", None, "0"],
        "location": ["POINT (-87.7 41.9)", "POINT (-87.600000000001 41.8)", "POINT (-87.5 41.7)", None, "nowhere"],
        ":created_at": [MORNING] * 5,
        ":updated_at": [MORNING, MORNING, EVENING, EVENING, EVENING],
    }
)


def five_crashes() -> PortalStore:
    """A store with five crashes, each odd in its own way."""
    store = PortalStore()
    store.publish(CRASH_DATASET, FIVE_CRASHES)
    return store


def many_crashes(count: int) -> PortalStore:
    """A store with `count` crashes, a hundred to the minute."""
    times = [f"2024-01-01T{number // 6000:02}:{number // 100 % 60:02}:00.000" for number in range(count)]
    store = PortalStore()
    store.publish(
        CRASH_DATASET,
        pl.DataFrame({"crash_record_id": [f"c{number}" for number in range(count)], "crash_date": times}),
    )
    return store


def ask(store: PortalStore, **clauses: str) -> list[dict[str, Any]]:
    """The rows of a query for crashes, read back from the JSON the portal would send."""
    dataset = store.dataset(CRASH_DATASET)
    assert dataset is not None
    statement = clauses.get("query")
    query = (
        parse_statement(statement) if statement else parse_clauses({f"${key}": each for key, each in clauses.items()})
    )
    reply = json_reply(translate(query, dataset))
    rows: list[dict[str, Any]] = orjson.loads(b"".join(reply.body(store.read(reply.sql, reply.parameters))))
    return rows


def ids(store: PortalStore, **clauses: str) -> list[str]:
    """Which crashes a query finds, in its order."""
    return [row["crash_record_id"] for row in ask(store, select="crash_record_id", **clauses)]


class Asking:
    """A client of a running portal; an address without a server means that of the portal."""

    def __init__(self, portal: RunningPortal, http: httpx.Client) -> None:
        self.portal = portal
        self._http = http

    def get(self, path: str = f"/resource/{CRASH_DATASET}.json", **clauses: str) -> httpx.Response:
        """The reply to a query; `headers` with an underscore at the end are sent as such."""
        headers = {name[:-1].replace("_", "-"): clauses.pop(name) for name in list(clauses) if name.endswith("_")}
        parameters = {name if name.startswith("$") else f"${name}": value for name, value in clauses.items()}
        return self._http.get(self.portal.url + path, params=parameters, headers=headers)

    def rows(self, **clauses: str) -> list[dict[str, Any]]:
        """The rows of a query that must succeed."""
        reply = self.get(**clauses)
        assert reply.status_code == 200, reply.text
        rows: list[dict[str, Any]] = reply.json()
        return rows


@contextmanager
def asking(store: PortalStore, *faults: Fault, invalid_tokens: tuple[str, ...] = ()) -> Iterator[Asking]:
    """A portal that serves `store`, and a client of it."""
    with (
        serving(store, faults=faults, invalid_tokens=invalid_tokens) as portal,
        httpx.Client(headers={"Accept-Encoding": "identity"}, timeout=30) as http,
    ):
        yield Asking(portal, http)
