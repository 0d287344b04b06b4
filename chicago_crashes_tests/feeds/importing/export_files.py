"""CSV files for tests, in the two forms the portal gives: what its Export button downloads, and what its API sends."""

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from chicago_crashes.feeds.catalogue import Column, Feed, Kind
from chicago_crashes_tests.feeds.cleaning.raw_rows import sound_row

Row = Mapping[str, str | None]


def write_export(path: Path, feed: Feed, rows: pl.DataFrame) -> None:
    """Write raw rows as the Export button would: display names, 12-hour dates, thousands separators."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(column.header for column in feed.columns)
        for row in rows.select(feed.column_names).iter_rows():
            writer.writerow(_exported(column, value) for column, value in zip(feed.columns, row, strict=True))


def sound_line(feed: Feed, **changes: str) -> str:
    """One line of an export: a sound row, changed as told."""
    row = {**sound_row(feed), **changes}
    return ",".join(_quoted(_exported(column, row.get(column.name))) for column in feed.columns)


def header_line(feed: Feed) -> str:
    """The header of an export."""
    return ",".join(column.header for column in feed.columns)


def write_lines(path: Path, lines: Sequence[str | bytes], *, end: bytes = b"\n", start: bytes = b"") -> None:
    """Write lines as they are."""
    path.write_bytes(start + b"".join((line.encode() if isinstance(line, str) else line) + end for line in lines))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\n') else text


def _exported(column: Column, value: str | None) -> str:
    if value is None:
        return ""
    if column.kind is Kind.TIMESTAMP and len(value) == len("2021-12-31T14:00:00.000"):
        return datetime.fromisoformat(value).strftime("%m/%d/%Y %I:%M:%S %p")
    if column.kind is Kind.INTEGER and value.lstrip("-").isdecimal():
        return f"{int(value):,}"
    return value
