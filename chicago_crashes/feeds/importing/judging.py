"""Which rows of a file can be trusted with a place in the raw lake: those with a key and with a day that is kept.

Everything else about a row is for cleaning to judge, as if the portal had sent it. The text of a value stays as it is
in the file, but for two things that say the same: an empty field is null, and a time in the exact 12-hour form of
exports (`09/05/2023 07:05:00 PM`) takes the exact form of the API (`2023-09-05T19:05:00.000`), from which it can be
told again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from chicago_crashes.feeds.catalogue import Feed, Kind
from chicago_crashes.feeds.cleaning.keys import row_key
from chicago_crashes.feeds.cleaning.parsing import parsed, stated_text, timestamp_value
from chicago_crashes.feeds.importing.files import UPDATED_AT
from chicago_crashes.feeds.importing.records import Row
from chicago_crashes.feeds.importing.refusals import Reason, Refusal
from chicago_crashes.soda.system_times import is_time

DAY, LINE, KEY = "__day", "__line", "__key"
"""Columns beside the published ones, whose names never begin with an underscore."""

EXPORT_TIME = r"^\d{2}/\d{2}/\d{4} \d{2}:\d{2}:\d{2} [AP]M$"
API_TIME = "%Y-%m-%dT%H:%M:%S.000"
EXCEL_SERIAL = r"^\d{5}(\.\d*)?$"
HALF_TIME = r"^\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d{2}(:\d{2})?$"
LITERAL_NULLS = ("NULL", "NA", "N/A")
KEY_BYTES = 12
"""96 bits tell some million keys apart, and just fit into what Polars keeps of a value without a pointer."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The days that are kept, both ends inclusive."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Judged:
    """Rows that can be stored, as columns of text with `DAY`, `LINE` and `KEY` (null without a key), and refusals."""

    rows: pl.DataFrame
    refused: list[Refusal]


def judge(feed: Feed, columns: Sequence[str], rows: Sequence[Row], kept: Kept) -> Judged:
    """Tell the rows that can be stored from those that cannot."""
    texts = _text_frame(columns, rows)
    judged = texts.with_columns(_day(feed, texts), _reasons(feed, texts, kept))
    sound = judged.filter(pl.col("__reason").is_null()).drop("__reason")
    return Judged(
        rows=sound.with_columns(_key_digests(feed, sound), *_api_times(feed, columns)),
        refused=_refusals(feed, columns, judged.filter(pl.col("__reason").is_not_null())),
    )


def refused_rows(columns: Sequence[str], rows: pl.DataFrame, reason: Reason, detail: str = "") -> list[Refusal]:
    """The rows of a frame as refused, all for one reason."""
    return [
        Refusal(row[LINE], reason, detail, {name: row[name] for name in columns if row[name] is not None})
        for row in rows.iter_rows(named=True)
    ]


def key_columns(feed: Feed) -> tuple[str, ...]:
    """The published columns a row cannot do without; a feed whose key we make ourselves has none."""
    return () if feed.surrogate else feed.key


def typed(feed: Feed, texts: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The named columns as the table will hold them."""
    declared = [feed.column(name) for name in names]
    return texts.select(map(stated_text, declared)).select(map(parsed, declared))


def joined_keys(feed: Feed, rows: pl.DataFrame) -> pl.Series:
    """Each row's key as text, as it will be in the table: `53` and `53.0` are one key."""
    return typed(feed, rows, key_columns(feed)).select(row_key(feed)).to_series()


def _text_frame(columns: Sequence[str], rows: Sequence[Row]) -> pl.DataFrame:
    fields = zip(*(row.fields for row in rows), strict=True)
    series = [pl.Series(name, values, pl.String) for name, values in zip(columns, fields, strict=True)]
    lines = pl.Series(LINE, [row.line for row in rows], pl.UInt32)
    texts = pl.DataFrame([*series, lines])
    return texts.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in columns)


def _day(feed: Feed, texts: pl.DataFrame) -> pl.Series:
    return typed(feed, texts, [feed.date]).to_series().dt.date().alias(DAY)


def _reasons(feed: Feed, texts: pl.DataFrame, kept: Kept) -> pl.Series:
    """Per row why it cannot be stored, or null."""
    keys = key_columns(feed)
    day = _day(feed, texts)
    date_text = pl.col(feed.date).str.strip_chars()
    unreadable = [value.is_null() for value in typed(feed, texts, keys).iter_columns()]
    attempts = [
        *(
            _because(pl.col(name).str.strip_chars().str.to_uppercase().is_in(LITERAL_NULLS), Reason.LITERAL_KEY)
            for name in keys
        ),
        *(_because(pl.lit(missing), Reason.NO_KEY) for missing in unreadable),
        _because(pl.lit(day.is_null()) & date_text.str.contains(EXCEL_SERIAL), Reason.EXCEL_DATE),
        _because(pl.lit(day.is_null()) & date_text.str.contains(HALF_TIME), Reason.HALF_DATE),
        _because(pl.lit(day.is_null()), Reason.NO_DATE),
        _because(pl.lit(_says_no_time(texts)), Reason.NO_TIME),
        _because(~pl.lit(day).is_between(kept.first, kept.last), Reason.OUTSIDE),
    ]
    return texts.select(pl.coalesce(attempts).alias("__reason")).to_series()


def _says_no_time(texts: pl.DataFrame) -> pl.Series:
    """Which rows have an `:updated_at` that cannot be read; without a time, they would lose against every other row."""
    if UPDATED_AT not in texts.columns:
        return pl.repeat(False, texts.height, dtype=pl.Boolean, eager=True)
    unreadable = [text for text in texts[UPDATED_AT].drop_nulls().unique() if not is_time(text)]
    return texts[UPDATED_AT].is_in(unreadable)


def _because(condition: pl.Expr, reason: Reason) -> pl.Expr:
    return pl.when(condition).then(pl.lit(reason.value))


def _key_digests(feed: Feed, sound: pl.DataFrame) -> pl.Series:
    if not key_columns(feed):
        return pl.Series(KEY, [None] * sound.height, pl.Binary)
    digests = [hashlib.blake2b(text.encode(), digest_size=KEY_BYTES).digest() for text in joined_keys(feed, sound)]
    return pl.Series(KEY, digests, pl.Binary)


def _api_times(feed: Feed, columns: Sequence[str]) -> list[pl.Expr]:
    times = [column.name for column in feed.columns if column.kind is Kind.TIMESTAMP and column.name in columns]
    return [
        pl.coalesce(
            pl.when(pl.col(name).str.contains(EXPORT_TIME)).then(timestamp_value(pl.col(name)).dt.to_string(API_TIME)),
            name,
        ).alias(name)
        for name in times
    ]


def _refusals(feed: Feed, columns: Sequence[str], refused: pl.DataFrame) -> list[Refusal]:
    keys = ", ".join(key_columns(feed))
    found = []
    for (reason,), rows in refused.partition_by("__reason", as_dict=True, maintain_order=True).items():
        known = Reason(reason)
        about_key = known in {Reason.LITERAL_KEY, Reason.NO_KEY}
        named = UPDATED_AT if known is Reason.NO_TIME else keys if about_key else feed.date
        found.extend(refused_rows(columns, rows, known, named))
    return found
