"""The questions asked of every table, each a named check: what a stored row must be, and how much may be repaired."""

from dataclasses import dataclass
from math import ceil

import pandera.polars as pa

from chicago_crashes.cleaning.schema import bounds_schema, category_schema, key_schema, type_schema
from chicago_crashes.feeds.columns import Feed

COORDINATE_RULES = ("coordinates_zero", "coordinates_out_of_bounds", "coordinates_pair", "point_out_of_bounds")


@dataclass(frozen=True, slots=True)
class Question:
    """One question: the schema stored rows must meet, and the rules whose findings count against the threshold.

    `columns` and `rules` select the findings; no columns means all. `threshold` is the share of published rows that
    may break the rules before people should look. `keeps_faults` tells that a faulty value stays in the table,
    `counts_quarantine` that quarantined rows are failures of this question.
    """

    name: str
    description: str
    schema: pa.DataFrameSchema
    columns: tuple[str, ...]
    rules: tuple[str, ...]
    threshold: float
    keeps_faults: bool = False
    counts_quarantine: bool = False

    def allowed(self, rows: int) -> int:
        """How many of `rows` may break the rules; a single row never breaks a threshold above zero."""
        return ceil(self.threshold * rows)


def questions(feed: Feed) -> tuple[Question, ...]:
    """Every question of the feed's table."""
    return (
        Question(
            "keys",
            "Every row has a key and a date; no key occurs twice",
            key_schema(feed),
            (),
            (),
            0.001,
            counts_quarantine=True,
        ),
        Question("types", "Every value has its column's type", type_schema(feed), (), ("type", "length"), 0.01),
        Question(
            "categories",
            "Every category is a known one",
            category_schema(feed),
            (),
            ("category",),
            0.02,
            keeps_faults=True,
        ),
        *_bounds_questions(feed),
    )


def _bounds_questions(feed: Feed) -> list[Question]:
    found = []
    places = feed.coordinates
    on_the_map = (places.latitude, places.longitude) if places else ()
    if places:
        columns = (*on_the_map, places.point)
        found.append(
            Question(
                "coordinates_in_bounds",
                "Every place lies in Chicago's bounding box",
                bounds_schema(feed, on_the_map),
                columns,
                COORDINATE_RULES,
                0.02,
            )
        )
    others = [column.name for column in feed.columns if column.is_bounded and column.name not in on_the_map]
    return [*found, *(_bounds_question(feed, name) for name in others)]


def _bounds_question(feed: Feed, name: str) -> Question:
    schema = bounds_schema(feed, (name,))
    return Question(f"{name}_in_bounds", f"Every {name} is plausible", schema, (name,), ("bounds",), 0.01)
