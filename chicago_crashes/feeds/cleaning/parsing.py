"""From published text to typed values: one Polars expression per kind of column, null where the text has no such value.

None of these raises: whatever the text, the outcome is a value or null. Which nulls are faults is decided by the rules.
"""

from datetime import datetime

import polars as pl

from chicago_crashes.feeds.catalogue.columns import NULL_MARKERS, Column, Kind

WHOLE_NUMBER = r"^[+-]?(\d+|\d{1,3}(,\d{3})+)(\.0*)?$"
DECIMAL_NUMBER = r"^[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?([eE][+-]?\d{1,3})?$"
TIMESTAMP_FORMATS = ("%Y-%m-%dT%H:%M:%S%.f", "%m/%d/%Y %I:%M:%S %p")
"""The API's, with or without a fraction of a second, and the export's."""
EARLIEST, LATEST = datetime(1900, 1, 1), datetime(2200, 1, 1)  # noqa: DTZ001 - the portal's times carry no zone
INTEGER_LIMIT = 2**31 - 1
COORDINATE = r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
WKT_POINT = rf"(?i)^POINT\s*\(\s*({COORDINATE})\s+({COORDINATE})\s*\)$"
JSON_POINT = rf'^\{{.*"coordinates"\s*:\s*\[\s*({COORDINATE})\s*,\s*({COORDINATE})\s*\].*\}}$'
CLEAN_POINT = ("POINT (", " ", ")")
"""What stands around the coordinates of a parsed point."""
TRUE_TEXTS, FALSE_TEXTS, NEITHER_TEXTS = ("Y", "TRUE"), ("N", "FALSE"), ("U",)


def stated_text(column: Column) -> pl.Expr:
    """What the portal states for a column: trimmed text, or null for nothing and for the null markers.

    A marker that is one of the column's categories (`UNKNOWN` weather) is an answer, not a missing one. `U` in a flag
    is the portal's way to say that nobody knows.
    """
    trimmed = pl.col(column.name).str.strip_chars()
    markers = [marker for marker in NULL_MARKERS if marker not in column.values]
    if column.kind is Kind.FLAG:
        markers.extend(NEITHER_TEXTS)
    return pl.when(~trimmed.str.to_uppercase().is_in(markers)).then(trimmed).alias(column.name)


def parsed(column: Column) -> pl.Expr:
    """The typed value of a column's stated text, null where the text holds no such value."""
    stated = pl.col(column.name)
    match column.kind:
        case Kind.TEXT | Kind.CATEGORY:
            value = _storable_text(stated)
        case Kind.CODE:
            value = _code(stated, column.digits or 0)
        case Kind.FLAG:
            value = _flag(stated)
        case Kind.INTEGER:
            value = _integer(stated)
        case Kind.NUMBER:
            value = _number(stated)
        case Kind.TIMESTAMP:
            value = timestamp_value(stated)
        case Kind.POINT:
            value = _point(stated)
    return value.alias(column.name)


def timestamp_value(stated: pl.Expr) -> pl.Expr:
    """Chicago wall time from the API's ISO form or the export's 12-hour form."""
    attempts = [stated.str.to_datetime(form, strict=False, time_unit="us") for form in TIMESTAMP_FORMATS]
    moment = pl.coalesce(attempts)
    # Second 60 would be read as the next minute's first, and could move a row to another day.
    is_leap_second = stated.str.contains(":60", literal=True)
    return pl.when(moment.is_between(EARLIEST, LATEST) & ~is_leap_second).then(moment)


def point_part(point: pl.Expr, part: int) -> pl.Expr:
    """One coordinate of a parsed point, in degrees: part 1 is the longitude, 2 the latitude."""
    before, between, after = CLEAN_POINT
    coordinates = point.str.strip_prefix(before).str.strip_suffix(after).str.split_exact(between, 1)
    return coordinates.struct.field(f"field_{part - 1}").cast(pl.Float64, strict=False)


def _storable_text(stated: pl.Expr) -> pl.Expr:
    """Text without the NUL character, which PostgreSQL cannot hold."""
    return pl.when(~stated.str.contains("\0", literal=True)).then(stated)


def _whole_number(stated: pl.Expr) -> pl.Expr:
    digits = stated.str.extract(r"^([^.]*)", 1).str.replace_all(",", "", literal=True)
    return pl.when(stated.str.contains(WHOLE_NUMBER)).then(digits.cast(pl.Int64, strict=False))


def _integer(stated: pl.Expr) -> pl.Expr:
    value = _whole_number(stated)
    return pl.when(value.is_between(-INTEGER_LIMIT, INTEGER_LIMIT)).then(value).cast(pl.Int32)


def _code(stated: pl.Expr, digits: int) -> pl.Expr:
    value = _whole_number(stated)
    return pl.when(value.is_between(0, 10**digits - 1)).then(value.cast(pl.String).str.zfill(digits))


def _number(stated: pl.Expr) -> pl.Expr:
    value = stated.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
    return pl.when(stated.str.contains(DECIMAL_NUMBER) & value.is_finite()).then(value)


def _flag(stated: pl.Expr) -> pl.Expr:
    upper = stated.str.to_uppercase()
    return pl.when(upper.is_in(TRUE_TEXTS)).then(pl.lit(True)).when(upper.is_in(FALSE_TEXTS)).then(pl.lit(False))


def _point(stated: pl.Expr) -> pl.Expr:
    """`POINT (longitude latitude)` with the published digits, from well-known text or a GeoJSON point."""
    before, between, after = CLEAN_POINT
    forms = [stated.str.extract_groups(form) for form in (JSON_POINT, WKT_POINT)]
    longitude, latitude = (pl.coalesce(form.struct.field(part) for form in forms) for part in ("1", "2"))
    return pl.when(longitude.is_not_null()).then(
        pl.concat_str(pl.lit(before), longitude, pl.lit(between), latitude, pl.lit(after))
    )
