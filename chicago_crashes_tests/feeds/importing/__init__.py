"""Tests of the import of CSV exports."""
