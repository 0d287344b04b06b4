"""Pandera schemas of a feed's table, from the same declaration as the cleaning: what every stored row must be.

There is one schema per question people ask of the data, so that each answer can be a check with a name of its own.
"""

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from chicago_crashes.feeds.columns import Column, Feed, Kind

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


def type_schema(feed: Feed) -> pa.DataFrameSchema:
    """Every value has its column's type, length and form."""
    return pa.DataFrameSchema(
        {
            column.name: pa.Column(POLARS_TYPES[column.kind], checks=_form_checks(column), nullable=True)
            for column in feed.columns
        }
    )


def category_schema(feed: Feed) -> pa.DataFrameSchema:
    """Every category is a known one."""
    return pa.DataFrameSchema(
        {
            column.name: pa.Column(pl.String(), checks=pa.Check.isin(column.values), nullable=True)
            for column in feed.columns
            if column.kind is Kind.CATEGORY
        }
    )


def bounds_schema(feed: Feed, names: tuple[str, ...]) -> pa.DataFrameSchema:
    """Every value of the named columns lies within its bounds."""
    columns = [feed.column(name) for name in names]
    fixed = {
        column.name: pa.Column(POLARS_TYPES[column.kind], checks=_fixed_bounds(column), nullable=True)
        for column in columns
    }
    return pa.DataFrameSchema(fixed, checks=[_year_bound(column) for column in columns if column.highest_year_after])


def failing_rows(schema: pa.DataFrameSchema, rows: pl.DataFrame) -> list[int]:
    """The places of the rows that break the schema, in order, each once.

    Raises:
        pandera.errors.SchemaErrors: a whole column is missing or of another type: no row is to blame.
    """
    try:
        schema.validate(rows, lazy=True)
    except pa.errors.SchemaErrors as error:
        places = error.failure_cases["index"]
        if places.null_count():
            raise
        return sorted(set(places))
    return []


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


def _year_bound(column: Column) -> pa.Check:
    """At most the year after another column's, row by row."""
    latest = pl.col(column.highest_year_after or "").dt.year() + 1

    def within(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select((pl.col(column.name) <= latest).fill_null(value=True))

    return pa.Check(within, name=f"{column.name}_highest")
