"""What the City publishes of crashes, from the portal to the table: catalogue, ingest, cleaning, merge, checks."""
