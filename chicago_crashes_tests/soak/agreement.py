"""Whether the tables hold what the portal publishes: what is missing, what is too many, what is stale.

What the portal publishes comes from its store, not over HTTP, and is cleaned at once, not day by day.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from psycopg import Connection

from chicago_crashes.cleaning.clean import DAY, Cleaned, clean
from chicago_crashes.feeds import FEEDS, Feed
from chicago_crashes.local.portal.mutations import content
from chicago_crashes.local.portal.store import PortalStore
from chicago_crashes.postgis.reading import table_rows
from chicago_crashes.postgis.records import recorded_signatures
from chicago_crashes.soda.reconcile import signature_of
from chicago_crashes.soda.signatures import EMPTY, Signature

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """A comparison of a feed's table with the portal. `differences` are told in words, the first ones only."""

    feed: str
    rows: int
    missing: int
    extra: int
    stale: int
    differences: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether table, quarantine and records are what the portal's content makes them."""
        return not self.differences


def agreements(connection: Connection, store: PortalStore, first: date, last: date) -> list[Agreement]:
    """Compare every feed; rows whose date is not among the days are none of the tables' business."""
    return [_agreement(connection, store, feed, first, last) for feed in FEEDS]


def _agreement(connection: Connection, store: PortalStore, feed: Feed, first: date, last: date) -> Agreement:
    published = published_days(store, feed, first, last)
    cleaned = clean(feed, published)
    expected = _by_key(feed, cleaned.rows.drop(DAY, "source_updated_at"))
    types: dict[str, pl.DataType] = dict(cleaned.rows.drop(DAY, "source_updated_at").schema)
    stored = _by_key(feed, table_rows(connection, feed, first, last, types))
    missing, extra = expected.keys() - stored.keys(), stored.keys() - expected.keys()
    stale = [key for key in expected.keys() & stored.keys() if expected[key] != stored[key]]
    differences = [
        *(f"missing {feed.name} {key}" for key in sorted(missing, key=str)[:3]),
        *(f"extra {feed.name} {key}: {stored[key]}" for key in sorted(extra, key=str)[:3]),
        *(f"stale {feed.name} {key}: {_changed(expected[key], stored[key])}" for key in sorted(stale, key=str)[:3]),
        *_quarantine_differences(connection, feed, cleaned),
        *_signature_differences(connection, feed, published),
    ]
    return Agreement(feed.name, len(expected), len(missing), len(extra), len(stale), tuple(differences))


def published_days(store: PortalStore, feed: Feed, first: date, last: date) -> pl.DataFrame:
    """The published rows of the days, with the day each belongs to, in the order the portal gives them."""
    day = pl.col(feed.date).str.slice(0, len("2024-01-01")).str.to_date("%Y-%m-%d", strict=False)
    return content(store, feed).with_columns(day.alias(DAY)).filter(pl.col(DAY).is_between(first, last))


def _by_key(feed: Feed, rows: pl.DataFrame) -> dict[Key, dict[str, Any]]:
    found = {}
    for row in rows.iter_rows(named=True):
        if row.get("extra") is not None:
            row["extra"] = json.loads(row["extra"])
        found[tuple(row[name] for name in feed.key)] = row
    return found


def _changed(expected: dict[str, Any], stored: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} is {stored[name]!r}, published {value!r}" for name, value in expected.items() if value != stored[name]
    )


def _quarantine_differences(connection: Connection, feed: Feed, cleaned: Cleaned) -> Iterator[str]:
    expected = Counter(cleaned.quarantined.select("day", "reason").iter_rows())
    rows = connection.execute("select day, reason from ops.quarantine where feed = %s", [feed.name]).fetchall()
    stored = Counter(rows)
    if stored != expected:
        yield f"quarantine of {feed.name}: too many {stored - expected}, missing {expected - stored}"


def _signature_differences(connection: Connection, feed: Feed, published: pl.DataFrame) -> Iterator[str]:
    now: dict[date, Signature] = {
        day: signature_of(rows) for (day,), rows in published.partition_by(DAY, as_dict=True).items()
    }
    recorded = recorded_signatures(connection, feed)
    for day in sorted(now.keys() | recorded.keys()):
        if now.get(day, EMPTY) != recorded.get(day, EMPTY):
            yield (
                f"signature of {feed.name} {day}: recorded {recorded.get(day, EMPTY)}, published {now.get(day, EMPTY)}"
            )
