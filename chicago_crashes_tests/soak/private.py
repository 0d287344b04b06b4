"""What the long runs need when they are started by themselves: a database of their own, and somewhere to talk."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chicago_crashes.storage.private_cluster import cluster
from chicago_crashes.storage.schema import migrate


@contextmanager
def private_database() -> Iterator[tuple[str, Path]]:
    """A migrated database on a server of its own, and a folder; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="crashes-soak-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        try:
            url = cluster.start(folder, durable=False)
            migrate.upgrade(url)
            yield url, folder
        finally:
            cluster.destroy(folder)


def say(line: str) -> None:
    """A line for whoever waits."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
