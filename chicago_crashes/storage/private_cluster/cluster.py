"""The private PostgreSQL cluster with PostGIS that every checkout has for itself, under `.local/postgres`.

`database_url` is what the rest of the platform asks; the other functions are for the commands that start and stop
things. Where the files are is told in `place`, what the server does in `server`.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import SecretStr

from chicago_crashes.errors import TransientError
from chicago_crashes.settings import PROJECT_ROOT, settings
from chicago_crashes.storage.private_cluster import place, server
from chicago_crashes.storage.private_cluster.install import ensure_postgis

HOME = PROJECT_ROOT / ".local"
LOCK_SECONDS = 2 * server.PATIENCE_SECONDS


def database_url() -> str:
    """The PostGIS that this process uses: `CRASHES_DATABASE_URL`, or the private cluster, started if need be."""
    return url_of(settings().database_url)


def url_of(configured: SecretStr | None) -> str:
    """The URL that is configured; where none is, that of the private cluster, started if need be."""
    return configured.get_secret_value() if configured else start()


def start(home: Path = HOME, *, durable: bool = True) -> str:
    """Start the private cluster, made first if there is none, and return its URL.

    Args:
        home: the folder that holds the cluster as `postgres`.
        durable: False gives up crash safety for speed, for clusters that live as long as a test.
    """
    url, _ = _start(home, durable=durable)
    return url


def stop(home: Path = HOME) -> None:
    """Stop the private cluster; does nothing if it is not running."""
    if found := place.find(home):
        with _lock(home):
            server.stop_server(found)


def is_running(home: Path = HOME) -> bool:
    """Whether the private cluster answers."""
    found = place.find(home)
    return found is not None and server.answers(found)


@contextmanager
def running(home: Path = HOME, *, durable: bool = True) -> Iterator[str]:
    """The URL of the running private cluster; a cluster that this call started is stopped at the end."""
    url, started = _start(home, durable=durable)
    try:
        yield url
    finally:
        if started:
            stop(home)


def destroy(home: Path = HOME) -> None:
    """Stop the private cluster and delete it with everything in it."""
    if found := place.find(home):
        with _lock(home):
            server.stop_server(found)
            shutil.rmtree(found.directory)
            place.entry_of(home).unlink(missing_ok=True)
    _lock_file(home).unlink(missing_ok=True)


def _start(home: Path, *, durable: bool) -> tuple[str, bool]:
    """The URL, and whether this call is the one that started the server."""
    found = place.find(home)
    if found is not None and server.ready(found):
        return server.url(found), False
    home.mkdir(parents=True, exist_ok=True)
    ensure_postgis()  # before anything else: it may bring the user `postgres`, whose cluster it will be
    with _lock(home):
        ours = place.find_or_make(home)
        started = not server.answers(ours)
        if started:
            server.initialise(ours, durable=durable)
            server.start_server(ours, durable=durable)
        server.create_database(ours)
        return server.url(ours), started


def _lock_file(home: Path) -> Path:
    return home / "postgres.lock"


@contextmanager
def _lock(home: Path) -> Iterator[None]:
    """One process at a time starts, stops or deletes the cluster of a home."""
    try:
        with FileLock(_lock_file(home), timeout=LOCK_SECONDS):
            yield
    except Timeout as error:
        raise TransientError(
            f"Another command has been starting or stopping the private PostGIS in {home} for {LOCK_SECONDS} s. "
            "Wait for it or end it, then try again."
        ) from error
