"""The database: tables, migrations and the set-based merge. Knows SQL and nothing of Dagster."""
