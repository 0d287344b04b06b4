"""Dirt: which faults are planted, how often, and an exact account of them.

A `Stain` says what one fault does to one feed's cells. Stains of the same column never fall on the same row, so the
account is a plain sum and every planted cell can be found again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import polars as pl

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.stand_in.synthetic.draws import Draws

ACCOUNT_SCHEMA = {"feed": pl.String, "day": pl.Date, "column": pl.String, "dirt": pl.String, "rows": pl.Int64}


@dataclass(frozen=True, slots=True)
class Dirt:
    """How often each fault occurs, as a share of the rows it can befall. The defaults are those of the City's data.

    Faults that are rarer than one in ten million there, or that only intermediaries add, have a small rate of our own
    choosing; they say so.
    """

    # crashes
    missing_coordinates: float = 0.0081
    zero_coordinates: float = 0.00008
    coordinates_out_of_bounds: float = 0.000005  # chosen: none in 238,000 points
    speed_limit_zero: float = 0.0073
    speed_limit_99: float = 0.00015
    lane_count_zero: float = 0.0035
    lane_count_is_street_number: float = 0.00003
    unknown_street: float = 0.00005
    crashes_without_people: float = 0.0023
    late_notification: float = 0.017
    # crashes that contradict themselves, their units or their people; chosen: none in 877,919
    injuries_off_by_one: float = 0.000001
    killed_miscounted: float = 0.000001
    unknown_injuries: float = 0.000001
    another_severity: float = 0.000001
    another_hour: float = 0.000001
    another_weekday: float = 0.000001
    another_month: float = 0.000001
    units_miscounted: float = 0.000001
    # children
    orphaned_crashes: float = 0.00001  # chosen: none in 2018-2025; how many crashes are missing though children exist
    people_dated_differently: float = 0.000084
    vehicles_dated_differently: float = 0.000083
    # people
    negative_age: float = 0.000004
    age_above_120: float = 0.000002  # chosen: the highest seen is 110
    another_unit: float = 0.000001  # chosen: none in 792
    another_vehicle: float = 0.000001  # chosen: none in 983
    missing_person_id: float = 0  # none seen; such a row cannot be loaded
    # vehicles
    impossible_vehicle_year: float = 0.0008
    unit_number_zero: float = 0.00001
    unit_number_huge: float = 0.0000005
    axle_count_huge: float = 0.000001
    quoted_make: float = 0.00002
    unknown_make: float = 0.098
    unknown_model: float = 0.145
    unknown_towed_to: float = 0.25
    # fatalities
    blank_person_id: float = 0.0287
    unknown_person_id: float = 0.0023
    two_person_ids: float = 0.0011
    repeated_person_id: float = 0.0046
    no_such_person: float = 0.0002  # chosen
    survivor_listed: float = 0.0002  # chosen
    doubled_blanks: float = 0.01
    unknown_victim: float = 0.00001  # chosen, as for all unknown categories
    # everywhere
    unknown_flag: float = 0.12
    null_markers: float = 0.005
    whitespace: float = 0.001
    whitespace_in_category: float = 0.00002  # chosen: none seen
    integers_with_decimals: float = 0.0001  # chosen: spreadsheets add it
    unknown_category: float = 0.00001  # chosen: new values do turn up
    second_row: float = 0  # none seen; of two rows with one key only one can be loaded

    def times(self, factor: float, *, at_least: float, at_most: float) -> "Dirt":
        """The same faults more often; those that occur have at least one of these chances, and at most the other."""
        rates = {field.name: getattr(self, field.name) * factor for field in fields(self)}
        return Dirt(**{name: min(max(rate, at_least), at_most) if rate else 0 for name, rate in rates.items()})


DOCUMENTED_DIRT = Dirt()
HEAVY_DIRT = replace(
    DOCUMENTED_DIRT.times(20, at_least=0.01, at_most=0.15),
    blank_person_id=0.25,
    unknown_person_id=0.2,
    two_person_ids=0.2,
    no_such_person=0.15,
    survivor_listed=0.15,
    repeated_person_id=0.25,
    doubled_blanks=0.5,
    unknown_victim=0.3,
)
"""About twenty times the dirt, and more on the list of fatalities, which is short: a month has every kind of it.

(At the default number of rows; a month with few fatalities may miss a kind of theirs.)
"""


@dataclass(frozen=True, slots=True)
class Stain:
    """One fault: its name and rate, the column it is accounted under, the cells it sets, the rows it can befall.

    A cell is set to one of several texts, to the value of an expression, or to nothing.
    """

    dirt: str
    rate: float
    column: str
    cells: Mapping[str, Sequence[str] | pl.Expr | None]
    where: pl.Expr | None = None


class Account:
    """Counts of what was planted, by feed, day, column and kind."""

    def __init__(self) -> None:
        self._entries: list[pl.DataFrame] = []

    def note(self, feed: str, column: str, dirt: str, days: pl.Series) -> None:
        """One more planted piece for each of `days`."""
        if days.is_empty():
            return
        counts = days.alias("day").value_counts(name="rows")
        self._entries.append(
            counts.select(
                feed=pl.lit(feed),
                day="day",
                column=pl.lit(column),
                dirt=pl.lit(dirt),
                rows=pl.col("rows").cast(pl.Int64),
            )
        )

    def total(self) -> pl.DataFrame:
        """The whole account, one row for each kind and day on which it occurs."""
        if not self._entries:
            return pl.DataFrame(schema=ACCOUNT_SCHEMA)
        order = list(ACCOUNT_SCHEMA)[:4]
        return pl.concat(self._entries).group_by(order).agg(pl.col("rows").sum()).sort(order)


def stain(feed: str, rows: pl.DataFrame, stains: Sequence[Stain], account: Account) -> pl.DataFrame:
    """`rows` (with their `key` and `day`) after the `stains`, each of them noted in the `account`."""
    draws = Draws(rows["key"])
    taken: dict[str, float] = {}
    for one in stains:
        chance = draws.uniform(f"dirt in {one.column}")
        low = taken.get(one.column, 0.0)
        taken[one.column] = low + one.rate
        hit = (chance >= low) & (chance < low + one.rate)
        if one.where is not None:
            hit = hit & rows.select(one.where.fill_null(value=False)).to_series()
        if not hit.any():
            continue
        rows = rows.with_columns(
            pl.when(hit).then(_cell(one, column, value, draws)).otherwise(pl.col(column)).alias(column)
            for column, value in one.cells.items()
        )
        account.note(feed, one.column, one.dirt, rows["day"].filter(hit))
    return rows


def _cell(one: Stain, column: str, value: Sequence[str] | pl.Expr | None, draws: Draws) -> pl.Expr:
    if isinstance(value, pl.Expr):
        return value
    if value is None:
        return pl.lit(None, dtype=pl.String)
    return pl.lit(draws.pick(f"{one.dirt} in {column}", dict.fromkeys(value, 1.0)))


def markers(column: str, rate: float) -> Stain:
    """Words that mean "no value" in a text column."""
    return Stain("null_marker", rate, column, {column: ("NULL", "N/A", "UNKNOWN", "unk")}, pl.col(column).is_not_null())


def blanks(column: str, rate: float) -> Stain:
    """White space around a value."""
    padded = pl.concat_str(pl.lit("  "), pl.col(column), pl.lit(" "))
    return Stain("whitespace", rate, column, {column: padded}, pl.col(column).is_not_null())


def decimals(column: str, rate: float) -> Stain:
    """A whole number written "53.0"."""
    written = pl.concat_str(pl.col(column), pl.lit(".0"))
    return Stain("integer_with_decimals", rate, column, {column: written}, pl.col(column).is_not_null())


def new_category(column: str, rate: float, *values: str) -> Stain:
    """A category nobody has declared."""
    return Stain("unknown_category", rate, column, {column: values}, pl.col(column).is_not_null())


def unknown_flag(column: str, rate: float) -> Stain:
    """A flag that says U for "unknown"."""
    return Stain("unknown_flag", rate, column, {column: ("U",)}, pl.col(column).is_not_null())


def one_more(column: str) -> pl.Expr:
    """A number written one too high."""
    return (pl.col(column).cast(pl.Int64) + 1).cast(pl.String)


def next_in_turn(column: str, lowest: int, highest: int) -> pl.Expr:
    """The number after this one; after the highest comes the lowest."""
    turned = (pl.col(column).cast(pl.Int64) - lowest + 1) % (highest - lowest + 1) + lowest
    return turned.cast(pl.String)


def second_rows(feed: Feed, rows: pl.DataFrame, dirt: Dirt, account: Account) -> pl.DataFrame:
    """`rows`, some of those with a key twice: one says what the other says, so it does not matter which is loaded."""
    is_twice = Draws(rows["key"]).chance("second row", dirt.second_row)
    copies = rows.filter(is_twice, *(pl.col(name).is_not_null() for name in feed.key))
    account.note(feed.name, feed.key[-1], "second_row", copies["day"])
    return pl.concat([rows, copies])


def another_time(column: str) -> pl.Expr:
    """Another time of the same day, three hours away: a correction that reached only one of the feeds.

    It stays within the day, so that the rows of a day never depend on its neighbours.
    """
    time = pl.col(column)
    moved = pl.when(time.dt.hour() < 20).then(time.dt.offset_by("3h")).otherwise(time.dt.offset_by("-3h"))
    return moved.dt.to_string("%Y-%m-%dT%H:%M:%S.000")
