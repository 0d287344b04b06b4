"""The total time one request may take.

A read timeout alone is not enough: a portal that sends one byte a minute renews
it for ever. The watchdog shuts the connection down wherever it hangs.
"""

import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self


class Watchdog:
    """Ends the request made inside its `with` block after `seconds`; `has_bitten` tells whether it had to.

    `trace` is handed to httpx, which reports every connection it opens; the last one is the one to shut down (a TLS
    connection replaces the plain one below it).
    """

    def __init__(self, seconds: float) -> None:
        self.has_bitten = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._bite)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember the connection that was opened."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
                if self.has_bitten:
                    _shut_down(self._socket)

    def _bite(self) -> None:
        with self._lock:
            self.has_bitten = True
            _shut_down(self._socket)


def _shut_down(connection: socket.socket | None) -> None:
    if connection is None:
        return
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        # The request ended by itself in the same moment: there is nothing left to shut down.
        return
