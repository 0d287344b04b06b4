"""The conditions of a feed's rules: which value breaks which rule. `feeds.catalogue.rules` declares the rules.

A rule reads a frame that holds every column twice: as stated (`stated("age")`, text) and as parsed (`age`, typed).
"""

from dataclasses import dataclass
from functools import cache

import polars as pl

from chicago_crashes.feeds.catalogue.columns import Column, Coordinates, Feed
from chicago_crashes.feeds.catalogue.rules import Action, Rule, value_rules
from chicago_crashes.feeds.cleaning.parsing import point_part


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """A declared rule and its condition: `broken` is true where a value breaks it, and never null."""

    declared: Rule
    broken: pl.Expr

    @property
    def name(self) -> str:
        """Its name in the findings."""
        return self.declared.name

    @property
    def column(self) -> str:
        """The column it belongs to."""
        return self.declared.column

    @property
    def action(self) -> Action:
        """What is done with a value that breaks it."""
        return self.declared.action


def stated(name: str) -> str:
    """The name under which a frame holds a column's published text beside its parsed value."""
    return f"stated:{name}"


@cache
def rules(feed: Feed) -> tuple[AppliedRule, ...]:
    """Every rule of the feed with its condition; made once, because a day is cleaned in less time."""
    return tuple(
        AppliedRule(rule, _broken(feed, rule.name, feed.column(rule.column)).fill_null(value=False))
        for rule in value_rules(feed)
    )


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


def _broken(feed: Feed, rule: str, column: Column) -> pl.Expr:
    value, places = pl.col(column.name), feed.coordinates
    match rule:
        case "type":
            return pl.col(stated(column.name)).is_not_null() & value.is_null()
        case "length":
            return _too_long(column)
        case "bounds":
            return ~_within(value, column)
        case "category":
            return ~value.is_in(column.values) & ~_too_long(column)
    if places is None:
        raise LookupError(f"{feed.name} has no places, so there is nothing for the rule {rule!r} to ask.")
    match rule:
        case "coordinates_pair":
            return value.is_not_null() & (coordinate_status(feed, places) == "missing")
        case "coordinates_zero":
            return value.is_not_null() & (coordinate_status(feed, places) == "zero")
        case "coordinates_out_of_bounds":
            return value.is_not_null() & (coordinate_status(feed, places) == "out_of_bounds")
        case "point_out_of_bounds":
            return _stray_point(feed, places)
    raise LookupError(f"Nobody has said when the rule {rule!r} is broken.")


def _too_long(column: Column) -> pl.Expr:
    return pl.col(column.name).str.len_chars() > (column.max_length or 0)


def _within(value: pl.Expr, column: Column) -> pl.Expr:
    conditions = [pl.lit(True)]
    if column.lowest is not None:
        conditions.append(value >= column.lowest)
    if column.highest is not None:
        conditions.append(value <= column.highest)
    if column.highest_year_after is not None:
        conditions.append(value <= pl.col(column.highest_year_after).dt.year() + 1)
    return pl.all_horizontal(conditions)


def _stray_point(feed: Feed, coordinates: Coordinates) -> pl.Expr:
    """A point outside the bounding box beside a pair that lies within it."""
    point = pl.col(coordinates.point)
    longitude, latitude = point_part(point, 1), point_part(point, 2)
    inside = _within(longitude, feed.column(coordinates.longitude)) & _within(
        latitude, feed.column(coordinates.latitude)
    )
    is_placed = coordinate_status(feed, coordinates) == "ok"
    return is_placed & point.is_not_null() & ~inside.fill_null(value=False)
