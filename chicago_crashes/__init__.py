"""Chicago Crashes: a complete, verified, daily-fresh PostGIS copy of Chicago's traffic crash data."""
