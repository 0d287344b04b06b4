"""What the portal says of a dataset: its columns, their SODA types, and how often it was written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from chicago_crashes.feeds.catalogue import Column, Kind

HIDDEN_NUMBER = "#"
"""The column of the store that no query can name: the number behind `:id`."""
NEVER = datetime(2010, 1, 1, tzinfo=UTC)


class SodaType(StrEnum):
    """A type under its SODA 2.1 name."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    FLOATING = "floating_timestamp"
    FIXED = "fixed_timestamp"
    POINT = "point"
    MULTILINE = "multiline"
    MULTIPOLYGON = "multipolygon"
    ROW_ID = "row_identifier"
    ROW_VERSION = "row_version"


GEOSPATIAL = frozenset({SodaType.POINT, SodaType.MULTILINE, SodaType.MULTIPOLYGON})
"""Types whose values no query may sort by or compare."""

SYSTEM_TYPES = {
    ":id": SodaType.ROW_ID,
    ":created_at": SodaType.FIXED,
    ":updated_at": SodaType.FIXED,
    ":version": SodaType.ROW_VERSION,
}
TYPE_OF_KIND = {
    Kind.CODE: SodaType.NUMBER,
    Kind.INTEGER: SodaType.NUMBER,
    Kind.NUMBER: SodaType.NUMBER,
    Kind.TIMESTAMP: SodaType.FLOATING,
    Kind.POINT: SodaType.POINT,
}
"""All other kinds are text to the portal, flags included."""


def published_type(column: Column) -> SodaType:
    """The type the portal gives a declared column."""
    return SodaType(column.published_as) if column.published_as else TYPE_OF_KIND.get(column.kind, SodaType.TEXT)


@dataclass(frozen=True, slots=True)
class PublishedColumn:
    """A column as the portal describes it. `profile` is taken when the column appears and never again."""

    name: str
    type: SodaType
    header: str
    description: str = ""
    profile: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset at one moment. `regions` maps the name of each computed region to the point column it comes from.

    `odd_times` are columns of times of which some text is not written as the portal writes times.
    """

    id: str
    title: str
    description: str
    columns: tuple[PublishedColumn, ...]
    regions: Mapping[str, str] = field(default_factory=dict)
    odd_times: frozenset[str] = frozenset()
    writes: int = 0
    is_published: bool = False
    modified_at: datetime = NEVER

    @property
    def types(self) -> dict[str, SodaType]:
        """The type of everything a query may name: system fields, computed regions, columns."""
        regions = dict.fromkeys(self.regions, SodaType.NUMBER)
        return SYSTEM_TYPES | regions | {column.name: column.type for column in self.columns}

    @property
    def times(self) -> list[str]:
        """The columns of times."""
        return [column.name for column in self.columns if column.type is SodaType.FLOATING]

    @property
    def system_names(self) -> tuple[str, ...]:
        """What `:*` stands for."""
        return (*SYSTEM_TYPES, *self.regions)

    @property
    def column_names(self) -> tuple[str, ...]:
        """What `*` stands for."""
        return tuple(column.name for column in self.columns)
