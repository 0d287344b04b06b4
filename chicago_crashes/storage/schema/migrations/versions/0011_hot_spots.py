"""Hot spots and high crash corridors."""

from datetime import date

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "hot_spot_parameters",
        sa.Column(
            "analysis",
            sa.Text(),
            nullable=False,
            comment="h3 crashes, square epdo, ...; streets for high_crash_segments",
        ),
        *_period(),
        sa.Column(
            "parameters",
            postgresql.JSONB(),
            nullable=False,
            comment="What was chosen: sizes, distances, weights, the level",
        ),
        sa.Column(
            "numbers",
            postgresql.JSONB(),
            nullable=False,
            comment="What came out: cells, crashes, hot cells, skewness, ...",
        ),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="What was loaded until then is counted",
        ),
        sa.PrimaryKeyConstraint("analysis", name=op.f("hot_spot_parameters_pkey")),
        comment="How each analysis in hot_spots and high_crash_segments was made, and what it found",
    )
    op.create_table(
        "hot_spots",
        sa.Column("hot_spot_id", sa.Integer(), sa.Identity(), nullable=False, comment="New with every analysis"),
        sa.Column(
            "grid",
            sa.Text(),
            nullable=False,
            comment="h3: hexagons of the H3 system; square: squares in EPSG:3435",
        ),
        sa.Column(
            "measure",
            sa.Text(),
            nullable=False,
            comment="The column whose Gi* this row tells; every cell has a row for each measure",
        ),
        sa.Column(
            "cell",
            sa.Text(),
            nullable=False,
            comment="H3 index, or column/row of the square, counted from the origin of EPSG:3435",
        ),
        *_period(),
        sa.Column("crashes", sa.Integer(), nullable=False, comment="Located crashes in the cell"),
        sa.Column("ksi_crashes", sa.Integer(), nullable=False, comment="Those of severity K or A"),
        sa.Column(
            "epdo",
            sa.Double(),
            nullable=False,
            comment="Crashes weighted by severity, in crashes with damage only; K weighs as the pool of K and A",
        ),
        sa.Column(
            "city_index", sa.Integer(), nullable=False, comment="The City's weights: 5 for K and A, 1 for B and C"
        ),
        sa.Column(
            "z",
            sa.Double(),
            nullable=True,
            comment="Getis-Ord Gi* of the measure, of the cell and its neighbours; null where all cells are alike",
        ),
        sa.Column(
            "p",
            sa.Double(),
            nullable=False,
            comment="Chance of so much or more, were values shuffled, none above the cap",
        ),
        sa.Column(
            "p_adjusted",
            sa.Double(),
            nullable=False,
            comment="p for so many cells at once (Benjamini-Hochberg): the false discovery rate at which the cell is hot",
        ),
        sa.Column(
            "is_hot",
            sa.Boolean(),
            nullable=False,
            comment="Whether p_adjusted is within the level of hot_spot_parameters",
        ),
        sa.Column(
            "rank",
            sa.Integer(),
            nullable=False,
            comment="1: the highest z of the grid and measure; hot cells come first",
        ),
        sa.Column("geometry", _geometry("POLYGON"), nullable=False, comment="The outline of the cell"),
        sa.CheckConstraint("grid in ('h3', 'square')", name=op.f("hot_spots_grid_check")),
        sa.CheckConstraint(
            "measure in ('crashes', 'ksi_crashes', 'epdo', 'city_index')", name=op.f("hot_spots_measure_check")
        ),
        sa.PrimaryKeyConstraint("hot_spot_id", name=op.f("hot_spots_pkey")),
        sa.UniqueConstraint("grid", "measure", "cell", name="hot_spots_grid_measure_cell_key"),
    )
    op.create_index("hot_spots_geometry_idx", "hot_spots", ["geometry"], unique=False, postgresql_using="gist")
    op.create_table(
        "high_crash_segments",
        sa.Column(
            "high_crash_segment_id", sa.Integer(), sa.Identity(), nullable=False, comment="New with every analysis"
        ),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="segment: one of street_center_lines; street: all that touch one another and have the same name",
        ),
        sa.Column(
            "line", sa.Text(), nullable=False, comment="Key of the segment in layer_lines; the lowest of a street's"
        ),
        sa.Column("street", sa.Text(), nullable=False, comment="Direction, name and type; empty where it has no name"),
        sa.Column("label", sa.Text(), nullable=False, comment="The street with its lowest and highest house number"),
        sa.Column("segments", sa.Integer(), nullable=False, comment="Segments it is made of"),
        sa.Column("miles", sa.Double(), nullable=False, comment="Its length, measured in EPSG:3435"),
        *_period(),
        sa.Column(
            "crashes", sa.Integer(), nullable=False, comment="Located crashes of which it is the nearest segment"
        ),
        sa.Column("k_crashes", sa.Integer(), nullable=False, comment="Those of severity K: somebody was killed"),
        sa.Column("a_crashes", sa.Integer(), nullable=False, comment="Those of severity A: somebody was incapacitated"),
        sa.Column("bc_crashes", sa.Integer(), nullable=False, comment="Those of severity B or C: somebody was hurt"),
        sa.Column("city_index", sa.Integer(), nullable=False, comment="5 * (k_crashes + a_crashes) + bc_crashes"),
        sa.Column(
            "index_per_mile",
            sa.Double(),
            nullable=False,
            comment="city_index / miles: what the City ranked its High Crash Corridors by (INDEX_5)",
        ),
        sa.Column(
            "rank",
            sa.Integer(),
            nullable=True,
            comment="1: the highest index_per_mile of its kind; null for those too short",
        ),
        sa.Column(
            "geometry",
            _geometry("MULTILINESTRING"),
            nullable=False,
            comment="The centre line of the segment, or those of the street",
        ),
        sa.CheckConstraint("kind in ('segment', 'street')", name=op.f("high_crash_segments_kind_check")),
        sa.PrimaryKeyConstraint("high_crash_segment_id", name=op.f("high_crash_segments_pkey")),
        sa.UniqueConstraint("kind", "line", name="high_crash_segments_kind_line_key"),
    )
    op.create_index(
        "high_crash_segments_geometry_idx", "high_crash_segments", ["geometry"], unique=False, postgresql_using="gist"
    )
    # GeoAlchemy2 creates spatial tables without their comments.
    op.create_table_comment(
        "hot_spots",
        "The city in cells: crashes, those weighed by severity, which cells are hot; choose a grid and a measure",
    )
    op.create_table_comment(
        "high_crash_segments", "Streets and their segments with crashes, by the City's index per mile; choose a kind"
    )


def _period() -> list[sa.Column[date]]:
    return [
        sa.Column("first_day", sa.Date(), nullable=False, comment="The first day whose crashes are counted"),
        sa.Column("last_day", sa.Date(), nullable=False, comment="The last such day"),
    ]


def _geometry(kind: str) -> Geometry:
    return Geometry(
        geometry_type=kind, srid=4326, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
    )


def downgrade() -> None:
    """Undo the migration."""
    op.drop_index("high_crash_segments_geometry_idx", table_name="high_crash_segments")
    op.drop_table("high_crash_segments")
    op.drop_index("hot_spots_geometry_idx", table_name="hot_spots")
    op.drop_table("hot_spots")
    op.drop_table("hot_spot_parameters")
