"""The marts: tables that answer questions, rebuilt by set-based SQL from the feeds' tables and the places."""

from collections.abc import Mapping
from datetime import date

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy import Column as TableColumn
from sqlalchemy.dialects.postgresql import ARRAY

from chicago_crashes.answers.marts.counts import COUNTS, GROUPS, INJURIES
from chicago_crashes.storage.tables import SRID, metadata


def count_columns() -> list[TableColumn[int]]:
    """The columns of a statistic: every count of `COUNTS` and the cost."""
    return [
        *(TableColumn(name, Integer(), nullable=False, comment=count.meaning) for name, count in COUNTS.items()),
        TableColumn("cost", BigInteger(), nullable=False, comment="Dollars, by the default table of unit_costs"),
    ]


def _people_columns() -> list[TableColumn[int]]:
    columns = []
    for name, group in GROUPS.items():
        columns.append(TableColumn(name, SmallInteger(), nullable=False, comment=f"Involved, {group.who}"))
        columns.extend(
            TableColumn(f"{name}_{letter}", SmallInteger(), nullable=False, comment=f"{hurt.capitalize()}, {group.who}")
            for letter, hurt in INJURIES.items()
        )
    return columns


AREA_COLUMNS: Mapping[str, str] = {
    "ward": "wards",
    "ward_2015": "wards_2015",
    "community_area": "community_areas",
    "police_beat": "police_beats",
    "police_district": "police_districts",
    "neighborhood": "neighborhoods",
    "zip_code": "zip_codes",
    "census_tract": "census_tracts",
}
"""The columns of crash_facts that name an area, and the layer of each."""


CRASH_FACTS = Table(
    "crash_facts",
    metadata,
    TableColumn("crash_record_id", Text(), primary_key=True),
    TableColumn("crash_date", DateTime(timezone=False), nullable=False, comment="Chicago wall time"),
    TableColumn("day", Date(), nullable=False),
    TableColumn("month", Date(), nullable=False, comment="Its first day"),
    TableColumn("year", SmallInteger(), nullable=False),
    TableColumn("weekday", SmallInteger(), nullable=False, comment="1 Monday to 7 Sunday"),
    TableColumn("hour", SmallInteger(), nullable=False, comment="0 to 23"),
    TableColumn(
        "severity",
        Text(),
        CheckConstraint("severity in ('K', 'A', 'B', 'C', 'O', 'U')", name="severity"),
        nullable=False,
        comment="That of the worst injury on the KABCO scale; U: no injuries are published",
    ),
    TableColumn("is_ksi", Boolean(), nullable=False, comment="Whether anybody was killed or seriously injured: K or A"),
    *(
        TableColumn(name, SmallInteger(), nullable=False, comment=COUNTS[name].meaning)
        for name in ("persons_k", "persons_a", "persons_b", "persons_c", "persons_o", "persons_u")
    ),
    *_people_columns(),
    TableColumn("units", SmallInteger(), comment="Units involved, as the crash is published: a pedestrian is one, too"),
    TableColumn("motor_vehicles", SmallInteger(), nullable=False, comment="Motor vehicles involved"),
    TableColumn("is_hit_and_run", Boolean(), nullable=False),
    TableColumn("is_dooring", Boolean(), nullable=False),
    TableColumn("is_work_zone", Boolean(), nullable=False),
    TableColumn("is_speed_related", Boolean(), nullable=False, comment="A contributory cause is about speed"),
    TableColumn("is_alcohol_related", Boolean(), nullable=False, comment="A contributory cause is alcohol or drugs"),
    TableColumn("is_dark", Boolean(), comment="Darkness, lighted or not; null where the light is not known"),
    TableColumn("is_intersection", Boolean(), comment="As the officer marked it; null where nothing is marked"),
    TableColumn("primary_cause", Text()),
    TableColumn("secondary_cause", Text()),
    TableColumn("first_crash_type", Text()),
    TableColumn("street", Text(), comment="Direction and name of the street, as published"),
    TableColumn("posted_speed_limit", SmallInteger(), comment="Miles per hour"),
    TableColumn(
        "is_provisional", Boolean(), nullable=False, comment="One of the last three loaded days, which are always short"
    ),
    TableColumn("location_id", Integer(), comment="Into locations; null where no place is published"),
    TableColumn("geometry", Geometry("POINT", srid=SRID, spatial_index=False)),
    *(
        TableColumn(name, Text(), comment=f"Key of the area of layer {layer}; null where none is near")
        for name, layer in AREA_COLUMNS.items()
    ),
    TableColumn("reported_beat", Text(), comment="beat_of_occurrence, as the report names it"),
    Index("crash_facts_day_idx", "day"),
    Index("crash_facts_location_id_day_idx", "location_id", "day"),
    Index("crash_facts_geometry_idx", "geometry", postgresql_using="gist"),
    comment="One row per crash: how severe, who was hurt, under which circumstances, where",
)

UNIT_COSTS = Table(
    "unit_costs",
    metadata,
    TableColumn("cost_table", Text(), nullable=False, comment="Name of a set of costs that belong together"),
    TableColumn(
        "class",
        Text(),
        CheckConstraint("class in ('K', 'A', 'B', 'C', 'O', 'PDO')", name="class"),
        nullable=False,
        comment="Severity on the KABCO scale; PDO: property damage only",
    ),
    TableColumn(
        "unit",
        Text(),
        CheckConstraint("unit in ('person', 'vehicle')", name="unit"),
        nullable=False,
        comment="What one of the dollars' sums is for",
    ),
    TableColumn("dollars", Integer(), nullable=False),
    TableColumn("dollars_of", SmallInteger(), nullable=False, comment="The year of the dollars"),
    TableColumn("source", Text(), nullable=False),
    PrimaryKeyConstraint("cost_table", "class"),
    comment="What one injured person or damaged vehicle costs society; sets are never mixed",
)

AREA_DAILY = Table(
    "area_daily",
    metadata,
    TableColumn("layer", Text(), nullable=False),
    TableColumn("area", Text(), nullable=False, comment="Key of the area; unknown: in none, and none is near"),
    TableColumn("day", Date(), nullable=False),
    *count_columns(),
    PrimaryKeyConstraint("layer", "area", "day"),
    Index("area_daily_day_idx", "day"),
    comment="Crashes of every area and day that has any; days without crashes have no row",
)


def _compared_columns() -> list[TableColumn[float] | TableColumn[int] | TableColumn[bool] | TableColumn[date]]:
    return [
        TableColumn(
            "is_whole", Boolean(), nullable=False, comment="Whether all its days are loaded and not provisional"
        ),
        TableColumn("earlier_years", SmallInteger(), nullable=False, comment="Earlier years it is compared with"),
        TableColumn(
            "compared_through",
            Date(),
            comment="The last of the days that are compared, from the first on without 29 February; null: none",
        ),
        TableColumn("compared_crashes", Integer(), comment="Crashes of the days that are compared"),
        TableColumn(
            "mean_crashes",
            Double(),
            comment="Mean of the same days in the earlier years, of citywide coverage all of them",
        ),
        TableColumn(
            "change_crashes",
            Double(),
            comment="compared_crashes against that mean, as a share: 0.1 is 10 % more; null where the mean is 0",
        ),
        TableColumn("compared_ksi", Integer(), comment="KSI of the days that are compared"),
        TableColumn("mean_ksi", Double(), comment="Mean KSI of the same days in the earlier years"),
        TableColumn(
            "change_ksi",
            Double(),
            comment="compared_ksi against that mean, as a share; null where the mean is 0",
        ),
        TableColumn("rank_crashes", Integer(), comment="1: most crashes among the layer's areas; null for unknown"),
        TableColumn("rank_ksi", Integer(), comment="1: most killed and seriously injured; null for unknown"),
    ]


def _area_table(name: str, period: TableColumn[date] | TableColumn[int], comment: str) -> Table:
    """The table of all areas and periods of a kind, each compared with earlier ones."""
    return Table(
        name,
        metadata,
        TableColumn("layer", Text(), nullable=False),
        TableColumn("area", Text(), nullable=False),
        TableColumn("label", Text(), nullable=False),
        period,
        *count_columns(),
        *_compared_columns(),
        PrimaryKeyConstraint("layer", "area", period.name),
        comment=comment,
    )


AREA_MONTHLY = _area_table(
    "area_monthly",
    TableColumn("month", Date(), nullable=False, comment="Its first day"),
    "Crashes of every area and month, months without crashes included",
)

AREA_YEARLY = _area_table(
    "area_yearly",
    TableColumn("year", SmallInteger(), nullable=False),
    "Crashes of every area and year; a year that is not over is compared with the same days of earlier ones",
)

CITYWIDE_DAILY = Table(
    "citywide_daily",
    metadata,
    TableColumn("day", Date(), primary_key=True),
    *count_columns(),
    comment="Crashes of every loaded day in the whole city, those without a place included",
)

CITYWIDE_MONTHLY = Table(
    "citywide_monthly",
    metadata,
    TableColumn("month", Date(), primary_key=True, comment="Its first day"),
    *count_columns(),
    TableColumn("is_whole", Boolean(), nullable=False, comment="Whether all its days are loaded and not provisional"),
    TableColumn(
        "is_comparable",
        Boolean(),
        nullable=False,
        comment="Whether it belongs in a trend: whole, and from September 2017, when every district reported",
    ),
    comment="Crashes of every month in the whole city; trends need is_comparable",
)

CAUSES = Table(
    "causes",
    metadata,
    TableColumn("cause", Text(), nullable=False, comment="As published; (none) where nothing is published"),
    TableColumn("year", SmallInteger(), nullable=False),
    *count_columns(),
    TableColumn("secondary_crashes", Integer(), nullable=False, comment="Crashes that name it as the secondary cause"),
    PrimaryKeyConstraint("cause", "year"),
    comment="Crashes by their primary contributory cause and year",
)

TIME_OF_WEEK = Table(
    "time_of_week",
    metadata,
    TableColumn("year", SmallInteger(), nullable=False),
    TableColumn("weekday", SmallInteger(), nullable=False, comment="1 Monday to 7 Sunday"),
    TableColumn("hour", SmallInteger(), nullable=False, comment="0 to 23, Chicago wall time"),
    *count_columns(),
    PrimaryKeyConstraint("year", "weekday", "hour"),
    comment="Crashes by year, day of the week and hour",
)


def _ranked_columns() -> list[TableColumn[float] | TableColumn[int]]:
    return [
        TableColumn(
            "epdo", Double(), nullable=False, comment="Crashes weighted by severity, in crashes with damage only"
        ),
        TableColumn("rank_ksi", Integer(), nullable=False),
        TableColumn("rank_epdo", Integer(), nullable=False),
    ]


STREETS = Table(
    "streets",
    metadata,
    TableColumn("street", Text(), primary_key=True, comment="Direction and name, as published"),
    *count_columns(),
    *_ranked_columns(),
    comment="Crashes by street, since every district reports; provisional days included",
)

INTERSECTIONS = Table(
    "intersections",
    metadata,
    TableColumn("intersection_id", Integer(), primary_key=True, autoincrement=False),
    TableColumn("name", Text(), nullable=False, comment="The streets that meet there, in alphabetical order"),
    TableColumn("legs", SmallInteger(), nullable=False, comment="Street segments that end there, at least three"),
    TableColumn("geometry", Geometry("POINT", srid=SRID, spatial_index=False), nullable=False),
    *count_columns(),
    *_ranked_columns(),
    Index("intersections_geometry_idx", "geometry", postgresql_using="gist"),
    comment="Crashes within 100 feet of where streets meet, each at the nearest, since every district reports",
)

FACT_DAYS = Table(
    "fact_days",
    metadata,
    TableColumn("day", Date(), primary_key=True),
    TableColumn("crashes", Integer(), nullable=False, comment="Rows of crash_facts"),
    TableColumn(
        "is_provisional",
        Boolean(),
        nullable=False,
        server_default=text("false"),
        comment="One of the last three loaded days",
    ),
    TableColumn(
        "made_from",
        ARRAY(DateTime(timezone=True)),
        comment="When crashes, people and vehicles of the day had been loaded; null: it has to be made anew",
    ),
    TableColumn("refreshed_at", DateTime(timezone=True), nullable=False, comment="When these rows were last made anew"),
    schema="ops",
    comment="When the facts of each day were made, so that what is counted from them knows which days are new",
)

FACT_AREAS = Table(
    "fact_areas",
    metadata,
    TableColumn("layer", Text(), primary_key=True),
    TableColumn("assigned_at", DateTime(timezone=True), nullable=False),
    schema="ops",
    comment="Which assignment of a layer its column of crash_facts stands for",
)

MART_REFRESHES = Table(
    "mart_refreshes",
    metadata,
    TableColumn("mart", Text(), primary_key=True),
    TableColumn("refreshed_at", DateTime(timezone=True), nullable=False),
    TableColumn("through", Date(), comment="The newest day it counts"),
    TableColumn("rows", BigInteger(), nullable=False),
    TableColumn("cost_table", Text(), nullable=False, comment="The default table of unit_costs when it was made"),
    schema="ops",
    comment="Up to when each mart has followed the tables",
)
