"""A receiver of alerts: a real HTTP server on loopback that keeps the messages it takes, or refuses them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

PASSWORD, PATH, PARAMETER = "a-secret-password", "a-secret-path", "a-secret-parameter"
SECRETS = (PASSWORD, PATH, PARAMETER)


@dataclass
class Receiver:
    """What has arrived. While `status` is not 200, nothing does."""

    port: int = 0
    status: int = 200
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The receiver as an Apprise URL, full of secrets."""
        return f"json://somebody:{PASSWORD}@127.0.0.1:{self.port}/{PATH}?-key={PARAMETER}"

    @property
    def titles(self) -> list[str]:
        """The titles of what has arrived."""
        return [message["title"] for message in self.messages]

    def of(self, words: str) -> list[dict[str, Any]]:
        """The messages whose title has these words."""
        return [message for message in self.messages if words in message["title"]]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if receiver.status == 200:
                receiver.messages.append(message)
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
