"""Tests of the stand-in portal."""
