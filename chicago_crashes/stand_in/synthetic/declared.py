"""Rows made from nothing but a declaration: for feeds and columns that the synthetic portal knows nothing more of.

A feed made so has as many rows as there are crashes, at the same places and hours, and breaks none of the rules on
values. What its rows say of one another is left to chance: a feed with relations needs a generator of its own.
"""

from collections.abc import Iterator

import polars as pl

from chicago_crashes.feeds.catalogue import Column, Feed, Kind
from chicago_crashes.stand_in.synthetic.days import IDS_PER_DAY, times_of
from chicago_crashes.stand_in.synthetic.draws import Draws, keys_of
from chicago_crashes.stand_in.synthetic.places import places_of
from chicago_crashes.stand_in.synthetic.texts import flags, timestamp_text

TEXTS = 40
"""So many different texts a column of free text has."""
SPREAD = 99
"""How far numbers without an upper bound reach above the lower one."""
DECIMALS = 2


def rows_of(feed: Feed, days: pl.DataFrame) -> pl.DataFrame:
    """The feed's rows of `days`: its declared columns as text, `key`, `day` and `notified`."""
    places = pl.int_ranges(0, days["crashes"], eager=True).explode(empty_as_null=False)
    rows = days.select("day", "ordinal", "day_key", n="crashes").select(
        pl.all().repeat_by("n").explode(empty_as_null=False)
    )
    rows = rows.with_columns(key=keys_of(rows["day_key"], feed.name, places), place=places)
    at = times_of(rows["day"], Draws(rows["key"]))
    return with_all_columns(feed, rows.with_columns(at=at, notified=at))


def with_all_columns(feed: Feed, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with values in those declared columns that they lack. They bring `key`, `day` and a time, `at`."""
    missing = [column for column in feed.columns if column.name not in rows.columns]
    if not missing:
        return rows
    draws = Draws(rows["key"])
    placed = rows.hstack(places_of(draws).select(drawn_lat="lat", drawn_lon="lon"))
    return rows.hstack(placed.select(_values(feed, missing, draws)))


def _values(feed: Feed, columns: list[Column], draws: Draws) -> Iterator[pl.Expr]:
    is_told_apart = False
    for column in columns:
        if column.name in feed.key and column.name != feed.date and not is_told_apart:
            is_told_apart = True
            yield _identifier().alias(column.name)
        else:
            yield _value(feed, column, draws).alias(column.name)


def _identifier() -> pl.Expr:
    return (pl.col("ordinal").cast(pl.Int64) * IDS_PER_DAY + pl.col("place")).cast(pl.String)


def _value(feed: Feed, column: Column, draws: Draws) -> pl.Expr:
    places = feed.coordinates
    if places and column.name in (places.latitude, places.longitude):
        return _degrees("drawn_lat" if column.name == places.latitude else "drawn_lon")
    match column.kind:
        case Kind.TIMESTAMP:
            return timestamp_text("at")
        case Kind.POINT:
            return pl.format("POINT ({} {})", _degrees("drawn_lon"), _degrees("drawn_lat"))
        case Kind.NUMBER:
            return _number(column, draws)
        case Kind.INTEGER:
            return _whole_number(column, draws)
        case Kind.CODE:
            return pl.lit(draws.whole(column.name, 1, 10 ** (column.digits or 1) - 1).cast(pl.String))
        case Kind.FLAG:
            return pl.lit(flags(draws, column.name, 0.2, 0.5))
        case Kind.CATEGORY | Kind.TEXT:
            return pl.lit(draws.pick(column.name, dict.fromkeys(column.values or _texts(column), 1.0)))


def _texts(column: Column) -> list[str]:
    return [f"{column.header.title()} {number}"[: column.max_length] for number in range(1, TEXTS + 1)]


def _degrees(column: str) -> pl.Expr:
    return pl.col(column).round(8).cast(pl.String)


def _number(column: Column, draws: Draws) -> pl.Expr:
    lowest = column.lowest or 0.0
    highest = lowest + SPREAD if column.highest is None else column.highest
    return pl.lit(lowest + draws.uniform(column.name) * (highest - lowest)).round(DECIMALS).cast(pl.String)


def _whole_number(column: Column, draws: Draws) -> pl.Expr:
    if column.highest_year_after is not None:
        return (pl.col("at").dt.year() - pl.lit(draws.whole(column.name, 0, 9))).cast(pl.String)
    lowest = int(column.lowest or 0)
    highest = lowest + SPREAD if column.highest is None else int(column.highest)
    return pl.lit(draws.whole(column.name, lowest, highest)).cast(pl.String)
