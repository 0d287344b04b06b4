"""CSV files downloaded from the portal, row by row into the raw lake and the tables. Knows nothing of Dagster."""
