"""Which areas and streets a location belongs to."""
