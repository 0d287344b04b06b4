"""The portal client: requests, signatures, windows, and proof that what arrived is whole."""
