"""The marts, and which crash lies in which area."""

from datetime import date

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

from chicago_crashes.storage.schema import function_upgrade

revision = "0008"
down_revision = "0007"


def _counts() -> list[sa.Column[int]]:
    return [
        sa.Column("crashes", sa.Integer(), nullable=False, comment="Crashes"),
        sa.Column(
            "injury_crashes",
            sa.Integer(),
            nullable=False,
            comment="Crashes in which anybody was hurt or killed (severity K, A, B or C)",
        ),
        sa.Column(
            "ksi_crashes",
            sa.Integer(),
            nullable=False,
            comment="Crashes in which anybody was killed or seriously injured (severity K or A)",
        ),
        sa.Column(
            "fatal_crashes", sa.Integer(), nullable=False, comment="Crashes in which anybody was killed (severity K)"
        ),
        sa.Column(
            "pdo_crashes", sa.Integer(), nullable=False, comment="Crashes with property damage only (severity O)"
        ),
        sa.Column("unknown_crashes", sa.Integer(), nullable=False, comment="Crashes of unknown severity (U)"),
        sa.Column("persons_k", sa.Integer(), nullable=False, comment="People killed"),
        sa.Column("persons_a", sa.Integer(), nullable=False, comment="People with an incapacitating injury"),
        sa.Column(
            "persons_b", sa.Integer(), nullable=False, comment="People with an injury that does not incapacitate"
        ),
        sa.Column(
            "persons_c",
            sa.Integer(),
            nullable=False,
            comment="People with an injury that was reported and is not evident",
        ),
        sa.Column("persons_o", sa.Integer(), nullable=False, comment="People with no indication of injury"),
        sa.Column("persons_u", sa.Integer(), nullable=False, comment="People of whom no injury class is published"),
        sa.Column("injured", sa.Integer(), nullable=False, comment="People hurt or killed: K, A, B and C"),
        sa.Column("ksi", sa.Integer(), nullable=False, comment="People killed or seriously injured: K and A"),
        sa.Column("pedestrians_injured", sa.Integer(), nullable=False, comment="Hurt or killed, people on foot"),
        sa.Column(
            "pedestrians_ksi", sa.Integer(), nullable=False, comment="Killed or seriously injured, people on foot"
        ),
        sa.Column("cyclists_injured", sa.Integer(), nullable=False, comment="Hurt or killed, people on bicycles"),
        sa.Column(
            "cyclists_ksi", sa.Integer(), nullable=False, comment="Killed or seriously injured, people on bicycles"
        ),
        sa.Column(
            "motorcyclists_injured",
            sa.Integer(),
            nullable=False,
            comment="Hurt or killed, people on motorcycles and mopeds",
        ),
        sa.Column(
            "motorcyclists_ksi",
            sa.Integer(),
            nullable=False,
            comment="Killed or seriously injured, people on motorcycles and mopeds",
        ),
        sa.Column(
            "occupants_injured", sa.Integer(), nullable=False, comment="Hurt or killed, people in other motor vehicles"
        ),
        sa.Column(
            "occupants_ksi",
            sa.Integer(),
            nullable=False,
            comment="Killed or seriously injured, people in other motor vehicles",
        ),
        sa.Column(
            "others_injured",
            sa.Integer(),
            nullable=False,
            comment="Hurt or killed, people in other units: non-motor and non-contact vehicles",
        ),
        sa.Column(
            "others_ksi",
            sa.Integer(),
            nullable=False,
            comment="Killed or seriously injured, people in other units: non-motor and non-contact vehicles",
        ),
        sa.Column("children_injured", sa.Integer(), nullable=False, comment="Hurt or killed, people aged 0 to 17"),
        sa.Column(
            "children_ksi", sa.Integer(), nullable=False, comment="Killed or seriously injured, people aged 0 to 17"
        ),
        sa.Column(
            "older_adults_injured", sa.Integer(), nullable=False, comment="Hurt or killed, people aged 65 and over"
        ),
        sa.Column(
            "older_adults_ksi",
            sa.Integer(),
            nullable=False,
            comment="Killed or seriously injured, people aged 65 and over",
        ),
        sa.Column("hit_and_run_crashes", sa.Integer(), nullable=False, comment="Crashes from which somebody fled"),
        sa.Column(
            "dooring_crashes",
            sa.Integer(),
            nullable=False,
            comment="Crashes in which the door of a parked vehicle was opened into somebody's way",
        ),
        sa.Column(
            "pdo_vehicles", sa.Integer(), nullable=False, comment="Motor vehicles in crashes with property damage only"
        ),
        sa.Column("cost", sa.BigInteger(), nullable=False, comment="Dollars, by the default table of unit_costs"),
    ]


def _comparison() -> list[sa.Column[float] | sa.Column[int] | sa.Column[bool] | sa.Column[date]]:
    return [
        sa.Column(
            "is_whole", sa.Boolean(), nullable=False, comment="Whether all its days are loaded and not provisional"
        ),
        sa.Column("earlier_years", sa.SmallInteger(), nullable=False, comment="Earlier years it is compared with"),
        sa.Column(
            "compared_through",
            sa.Date(),
            nullable=True,
            comment="The last of the days that are compared, from the first on without 29 February; null: none",
        ),
        sa.Column("compared_crashes", sa.Integer(), nullable=True, comment="Crashes of the days that are compared"),
        sa.Column(
            "mean_crashes",
            sa.Double(),
            nullable=True,
            comment="Mean of the same days in the earlier years, of citywide coverage all of them",
        ),
        sa.Column(
            "change_crashes",
            sa.Double(),
            nullable=True,
            comment="compared_crashes against that mean, as a share: 0.1 is 10 % more; null where the mean is 0",
        ),
        sa.Column("compared_ksi", sa.Integer(), nullable=True, comment="KSI of the days that are compared"),
        sa.Column("mean_ksi", sa.Double(), nullable=True, comment="Mean KSI of the same days in the earlier years"),
        sa.Column(
            "change_ksi",
            sa.Double(),
            nullable=True,
            comment="compared_ksi against that mean, as a share; null where the mean is 0",
        ),
        sa.Column(
            "rank_crashes",
            sa.Integer(),
            nullable=True,
            comment="1: most crashes among the layer's areas; null for unknown",
        ),
        sa.Column(
            "rank_ksi", sa.Integer(), nullable=True, comment="1: most killed and seriously injured; null for unknown"
        ),
    ]


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "area_daily",
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False, comment="Key of the area; unknown: in none, and none is near"),
        sa.Column("day", sa.Date(), nullable=False),
        *_counts(),
        sa.PrimaryKeyConstraint("layer", "area", "day", name=op.f("area_daily_pkey")),
        comment="Crashes of every area and day that has any; days without crashes have no row",
    )
    op.create_index("area_daily_day_idx", "area_daily", ["day"], unique=False)
    op.create_table(
        "area_monthly",
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="Its first day"),
        *_counts(),
        *_comparison(),
        sa.PrimaryKeyConstraint("layer", "area", "month", name=op.f("area_monthly_pkey")),
        comment="Crashes of every area and month, months without crashes included",
    )
    op.create_table(
        "area_yearly",
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        *_counts(),
        *_comparison(),
        sa.PrimaryKeyConstraint("layer", "area", "year", name=op.f("area_yearly_pkey")),
        comment="Crashes of every area and year; a year that is not over is compared with the same days of earlier ones",
    )
    op.create_table(
        "causes",
        sa.Column("cause", sa.Text(), nullable=False, comment="As published; (none) where nothing is published"),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        *_counts(),
        sa.Column(
            "secondary_crashes", sa.Integer(), nullable=False, comment="Crashes that name it as the secondary cause"
        ),
        sa.PrimaryKeyConstraint("cause", "year", name=op.f("causes_pkey")),
        comment="Crashes by their primary contributory cause and year",
    )
    op.create_table(
        "citywide_daily",
        sa.Column("day", sa.Date(), nullable=False),
        *_counts(),
        sa.PrimaryKeyConstraint("day", name=op.f("citywide_daily_pkey")),
        comment="Crashes of every loaded day in the whole city, those without a place included",
    )
    op.create_table(
        "citywide_monthly",
        sa.Column("month", sa.Date(), nullable=False, comment="Its first day"),
        *_counts(),
        sa.Column(
            "is_whole", sa.Boolean(), nullable=False, comment="Whether all its days are loaded and not provisional"
        ),
        sa.Column(
            "is_comparable",
            sa.Boolean(),
            nullable=False,
            comment="Whether it belongs in a trend: whole, and from September 2017, when every district reported",
        ),
        sa.PrimaryKeyConstraint("month", name=op.f("citywide_monthly_pkey")),
        comment="Crashes of every month in the whole city; trends need is_comparable",
    )
    op.create_table(
        "crash_facts",
        sa.Column("crash_record_id", sa.Text(), nullable=False),
        sa.Column("crash_date", sa.DateTime(), nullable=False, comment="Chicago wall time"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="Its first day"),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False, comment="1 Monday to 7 Sunday"),
        sa.Column("hour", sa.SmallInteger(), nullable=False, comment="0 to 23"),
        sa.Column(
            "severity",
            sa.Text(),
            nullable=False,
            comment="That of the worst injury on the KABCO scale; U: no injuries are published",
        ),
        sa.Column(
            "is_ksi", sa.Boolean(), nullable=False, comment="Whether anybody was killed or seriously injured: K or A"
        ),
        sa.Column("persons_k", sa.SmallInteger(), nullable=False, comment="People killed"),
        sa.Column("persons_a", sa.SmallInteger(), nullable=False, comment="People with an incapacitating injury"),
        sa.Column(
            "persons_b", sa.SmallInteger(), nullable=False, comment="People with an injury that does not incapacitate"
        ),
        sa.Column(
            "persons_c",
            sa.SmallInteger(),
            nullable=False,
            comment="People with an injury that was reported and is not evident",
        ),
        sa.Column("persons_o", sa.SmallInteger(), nullable=False, comment="People with no indication of injury"),
        sa.Column(
            "persons_u", sa.SmallInteger(), nullable=False, comment="People of whom no injury class is published"
        ),
        sa.Column("pedestrians", sa.SmallInteger(), nullable=False, comment="Involved, people on foot"),
        sa.Column("pedestrians_k", sa.SmallInteger(), nullable=False, comment="Killed, people on foot"),
        sa.Column("pedestrians_a", sa.SmallInteger(), nullable=False, comment="Incapacitated, people on foot"),
        sa.Column(
            "pedestrians_b", sa.SmallInteger(), nullable=False, comment="Injured, not incapacitated, people on foot"
        ),
        sa.Column("pedestrians_c", sa.SmallInteger(), nullable=False, comment="Possibly hurt, people on foot"),
        sa.Column("cyclists", sa.SmallInteger(), nullable=False, comment="Involved, people on bicycles"),
        sa.Column("cyclists_k", sa.SmallInteger(), nullable=False, comment="Killed, people on bicycles"),
        sa.Column("cyclists_a", sa.SmallInteger(), nullable=False, comment="Incapacitated, people on bicycles"),
        sa.Column(
            "cyclists_b", sa.SmallInteger(), nullable=False, comment="Injured, not incapacitated, people on bicycles"
        ),
        sa.Column("cyclists_c", sa.SmallInteger(), nullable=False, comment="Possibly hurt, people on bicycles"),
        sa.Column(
            "motorcyclists", sa.SmallInteger(), nullable=False, comment="Involved, people on motorcycles and mopeds"
        ),
        sa.Column(
            "motorcyclists_k", sa.SmallInteger(), nullable=False, comment="Killed, people on motorcycles and mopeds"
        ),
        sa.Column(
            "motorcyclists_a",
            sa.SmallInteger(),
            nullable=False,
            comment="Incapacitated, people on motorcycles and mopeds",
        ),
        sa.Column(
            "motorcyclists_b",
            sa.SmallInteger(),
            nullable=False,
            comment="Injured, not incapacitated, people on motorcycles and mopeds",
        ),
        sa.Column(
            "motorcyclists_c",
            sa.SmallInteger(),
            nullable=False,
            comment="Possibly hurt, people on motorcycles and mopeds",
        ),
        sa.Column("occupants", sa.SmallInteger(), nullable=False, comment="Involved, people in other motor vehicles"),
        sa.Column("occupants_k", sa.SmallInteger(), nullable=False, comment="Killed, people in other motor vehicles"),
        sa.Column(
            "occupants_a", sa.SmallInteger(), nullable=False, comment="Incapacitated, people in other motor vehicles"
        ),
        sa.Column(
            "occupants_b",
            sa.SmallInteger(),
            nullable=False,
            comment="Injured, not incapacitated, people in other motor vehicles",
        ),
        sa.Column(
            "occupants_c", sa.SmallInteger(), nullable=False, comment="Possibly hurt, people in other motor vehicles"
        ),
        sa.Column(
            "others",
            sa.SmallInteger(),
            nullable=False,
            comment="Involved, people in other units: non-motor and non-contact vehicles",
        ),
        sa.Column(
            "others_k",
            sa.SmallInteger(),
            nullable=False,
            comment="Killed, people in other units: non-motor and non-contact vehicles",
        ),
        sa.Column(
            "others_a",
            sa.SmallInteger(),
            nullable=False,
            comment="Incapacitated, people in other units: non-motor and non-contact vehicles",
        ),
        sa.Column(
            "others_b",
            sa.SmallInteger(),
            nullable=False,
            comment="Injured, not incapacitated, people in other units: non-motor and non-contact vehicles",
        ),
        sa.Column(
            "others_c",
            sa.SmallInteger(),
            nullable=False,
            comment="Possibly hurt, people in other units: non-motor and non-contact vehicles",
        ),
        sa.Column("children", sa.SmallInteger(), nullable=False, comment="Involved, people aged 0 to 17"),
        sa.Column("children_k", sa.SmallInteger(), nullable=False, comment="Killed, people aged 0 to 17"),
        sa.Column("children_a", sa.SmallInteger(), nullable=False, comment="Incapacitated, people aged 0 to 17"),
        sa.Column(
            "children_b", sa.SmallInteger(), nullable=False, comment="Injured, not incapacitated, people aged 0 to 17"
        ),
        sa.Column("children_c", sa.SmallInteger(), nullable=False, comment="Possibly hurt, people aged 0 to 17"),
        sa.Column("older_adults", sa.SmallInteger(), nullable=False, comment="Involved, people aged 65 and over"),
        sa.Column("older_adults_k", sa.SmallInteger(), nullable=False, comment="Killed, people aged 65 and over"),
        sa.Column(
            "older_adults_a", sa.SmallInteger(), nullable=False, comment="Incapacitated, people aged 65 and over"
        ),
        sa.Column(
            "older_adults_b",
            sa.SmallInteger(),
            nullable=False,
            comment="Injured, not incapacitated, people aged 65 and over",
        ),
        sa.Column(
            "older_adults_c", sa.SmallInteger(), nullable=False, comment="Possibly hurt, people aged 65 and over"
        ),
        sa.Column(
            "units",
            sa.SmallInteger(),
            nullable=True,
            comment="Units involved, as the crash is published: a pedestrian is one, too",
        ),
        sa.Column("motor_vehicles", sa.SmallInteger(), nullable=False, comment="Motor vehicles involved"),
        sa.Column("is_hit_and_run", sa.Boolean(), nullable=False),
        sa.Column("is_dooring", sa.Boolean(), nullable=False),
        sa.Column("is_work_zone", sa.Boolean(), nullable=False),
        sa.Column("is_speed_related", sa.Boolean(), nullable=False, comment="A contributory cause is about speed"),
        sa.Column(
            "is_alcohol_related", sa.Boolean(), nullable=False, comment="A contributory cause is alcohol or drugs"
        ),
        sa.Column(
            "is_dark",
            sa.Boolean(),
            nullable=True,
            comment="Darkness, lighted or not; null where the light is not known",
        ),
        sa.Column(
            "is_intersection",
            sa.Boolean(),
            nullable=True,
            comment="As the officer marked it; null where nothing is marked",
        ),
        sa.Column("primary_cause", sa.Text(), nullable=True),
        sa.Column("secondary_cause", sa.Text(), nullable=True),
        sa.Column("first_crash_type", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True, comment="Direction and name of the street, as published"),
        sa.Column("posted_speed_limit", sa.SmallInteger(), nullable=True, comment="Miles per hour"),
        sa.Column(
            "is_provisional",
            sa.Boolean(),
            nullable=False,
            comment="One of the last three loaded days, which are always short",
        ),
        sa.Column(
            "location_id", sa.Integer(), nullable=True, comment="Into locations; null where no place is published"
        ),
        sa.Column(
            "geometry",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("ward", sa.Text(), nullable=True, comment="Key of the area of layer wards; null where none is near"),
        sa.Column(
            "ward_2015",
            sa.Text(),
            nullable=True,
            comment="Key of the area of layer wards_2015; null where none is near",
        ),
        sa.Column(
            "community_area",
            sa.Text(),
            nullable=True,
            comment="Key of the area of layer community_areas; null where none is near",
        ),
        sa.Column(
            "police_beat",
            sa.Text(),
            nullable=True,
            comment="Key of the area of layer police_beats; null where none is near",
        ),
        sa.Column(
            "police_district",
            sa.Text(),
            nullable=True,
            comment="Key of the area of layer police_districts; null where none is near",
        ),
        sa.Column(
            "neighborhood",
            sa.Text(),
            nullable=True,
            comment="Key of the area of layer neighborhoods; null where none is near",
        ),
        sa.Column(
            "zip_code", sa.Text(), nullable=True, comment="Key of the area of layer zip_codes; null where none is near"
        ),
        sa.Column(
            "census_tract",
            sa.Text(),
            nullable=True,
            comment="Key of the area of layer census_tracts; null where none is near",
        ),
        sa.Column("reported_beat", sa.Text(), nullable=True, comment="beat_of_occurrence, as the report names it"),
        sa.CheckConstraint("severity in ('K', 'A', 'B', 'C', 'O', 'U')", name=op.f("crash_facts_severity_check")),
        sa.PrimaryKeyConstraint("crash_record_id", name=op.f("crash_facts_pkey")),
    )
    op.create_index("crash_facts_day_idx", "crash_facts", ["day"], unique=False)
    op.create_index(
        "crash_facts_geometry_idx",
        "crash_facts",
        ["geometry"],
        unique=False,
        postgresql_using="gist",
    )
    op.create_index("crash_facts_location_id_day_idx", "crash_facts", ["location_id", "day"], unique=False)
    op.create_table(
        "intersections",
        sa.Column("intersection_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="The streets that meet there, in alphabetical order"),
        sa.Column("legs", sa.SmallInteger(), nullable=False, comment="Street segments that end there, at least three"),
        sa.Column(
            "geometry",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        *_counts(),
        sa.Column(
            "epdo", sa.Double(), nullable=False, comment="Crashes weighted by severity, in crashes with damage only"
        ),
        sa.Column("rank_ksi", sa.Integer(), nullable=False),
        sa.Column("rank_epdo", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("intersection_id", name=op.f("intersections_pkey")),
    )
    op.create_index(
        "intersections_geometry_idx",
        "intersections",
        ["geometry"],
        unique=False,
        postgresql_using="gist",
    )
    op.create_table(
        "fact_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False, comment="Rows of crash_facts"),
        sa.Column(
            "is_provisional",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="One of the last three loaded days",
        ),
        sa.Column(
            "made_from",
            postgresql.ARRAY(sa.DateTime(timezone=True)),
            nullable=True,
            comment="When crashes, people and vehicles of the day had been loaded; null: it has to be made anew",
        ),
        sa.Column(
            "refreshed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When these rows were last made anew",
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("fact_days_pkey")),
        schema="ops",
        comment="When the facts of each day were made, so that what is counted from them knows which days are new",
    )
    op.create_table(
        "fact_areas",
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("layer", name=op.f("fact_areas_pkey")),
        schema="ops",
        comment="Which assignment of a layer its column of crash_facts stands for",
    )
    op.create_table(
        "mart_refreshes",
        sa.Column("mart", sa.Text(), nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("through", sa.Date(), nullable=True, comment="The newest day it counts"),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("cost_table", sa.Text(), nullable=False, comment="The default table of unit_costs when it was made"),
        sa.PrimaryKeyConstraint("mart", name=op.f("mart_refreshes_pkey")),
        schema="ops",
        comment="Up to when each mart has followed the tables",
    )
    op.create_table(
        "streets",
        sa.Column("street", sa.Text(), nullable=False, comment="Direction and name, as published"),
        *_counts(),
        sa.Column(
            "epdo", sa.Double(), nullable=False, comment="Crashes weighted by severity, in crashes with damage only"
        ),
        sa.Column("rank_ksi", sa.Integer(), nullable=False),
        sa.Column("rank_epdo", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("street", name=op.f("streets_pkey")),
        comment="Crashes by street, since every district reports; provisional days included",
    )
    op.create_table(
        "time_of_week",
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False, comment="1 Monday to 7 Sunday"),
        sa.Column("hour", sa.SmallInteger(), nullable=False, comment="0 to 23, Chicago wall time"),
        *_counts(),
        sa.PrimaryKeyConstraint("year", "weekday", "hour", name=op.f("time_of_week_pkey")),
        comment="Crashes by year, day of the week and hour",
    )
    op.create_table(
        "unit_costs",
        sa.Column("cost_table", sa.Text(), nullable=False, comment="Name of a set of costs that belong together"),
        sa.Column("class", sa.Text(), nullable=False, comment="Severity on the KABCO scale; PDO: property damage only"),
        sa.Column("unit", sa.Text(), nullable=False, comment="What one of the dollars' sums is for"),
        sa.Column("dollars", sa.Integer(), nullable=False),
        sa.Column("dollars_of", sa.SmallInteger(), nullable=False, comment="The year of the dollars"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("class in ('K', 'A', 'B', 'C', 'O', 'PDO')", name=op.f("unit_costs_class_check")),
        sa.CheckConstraint("unit in ('person', 'vehicle')", name=op.f("unit_costs_unit_check")),
        sa.PrimaryKeyConstraint("cost_table", "class", name=op.f("unit_costs_pkey")),
        comment="What one injured person or damaged vehicle costs society; sets are never mixed",
    )
    # GeoAlchemy2 creates spatial tables without their comments.
    op.create_table_comment(
        "crash_facts", "One row per crash: how severe, who was hurt, under which circumstances, where"
    )
    op.create_table_comment(
        "intersections",
        "Crashes within 100 feet of where streets meet, each at the nearest, since every district reports",
    )


def downgrade() -> None:
    """Undo the migration."""
    function_upgrade.drop(op.get_bind(), "crash_areas")
    op.drop_table("unit_costs")
    op.drop_table("time_of_week")
    op.drop_table("streets")
    op.drop_table("mart_refreshes", schema="ops")
    op.drop_table("fact_areas", schema="ops")
    op.drop_table("fact_days", schema="ops")
    op.drop_index("intersections_geometry_idx", table_name="intersections")
    op.drop_table("intersections")
    op.drop_index("crash_facts_location_id_day_idx", table_name="crash_facts")
    op.drop_index("crash_facts_geometry_idx", table_name="crash_facts")
    op.drop_index("crash_facts_day_idx", table_name="crash_facts")
    op.drop_table("crash_facts")
    op.drop_table("citywide_monthly")
    op.drop_table("citywide_daily")
    op.drop_table("causes")
    op.drop_table("area_yearly")
    op.drop_table("area_monthly")
    op.drop_index("area_daily_day_idx", table_name="area_daily")
    op.drop_table("area_daily")
