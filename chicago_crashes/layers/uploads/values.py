"""The values of an uploaded file's fields: as JSON and PostgreSQL can hold them, harmless to show."""

import json
import math

from chicago_crashes.layers.features import JsonValue
from chicago_crashes.layers.uploads.content import Row
from chicago_crashes.layers.uploads.limits import Limits
from chicago_crashes.layers.uploads.texts import RefusedError, cleaned, quoted

LARGEST_INTEGER = 2**53
"""Beyond it programs that read JSON disagree; such numbers are names, and become text."""

DEEPEST = 10
"""How deep lists and objects may be within one another."""


def clean_row(row: Row, place: int, limits: Limits) -> dict[str, JsonValue]:
    """The row with clean names and values.

    Raises:
        RefusedError: a value is too long, or nested too deeply.
    """
    found = {}
    for name, value in row.items():
        try:
            found[name] = _clean(value, limits, DEEPEST)
        except ValueError as error:
            raise RefusedError(
                f"Field {quoted(name)} of feature {place} {error}. Leave it out, or shorten it."
            ) from error
    return found


def _clean(value: JsonValue, limits: Limits, depth: int) -> JsonValue:
    if depth == 0:
        raise ValueError(f"is nested more than {DEEPEST} deep")
    match value:
        case str():
            if len(value) > limits.text:
                raise ValueError(f"has {len(value):,} characters; at most {limits.text:,} are taken")
            return cleaned(value)
        case bool() | None:
            return value
        case int():
            return value if abs(value) <= LARGEST_INTEGER else text_of_number(value)
        case float():
            return value if math.isfinite(value) else None
        case list():
            return [_clean(each, limits, depth - 1) for each in value]
        case dict():
            return {cleaned(name): _clean(each, limits, depth - 1) for name, each in value.items()}


def text_of_number(value: int) -> str:
    """A number's digits, of which Python writes at most some thousands."""
    try:
        return str(value)
    except ValueError as error:
        raise ValueError("is a number of thousands of digits") from error


def text_of(value: JsonValue) -> str:
    """A value as people write it: whole numbers without a point, nothing for none."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case str():
            return value
        case list() | dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)
