"""Alerts and housekeeping in Dagster. `definitions` lists them."""
