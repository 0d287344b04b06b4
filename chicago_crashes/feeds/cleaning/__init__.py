"""Raw text in, typed rows and findings out: pure functions over Polars frames, driven by a feed's declaration."""
