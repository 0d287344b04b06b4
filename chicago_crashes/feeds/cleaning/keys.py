"""A row's key as one text, by which findings, quarantine and history name the row.

A key of one column is that column's value. The parts of a longer key are joined by a slash; a slash or backslash
within a part gets a backslash before it, so that two keys never have one text. `feeds.row_keys` says the same in SQL.

A row without a key is set aside by `clean`, under a rule of `feeds.catalogue.rules.quarantine_rules`.
"""

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from chicago_crashes.feeds.catalogue.columns import Feed

ROW_KEY = "row_key"
_PARTS = re.compile(r"(?:[^/\\]|\\.)+", re.DOTALL)


def row_key(feed: Feed) -> pl.Expr:
    """The key of each row of a frame that holds the typed key columns; null where one of them is."""
    parts = [pl.col(name).cast(pl.String) for name in feed.key]
    if len(parts) > 1:
        parts = [_escaped(part) for part in parts]
    return pl.concat_str(parts, separator="/").alias(ROW_KEY)


def _escaped(part: pl.Expr) -> pl.Expr:
    return part.str.replace_all("\\", "\\\\", literal=True).str.replace_all("/", "\\/", literal=True)


def row_key_of(feed: Feed, row: Mapping[str, Any]) -> str:
    """The key of one row, given by column; what the row lacks is the empty text."""
    parts = ["" if row.get(name) is None else str(row[name]) for name in feed.key]
    if len(parts) > 1:
        parts = [part.replace("\\", "\\\\").replace("/", "\\/") for part in parts]
    return "/".join(parts)


def last_part(feed: Feed, key: str) -> str:
    """The last part of a row's key, to show: it tells the row from others of its crash."""
    if len(feed.key) == 1:
        return key
    unescaped = [part for part in _PARTS.findall(key) if part]
    return re.sub(r"\\(.)", r"\1", unescaped[-1], flags=re.DOTALL) if unescaped else key
