"""One private PostgreSQL server: made, configured, started and stopped in its place, and asked whether it answers.

Nothing here takes a lock; `cluster` sees to it that one process at a time starts or stops a server.
"""

import logging
import random
import secrets
import shutil
import socket
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from chicago_crashes.errors import PermanentError, TransientError
from chicago_crashes.storage.private_cluster.install import ensure_postgis
from chicago_crashes.storage.private_cluster.place import Place
from chicago_crashes.storage.private_cluster.processes import command_line, in_use, processes_in

logger = logging.getLogger(__name__)

ROLE = DATABASE = "crashes"
PORTS = range(20_000, 32_000)  # below the ports that systems hand out to outgoing connections
PATIENCE_SECONDS = 300  # recovery after a crash in the middle of a large load takes minutes
START_ATTEMPTS = 5

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
    "shared_buffers": "512MB",
    "effective_cache_size": "2GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
    # Nothing replicates from this cluster, so a COPY into a table made in the same transaction needs no log.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    # Compiling a query costs more than it saves on two cores and set-based statements.
    "jit": "off",
}
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def initialise(place: Place, *, durable: bool) -> None:
    """Make the data directory; does nothing if there is one."""
    if place.data.exists():
        return
    logger.info("Making a private PostGIS in %s", place.directory)
    place.write(place.password_file, secrets.token_urlsafe(24))
    unfinished = place.directory / "data.unfinished"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    made = place.run(
        ensure_postgis() / "initdb",
        *("-D", unfinished, "-U", ROLE, "-A", "scram-sha-256", f"--pwfile={place.password_file}"),
        *("--encoding=UTF8", "--no-locale", "--no-instructions"),
        *(() if durable else ("--no-sync",)),
    )
    if made.returncode:
        raise PermanentError(f"initdb could not make a cluster in {place.directory}: {made.stdout.strip()}")
    place.write(unfinished / "pg_hba.conf", "host all all 127.0.0.1/32 scram-sha-256\n")
    with (unfinished / "postgresql.conf").open("a") as file:
        file.write("\ninclude 'crashes.conf'\n")
    unfinished.rename(place.data)


def start_server(place: Place, *, durable: bool) -> None:
    """Start the server and return once it accepts connections."""
    binaries = _bin(place)
    _wait_for_server_under_way(place)
    if answers(place):
        return
    _discard_foreign_pid_file(place)
    said = ""
    for _ in range(START_ATTEMPTS):
        place.write(place.port_file, str(_usable_port(place)))
        place.write(place.data / "crashes.conf", _configuration(place, durable=durable))
        started = place.run(
            *(binaries / "pg_ctl", "start", "-D", place.data, "-l", place.log_file),
            *("-w", "-t", PATIENCE_SECONDS, "-s"),
        )
        if started.returncode == 0:
            return
        said = f"{started.stdout.strip()}\n{_last_lines(place.log_file)}"
        if "in use" not in said:
            break
        time.sleep(0.5)  # the port was taken just now, or processes of a killed server are still leaving
    raise PermanentError(
        f"The private PostGIS in {place.directory} did not start:\n{said}\n"
        f"The whole log is {place.log_file}. `make clean` removes the cluster with its data."
    )


def _wait_for_server_under_way(place: Place) -> None:
    """A server that runs but does not answer is recovering from a crash or shutting down: let it finish."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _server_process(place) is not None and not answers(place):
        if time.monotonic() > deadline:
            raise TransientError(
                f"The private PostGIS in {place.directory} has been running for {PATIENCE_SECONDS} s without "
                f"answering. Look at {place.log_file}, then try again."
            )
        time.sleep(0.2)


def _discard_foreign_pid_file(place: Place) -> None:
    """Remove the pid file of a killed server whose process number is in use, by another program or a zombie.

    PostgreSQL takes a number in use for a running server and refuses to start. A number not in use it handles by
    itself, and then also checks that no child of the dead server still writes; here that is ours to check.
    """
    pid = _recorded_pid(place)
    if pid is None or _server_process(place) is not None or not in_use(pid):
        return
    deadline = time.monotonic() + PATIENCE_SECONDS
    while left := processes_in(place.data):
        if time.monotonic() > deadline:
            raise TransientError(
                f"Processes {left} of a killed server still use {place.data}. End them, then try again."
            )
        time.sleep(0.1)
    (place.data / "postmaster.pid").unlink(missing_ok=True)


def _usable_port(place: Place) -> int:
    remembered = place.port()
    if remembered is not None and _is_free(remembered):
        return remembered
    for port in random.sample(PORTS, k=200):
        if _is_free(port):
            return port
    raise TransientError(f"No free port was found between {PORTS.start} and {PORTS.stop} on 127.0.0.1.")


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _configuration(place: Place, *, durable: bool) -> str:
    chosen = SETTINGS | {"port": str(place.port())} | ({} if durable else NOT_DURABLE)
    lines = "".join(f"{name} = '{value}'\n" for name, value in chosen.items())
    return f"# Written at every start; lines of your own belong in postgresql.conf, below the include.\n{lines}"


def create_database(place: Place) -> None:
    """Make the database and its PostGIS extension where they are missing, on a running server."""
    with _connect(place, "postgres") as connection:
        exists = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if exists is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")
    with _connect(place, DATABASE) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")


def stop_server(place: Place) -> None:
    """Stop the server; does nothing if it is not running."""
    if _server_process(place) is None:
        return
    logger.info("Stopping the private PostGIS in %s", place.directory)
    stopped = place.run(_bin(place) / "pg_ctl", "stop", "-D", place.data, "-m", "fast", "-w", "-t", PATIENCE_SECONDS)
    if stopped.returncode:
        raise TransientError(
            f"The private PostGIS in {place.directory} did not stop within {PATIENCE_SECONDS} s: "
            f"{stopped.stdout.strip()}. Look at {place.log_file}, then try again."
        )


# --- what is true now ------------------------------------------------------------------------------------------------


def answers(place: Place) -> bool:
    """Whether a server answers at our port with our password, and is the one that serves this very directory."""
    return _ask(place, "postgres", "SELECT current_setting('data_directory')") == str(place.data)


def ready(place: Place) -> bool:
    """Whether the server answers and its database has been set up to the end."""
    question = "SELECT current_setting('data_directory') FROM pg_extension WHERE extname = 'postgis'"
    return _ask(place, DATABASE, question) == str(place.data)


def _ask(place: Place, database: str, question: str) -> str | None:
    if place.port() is None or _recorded_pid(place) is None:
        return None
    try:
        with _connect(place, database) as connection:
            row = connection.execute(question.encode()).fetchone()
    except psycopg.OperationalError:  # the answer to the question: nobody there, or a stranger who refuses us
        return None
    return None if row is None else str(row[0])


def _server_process(place: Place) -> int | None:
    """The process number of this cluster's living server."""
    pid = _recorded_pid(place)
    return pid if pid is not None and str(place.data) in command_line(pid) else None


def _recorded_pid(place: Place) -> int | None:
    try:
        first_line = (place.data / "postmaster.pid").read_text().partition("\n")[0]
    except FileNotFoundError:
        return None
    return int(first_line) if first_line.strip().isdigit() else None


def url(place: Place) -> str:
    """The URL of the database, password included: for programs, never for messages."""
    return f"postgresql://{ROLE}:{place.password()}@127.0.0.1:{place.port()}/{DATABASE}"


def _connect(place: Place, database: str) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(
        host="127.0.0.1",
        port=place.port(),
        user=ROLE,
        password=place.password(),
        dbname=database,
        require_auth="scram-sha-256",  # a stranger at our port never gets the password itself
        connect_timeout=5,
        autocommit=True,
    )


def _bin(place: Place) -> Path:
    """The programs of the version that made this cluster; a newer server cannot read its data."""
    return ensure_postgis(int((place.data / "PG_VERSION").read_text()))


def _last_lines(path: Path) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-10:]) if path.exists() else ""
