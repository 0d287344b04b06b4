"""Layers: the City's boundaries and people's own, from what was published or uploaded to features that can be trusted."""
