"""Pandera schemas of a feed's table, from the same declaration as the cleaning: what every stored row must be.

There is one schema for what makes rows unique, one for what makes values valid and one for each group of bounds that
people look for by name, because each is a check of its own.
"""

from dataclasses import dataclass

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from chicago_crashes.feeds.catalogue.columns import Column, Feed, Kind
from chicago_crashes.feeds.catalogue.rules import Question, bounds_question

POLARS_TYPES: dict[Kind, pl.DataType] = {
    Kind.TEXT: pl.String(),
    Kind.CATEGORY: pl.String(),
    Kind.CODE: pl.String(),
    Kind.POINT: pl.String(),
    Kind.FLAG: pl.Boolean(),
    Kind.INTEGER: pl.Int32(),
    Kind.NUMBER: pl.Float64(),
    Kind.TIMESTAMP: pl.Datetime("us"),
}


def stored_types(feed: Feed) -> dict[str, pl.DataType]:
    """The Polars type of every stored column the declaration names, a surrogate key first."""
    surrogate: dict[str, pl.DataType] = {feed.surrogate.name: pl.String()} if feed.surrogate else {}
    return surrogate | {column.name: POLARS_TYPES[column.kind] for column in feed.columns}


def key_schema(feed: Feed) -> pa.DataFrameSchema:
    """Every row has a key and a date, and no two rows have the same key."""
    types = stored_types(feed)
    required = {name: pa.Column(types[name], nullable=False) for name in (*feed.key, feed.date)}
    return pa.DataFrameSchema(required, unique=list(feed.key))


def valid_schema(feed: Feed) -> pa.DataFrameSchema:
    """Every value has its column's type and form and is a known category; bounds that no other check asks for hold."""
    bounded = _bounded_columns(feed, Question.VALID)
    columns = {
        column.name: pa.Column(
            POLARS_TYPES[column.kind],
            checks=[*_form_checks(column), *(_fixed_bounds(column) if column in bounded else ()), *_known(column)],
            nullable=True,
        )
        for column in feed.columns
    }
    return pa.DataFrameSchema(columns, checks=_year_bounds(bounded))


def bounds_schema(feed: Feed, question: str) -> pa.DataFrameSchema:
    """The bounds that a check of its own asks for. Types are asked by `valid`."""
    bounded = _bounded_columns(feed, question)
    columns = {column.name: pa.Column(checks=_fixed_bounds(column), nullable=True) for column in bounded}
    return pa.DataFrameSchema(columns, checks=_year_bounds(bounded))


def value_schema(feed: Feed, question: str) -> pa.DataFrameSchema:
    """What a check of values asks of stored rows."""
    return valid_schema(feed) if question == Question.VALID else bounds_schema(feed, question)


def _bounded_columns(feed: Feed, question: str) -> list[Column]:
    """The columns whose bounds the check asks for."""
    return [column for column in feed.columns if column.is_bounded and bounds_question(feed, column) == question]


KNOWN_CATEGORY = "isin"
"""How Pandera's name of the check for known categories begins."""


@dataclass(frozen=True, slots=True)
class Failures:
    """The places of the rows that break a schema, in order, each once.

    `broken` are rows with a value that should have been nulled, `new_categories` those with a category that is not
    known, which stays in the table.
    """

    broken: list[int]
    new_categories: list[int]


def failures(schema: pa.DataFrameSchema, rows: pl.DataFrame) -> Failures:
    """The rows that break the schema.

    Raises:
        pandera.errors.SchemaErrors: a whole column is missing or of another type: no row is to blame.
    """
    try:
        schema.validate(rows, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        if cases["index"].null_count():
            raise
        is_new = cases["check"].str.starts_with(KNOWN_CATEGORY)
        return Failures(
            broken=cases.filter(~is_new)["index"].unique().sort().to_list(),
            new_categories=cases.filter(is_new)["index"].unique().sort().to_list(),
        )
    return Failures([], [])


def _known(column: Column) -> list[pa.Check]:
    return [pa.Check.isin(column.values)] if column.kind is Kind.CATEGORY else []


def _form_checks(column: Column) -> list[pa.Check]:
    checks = []
    if column.max_length is not None:
        checks.append(pa.Check.str_length(max_value=column.max_length))
    if column.digits is not None:
        checks.append(pa.Check.str_matches(rf"^\d{{{column.digits}}}$"))
    return checks


def _fixed_bounds(column: Column) -> list[pa.Check]:
    checks = []
    if column.lowest is not None:
        checks.append(pa.Check.ge(column.lowest))
    if column.highest is not None:
        checks.append(pa.Check.le(column.highest))
    return checks


def _year_bounds(columns: list[Column]) -> list[pa.Check]:
    return [_year_bound(column) for column in columns if column.highest_year_after]


def _year_bound(column: Column) -> pa.Check:
    """At most the year after another column's, row by row."""
    latest = pl.col(column.highest_year_after or "").dt.year() + 1

    def within(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select((pl.col(column.name) <= latest).fill_null(value=True))

    return pa.Check(within, name=f"{column.name}_highest")
