"""The tables of hot spots: cells with their Gi*, streets with the City's index, and how both were made."""

from datetime import date

from geoalchemy2 import Geometry
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy import Column as TableColumn
from sqlalchemy.dialects.postgresql import JSONB

from chicago_crashes.storage.tables import SRID, metadata


def _period_columns() -> list[TableColumn[date]]:
    return [
        TableColumn("first_day", Date(), nullable=False, comment="The first day whose crashes are counted"),
        TableColumn("last_day", Date(), nullable=False, comment="The last such day"),
    ]


HOT_SPOT_PARAMETERS = Table(
    "hot_spot_parameters",
    metadata,
    TableColumn(
        "analysis", Text(), primary_key=True, comment="h3 crashes, square epdo, ...; streets for high_crash_segments"
    ),
    *_period_columns(),
    TableColumn("parameters", JSONB(), nullable=False, comment="What was chosen: sizes, distances, weights, the level"),
    TableColumn("numbers", JSONB(), nullable=False, comment="What came out: cells, crashes, hot cells, skewness, ..."),
    TableColumn(
        "made_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("now()"),
        comment="What was loaded until then is counted",
    ),
    comment="How each analysis in hot_spots and high_crash_segments was made, and what it found",
)


HOT_SPOTS = Table(
    "hot_spots",
    metadata,
    TableColumn("hot_spot_id", Integer(), Identity(), primary_key=True, comment="New with every analysis"),
    TableColumn(
        "grid",
        Text(),
        CheckConstraint("grid in ('h3', 'square')", name="grid"),
        nullable=False,
        comment="h3: hexagons of the H3 system; square: squares in EPSG:3435",
    ),
    TableColumn(
        "measure",
        Text(),
        CheckConstraint("measure in ('crashes', 'ksi_crashes', 'epdo', 'city_index')", name="measure"),
        nullable=False,
        comment="The column whose Gi* this row tells; every cell has a row for each measure",
    ),
    TableColumn(
        "cell",
        Text(),
        nullable=False,
        comment="H3 index, or column/row of the square, counted from the origin of EPSG:3435",
    ),
    *_period_columns(),
    TableColumn("crashes", Integer(), nullable=False, comment="Located crashes in the cell"),
    TableColumn("ksi_crashes", Integer(), nullable=False, comment="Those of severity K or A"),
    TableColumn(
        "epdo",
        Double(),
        nullable=False,
        comment="Crashes weighted by severity, in crashes with damage only; K weighs as the pool of K and A",
    ),
    TableColumn("city_index", Integer(), nullable=False, comment="The City's weights: 5 for K and A, 1 for B and C"),
    TableColumn(
        "z",
        Double(),
        comment="Getis-Ord Gi* of the measure, of the cell and its neighbours; null where all cells are alike",
    ),
    TableColumn(
        "p", Double(), nullable=False, comment="Chance of so much or more, were values shuffled, none above the cap"
    ),
    TableColumn(
        "p_adjusted",
        Double(),
        nullable=False,
        comment="p for so many cells at once (Benjamini-Hochberg): the false discovery rate at which the cell is hot",
    ),
    TableColumn(
        "is_hot", Boolean(), nullable=False, comment="Whether p_adjusted is within the level of hot_spot_parameters"
    ),
    TableColumn(
        "rank", Integer(), nullable=False, comment="1: the highest z of the grid and measure; hot cells come first"
    ),
    TableColumn(
        "geometry",
        Geometry("POLYGON", srid=SRID, spatial_index=False),
        nullable=False,
        comment="The outline of the cell",
    ),
    UniqueConstraint("grid", "measure", "cell", name="hot_spots_grid_measure_cell_key"),
    Index("hot_spots_geometry_idx", "geometry", postgresql_using="gist"),
    comment="The city in cells: crashes, those weighed by severity, which cells are hot; choose a grid and a measure",
)

HIGH_CRASH_SEGMENTS = Table(
    "high_crash_segments",
    metadata,
    TableColumn("high_crash_segment_id", Integer(), Identity(), primary_key=True, comment="New with every analysis"),
    TableColumn(
        "kind",
        Text(),
        CheckConstraint("kind in ('segment', 'street')", name="kind"),
        nullable=False,
        comment="segment: one of street_center_lines; street: all that touch one another and have the same name",
    ),
    TableColumn("line", Text(), nullable=False, comment="Key of the segment in layer_lines; the lowest of a street's"),
    TableColumn("street", Text(), nullable=False, comment="Direction, name and type; empty where it has no name"),
    TableColumn("label", Text(), nullable=False, comment="The street with its lowest and highest house number"),
    TableColumn("segments", Integer(), nullable=False, comment="Segments it is made of"),
    TableColumn("miles", Double(), nullable=False, comment="Its length, measured in EPSG:3435"),
    *_period_columns(),
    TableColumn("crashes", Integer(), nullable=False, comment="Located crashes of which it is the nearest segment"),
    TableColumn("k_crashes", Integer(), nullable=False, comment="Those of severity K: somebody was killed"),
    TableColumn("a_crashes", Integer(), nullable=False, comment="Those of severity A: somebody was incapacitated"),
    TableColumn("bc_crashes", Integer(), nullable=False, comment="Those of severity B or C: somebody was hurt"),
    TableColumn("city_index", Integer(), nullable=False, comment="5 * (k_crashes + a_crashes) + bc_crashes"),
    TableColumn(
        "index_per_mile",
        Double(),
        nullable=False,
        comment="city_index / miles: what the City ranked its High Crash Corridors by (INDEX_5)",
    ),
    TableColumn("rank", Integer(), comment="1: the highest index_per_mile of its kind; null for those too short"),
    TableColumn(
        "geometry",
        Geometry("MULTILINESTRING", srid=SRID, spatial_index=False),
        nullable=False,
        comment="The centre line of the segment, or those of the street",
    ),
    UniqueConstraint("kind", "line", name="high_crash_segments_kind_line_key"),
    Index("high_crash_segments_geometry_idx", "geometry", postgresql_using="gist"),
    comment="Streets and their segments with crashes, by the City's index per mile; choose a kind",
)
