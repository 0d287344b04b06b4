"""Layers people bring: from a file that nobody vouches for to features that can be trusted, or to a clear refusal."""
