"""Dagster asset checks: every promise of the platform, with numbers, per day."""
