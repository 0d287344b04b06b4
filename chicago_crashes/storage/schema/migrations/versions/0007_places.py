"""Places: layers and their features, crash locations, and the areas they lie in."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply the migration."""
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


def downgrade() -> None:
    """Undo the migration."""
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
    op.drop_index("layer_history_layer_feature_idx", table_name="layer_history", schema="ops")
    op.drop_table("layer_history", schema="ops")
    op.drop_index("locations_geometry_feet_idx", table_name="locations")
    op.drop_table("locations")
    op.drop_table("layers")
