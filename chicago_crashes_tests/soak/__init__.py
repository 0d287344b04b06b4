"""Long runs that change the portal, break the way to it, and ask whether the tables still say what the portal says."""
