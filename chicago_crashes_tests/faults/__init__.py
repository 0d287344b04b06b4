"""Every way in which the portal, the lake, the database or the worker fails, below Dagster, for every feed."""
