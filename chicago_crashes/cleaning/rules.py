"""The rules of a feed, derived from its declaration: which value breaks which rule, and what is done about it.

A rule reads a frame that holds every column twice: as stated (`stated("age")`, text) and as parsed (`age`, typed).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import polars as pl

from chicago_crashes.cleaning.parsing import point_part
from chicago_crashes.feeds.columns import Column, Coordinates, Feed, Kind


class Action(StrEnum):
    """What is done with a value that breaks a rule. Either way the original stays in the finding."""

    NULLED = "nulled"
    FLAGGED = "flagged"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule on one column; `broken` is true where a value breaks it, and never null."""

    name: str
    column: str
    action: Action
    broken: pl.Expr


def stated(name: str) -> str:
    """The name under which a frame holds a column's published text beside its parsed value."""
    return f"stated:{name}"


@cache
def rules(feed: Feed) -> tuple[Rule, ...]:
    """Every rule of the feed, in the order of its columns; made once, because a day is cleaned in less time."""
    places = feed.coordinates
    on_the_map = {places.latitude, places.longitude} if places else set()
    found = [rule for column in feed.columns for rule in _column_rules(column, bounded=column.name not in on_the_map)]
    return (*found, *_coordinate_rules(feed, places)) if places else tuple(found)


def coordinate_status(feed: Feed, coordinates: Coordinates) -> pl.Expr:
    """`ok`, `missing`, `zero` or `out_of_bounds`, from the parsed pair."""
    latitude, longitude = pl.col(coordinates.latitude), pl.col(coordinates.longitude)
    return (
        pl.when(latitude.is_null() | longitude.is_null())
        .then(pl.lit("missing"))
        .when((latitude == 0) & (longitude == 0))
        .then(pl.lit("zero"))
        .when(~_within(latitude, feed.column(coordinates.latitude)))
        .then(pl.lit("out_of_bounds"))
        .when(~_within(longitude, feed.column(coordinates.longitude)))
        .then(pl.lit("out_of_bounds"))
        .otherwise(pl.lit("ok"))
    )


def _column_rules(column: Column, *, bounded: bool) -> Iterator[Rule]:
    value = pl.col(column.name)
    yield Rule("type", column.name, Action.NULLED, pl.col(stated(column.name)).is_not_null() & value.is_null())
    too_long = pl.lit(value=False)
    if column.max_length is not None:
        too_long = value.str.len_chars() > column.max_length
        yield _rule("length", column, too_long)
    if bounded and column.is_bounded:
        yield _rule("bounds", column, ~_within(value, column))
    if column.kind is Kind.CATEGORY:
        yield _rule("category", column, ~value.is_in(column.values) & ~too_long, Action.FLAGGED)


def _rule(name: str, column: Column, broken: pl.Expr, action: Action = Action.NULLED) -> Rule:
    return Rule(name, column.name, action, broken.fill_null(value=False))


def _within(value: pl.Expr, column: Column) -> pl.Expr:
    conditions = [pl.lit(True)]
    if column.lowest is not None:
        conditions.append(value >= column.lowest)
    if column.highest is not None:
        conditions.append(value <= column.highest)
    if column.highest_year_after is not None:
        conditions.append(value <= pl.col(column.highest_year_after).dt.year() + 1)
    return pl.all_horizontal(conditions)


def _coordinate_rules(feed: Feed, coordinates: Coordinates) -> Iterator[Rule]:
    status = coordinate_status(feed, coordinates)
    for name in (coordinates.latitude, coordinates.longitude, coordinates.point):
        published = pl.col(name).is_not_null()
        yield Rule("coordinates_pair", name, Action.NULLED, published & (status == "missing"))
        yield Rule("coordinates_zero", name, Action.NULLED, published & (status == "zero"))
        yield Rule("coordinates_out_of_bounds", name, Action.NULLED, published & (status == "out_of_bounds"))
    yield _stray_point(feed, coordinates, status)


def _stray_point(feed: Feed, coordinates: Coordinates, status: pl.Expr) -> Rule:
    """A point outside the bounding box beside a pair that lies within it."""
    point = pl.col(coordinates.point)
    longitude, latitude = point_part(point, 1), point_part(point, 2)
    inside = _within(longitude, feed.column(coordinates.longitude)) & _within(
        latitude, feed.column(coordinates.latitude)
    )
    stray = (status == "ok") & point.is_not_null() & ~inside.fill_null(value=False)
    return Rule("point_out_of_bounds", coordinates.point, Action.NULLED, stray)
