"""The stand-in portal as the benchmarks use it: its address, and a way to ask it to change."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes_bench.watching import ProgramFailedError

SECONDS_TO_STOP = 20


class PortalProcess:
    """A stand-in portal that runs elsewhere and serves the days from `first` to `last` of some feeds."""

    def __init__(self, process: subprocess.Popen[str], first: date, last: date, feeds: Sequence[Feed]) -> None:
        self._process = process
        self.first, self.last, self.feeds = first, last, tuple(feeds)
        self.url: str = self._answer()["url"]

    def ask(self, **order: object) -> dict[str, Any]:
        """Let it do something to what it publishes."""
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        line = self._process.stdout.readline()
        if not line:
            raise ProgramFailedError("The stand-in portal of the benchmark ended by itself; see the messages above.")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def portal_process(first: date, last: date, feeds: Sequence[Feed]) -> Iterator[PortalProcess]:
    """A stand-in portal in a process of its own, filled with synthetic days."""
    command = [sys.executable, "-m", "chicago_crashes_bench.portal_process", str(first), str(last)]
    with subprocess.Popen(
        [*command, *(feed.name for feed in feeds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield PortalProcess(process, first, last, feeds)
        finally:
            process.terminate()
            try:
                process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
