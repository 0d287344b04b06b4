"""The answers in Dagster: thin wrappers around this room's work. `definitions` lists them."""
