"""The private PostgreSQL cluster with PostGIS of a checkout: installed, started, stopped, removed."""
