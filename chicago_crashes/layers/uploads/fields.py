"""The fields of an uploaded file: what each holds, which one names features for people, which tells them apart."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chicago_crashes.layers.features import UNKNOWN, JsonValue
from chicago_crashes.layers.uploads.content import Row
from chicago_crashes.layers.uploads.limits import Limits
from chicago_crashes.layers.uploads.texts import RefusedError, quoted
from chicago_crashes.layers.uploads.values import text_of

EXAMPLES = 3
NEARLY_UNIQUE = 0.9
NEARLY_FILLED = 0.9

_WORD = re.compile(r"[^a-z0-9]+")
_NAMES = frozenset({"name", "label", "title"})
_NAMING = ("name", "label", "title", "nam", "neigh", "community", "descr", "address")
_NUMBERING = (
    "ward",
    "beat",
    "district",
    "dist",
    "precinct",
    "area_num",
    "zip",
    "zone",
    "tract",
    "number",
    "route",
    "code",
)
_NEVER = re.compile(
    r"(object|global|feature|row|unique|gis|shape)_?id|fid|gid|oid|ogc_fid|uuid|guid|id|(st|shape)_?(area|len|perim)\w*"
    r"|area|length|perimeter|acres|sq_?(mi|ft|km)\w*|(created|edited|modified|updated|last_edit\w*)(_\w+)?|editor|creator"
    r"|\w*(url|link|color|colour|date|time|lat|lon|latitude|longitude)"
)
"""Names of fields that nobody calls a place by."""

_UUID = re.compile(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")
_NOT_WORDS = re.compile(r"https?://|\d{4}-\d{2}-\d{2}|-?\d*\.\d+$|#[0-9a-fA-F]{6}$")
"""Links, dates, measurements, colours."""


@dataclass(frozen=True, slots=True)
class FieldSummary:
    """A field at a glance."""

    name: str
    type: str
    distinct: int
    nulls: int
    examples: Sequence[str]


@dataclass(frozen=True, slots=True)
class Naming:
    """By which fields features are called and told apart; None: by their numbers in the file."""

    label_field: str | None
    key_field: str | None


def summaries(fields: Sequence[str], rows: Sequence[Row]) -> list[FieldSummary]:
    """Every field at a glance, in the file's order."""
    return [_summary(name, [row.get(name) for row in rows]) for name in fields]


def naming(
    fields: Sequence[FieldSummary],
    rows: Sequence[Row],
    *,
    label_field: str | None,
    key_field: str | None,
    limits: Limits,
) -> Naming:
    """The fields that were named, or those that are detected.

    Raises:
        RefusedError: there is no such field, or a feature has no key in the one that was named.
    """
    for named in (label_field, key_field):
        _require_known(named, fields)
    if key_field is not None:
        _require_keys(key_field, rows, limits)
    label = label_field or _detected_label(fields, rows)
    return Naming(label, key_field or _detected_key(fields, rows, label, limits))


def _summary(name: str, values: Sequence[JsonValue]) -> FieldSummary:
    texts = [text_of(value) for value in values if value is not None and value != ""]
    distinct = dict.fromkeys(texts)
    return FieldSummary(name, _type(values), len(distinct), len(values) - len(texts), list(distinct)[:EXAMPLES])


def _type(values: Sequence[JsonValue]) -> str:
    kinds = {_kind(value) for value in values if value is not None}
    if not kinds:
        return "empty"
    if kinds == {"integer", "number"}:
        return "number"
    return kinds.pop() if len(kinds) == 1 else "mixed"


def _kind(value: JsonValue) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "text"
        case _:
            return "json"


def _detected_label(fields: Sequence[FieldSummary], rows: Sequence[Row]) -> str | None:
    """Text before numbers, names that say so before others, the more telling before the less, the first of equals."""
    ranked = [
        (rank, field.name.lower().endswith("id"), -field.distinct, place, field.name)
        for place, field in enumerate(fields)
        if (rank := _rank(field, rows)) is not None
    ]
    return min(ranked)[-1] if ranked else None


def _rank(field: FieldSummary, rows: Sequence[Row]) -> int | None:
    """How well a field names features, 0 best; None: not at all."""
    filled = len(rows) - field.nulls
    name = _WORD.sub("_", field.name.lower()).strip("_")
    if field.type not in ("text", "integer") or _NEVER.fullmatch(name):
        return None
    if filled < NEARLY_FILLED * len(rows) or field.distinct < NEARLY_UNIQUE * filled:
        return None
    texts = [text_of(row.get(field.name)) for row in rows]
    if any(_UUID.fullmatch(text) or _NOT_WORDS.match(text) for text in texts):
        return None
    are_words = any(text and not text.strip().isdecimal() for text in texts)
    if are_words and field.type == "text":
        return 0 if name in _NAMES else 1 if any(word in name for word in _NAMING) else 2
    return 3 if any(word in name for word in _NUMBERING) else 4


def _detected_key(fields: Sequence[FieldSummary], rows: Sequence[Row], label: str | None, limits: Limits) -> str | None:
    """What people call a feature by, if that is one feature's only, or another name that is.

    The ids of a file change with every export: they are taken only where nothing has a name.
    """
    apart = [field.name for field in fields if _tells_apart(field, rows, limits)]
    if label in apart:
        return label
    by_name = {field.name: field for field in fields}
    names = [name for name in apart if _rank(by_name[name], rows) is not None]
    ids = [] if label else [name for name in apart if _is_id(name) and by_name[name].type in ("text", "integer")]
    return next(iter([*names, *ids]), None)


def _tells_apart(field: FieldSummary, rows: Sequence[Row], limits: Limits) -> bool:
    keys = {text_of(row.get(field.name)).strip() for row in rows}
    return len(keys) == len(rows) and UNKNOWN not in keys and all(0 < len(key) <= limits.key for key in keys)


def _is_id(name: str) -> bool:
    return bool(_NEVER.fullmatch(_WORD.sub("_", name.lower()).strip("_")))


def _require_known(name: str | None, fields: Sequence[FieldSummary]) -> None:
    known = [field.name for field in fields]
    if name is not None and name not in known:
        there_is = ", ".join(map(quoted, known)) or "none"
        raise RefusedError(f"It has no field {quoted(name)}. There is: {there_is}.")


def _require_keys(name: str, rows: Sequence[Row], limits: Limits) -> None:
    keys = [text_of(row.get(name)).strip() for row in rows]
    if "" in keys:
        raise RefusedError(
            f"Feature {keys.index('') + 1} has no {quoted(name)}, so it cannot be the key. Take another."
        )
    if UNKNOWN in keys:
        raise RefusedError(
            f"The {quoted(name)} of feature {keys.index(UNKNOWN) + 1} is “{UNKNOWN}”, which statistics call the places "
            "that lie in no area. Rename it, or take another field as the key."
        )
    too_long = next((place for place, key in enumerate(keys, 1) if len(key) > limits.key), None)
    if too_long:
        raise RefusedError(
            f"The {quoted(name)} of feature {too_long} has more than {limits.key} characters, so it cannot be the key. "
            "Take another field."
        )
