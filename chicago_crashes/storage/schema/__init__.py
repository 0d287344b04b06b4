"""The table of contents of the database, as `definitions` is of Dagster: every room's tables, the migrations."""
