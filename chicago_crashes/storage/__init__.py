"""Where things are kept: the raw lake, the database's tables and migrations. Knows nothing of Dagster."""
