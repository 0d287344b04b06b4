"""Which rules a row was cleaned by, so that rows cleaned by others can be told and cleaned again."""

import hashlib
from functools import cache
from importlib import resources

PACKAGES = ("chicago_crashes.feeds", "chicago_crashes.cleaning")


@cache
def rules_digest() -> str:
    """A digest of the code that says what becomes of a raw row: the feeds' declarations and the cleaning."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for file in sorted(resources.files(package).iterdir(), key=lambda file: file.name):
            if file.name.endswith(".py"):
                digest.update(file.name.encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()
