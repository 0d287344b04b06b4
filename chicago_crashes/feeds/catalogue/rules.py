"""The rules of validation, each declared once: what it asks, of which columns, how much may break it, what is done then.

From a rule come the repair or the quarantine (`cleaning`), the check (`inspection`) and the documentation
(`dictionary`). Rules about one value are derived from the columns here; relations between columns and tables stand in
the declarations of the feeds (`feeds.catalogue.relations`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from chicago_crashes.feeds.catalogue.columns import Column, Feed, Kind
from chicago_crashes.feeds.catalogue.questions import MEANINGS, Action, Question, Rule, Severity, allowed_rows

__all__ = [
    "MEANINGS",
    "SECOND_ROW",
    "Action",
    "Question",
    "Rule",
    "Severity",
    "ValueCheck",
    "allowed_rows",
    "bounds_in_words",
    "bounds_question",
    "quarantine_rules",
    "value_checks",
    "value_rules",
]

SECOND_ROW = "second row with the same key"
SECOND_ROW_ELSEWHERE = "second row with the same key on another day"


@cache
def quarantine_rules(feed: Feed) -> tuple[Rule, ...]:
    """What a row must have to be loaded at all. The names are the reasons in `ops.quarantine`."""
    needed = tuple(
        Rule(
            f"no readable {name}",
            (name,),
            Question.UNIQUE,
            Action.QUARANTINED,
            0.001,
            f"Every row has a readable {name}; without one it cannot be told from others or belongs to no day.",
        )
        for name in dict.fromkeys((feed.date, *feed.key))
    )
    second = Rule(
        SECOND_ROW,
        feed.key,
        Question.UNIQUE,
        Action.QUARANTINED,
        0.001,
        "No key occurs twice on a day; of several rows with one key the one the portal touched last is loaded.",
    )
    elsewhere = Rule(
        SECOND_ROW_ELSEWHERE,
        feed.key,
        Question.UNIQUE,
        Action.QUARANTINED,
        0.001,
        "No key occurs on two days; of the rows with one key the one the portal touched last is loaded.",
    )
    # A key that we make ourselves is made of the date, too.
    return (*needed, second) if feed.surrogate else (*needed, second, elsewhere)


@cache
def value_rules(feed: Feed) -> tuple[Rule, ...]:
    """The rules on single values, in the order of the columns, then those on places."""
    places = feed.coordinates
    on_the_map = {places.latitude, places.longitude} if places else set()
    found = [
        rule for column in feed.columns for rule in _column_rules(feed, column, bounded=column.name not in on_the_map)
    ]
    return (*found, *_place_rules(feed))


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """A check that asks some of a feed's rules on values: `valid`, or bounds that people look for by name.

    `threshold` is the share of rows that may break any of its rules. `valid` has none: each of its rules has its own.
    """

    question: str
    meaning: str
    rules: tuple[Rule, ...]
    threshold: float | None = None


@cache
def value_checks(feed: Feed) -> tuple[ValueCheck, ...]:
    """The checks that ask the feed's rules on values, each rule by one of them; `valid` is the first."""
    by_question: dict[str, list[Rule]] = {Question.VALID: []}
    for rule in value_rules(feed):
        by_question.setdefault(rule.question, []).append(rule)
    valid = ValueCheck(Question.VALID.value, MEANINGS[Question.VALID], tuple(by_question.pop(Question.VALID)))
    return (valid, *(_bounds_check(question, tuple(rules)) for question, rules in by_question.items()))


def _bounds_check(question: str, rules: tuple[Rule, ...]) -> ValueCheck:
    columns: dict[str, list[str]] = {}
    for rule in rules:
        columns.setdefault(rule.meaning, []).append(rule.column)
    told = " ".join(f"{', '.join(names)}: {meaning}" for meaning, names in columns.items())
    return ValueCheck(question, told.removesuffix("."), rules, max(rule.threshold for rule in rules))


def bounds_question(feed: Feed, column: Column) -> str:
    """The check that asks for the bounds of a column."""
    places = feed.coordinates
    if places and column.name in (places.latitude, places.longitude):
        return places.bounds_check
    return column.bounds_check or Question.VALID.value


def _column_rules(feed: Feed, column: Column, *, bounded: bool) -> Iterator[Rule]:
    yield _value_rule("type", column.name, Action.NULLED, 0.01, f"Whatever is stated is {_form(column)}.")
    if column.max_length is not None:
        meaning = f"Text has at most {column.max_length:,} characters."
        yield _value_rule("length", column.name, Action.NULLED, 0.01, meaning)
    if bounded and column.is_bounded:
        meaning = f"The value is {bounds_in_words(column)}."
        yield _value_rule("bounds", column.name, Action.NULLED, 0.01, meaning, bounds_question(feed, column))
    if column.kind is Kind.CATEGORY:
        meaning = f"The category is one of the {len(column.values)} known ones; a new one stays in the table."
        yield _value_rule("category", column.name, Action.FLAGGED, 0.02, meaning)


def _place_rules(feed: Feed) -> Iterator[Rule]:
    if not feed.coordinates:
        return
    places = feed.coordinates
    for name in (places.latitude, places.longitude, places.point):
        pair = "Latitude and longitude are given together or not at all."
        yield _value_rule("coordinates_pair", name, Action.NULLED, 0.02, pair)
        meanings = {
            "coordinates_zero": "The place is not (0, 0), which the geocoder gives for addresses it does not know.",
            "coordinates_out_of_bounds": "The place lies within Chicago's bounding box.",
        }
        for rule, meaning in meanings.items():
            yield _value_rule(rule, name, Action.NULLED, 0.02, meaning, places.bounds_check)
    yield _value_rule(
        "point_out_of_bounds",
        places.point,
        Action.NULLED,
        0.02,
        "The point lies within Chicago's bounding box, as the coordinates beside it do.",
        places.bounds_check,
    )


def _value_rule(
    name: str, column: str, action: Action, threshold: float, meaning: str, question: str = Question.VALID.value
) -> Rule:
    return Rule(name, (column,), question, action, threshold, meaning)


def _form(column: Column) -> str:
    match column.kind:
        case Kind.TEXT | Kind.CATEGORY:
            return "text without the NUL character"
        case Kind.CODE:
            return f"a whole number of at most {column.digits} digits"
        case Kind.FLAG:
            return "Y or N"
        case Kind.INTEGER:
            return "a whole number"
        case Kind.NUMBER:
            return "a number"
        case Kind.TIMESTAMP:
            return "a date and time"
        case Kind.POINT:
            return "a point"


def bounds_in_words(column: Column) -> str:
    """The bounds of a column, as they stand after "is"; nothing where it has none."""
    highest = f"{column.highest:g}" if column.highest is not None else ""
    if column.highest_year_after is not None:
        highest = f"the year after {column.highest_year_after}"
    if column.lowest is not None and highest:
        return f"{column.lowest:g} to {highest}"
    if column.lowest is not None:
        return f"at least {column.lowest:g}"
    return f"at most {highest}" if highest else ""
