"""The functions and operators of SoQL whose types are fixed, and how DuckDB says them."""

from collections.abc import Iterable
from dataclasses import dataclass

from chicago_crashes.stand_in.datasets import SodaType

MACROS = r"""
create macro portal_number(number) as
    regexp_replace(case when isfinite(number) then number::varchar end, '\.0$', '');
create macro portal_longitude(place) as
    try_cast(regexp_extract(place, '^POINT ?\((-?[0-9.]+) (-?[0-9.]+)\)$', 1) as double);
create macro portal_latitude(place) as
    try_cast(regexp_extract(place, '^POINT ?\((-?[0-9.]+) (-?[0-9.]+)\)$', 2) as double);
create macro portal_metres(place, latitude, longitude) as
    2 * 6371008.8 * asin(least(1, sqrt(
        pow(sin(radians(latitude - portal_latitude(place)) / 2), 2)
        + cos(radians(latitude)) * cos(radians(portal_latitude(place)))
        * pow(sin(radians(longitude - portal_longitude(place)) / 2), 2))));
"""
"""What the statements made here expect to find in the database."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and gives; `{0}` in the template is its first argument."""

    takes: tuple[SodaType, ...]
    gives: SodaType
    template: str


_TEXT, _NUMBER, _BOOLEAN = SodaType.TEXT, SodaType.NUMBER, SodaType.BOOLEAN
_FLOATING, _FIXED, _POINT = SodaType.FLOATING, SodaType.FIXED, SodaType.POINT


def _date_functions() -> Iterable[tuple[str, tuple[Signature, ...]]]:
    for suffix, unit in {"ymd": "day", "ym": "month", "y": "year"}.items():
        local = f"date_trunc('{unit}', timezone({{1}}, timezone('UTC', {{0}})))"
        yield (
            f"date_trunc_{suffix}",
            (
                Signature((_FLOATING,), _FLOATING, f"date_trunc('{unit}', {{0}})"),
                Signature((_FIXED, _TEXT), _FLOATING, local),
            ),
        )
        yield f"datez_trunc_{suffix}", (Signature((_FIXED,), _FIXED, f"date_trunc('{unit}', {{0}})"),)
    parts = {"y": "year", "m": "month", "d": "day", "hh": "hour", "mm": "minute", "ss": "second", "dow": "dow"}
    for suffix, part in (parts | {"woy": "week"}).items():
        yield f"date_extract_{suffix}", (Signature((_FLOATING,), _NUMBER, f"date_part('{part}', {{0}})::double"),)


FUNCTIONS: dict[str, tuple[Signature, ...]] = {
    "not": (Signature((_BOOLEAN,), _BOOLEAN, "(not {0})"),),
    "like": (Signature((_TEXT, _TEXT), _BOOLEAN, "({0} like {1})"),),
    "starts_with": (Signature((_TEXT, _TEXT), _BOOLEAN, "starts_with({0}, {1})"),),
    "contains": (Signature((_TEXT, _TEXT), _BOOLEAN, "contains({0}, {1})"),),
    "upper": (Signature((_TEXT,), _TEXT, "upper({0})"),),
    "lower": (Signature((_TEXT,), _TEXT, "lower({0})"),),
    "||": (Signature((_TEXT, _TEXT), _TEXT, "({0} || {1})"),),
    "unary minus": (Signature((_NUMBER,), _NUMBER, "(-{0})"),),
    "+": (Signature((_NUMBER, _NUMBER), _NUMBER, "({0} + {1})"),),
    "-": (Signature((_NUMBER, _NUMBER), _NUMBER, "({0} - {1})"),),
    "*": (Signature((_NUMBER, _NUMBER), _NUMBER, "({0} * {1})"),),
    "/": (Signature((_NUMBER, _NUMBER), _NUMBER, "({0} / nullif({1}, 0))"),),
    "%": (Signature((_NUMBER, _NUMBER), _NUMBER, "({0} % nullif({1}, 0))"),),
    "within_box": (
        Signature(
            (_POINT, _NUMBER, _NUMBER, _NUMBER, _NUMBER),
            _BOOLEAN,
            "(portal_latitude({0}) between {3} and {1} and portal_longitude({0}) between {2} and {4})",
        ),
    ),
    "within_circle": (
        Signature((_POINT, _NUMBER, _NUMBER, _NUMBER), _BOOLEAN, "(portal_metres({0}, {1}, {2}) <= {3})"),
    ),
    **dict(_date_functions()),
}
"""Functions and operators of fixed types; `{0}` is the first argument. The others are methods of the translator."""

AGGREGATES = ("count", "count_distinct", "sum", "avg", "min", "max", "median")
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
