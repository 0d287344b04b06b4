"""The tables, derived from the feeds' declarations: what users query in `public`, what the platform keeps in `ops`.

Only the migrations beside this module ever change the database; a test holds them equal to what is declared here.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy import Column as TableColumn
from sqlalchemy.dialects.postgresql import ARRAY, DATEMULTIRANGE, JSONB
from sqlalchemy.types import TypeEngine

from chicago_crashes.feeds.catalogue import FEEDS, Column, Coordinates, Feed, Kind

SRID = 4326
COORDINATE_STATUSES = ("ok", "missing", "zero", "out_of_bounds")

NAMES = {
    "pk": "%(table_name)s_pkey",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
}
metadata = MetaData(naming_convention=NAMES)


def column_type(kind: Kind) -> TypeEngine[Any]:
    """The PostgreSQL type of a cleaned column. A point stays text; the database builds the `geometry` beside it."""
    match kind:
        case Kind.FLAG:
            return Boolean()
        case Kind.INTEGER:
            return Integer()
        case Kind.NUMBER:
            return Double()
        case Kind.TIMESTAMP:
            return DateTime(timezone=False)
        case Kind.TEXT | Kind.CATEGORY | Kind.CODE | Kind.POINT:
            return Text()


def table_for(feed: Feed, among: MetaData) -> Table:
    """The table a feed becomes."""
    columns = [*_key_columns(feed), *(_declared_column(feed, column) for column in feed.columns), *_kept_columns(feed)]
    table = Table(
        feed.table,
        among,
        *columns,
        PrimaryKeyConstraint(*feed.key),
        *(CheckConstraint(condition, name=name) for name, condition in bound_conditions(feed)),
        comment=feed.description,
    )
    for names in feed.indexes:
        Index(None, *(table.c[name] for name in names))
    if feed.coordinates:
        Index(f"{feed.table}_geometry_idx", table.c.geometry, postgresql_using="gist")
    return table


def bound_conditions(feed: Feed) -> Iterator[tuple[str, str]]:
    """The name and SQL of every bound the database enforces, so that it refuses what cleaning should have caught."""
    for column in feed.columns:
        if column.lowest is not None:
            yield f"{column.name}_lowest", f"{column.name} >= {column.lowest}"
        if column.highest is not None:
            yield f"{column.name}_highest", f"{column.name} <= {column.highest}"
        if column.highest_year_after:
            year = f"extract(year from {column.highest_year_after})"
            yield f"{column.name}_highest", f"{column.name} <= {year} + 1"
        if column.kind is Kind.CODE:
            yield f"{column.name}_digits", f"{column.name} ~ '^[0-9]{{{column.digits}}}$'"
        if column.max_length is not None:
            yield f"{column.name}_length", f"char_length({column.name}) <= {column.max_length}"
    if feed.coordinates:
        both, neither = _pair_conditions(feed.coordinates)
        statuses = ", ".join(f"'{status}'" for status in COORDINATE_STATUSES)
        yield "coordinate_status", f"coordinate_status in ({statuses})"
        yield "coordinates_pair", f"(coordinate_status = 'ok' and {both}) or (coordinate_status <> 'ok' and {neither})"


def _pair_conditions(coordinates: Coordinates) -> tuple[str, str]:
    latitude, longitude = coordinates.latitude, coordinates.longitude
    return (
        f"{latitude} is not null and {longitude} is not null",
        f"{latitude} is null and {longitude} is null",
    )


def _key_columns(feed: Feed) -> list[TableColumn[Any]]:
    if feed.surrogate is None:
        return []
    return [TableColumn(feed.surrogate.name, Text(), nullable=False, comment=feed.surrogate.description)]


def _declared_column(feed: Feed, column: Column) -> TableColumn[Any]:
    in_key = column.name in feed.key
    return TableColumn(
        column.name,
        column_type(column.kind),
        autoincrement=False,
        nullable=not (in_key or column.name == feed.date),
        comment=column.description,
    )


def _kept_columns(feed: Feed) -> list[TableColumn[Any]]:
    return [
        *(_place_columns(feed.coordinates) if feed.coordinates else []),
        TableColumn("extra", JSONB(), comment="Published columns the platform does not know yet, as published"),
        TableColumn(
            "source_updated_at",
            DateTime(timezone=True),
            comment="When the portal last touched the row, as of its last change here",
        ),
        TableColumn(
            "created_at",
            DateTime(timezone=True),
            nullable=False,
            server_default=text("now()"),
            comment="When the row was first stored here",
        ),
        TableColumn(
            "updated_at",
            DateTime(timezone=True),
            nullable=False,
            server_default=text("now()"),
            comment="When the row last changed here",
        ),
    ]


def _place_columns(coordinates: Coordinates) -> list[TableColumn[Any]]:
    point = f"ST_SetSRID(ST_MakePoint({coordinates.longitude}, {coordinates.latitude}), {SRID})"
    return [
        TableColumn(
            "geometry",
            Geometry("POINT", srid=SRID, spatial_index=False),
            Computed(point, persisted=True),
            comment="The place, built by the database from longitude and latitude",
        ),
        TableColumn(
            "coordinate_status",
            Text(),
            nullable=False,
            comment="ok, missing, zero (published as 0, 0) or out_of_bounds (outside Chicago's bounding box)",
        ),
        TableColumn(
            "needs_geocoding",
            Boolean(),
            Computed("coordinate_status <> 'ok'", persisted=True),
            comment="Whether the place has to be found from the address",
        ),
    ]


TABLES = {feed: table_for(feed, metadata) for feed in FEEDS}


@cache
def table_of(feed: Feed) -> Table:
    """The table of a feed. One that is only tried out has it apart from those that the migrations make."""
    return TABLES[feed] if feed in TABLES else table_for(feed, MetaData(naming_convention=NAMES))


SIGNATURES = Table(
    "signatures",
    metadata,
    TableColumn("feed", Text(), primary_key=True),
    TableColumn("day", Date(), primary_key=True),
    TableColumn("source_rows", Integer(), nullable=False, comment="Rows the portal said the day holds"),
    TableColumn("source_updated_at", DateTime(timezone=True), comment="The newest :updated_at the portal gave for it"),
    TableColumn("raw_rows", Integer(), nullable=False, comment="Rows in the raw lake"),
    TableColumn("table_rows", Integer(), nullable=False, comment="Rows in the table, counted there"),
    TableColumn("quarantined_rows", Integer(), nullable=False, comment="Rows that could not be loaded"),
    TableColumn("repaired_rows", Integer(), nullable=False, comment="Rows with at least one repair"),
    TableColumn("fetched_at", DateTime(timezone=True), nullable=False),
    TableColumn("loaded_at", DateTime(timezone=True), nullable=False),
    TableColumn("run_id", Text(), nullable=False, comment="The Dagster run that last changed this record"),
    TableColumn("raw_digest", Text(), comment="Digest of the raw rows the day was merged from"),
    TableColumn("rules_digest", Text(), comment="Digest of the rules the rows were cleaned by"),
    schema="ops",
    comment="What the portal said of each day when it was last loaded, and what became of its rows",
)

FINDINGS = Table(
    "findings",
    metadata,
    TableColumn("feed", Text(), primary_key=True),
    TableColumn("day", Date(), primary_key=True),
    TableColumn("row_key", Text(), primary_key=True, comment="The row's key; its parts joined by a slash"),
    TableColumn("column_name", Text(), primary_key=True),
    TableColumn("rule", Text(), primary_key=True),
    TableColumn("value", Text(), comment="The value as published"),
    TableColumn("action", Text(), nullable=False, comment="nulled or flagged"),
    TableColumn("found_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    schema="ops",
    comment="Every broken rule on a loaded row, with the original value",
)

QUARANTINE = Table(
    "quarantine",
    metadata,
    TableColumn("quarantine_id", BigInteger(), primary_key=True, autoincrement=True),
    TableColumn("feed", Text(), nullable=False),
    TableColumn("day", Date(), comment="Null for a row of an imported file whose day cannot be told"),
    TableColumn("digest", Text(), nullable=False, comment="SHA-256 of the row as published"),
    TableColumn("copy", Integer(), nullable=False, comment="Tells equal rows of a day apart"),
    TableColumn("reason", Text(), nullable=False),
    TableColumn("origin", Text(), comment="File and line of a row that was imported; null for rows from the portal"),
    TableColumn("raw_row", JSONB(), nullable=False, comment="The row as published"),
    TableColumn("quarantined_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    TableColumn("row_key", Text(), comment="The row's key; its parts joined by a slash; null where it has none"),
    TableColumn("rival_day", Date(), comment="The day of the row that is loaded instead, because it has the same key"),
    TableColumn("source_updated_at", DateTime(timezone=True), comment="When the portal last touched the row"),
    UniqueConstraint("feed", "day", "digest", "copy", name="quarantine_row_key", postgresql_nulls_not_distinct=True),
    Index("quarantine_rival_day_idx", "feed", "rival_day", postgresql_where=text("rival_day <> day")),
    schema="ops",
    comment="Rows that cannot be loaded at all, whole, with the reason",
)

HISTORY = Table(
    "history",
    metadata,
    TableColumn("history_id", BigInteger(), primary_key=True, autoincrement=True),
    TableColumn("feed", Text(), nullable=False),
    TableColumn("row_key", Text(), nullable=False, comment="The row's key; its parts joined by a slash"),
    TableColumn("day", Date(), nullable=False, comment="The day the old version belonged to"),
    TableColumn(
        "kind", Text(), CheckConstraint("kind in ('amended', 'withdrawn', 'recleaned')", name="kind"), nullable=False
    ),
    TableColumn("valid_from", DateTime(timezone=True), nullable=False),
    TableColumn("valid_to", DateTime(timezone=True), nullable=False),
    TableColumn("run_id", Text(), nullable=False, comment="The Dagster run that replaced or removed it"),
    TableColumn("old_row", JSONB(), nullable=False, comment="The whole old row"),
    TableColumn("rules_before", Text(), comment="Of a recleaned row: digest of the rules it was cleaned by until then"),
    TableColumn("rules_after", Text(), comment="Of a recleaned row: digest of the rules that replaced or removed it"),
    Index("history_feed_row_key_idx", "feed", "row_key"),
    Index("history_gone_idx", "feed", "day", postgresql_where=text("kind <> 'amended'")),
    schema="ops",
    comment="The old version of every row that was amended or withdrawn by the City, or recleaned by us",
)

ACCEPTED_SHRINKS = Table(
    "accepted_shrinks",
    metadata,
    TableColumn("acceptance_id", BigInteger(), primary_key=True, autoincrement=True),
    TableColumn("feed", Text(), nullable=False),
    TableColumn("first_day", Date(), nullable=False),
    TableColumn("last_day", Date(), nullable=False, comment="Inclusive"),
    TableColumn("published_rows", Integer(), nullable=False, comment="Rows the portal published of these days then"),
    TableColumn("stored_rows", Integer(), nullable=False, comment="Rows we held of these days then"),
    TableColumn("reason", Text(), nullable=False),
    TableColumn("accepted_by", Text(), nullable=False),
    TableColumn("accepted_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    schema="ops",
    comment="Every time a person accepted that the portal publishes fewer rows than we hold",
)

ACCEPTED_DAYS = Table(
    "accepted_days",
    metadata,
    TableColumn("acceptance_id", BigInteger(), ForeignKey("ops.accepted_shrinks.acceptance_id"), primary_key=True),
    TableColumn("feed", Text(), nullable=False),
    TableColumn("day", Date(), primary_key=True),
    TableColumn("stored_rows", Integer(), nullable=False, comment="Rows we held of the day then"),
    TableColumn("published_rows", Integer(), nullable=False, comment="The portal may publish as few of the day"),
    TableColumn("quarantined_rows", Integer(), nullable=False, comment="As many of its rows may go to quarantine"),
    TableColumn("ended_at", DateTime(timezone=True), comment="When it ended; null while it holds"),
    TableColumn(
        "ended_by",
        Text(),
        CheckConstraint("ended_by in ('loaded', 'recovered', 'replaced')", name="ended_by"),
        comment="loaded: the day was loaded; recovered: the portal published its rows again; replaced: accepted anew",
    ),
    Index("accepted_days_open_idx", "feed", "day", unique=True, postgresql_where=text("ended_at is null")),
    schema="ops",
    comment="What an accepted shrink excuses, day by day, and how that ended",
)

LOSSES = Table(
    "losses",
    metadata,
    TableColumn("feed", Text(), primary_key=True),
    TableColumn("day", Date(), primary_key=True),
    TableColumn("lost_at", DateTime(timezone=True), primary_key=True, comment="When they left: ops.history.valid_to"),
    TableColumn("rows", Integer(), nullable=False, comment="Rows that left and were replaced by no others"),
    TableColumn("acceptance_id", BigInteger(), ForeignKey("ops.accepted_shrinks.acceptance_id")),
    schema="ops",
    comment="Rows that left a table without anybody having accepted it; the shrink guard adds up those still gone",
)

HELD_BACK = Table(
    "held_back",
    metadata,
    TableColumn("feed", Text(), primary_key=True),
    TableColumn("day", Date(), primary_key=True),
    TableColumn(
        "by",
        Text(),
        CheckConstraint("by in ('portal', 'quarantine')", name="by"),
        nullable=False,
        comment="portal: rows are published no more; quarantine: rows cannot be loaded any more",
    ),
    TableColumn("rows", Integer(), nullable=False, comment="Rows the day would lose"),
    TableColumn("told", Text(), nullable=False, comment="What the load said"),
    TableColumn("held_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    schema="ops",
    comment="Days the shrink guard did not let through when they were loaded last",
)

INCIDENTS = Table(
    "incidents",
    metadata,
    TableColumn("incident_id", BigInteger(), primary_key=True, autoincrement=True),
    TableColumn("key", Text(), nullable=False, comment="What is wrong; the same however often it is noticed"),
    TableColumn("kind", Text(), nullable=False, comment="run_failure, blocking_check, staleness, shrink_guard, ..."),
    TableColumn(
        "severity",
        Text(),
        CheckConstraint("severity in ('critical', 'high', 'warning')", name="severity"),
        nullable=False,
    ),
    TableColumn("feed", Text(), comment="The feed, or several, joined by comma and space"),
    TableColumn("step", Text(), comment="The Dagster step that failed, whose success mends it"),
    TableColumn("days", DATEMULTIRANGE(), comment="All days it was about"),
    TableColumn("open_days", DATEMULTIRANGE(), comment="Those days that are not mended yet"),
    TableColumn("cause", Text(), nullable=False),
    TableColumn("remedy", Text(), nullable=False, comment="What to do"),
    TableColumn("run_id", Text(), comment="The newest Dagster run it was noticed in"),
    TableColumn("first_seen", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    TableColumn("last_seen", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    TableColumn("times", Integer(), nullable=False, server_default=text("1"), comment="How often it was noticed"),
    TableColumn(
        "told_to",
        ARRAY(Text()),
        nullable=False,
        server_default=text("'{}'::text[]"),
        comment="Marks of the channels it has reached",
    ),
    TableColumn("told_at", DateTime(timezone=True), comment="When it had reached every channel"),
    TableColumn("resolved_at", DateTime(timezone=True), comment="Null while it is open"),
    TableColumn("resolution_told_at", DateTime(timezone=True), comment="When people were told that it is over"),
    Index("incidents_open_idx", "key", unique=True, postgresql_where=text("resolved_at is null")),
    schema="ops",
    comment="What went wrong, from when it was noticed until it was mended, and what people were told of it",
)

QUALITY_SCORES = Table(
    "quality_scores",
    metadata,
    TableColumn("feed", Text(), primary_key=True),
    TableColumn("month", Date(), primary_key=True, comment="Its first day"),
    TableColumn("score", Numeric(4, 1), nullable=False, comment="0 to 100: the parts, scaled by those that are judged"),
    TableColumn("completeness", Numeric(4, 1), nullable=False, comment="0 to 30"),
    TableColumn("accuracy", Numeric(4, 1), comment="0 to 30; null where no row is stored"),
    TableColumn("consistency", Numeric(4, 1), comment="0 to 20; null where no row is stored"),
    TableColumn("timeliness", Numeric(4, 1), comment="0 to 10; null where nothing says when rows were reported"),
    TableColumn("validity", Numeric(4, 1), comment="0 to 10; null where no row is stored"),
    TableColumn("published", Integer(), nullable=False, comment="Rows the portal holds of the loaded days"),
    TableColumn("stored", Integer(), nullable=False, comment="Rows in the table"),
    TableColumn("incomplete", Integer(), nullable=False, comment="Stored rows that lack an essential value"),
    TableColumn("inaccurate", Integer(), nullable=False, comment="Stored rows of which an impossible value was nulled"),
    TableColumn("inconsistent", Integer(), nullable=False, comment="Stored rows that contradict others or themselves"),
    TableColumn("late", Integer(), nullable=False, comment="Stored rows whose crash was reported late"),
    TableColumn("invalid", Integer(), nullable=False, comment="Stored rows with a malformed value or unknown category"),
    TableColumn("scored_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    schema="ops",
    comment="How good each feed's months are, from 0 to 100; docs/quality.md tells what is counted",
)
