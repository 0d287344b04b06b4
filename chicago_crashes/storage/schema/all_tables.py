"""Every table of the database, wherever it is declared."""

from chicago_crashes.answers import mart_tables
from chicago_crashes.answers.hot_spots import hot_spot_tables
from chicago_crashes.layers import place_tables
from chicago_crashes.storage.schema import functions
from chicago_crashes.storage.tables import metadata

__all__ = ["functions", "hot_spot_tables", "mart_tables", "metadata", "place_tables"]
