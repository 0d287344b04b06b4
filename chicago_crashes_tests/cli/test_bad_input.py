"""What the commands say when something is wrong: one clear message, a truthful exit status, nothing half written."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from chicago_crashes import cli
from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.cli.running import ended, settings_for, started

FIRST = date(2024, 3, 4)
DAY = str(FIRST)
PASSWORD = "correct-horse"
NOBODY = "http://127.0.0.1:1"


class Page(BaseHTTPRequestHandler):
    """Something else that listens on the port: every address is a page."""

    def do_GET(self) -> None:
        body = b"<!DOCTYPE html><html><body>Welcome to my blog</body></html>"
        self.send_response(404 if "/missing/" in self.path else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def pages() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def silence() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_every_fault_is_one_message_and_nothing_is_half_written(database_url: str, tmp_path: Path) -> None:
    lake = tmp_path / "raw"
    with serving(PortalStore()) as portal, pages() as blog, silence() as silent_port:
        good = settings_for(database_url, portal.url, lake, FIRST) | {"PGCONNECT_TIMEOUT": "2"}
        cases = {
            "unreachable": (
                good | {"CRASHES_PORTAL_URL": NOBODY},
                ["load", DAY, DAY],
                f"Nothing answers at {NOBODY}",
            ),
            "unreachable, asked by refresh": (
                good | {"CRASHES_PORTAL_URL": NOBODY},
                ["refresh"],
                f"Nothing answers at {NOBODY}",
            ),
            "a page": (
                good | {"CRASHES_PORTAL_URL": blog},
                ["load", DAY, DAY],
                "it is text/html; charset=utf-8, not JSON",
            ),
            "no such page": (
                good | {"CRASHES_PORTAL_URL": f"{blog}/missing"},
                ["load", DAY, DAY],
                "is not the portal: check CRASHES_PORTAL_URL",
            ),
            "unknown feed": (good, ["load", DAY, DAY, "--feed", "bicycles"], "There is no feed called 'bicycles'"),
            "reversed": (good, ["load", "2024-03-05", DAY], "The range is reversed"),
            "too early": (good, ["load", "2024-03-03", DAY], "2024-03-03 is outside the days that can be loaded"),
            "nothing shrank": (
                good,
                ["accept-shrink", "crashes", DAY, DAY, "--reason", "none"],
                "There is nothing to accept",
            ),
            "a silent database": (
                good | {"CRASHES_DATABASE_URL": f"postgresql://me:{PASSWORD}@127.0.0.1:{silent_port}/crashes"},
                ["load", DAY, DAY],
                "does not answer",
            ),
            "no database": (
                good | {"CRASHES_DATABASE_URL": f"postgresql://me:{PASSWORD}@127.0.0.1:1/crashes"},
                ["db", "upgrade"],
                "does not answer",
            ),
            "no database URL": (
                good | {"CRASHES_DATABASE_URL": f"mysql://me:{PASSWORD}@127.0.0.1/crashes"},
                ["load", DAY, DAY],
                "CRASHES_DATABASE_URL is not a database URL",
            ),
            "no date in a setting": (
                good | {"CRASHES_START_DATE": "yesterday"},
                ["load", DAY, DAY],
                "CRASHES_START_DATE cannot be 'yesterday'",
            ),
        }
        processes = {name: started(environment, *arguments) for name, (environment, arguments, _) in cases.items()}
        outcomes = {name: ended(process) for name, process in processes.items()}
    for name, outcome in outcomes.items():
        assert outcome.status == 1, (name, outcome)
        assert outcome.output == "", name
        assert cases[name][2] in outcome.errors, name
        assert len(outcome.errors.splitlines()) == (2 if "Is the server running" in outcome.errors else 1), outcome
        assert "Traceback" not in outcome.errors, name
        assert PASSWORD not in outcome.errors, name
    assert not lake.exists()
    with psycopg.connect(database_url) as connection:
        for table in (*(feed.table for feed in FEEDS), "ops.signatures", "ops.quarantine", "ops.accepted_shrinks"):
            assert connection.execute(f"select count(*) from {table}").fetchone() == (0,)  # noqa: S608


@pytest.mark.parametrize(
    "arguments",
    [
        ["load", "2024-3-x", DAY],
        ["load", DAY],
        ["load", DAY, "2024-02-30"],
        ["load", DAY, DAY, "--fed", "crashes"],
        ["accept-shrink", "crashes", DAY, DAY],
        ["history"],
        ["portal", "--dirt", "some"],
        ["lead", DAY, DAY],
    ],
)
def test_a_command_line_that_cannot_be_understood_ends_with_2(arguments: list[str]) -> None:
    outcome = CliRunner().invoke(cli.app, arguments)
    assert outcome.exit_code == 2
    assert "Usage:" in outcome.stderr
