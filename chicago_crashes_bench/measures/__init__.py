"""One module per measure: each yields its measurements, and how they grow with rows."""
