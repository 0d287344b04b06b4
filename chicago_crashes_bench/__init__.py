"""Benchmarks: the platform as its users feel it, measured against baselines of the same run on the same rows."""
