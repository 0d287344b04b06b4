"""A portal of a few hundred rows that answers exactly the queries the client asks, and fails on command.

It is a raw HTTP server on purpose: what is tested against it are bytes that no web framework would send.
"""

import gzip
import json
import re
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chicago_crashes.feeds.catalogue import Feed

Row = dict[str, Any]


@dataclass(frozen=True)
class Request:
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    moment: float

    @property
    def is_for_rows(self) -> bool:
        return "$order" in self.params

    @property
    def is_for_signatures(self) -> bool:
        return "$group" in self.params


@dataclass
class Answer:
    """What goes over the wire. The later fields say how it goes wrong."""

    status: int = 200
    body: bytes = b"[]\n"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json;charset=utf-8"})
    packed: bool = True
    keep: int | None = None
    """Send only so many bytes of the body, as if all had been sent."""
    breaks_off: bool = False
    """Announce the whole body, then hang up."""
    resets: bool = False
    """Hang up with a TCP reset instead of an orderly end."""
    seconds_between_bytes: float = 0.0
    seconds_before: float = 0.0
    seconds_between_header_bytes: float = 0.0

    @property
    def wire_bytes(self) -> bytes:
        return gzip.compress(self.body) if self.packed else self.body


Fault = Callable[[Request], Answer | None]


class SmallPortal:
    """Holds rows per dataset. `faults` are asked first, in order; one that returns `None` lets the request pass."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self.feeds: dict[str, Feed] = {}
        self.columns: dict[str, list[str]] = {}
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.after_request: Callable[[Request], None] = lambda _: None
        self.url = ""

    def publish(self, feed: Feed, rows: list[Row]) -> None:
        self.feeds[feed.dataset_id] = feed
        self.rows[feed.dataset_id] = rows
        self.columns[feed.dataset_id] = list(feed.column_names)

    def fail_once(self, answer: Answer, times: int = 1) -> None:
        """Give `answer` to the next `times` requests."""
        left = times

        def fault(_: Request) -> Answer | None:
            nonlocal left
            left -= 1
            return answer if left >= 0 else None

        self.faults.append(fault)

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        for fault in self.faults:
            if (answer := fault(request)) is not None:
                return answer
        answer = self._true_answer(request)
        self.after_request(request)
        return answer

    def _true_answer(self, request: Request) -> Answer:
        if match := re.fullmatch(r"/api/views/([^.]+)\.json", request.path):
            fields = [{"fieldName": name} for name in self.columns.get(match[1], [])]
            return json_answer({"id": match[1], "columns": [*fields, {"fieldName": ":@computed_region_rpca_8um6"}]})
        match = re.fullmatch(r"/resource/([^.]+)\.json", request.path)
        if match is None or match[1] not in self.feeds:
            return json_answer({"code": "dataset.missing", "error": True, "message": "Not found"}, status=404)
        return json_answer(self.query(self.feeds[match[1]], request.params))

    def query(self, feed: Feed, params: dict[str, str]) -> list[Row]:
        """What the portal truly holds."""
        rows = self.rows[feed.dataset_id]
        where = params["$where"]
        if " is null or " in where:
            low, high = re.findall(r"'([^']+)'", where)
            outside = [row for row in rows if not low <= row.get(feed.date, "") < high]
            return [{"rows": str(len(outside))}]
        spans = [re.findall(r"'([^']+)'", span) for span in where.split(" or ")]
        after = spans[0][2:]
        found = [row for row in rows if any(span[0] <= row.get(feed.date, "") < span[1] for span in spans)]
        limit = int(params.get("$limit", "1000"))
        if "$group" in params:
            days = defaultdict(list)
            for row in found:
                days[row[feed.date][:10]].append(row[":updated_at"])
            return [
                {"day": f"{day}T00:00:00.000", "rows": str(len(times)), "updated_at": max(times)}
                for day, times in days.items()
            ][:limit]
        if after:
            ids = [row[":id"] for row in found]
            found = found[ids.index(after[0]) + 1 :]
        wanted = [name.strip("`") for name in params["$select"].split(",")]
        return [{name: row[name] for name in wanted if name in row} for row in found][:limit]


def json_answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    answer = Answer(status, _json_bytes(content))
    answer.headers |= headers or {}
    return answer


def _json_bytes(content: Any) -> bytes:
    """Rows stand on lines of their own, as in the portal's replies."""
    if not isinstance(content, list):
        return json.dumps(content).encode()
    return "[{}]\n".format("\n,".join(map(json.dumps, content))).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, portal: SmallPortal) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.portal = portal


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        request = Request(parts.path, dict(parse_qsl(parts.query)), dict(self.headers), time.monotonic())
        try:
            self._send(self.server.portal.answer(request))
        except (BrokenPipeError, ConnectionResetError):
            # The client had heard enough.
            self.close_connection = True

    def _send(self, answer: Answer) -> None:
        pause = threading.Event()
        pause.wait(answer.seconds_before)
        if answer.seconds_between_header_bytes:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Endless: ")
            for _ in range(100):
                self.wfile.write(b"a")
                pause.wait(answer.seconds_between_header_bytes)
        whole = answer.wire_bytes
        body = whole if answer.keep is None else whole[: answer.keep]
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.packed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(whole) if answer.breaks_off else len(body)))
        self.end_headers()
        if answer.seconds_between_bytes:
            for byte in body:
                self.wfile.write(bytes([byte]))
                pause.wait(answer.seconds_between_bytes)
        else:
            self.wfile.write(body)
        self.close_connection = answer.breaks_off
        if answer.resets:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """The requests are kept in `portal.requests`."""


@contextmanager
def serving(portal: SmallPortal) -> Iterator[SmallPortal]:
    """Serve `portal` on a free port of the loopback interface."""
    server = _Server(portal)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    portal.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield portal
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
