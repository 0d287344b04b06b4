"""Is the installation well: database, portal, lake, Dagster. What is found, and what to do about it."""
