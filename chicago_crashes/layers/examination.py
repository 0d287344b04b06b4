"""What can be wrong with a stored layer, counted by the database."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

from chicago_crashes.layers.features import Shape
from chicago_crashes.layers.place_tables import SRID_FEET
from chicago_crashes.layers.store import TABLES
from chicago_crashes.storage.sql_files import sql_file


@dataclass(frozen=True, slots=True)
class Examination:
    """How many features there are and how many are invalid; of areas also the labels that several have, and overlaps.

    Square feet are those of all areas together, and those that lie in two of them.
    """

    features: int
    invalid: int
    repeated_labels: tuple[str, ...] = ()
    square_feet: float = 0.0
    overlapping_square_feet: float = 0.0

    @property
    def overlapping_share(self) -> float:
        """Which part of the layer is twice there."""
        return self.overlapping_square_feet / self.square_feet if self.square_feet else 0.0


def examine(connection: Connection, layer_id: int, shape: Shape, *, with_overlaps: bool = False) -> Examination:
    """Look at every feature of the layer; overlaps take longest and are looked for only if asked."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found: dict[str, Any] | None = cursor.execute(
            _statement(shape), {"layer_id": layer_id, "with_overlaps": with_overlaps}
        ).fetchone()
    assert found is not None  # noqa: S101 - counts always yield a row
    if shape is Shape.POLYGON:
        found["repeated_labels"] = tuple(found["repeated_labels"])
    return Examination(**found)


def _statement(shape: Shape) -> sql.Composed:
    if shape is Shape.POLYGON:
        return sql_file(__file__, "examine_areas").format(srid_feet=SRID_FEET)
    return sql.SQL(
        "select count(*) as features, count(*) filter (where not ST_IsValid(geometry)) as invalid"
        " from {} where layer_id = %(layer_id)s"
    ).format(sql.Identifier(TABLES[shape].name))
