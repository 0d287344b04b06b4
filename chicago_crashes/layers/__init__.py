"""Layers: the City's boundaries and people's own, from what came in to features that can be trusted."""
