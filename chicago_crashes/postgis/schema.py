"""Every table of the database, wherever it is declared."""

from chicago_crashes.postgis import mart_tables, place_tables
from chicago_crashes.postgis.tables import metadata

__all__ = ["mart_tables", "metadata", "place_tables"]
