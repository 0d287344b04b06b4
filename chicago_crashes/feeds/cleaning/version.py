"""Which rules a row was cleaned by, so that rows cleaned by others can be told and cleaned again.

The rules of a feed are the declared values that decide what becomes of its raw rows, and the code that applies them.
Of the values a digest is taken. The code has a number that people raise, because most changes of code change no row.
"""

import hashlib
import json
from functools import cache
from typing import Any

from chicago_crashes.feeds.catalogue.columns import NULL_MARKERS, Column, Feed
from chicago_crashes.feeds.catalogue.rules import Rule, quarantine_rules, value_rules

CLEANING_VERSION = 1
"""Raised by hand whenever the cleaning code may make something else of a raw row: every day is then cleaned anew."""

CLEANING_CODE = "7be9d2d11a0a9722"
"""Digest of the cleaning code as it was when somebody last decided about the version; a test compares it."""


@cache
def rules_digest(feed: Feed) -> str:
    """A digest of what decides what becomes of the feed's raw rows. Descriptions and thresholds are no part of it."""
    decides = {
        "version": CLEANING_VERSION,
        "null markers": NULL_MARKERS,
        "date": feed.date,
        "key": feed.key,
        "surrogate": [feed.surrogate.name, feed.surrogate.parts] if feed.surrogate else None,
        "places": _places(feed),
        "columns": sorted(map(_of_column, feed.columns)),
        "rules": sorted(_of_rule(rule) for rule in (*quarantine_rules(feed), *value_rules(feed))),
    }
    return hashlib.sha256(json.dumps(decides, ensure_ascii=False).encode()).hexdigest()


def _places(feed: Feed) -> tuple[str, str, str] | None:
    places = feed.coordinates
    return (places.latitude, places.longitude, places.point) if places else None


def _of_column(column: Column) -> list[Any]:
    return [
        column.name,
        column.kind.value,
        sorted(column.values),
        column.lowest,
        column.highest,
        column.highest_year_after,
        column.digits,
        column.max_length,
    ]


def _of_rule(rule: Rule) -> list[Any]:
    return [rule.name, rule.columns, rule.action.value]
