"""Running the stand-in portal: for as long as a block lasts, or until it is stopped."""

import logging
import socket
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

import uvicorn

from chicago_crashes.errors import PermanentError, TransientError
from chicago_crashes.stand_in.app import BrokenOffError, LoggedRequest, PortalApp
from chicago_crashes.stand_in.faults import Fault
from chicago_crashes.stand_in.store import PortalStore

SECONDS_TO_START = 20.0
SECONDS_TO_STOP = 10.0


class RunningPortal:
    """A portal that answers at `url`. `faults` may be changed while it runs; `requests` grows."""

    def __init__(self, url: str, app: PortalApp) -> None:
        self.url = url
        self._app = app

    @property
    def store(self) -> PortalStore:
        """What it serves."""
        return self._app.store

    @store.setter
    def store(self, store: PortalStore) -> None:
        self._app.store = store

    @property
    def requests(self) -> list[LoggedRequest]:
        """Every request so far."""
        return self._app.requests

    @property
    def faults(self) -> list[Fault]:
        """What goes wrong; the first that strikes is taken."""
        return self._app.faults


@contextmanager
def serving(
    store: PortalStore,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    faults: Iterable[Fault] = (),
    invalid_tokens: Collection[str] = (),
) -> Iterator[RunningPortal]:
    """A portal in the background that serves `store`, on a free port unless told otherwise.

    Raises:
        PermanentError: the port is taken or the address is not ours.
        TransientError: the server did not come up.
    """
    app = PortalApp(store, faults=faults, invalid_tokens=invalid_tokens)
    with _listening(host, port) as listener, _server(app) as server:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="portal", daemon=True)
        thread.start()
        try:
            _wait_until_started(server, thread)
            yield RunningPortal(f"http://{host}:{listener.getsockname()[1]}", app)
        finally:
            server.should_exit = True
            thread.join(SECONDS_TO_STOP)
            if thread.is_alive():
                server.force_exit = True
                thread.join(SECONDS_TO_STOP)


def serve_forever(store: PortalStore, host: str, port: int) -> None:
    """Serve `store` until the process is interrupted.

    Raises:
        PermanentError: the port is taken or the address is not ours.
    """
    with _listening(host, port) as listener, _server(PortalApp(store)) as server:
        server.run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PermanentError(
            f"The stand-in portal cannot listen on {host}:{port}: {error.strerror or error}. "
            "Stop what uses the port, or give another with --port."
        ) from error
    return listener


@contextmanager
def _server(app: PortalApp) -> Iterator[uvicorn.Server]:
    """A server of `app` that does not report the faults that were asked for."""
    log, unintended = logging.getLogger("uvicorn.error"), _Unintended()
    log.addFilter(unintended)
    try:
        yield uvicorn.Server(
            uvicorn.Config(
                app.asgi,
                # The same on every machine, whatever else is installed.
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                access_log=False,
                server_header=False,
                # Logging belongs to the process; what fails is reported through it.
                log_config=None,
                log_level="error",
                timeout_graceful_shutdown=2,
            )
        )
    finally:
        # Loggers may outlive all modules (pandas with pyarrow keeps them), and with them whatever their filters refer
        # to: here DuckDB, which then complains on stderr, when the process ends, that it was not let go.
        log.removeFilter(unintended)


class _Unintended(logging.Filter):
    """Lets through failures that are real and not faults that were asked for. Each server has its own to take away."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, BrokenOffError)


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise TransientError(
                f"The stand-in portal did not start within {SECONDS_TO_START:g} s. Try again; if it fails again, "
                "look at the messages above."
            )
        time.sleep(0.01)
