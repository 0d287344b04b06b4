"""Pools: what may run only so many times at once, in all runs together."""

POOL = "portal"
