"""Places, and the marts that answer questions about them."""

from datetime import date

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

CRASH_AREAS = """
create view crash_areas as
select crash_facts.crash_record_id, layers.layer, areas.area, areas.label, location_areas.feet_away
from crash_facts
join location_areas using (location_id)
join layers using (layer_id)
left join areas using (area_id)
"""
COMMENTS_OF_CRASH_AREAS = {
    "": "In which area of every active polygon layer each located crash lies",
    "crash_record_id": "The crash, as in crash_facts",
    "layer": "Name of the layer: wards, police_beats, ...",
    "area": "Key of the area within the layer; null: in none, and none is near",
    "label": "What people call the area",
    "feet_away": "0 inside; how far the nearest area is otherwise; null where none is near",
}


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
        "layers",
        sa.Column("layer_id", sa.SmallInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False, comment="Its name: wards, police_beats, ..."),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="published by the City, or uploaded"),
        sa.Column(
            "shape",
            sa.Text(),
            nullable=False,
            comment="polygon: its features are in areas; line: in layer_lines; point: in layer_points",
        ),
        sa.Column(
            "source", sa.Text(), nullable=False, comment="The portal's dataset id, or the name of the uploaded file"
        ),
        sa.Column("label_field", sa.Text(), nullable=True, comment="The published field that people call a feature by"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Counts the contents the layer has had"),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of its features"),
        sa.Column("features", sa.Integer(), nullable=False),
        sa.Column("repaired", sa.Integer(), nullable=False, comment="Features whose geometry was made valid"),
        sa.Column("left_out", sa.Integer(), nullable=False, comment="Features without a geometry, and second copies"),
        sa.Column(
            "is_active",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="Whether crashes get assigned to it",
        ),
        sa.Column(
            "valid_from",
            sa.Date(),
            nullable=True,
            comment="The first day its boundaries were in force, where that is known",
        ),
        sa.Column(
            "valid_to", sa.Date(), nullable=True, comment="The last such day; null for boundaries that are in force"
        ),
        sa.Column("loaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind in ('published', 'uploaded')", name=op.f("layers_kind_check")),
        sa.CheckConstraint("shape in ('polygon', 'line', 'point')", name=op.f("layers_shape_check")),
        sa.PrimaryKeyConstraint("layer_id", name=op.f("layers_pkey")),
        sa.UniqueConstraint("layer"),
        comment="The layers there are: the City's boundaries, and those people brought",
    )
    op.create_table(
        "locations",
        sa.Column("location_id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
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
            sa.Computed("ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "geometry_feet",
            Geometry(
                geometry_type="POINT",
                srid=3435,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(ST_SetSRID(ST_MakePoint(longitude, latitude), 4326), 3435)", persisted=True),
            nullable=True,
            comment="The same in EPSG:3435, to measure distances in feet",
        ),
        sa.PrimaryKeyConstraint("location_id", name=op.f("locations_pkey")),
        sa.UniqueConstraint("longitude", "latitude", name="locations_longitude_latitude_key"),
    )
    op.create_index(
        "locations_geometry_feet_idx",
        "locations",
        ["geometry_feet"],
        unique=False,
        postgresql_using="gist",
    )
    op.create_table(
        "layer_history",
        sa.Column("layer_history_id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="The newest version of the layer that held it so"),
        sa.Column("feature", sa.Text(), nullable=False, comment="Its key within the layer"),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("properties", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "geometry",
            Geometry(
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("replaced_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("layer_history_id", name=op.f("layer_history_pkey")),
        schema="ops",
    )
    op.create_index(
        "layer_history_layer_feature_idx", "layer_history", ["layer", "feature"], unique=False, schema="ops"
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
    op.create_table(
        "areas",
        sa.Column("area_id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("layer_id", sa.SmallInteger(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False, comment="Its key within the layer: 35, 0111, ..."),
        sa.Column("label", sa.Text(), nullable=False, comment="What people call it"),
        sa.Column("position", sa.Integer(), nullable=False, comment="Its place in the layer's natural order, from 1"),
        sa.Column(
            "properties",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Everything published of it besides the geometry",
        ),
        sa.Column("square_feet", sa.Double(), nullable=False, comment="Measured in EPSG:3435"),
        sa.Column(
            "geometry",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["layer_id"], ["layers.layer_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("area_id", name=op.f("areas_pkey")),
        sa.UniqueConstraint("layer_id", "area", name="areas_layer_id_area_key"),
    )
    op.create_index("areas_geometry_idx", "areas", ["geometry"], unique=False, postgresql_using="gist")
    op.create_table(
        "layer_lines",
        sa.Column("line_id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("layer_id", sa.SmallInteger(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False, comment="Its key within the layer"),
        sa.Column("label", sa.Text(), nullable=False, comment="What people call it"),
        sa.Column("position", sa.Integer(), nullable=False, comment="Its place in the layer's natural order, from 1"),
        sa.Column(
            "properties",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Everything published of it besides the geometry",
        ),
        sa.Column("feet", sa.Double(), nullable=False, comment="Its length, measured in EPSG:3435"),
        sa.Column(
            "geometry",
            Geometry(
                geometry_type="MULTILINESTRING",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["layer_id"], ["layers.layer_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("line_id", name=op.f("layer_lines_pkey")),
        sa.UniqueConstraint("layer_id", "line", name="layer_lines_layer_id_line_key"),
    )
    op.create_index(
        "layer_lines_geometry_idx",
        "layer_lines",
        ["geometry"],
        unique=False,
        postgresql_using="gist",
    )
    op.create_table(
        "layer_points",
        sa.Column("point_id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("layer_id", sa.SmallInteger(), nullable=False),
        sa.Column("point", sa.Text(), nullable=False, comment="Its key within the layer"),
        sa.Column("label", sa.Text(), nullable=False, comment="What people call it"),
        sa.Column("position", sa.Integer(), nullable=False, comment="Its place in the layer's natural order, from 1"),
        sa.Column(
            "properties",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Everything published of it besides the geometry",
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
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["layer_id"], ["layers.layer_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("point_id", name=op.f("layer_points_pkey")),
        sa.UniqueConstraint("layer_id", "point", name="layer_points_layer_id_point_key"),
    )
    op.create_index(
        "layer_points_geometry_idx",
        "layer_points",
        ["geometry"],
        unique=False,
        postgresql_using="gist",
    )
    op.create_table(
        "location_areas",
        sa.Column("layer_id", sa.SmallInteger(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=True, comment="Null: in no area of the layer, and none is near"),
        sa.Column(
            "feet_away",
            sa.Double(),
            nullable=True,
            comment="0 inside; how far the nearest area is otherwise; null where none is near",
        ),
        sa.PrimaryKeyConstraint("layer_id", "location_id", name=op.f("location_areas_pkey")),
        comment="In which area of every active polygon layer each location lies",
    )
    op.create_index("location_areas_area_id_idx", "location_areas", ["area_id"], unique=False)
    op.create_table(
        "area_cells",
        sa.Column("layer_id", sa.SmallInteger(), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False, comment="Column of the grid, counted in cells from longitude 0"),
        sa.Column("y", sa.Integer(), nullable=False, comment="Row of the grid, counted in cells from latitude 0"),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column(
            "piece",
            Geometry(srid=4326, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"),
            nullable=True,
            comment="The part of the area within the cell; null where the area fills the cell",
        ),
        schema="ops",
    )
    op.create_index("area_cells_layer_id_x_y_idx", "area_cells", ["layer_id", "x", "y"], unique=False, schema="ops")
    op.create_table(
        "assignments",
        sa.Column("layer_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="The layer's version the locations were assigned to"
        ),
        sa.Column("assigned_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["layer_id"], ["layers.layer_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("layer_id", name=op.f("assignments_pkey")),
        schema="ops",
        comment="Which version of each layer location_areas and ops.area_cells stand for",
    )
    # GeoAlchemy2 creates spatial tables without their comments.
    op.create_table_comment("areas", "The polygons of the boundary layers")
    op.create_table_comment(
        "crash_facts", "One row per crash: how severe, who was hurt, under which circumstances, where"
    )
    op.create_table_comment(
        "intersections",
        "Crashes within 100 feet of where streets meet, each at the nearest, since every district reports",
    )
    op.create_table_comment("layer_lines", "The lines of the layers: street centre lines, bike routes")
    op.create_table_comment("layer_points", "The points of the layers: cameras, schools")
    op.create_table_comment("locations", "Every place at which a crash was ever published, once")
    op.create_table_comment(
        "area_cells",
        "The areas cut along a fine grid, so that a location finds its area by two whole numbers",
        schema="ops",
    )
    op.create_table_comment(
        "layer_history", "Every feature of a layer as it was before the layer changed", schema="ops"
    )
    op.execute(CRASH_AREAS)
    for column, comment in COMMENTS_OF_CRASH_AREAS.items():
        target = f"column crash_areas.{column}" if column else "view crash_areas"
        op.execute(f"comment on {target} is '{comment}'")


def downgrade() -> None:
    """Undo the migration."""
    op.execute("drop view crash_areas")
    op.drop_table("assignments", schema="ops")
    op.drop_index("area_cells_layer_id_x_y_idx", table_name="area_cells", schema="ops")
    op.drop_table("area_cells", schema="ops")
    op.drop_index("location_areas_area_id_idx", table_name="location_areas")
    op.drop_table("location_areas")
    op.drop_index("layer_points_geometry_idx", table_name="layer_points")
    op.drop_table("layer_points")
    op.drop_index("layer_lines_geometry_idx", table_name="layer_lines")
    op.drop_table("layer_lines")
    op.drop_index("areas_geometry_idx", table_name="areas")
    op.drop_table("areas")
    op.drop_table("unit_costs")
    op.drop_table("time_of_week")
    op.drop_table("streets")
    op.drop_table("mart_refreshes", schema="ops")
    op.drop_table("fact_areas", schema="ops")
    op.drop_table("fact_days", schema="ops")
    op.drop_index("layer_history_layer_feature_idx", table_name="layer_history", schema="ops")
    op.drop_table("layer_history", schema="ops")
    op.drop_index("locations_geometry_feet_idx", table_name="locations")
    op.drop_table("locations")
    op.drop_table("layers")
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
