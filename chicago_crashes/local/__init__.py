"""What one machine needs to run the platform from nothing: a private PostGIS, Dagster's home, the stand-in portal."""
