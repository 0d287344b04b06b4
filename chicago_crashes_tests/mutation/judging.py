"""Running tests on a copy of the project, each time in a process forked from one that has imported what is heavy.

Polars and PyArrow are only imported before the fork, and compute nothing: their pools of threads would not be forked.
"""

import importlib
import os
import re
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path

import pytest

from chicago_crashes_tests.mutation.drawing import Drawn
from chicago_crashes_tests.mutation.scratch import Scratch

WARM = (
    *("alembic", "dagster", "dagster_postgres", "duckdb", "geoalchemy2", "httpx", "hypothesis", "pandera.polars"),
    *("polars", "psycopg", "pyarrow.dataset", "pyarrow.parquet", "sqlalchemy.orm", "starlette.applications"),
    *("structlog", "uvicorn"),
)
OPTIONS = (
    *("-x", "-q", "-rfE", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-o", "timeout=60"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Task:
    """Tests to run, with a mistake or without, and how long they may take."""

    drawn: Drawn | None
    judges: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the tests said: `noticed` names the test that failed, or says that they took too long."""

    task: Task
    noticed: str | None
    seconds: float
    output: str


@dataclass(frozen=True, slots=True)
class _Running:
    task: Task
    process: ForkProcess
    began: float
    planted: ExitStack
    scratch: Scratch

    @property
    def output(self) -> Path:
        return self.scratch.folder.with_suffix(".txt")

    def is_late(self) -> bool:
        return time.monotonic() - self.began > self.task.seconds


def warm_up() -> None:
    """Import what every run of tests needs and what may be imported before a fork."""
    for name in WARM:
        importlib.import_module(name)


def judge(tasks: Iterable[Task], scratches: Sequence[Scratch], server_home: Path) -> Iterator[Judgement]:
    """Run the tasks, as many at once as there are copies, and tell of each as it ends."""
    free = list(scratches)
    running: list[_Running] = []
    waiting = iter(tasks)
    try:
        yield from _judged(waiting, free, running, server_home)
    finally:
        for each in running:
            _end(each)


def _judged(
    waiting: Iterator[Task], free: list[Scratch], running: list[_Running], server_home: Path
) -> Iterator[Judgement]:
    while True:
        while free and (task := next(waiting, None)):
            running.append(_start(task, free.pop(), server_home))
        if not running:
            return
        wait([each.process.sentinel for each in running], timeout=1)
        for each in [each for each in running if not each.process.is_alive() or each.is_late()]:
            running.remove(each)
            yield _end(each)
            free.append(each.scratch)


def _start(task: Task, scratch: Scratch, server_home: Path) -> _Running:
    planted = ExitStack()
    planted.enter_context(scratch.planted(task.drawn))
    output = scratch.folder.with_suffix(".txt")
    process = get_context("fork").Process(target=_run_tests, args=(scratch.folder, task.judges, server_home, output))
    process.start()
    return _Running(task, process, time.monotonic(), planted, scratch)


def _end(running: _Running) -> Judgement:
    """Judge what ended by itself or came to its limit; nothing it started stays behind."""
    was_late = running.process.is_alive()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(running.process.pid or 0, signal.SIGKILL)
    running.process.join()
    running.planted.close()
    output = running.output.read_text(errors="replace") if running.output.exists() else ""
    noticed = None
    if was_late:
        noticed = "(took too long)"
    elif running.process.exitcode != 0:
        failed = FAILED.findall(output)
        noticed = failed[-1] if failed else f"(ended with {running.process.exitcode})"
    return Judgement(running.task, noticed, time.monotonic() - running.began, output)


def _run_tests(folder: Path, judges: Sequence[str], server_home: Path, output: Path) -> None:
    """In the forked process: forget the project that was imported, and test the copy instead."""
    os.setsid()
    sys.stdout = sys.stderr = output.open("w")
    for descriptor in (1, 2):
        os.dup2(sys.stdout.fileno(), descriptor)
    os.chdir(folder)
    for name in [name for name in sys.modules if name.partition(".")[0].startswith("chicago_crashes")]:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    os.environ.update(PYTHONPATH=str(folder), CRASHES_TESTS_SERVER=str(server_home))
    code = pytest.main([*OPTIONS, *judges])
    sys.stdout.flush()
    os._exit(int(code))
