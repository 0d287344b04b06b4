"""A running Dagster for a test: what `chicago-crashes up` starts, asked over GraphQL.

Run as a program, this serves Dagster with a home of its own until it is told to stop.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from chicago_crashes.orchestration import dagster_home
from chicago_crashes.orchestration.dagster_dev import serve, stopped_by_signals
from chicago_crashes.settings import PROJECT_ROOT, settings

SECONDS_TO_START = 60
SECONDS_BETWEEN_LOOKS = 0.25

Found = TypeVar("Found")


@dataclass(frozen=True)
class DagsterUi:
    """A running Dagster."""

    url: str
    process: subprocess.Popen[bytes]
    output: Path

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a GraphQL reply."""
        reply = httpx.post(f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=30)
        content: dict[str, Any] = reply.json()
        assert "errors" not in content, content["errors"]
        found: dict[str, Any] = content["data"]
        return found

    def wait_for(self, look: Callable[[], Found | None], seconds: float, what: str) -> Found:
        """What `look` finds, as soon as it finds something."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if (found := look()) is not None:
                return found
            assert self.process.poll() is None, f"Dagster ended: {self.said()}"
            time.sleep(SECONDS_BETWEEN_LOOKS)
        raise AssertionError(f"{what} not within {seconds} s. Dagster said: {self.said()}")

    def said(self) -> str:
        """The end of what Dagster wrote."""
        return self.output.read_text(errors="replace")[-5000:]

    def processes(self) -> set[int]:
        """The process that was started and all that descend from it."""
        return _with_descendants(self.process.pid)


@contextmanager
def dagster_ui(environment: Mapping[str, str], folder: Path) -> Iterator[DagsterUi]:
    """Dagster with its home in a folder, as long as the context lasts."""
    port = free_port()
    output = folder / "dagster.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(folder / "home"), str(port)],
            env=os.environ | environment,
            cwd=PROJECT_ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    ui = DagsterUi(f"http://127.0.0.1:{port}", process, output)
    try:
        ui.wait_for(lambda: _answers(ui.url), SECONDS_TO_START, "Dagster's UI")
        yield ui
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool | None:
    try:
        return httpx.get(f"{url}/server_info", timeout=5).is_success or None
    except httpx.TransportError:
        return None


def _with_descendants(process: int) -> set[int]:
    found = {process}
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in children.read_text().split():
            found |= _with_descendants(int(child))
    return found


def _serve(home: Path, port: int) -> None:
    url = settings().database_url
    assert url is not None
    with stopped_by_signals():
        serve(dagster_home.prepare(url.get_secret_value(), home), "127.0.0.1", port)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]))
