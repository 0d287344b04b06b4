"""The tables of places: boundary layers, their features, and in which area each crash location lies."""

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
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy import Column as TableColumn
from sqlalchemy.dialects.postgresql import JSONB

from chicago_crashes.storage.tables import SRID, metadata

SRID_FEET = 3435
"""NAD83 / Illinois East in US survey feet: what areas and distances are measured in."""

LAYERS = Table(
    "layers",
    metadata,
    TableColumn("layer_id", SmallInteger(), Identity(), primary_key=True),
    TableColumn("layer", Text(), nullable=False, unique=True, comment="Its name: wards, police_beats, ..."),
    TableColumn("title", Text(), nullable=False),
    TableColumn(
        "kind",
        Text(),
        CheckConstraint("kind in ('published', 'uploaded')", name="kind"),
        nullable=False,
        comment="published by the City, or uploaded",
    ),
    TableColumn(
        "shape",
        Text(),
        CheckConstraint("shape in ('polygon', 'line', 'point')", name="shape"),
        nullable=False,
        comment="polygon: its features are in areas; line: in layer_lines; point: in layer_points",
    ),
    TableColumn("source", Text(), nullable=False, comment="The portal's dataset id, or the name of the uploaded file"),
    TableColumn("label_field", Text(), comment="The published field that people call a feature by"),
    TableColumn("version", Integer(), nullable=False, comment="Counts the contents the layer has had"),
    TableColumn("digest", Text(), nullable=False, comment="SHA-256 of its features"),
    TableColumn("features", Integer(), nullable=False),
    TableColumn("repaired", Integer(), nullable=False, comment="Features whose geometry was made valid"),
    TableColumn("left_out", Integer(), nullable=False, comment="Features without a geometry, and second copies"),
    TableColumn(
        "is_active",
        Boolean(),
        nullable=False,
        server_default=text("true"),
        comment="Whether crashes get assigned to it",
    ),
    TableColumn("valid_from", Date(), comment="The first day its boundaries were in force, where that is known"),
    TableColumn("valid_to", Date(), comment="The last such day; null for boundaries that are in force"),
    TableColumn("loaded_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    comment="The layers there are: the City's boundaries, and those people brought",
)


def _feature_table(
    name: str,
    feature: str,
    geometry: str,
    *,
    key: str,
    measure: TableColumn[float] | None = None,
    comment: str,
) -> Table:
    """The table of all features of a shape. `feature` is what one is called, and the column of its key."""
    return Table(
        name,
        metadata,
        TableColumn(f"{feature}_id", Integer(), Identity(), primary_key=True),
        TableColumn("layer_id", SmallInteger(), ForeignKey("layers.layer_id", ondelete="CASCADE"), nullable=False),
        TableColumn(feature, Text(), nullable=False, comment=key),
        TableColumn("label", Text(), nullable=False, comment="What people call it"),
        TableColumn("position", Integer(), nullable=False, comment="Its place in the layer's natural order, from 1"),
        TableColumn("properties", JSONB(), nullable=False, comment="Everything published of it besides the geometry"),
        *([] if measure is None else [measure]),
        TableColumn("geometry", Geometry(geometry, srid=SRID, spatial_index=False), nullable=False),
        UniqueConstraint("layer_id", feature, name=f"{name}_layer_id_{feature}_key"),
        Index(f"{name}_geometry_idx", "geometry", postgresql_using="gist"),
        comment=comment,
    )


AREAS = _feature_table(
    "areas",
    "area",
    "MULTIPOLYGON",
    key="Its key within the layer: 35, 0111, ...",
    measure=TableColumn("square_feet", Double(), nullable=False, comment="Measured in EPSG:3435"),
    comment="The polygons of the boundary layers",
)

LINES = _feature_table(
    "layer_lines",
    "line",
    "MULTILINESTRING",
    key="Its key within the layer",
    measure=TableColumn("feet", Double(), nullable=False, comment="Its length, measured in EPSG:3435"),
    comment="The lines of the layers: street centre lines, bike routes",
)

POINTS = _feature_table(
    "layer_points",
    "point",
    "POINT",
    key="Its key within the layer",
    comment="The points of the layers: cameras, schools",
)

LAYER_HISTORY = Table(
    "layer_history",
    metadata,
    TableColumn("layer_history_id", BigInteger(), primary_key=True, autoincrement=True),
    TableColumn("layer", Text(), nullable=False),
    TableColumn("version", Integer(), nullable=False, comment="The newest version of the layer that held it so"),
    TableColumn("feature", Text(), nullable=False, comment="Its key within the layer"),
    TableColumn("label", Text(), nullable=False),
    TableColumn("properties", JSONB(), nullable=False),
    TableColumn("geometry", Geometry("GEOMETRY", srid=SRID, spatial_index=False), nullable=False),
    TableColumn("replaced_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Index("layer_history_layer_feature_idx", "layer", "feature"),
    schema="ops",
    comment="Every feature of a layer as it was before the layer changed",
)

LOCATIONS = Table(
    "locations",
    metadata,
    TableColumn("location_id", Integer(), Identity(), primary_key=True),
    TableColumn("longitude", Double(), nullable=False),
    TableColumn("latitude", Double(), nullable=False),
    TableColumn(
        "geometry",
        Geometry("POINT", srid=SRID, spatial_index=False),
        Computed(f"ST_SetSRID(ST_MakePoint(longitude, latitude), {SRID})", persisted=True),
    ),
    TableColumn(
        "geometry_feet",
        Geometry("POINT", srid=SRID_FEET, spatial_index=False),
        Computed(f"ST_Transform(ST_SetSRID(ST_MakePoint(longitude, latitude), {SRID}), {SRID_FEET})", persisted=True),
        comment="The same in EPSG:3435, to measure distances in feet",
    ),
    UniqueConstraint("longitude", "latitude", name="locations_longitude_latitude_key"),
    Index("locations_geometry_feet_idx", "geometry_feet", postgresql_using="gist"),
    comment="Every place at which a crash was ever published, once",
)

# Millions of rows are written to the next two at once, and a foreign key would look up each one's layer. The rows of a
# layer that is gone go with its row in ops.assignments: what is assigned next removes them.

LOCATION_AREAS = Table(
    "location_areas",
    metadata,
    TableColumn("layer_id", SmallInteger(), nullable=False),
    TableColumn("location_id", Integer(), nullable=False),
    TableColumn("area_id", Integer(), comment="Null: in no area of the layer, and none is near"),
    TableColumn(
        "feet_away", Double(), comment="0 inside; how far the nearest area is otherwise; null where none is near"
    ),
    PrimaryKeyConstraint("layer_id", "location_id"),
    Index("location_areas_area_id_idx", "area_id"),
    comment="In which area of every active polygon layer each location lies",
)

AREA_CELLS = Table(
    "area_cells",
    metadata,
    TableColumn("layer_id", SmallInteger(), nullable=False),
    TableColumn("x", Integer(), nullable=False, comment="Column of the grid, counted in cells from longitude 0"),
    TableColumn("y", Integer(), nullable=False, comment="Row of the grid, counted in cells from latitude 0"),
    TableColumn("area_id", Integer(), nullable=False),
    TableColumn(
        "piece",
        Geometry("GEOMETRY", srid=SRID, spatial_index=False),
        comment="The part of the area within the cell; null where the area fills the cell",
    ),
    Index("area_cells_layer_id_x_y_idx", "layer_id", "x", "y"),
    schema="ops",
    comment="The areas cut along a fine grid, so that a location finds its area by two whole numbers",
)

ASSIGNMENTS = Table(
    "assignments",
    metadata,
    TableColumn(
        "layer_id",
        SmallInteger(),
        ForeignKey("layers.layer_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    TableColumn("version", Integer(), nullable=False, comment="The layer's version the locations were assigned to"),
    TableColumn("assigned_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    schema="ops",
    comment="Which version of each layer location_areas and ops.area_cells stand for",
)
