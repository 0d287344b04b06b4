"""Tests of what one machine needs."""
