"""The vocabulary a feed is declared in: what a published column is, which values it may hold, how a row is named.

A declaration says everything the platform needs to know of a column, once. The cleaning expressions, the Pandera
schema, the tables, the column schema in Dagster's UI and the data dictionary are all derived from it.

Rules on values follow from the columns, too; their thresholds are in `rules`.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from chicago_crashes.feeds.catalogue.relations import Relations


class Kind(StrEnum):
    """What a column holds once it is cleaned."""

    TEXT = "text"
    CATEGORY = "category"
    CODE = "code"
    FLAG = "flag"
    INTEGER = "integer"
    NUMBER = "number"
    TIMESTAMP = "timestamp"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class Column:
    """One published column: its field name (also its name in the table), its kind, its rules.

    `lowest` and `highest` are inclusive. `highest_year_after` names a timestamp column: the value may be at most
    that timestamp's year plus one. `bounds_check` names a check of its own that asks for these bounds; without one,
    `valid` does. `values` lists the known categories; a category that is not among them is kept and reported. `published_since` marks a column that older vintages of the feed lack, so its absence is no fault.
    `published_as` is the portal's type, under its SODA 2.1 name, where it is not the one that goes with the kind.
    """

    name: str
    kind: Kind
    description: str
    header: str
    values: tuple[str, ...] = ()
    lowest: float | None = None
    highest: float | None = None
    highest_year_after: str | None = None
    bounds_check: str | None = None
    digits: int | None = None
    max_length: int | None = None
    published_since: str | None = None
    published_as: str | None = None

    @property
    def is_bounded(self) -> bool:
        """Whether values outside a range are nulled."""
        return self.lowest is not None or self.highest is not None or self.highest_year_after is not None


@dataclass(frozen=True, slots=True)
class Surrogate:
    """A key made by us, because the feed publishes none: a digest of `parts` and of the row's place among equals."""

    name: str
    description: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coordinates:
    """The columns that place a row on the map. They are kept or nulled together, because half a pair is no place.

    `bounds_check` names the check that asks for the bounds of all three.
    """

    latitude: str = "latitude"
    longitude: str = "longitude"
    point: str = "location"
    bounds_check: str = "coordinates_in_bounds"


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often days are loaded anew, whatever the portal says of them, and how far back.

    Feeds with the same cadence are loaded together, by one schedule and one job. `cron` is in Chicago time, `days` are
    the newest ones that are over, and `told` says it in words. After `late_after` without a load people are warned,
    after `stale_after` it is an error.
    """

    schedule: str
    job: str
    cron: str
    days: int
    told: str
    late_after: timedelta
    stale_after: timedelta


@dataclass(frozen=True, slots=True)
class Reported:
    """Where it stands when the City knew of a row: `column` is held against `date`.

    Both are the row's own, or, if `feed` names another one, those of its row with the same value in the column `by`.
    """

    column: str
    date: str
    feed: str | None = None
    by: str | None = None


USUALLY_QUIET_FOR = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Feed:
    """One published dataset and the table it becomes: all that the platform knows of it by name.

    `date` is the timestamp whose calendar day is the partition. `indexes` are the column groups people filter by.
    `essential` are the columns without which a row answers none of the questions people come with. `reported` is left
    out where nothing says when the City knew of a row. `quiet_for` is how old the newest row may be before people are
    told (None: any age is usual). `named_like` are words in the names of its export files, beside its own name.
    `computed_regions` are columns the portal adds by itself, from the point. Their values are not stored.
    """

    name: str
    dataset_id: str
    title: str
    description: str
    table: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    indexes: tuple[tuple[str, ...], ...]
    essential: tuple[str, ...]
    cadence: Cadence
    date: str = "crash_date"
    surrogate: Surrogate | None = None
    coordinates: Coordinates | None = None
    relations: tuple[Relations, ...] = ()
    reported: Reported | None = None
    quiet_for: timedelta | None = USUALLY_QUIET_FOR
    named_like: tuple[str, ...] = ()
    computed_regions: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """The published field names, in their published order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column called `name`; a `KeyError` names the feed if it has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"feed {self.name} has no column {name}")


LONGEST_TEXT = 500
NULL_MARKERS = ("", "NULL", "N/A", "UNKNOWN", "UNK")
"""Text that means "no value", in any case. A category that lists one of them among its values keeps it as a value."""


def text(
    name: str,
    description: str,
    *,
    max_length: int = LONGEST_TEXT,
    header: str | None = None,
    published_since: str | None = None,
) -> Column:
    """Free text of at most `max_length` characters."""
    return Column(
        name,
        Kind.TEXT,
        description,
        header or name.upper(),
        max_length=max_length,
        published_since=published_since,
    )


def category(name: str, description: str, *values: str, header: str | None = None) -> Column:
    """Text from a known list of values; an unknown one is kept if it is short enough to be one."""
    return Column(name, Kind.CATEGORY, description, header or name.upper(), values=values, max_length=LONGEST_TEXT)


def code(name: str, description: str, *, digits: int) -> Column:
    """A number used as a name, kept as text padded with zeros to `digits`."""
    return Column(name, Kind.CODE, description, name.upper(), digits=digits)


def flag(name: str, description: str, *, header: str | None = None) -> Column:
    """Y or N; U, "unknown", is no value."""
    return Column(name, Kind.FLAG, description, header or name.upper())


def integer(
    name: str,
    description: str,
    *,
    lowest: int | None = None,
    highest: int | None = None,
    highest_year_after: str | None = None,
    bounds_check: str | None = None,
    published_as: str | None = None,
) -> Column:
    """A whole number."""
    return Column(
        name,
        Kind.INTEGER,
        description,
        name.upper(),
        lowest=lowest,
        highest=highest,
        highest_year_after=highest_year_after,
        bounds_check=bounds_check,
        published_as=published_as,
    )


def number(
    name: str,
    description: str,
    *,
    lowest: float | None = None,
    highest: float | None = None,
    bounds_check: str | None = None,
    header: str | None = None,
) -> Column:
    """A number with decimals."""
    return Column(
        name,
        Kind.NUMBER,
        description,
        header or name.upper(),
        lowest=lowest,
        highest=highest,
        bounds_check=bounds_check,
    )


def timestamp(name: str, description: str, *, header: str | None = None) -> Column:
    """A date and time on Chicago's wall clock; the portal's timestamps carry no zone."""
    return Column(name, Kind.TIMESTAMP, description, header or name.upper())


def point(name: str, description: str, *, header: str | None = None) -> Column:
    """A place, as well-known text in longitude and latitude (SRID 4326)."""
    return Column(name, Kind.POINT, description, header or name.upper())


LATITUDE_BOUNDS = (41.6, 42.1)
LONGITUDE_BOUNDS = (-87.95, -87.5)
"""Chicago's bounding box in degrees; published points outside it are geocoder faults."""


def latitude(description: str, *, header: str | None = None) -> Column:
    """Degrees north within Chicago's bounding box."""
    return number("latitude", description, lowest=LATITUDE_BOUNDS[0], highest=LATITUDE_BOUNDS[1], header=header)


def longitude(description: str, *, header: str | None = None) -> Column:
    """Degrees east within Chicago's bounding box."""
    return number("longitude", description, lowest=LONGITUDE_BOUNDS[0], highest=LONGITUDE_BOUNDS[1], header=header)
