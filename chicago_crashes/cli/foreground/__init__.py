"""What commands run through Dagster while people wait: everything is proven to be there before a run is launched."""
