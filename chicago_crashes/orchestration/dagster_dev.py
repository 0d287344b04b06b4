"""`dagster dev` for as long as it is wanted: webserver, daemon and code server, and nothing left of them afterwards."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from chicago_crashes.errors import PermanentError, TransientError
from chicago_crashes.settings import PROJECT_ROOT, settings

SECONDS_TO_STOP = 130  # Dagster gives its webserver and its daemon a minute each
SECONDS_TO_LEAVE = 20
QUIET = "ignore:Function `dev_command` is superseded"  # its successor needs a package that we need for nothing else


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Let SIGTERM and a closed terminal do what Ctrl-C does: raise KeyboardInterrupt, so that everything is undone."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def require_free(host: str, port: int) -> None:
    """Raise a `PermanentError` unless a server can listen there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PermanentError(
                f"Dagster's UI cannot listen on {host}:{port}: {error.strerror or error}. "
                "Stop what uses the port, or give another with --port."
            ) from error


def serve(environment: Mapping[str, str], host: str, port: int) -> None:
    """Run Dagster until KeyboardInterrupt, which is a good end.

    Raises:
        PermanentError: the port is taken or the address is not ours.
        TransientError: Dagster ended although nobody told it to.
    """
    require_free(host, port)
    process = subprocess.Popen(  # noqa: S603 - our own interpreter's dagster, arguments as a list
        [sys.executable, "-m", "dagster", "dev", "--host", host, "--port", str(port), *_log_options()],
        env={"PYTHONWARNINGS": QUIET, **_log_environment(), **os.environ, **environment},
        cwd=PROJECT_ROOT,
        start_new_session=True,  # Ctrl-C reaches us alone; its processes are told to stop in the right order
    )
    try:
        status = process.wait()
    except KeyboardInterrupt:
        _stop(process)
        return
    finally:
        _end_group(process.pid)
    raise TransientError(f"Dagster ended by itself with status {status}. What it said above tells why.")


def _log_options() -> list[str]:
    """How Dagster's own services log, as the settings say; what they do not say is Dagster's choice."""
    configured = settings()
    chosen_format = ["--log-format", "json"] if configured.log_format == "json" else []
    chosen_level = ["--log-level", configured.log_level] if configured.log_level else []
    return [*chosen_format, *chosen_level]


def _log_environment() -> dict[str, str]:
    """How the code server logs, which `dagster dev` hands no format on to."""
    if settings().log_format != "json":
        return {}
    commands = ("API_GRPC", "CODE_SERVER_START")
    return {f"DAGSTER_CLI_{command}_LOG_FORMAT": "json" for command in commands}


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # impatience would leave processes behind
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):  # what is left is ended with its group
        process.wait(SECONDS_TO_STOP)


def _end_group(group: int) -> None:
    """End what is left of Dagster's processes, code servers and runs among them: the database may go next."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + SECONDS_TO_LEAVE
        if not _signalled(group, number):
            return
        while _signalled(group, 0):
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)


def _signalled(group: int, number: int) -> bool:
    """Send a signal to the processes of a group; whether there were any."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS calls a group of ended processes forbidden
        return False
    return True
