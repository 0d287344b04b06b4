"""Tests of Chicago Crashes; the folders mirror the package."""
