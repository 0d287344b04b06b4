"""Dagster assets: thin wrappers that call the rooms below and report what became of each day."""
