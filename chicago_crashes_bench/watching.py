"""Run a program and watch how long it takes and how much memory its processes use."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

LOOK_SECONDS = 0.2
LOOKS_BETWEEN_SEARCHES = 5


class ProgramFailedError(Exception):
    """A program that is measured did not do what it should; the message holds its last words."""


@dataclass(slots=True)
class Watched:
    """What a program did. `memory` holds, at each look, the moment and the largest process's resident bytes."""

    seconds: float = 0.0
    output: str = ""
    errors: str = ""
    memory: list[tuple[float, int]] = field(default_factory=list)

    @property
    def peak(self) -> int:
        """The most any process held at a look."""
        return max(size for _, size in self.memory)

    @property
    def peak_growth(self) -> float:
        """The peak of the last third of the time, by that of the first third."""
        first = max(size for moment, size in self.memory if moment <= self.seconds / 3)
        last = max(size for moment, size in self.memory if moment >= self.seconds * 2 / 3)
        return last / first


def run_watched(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Watched:
    """Run a program to its end.

    Raises:
        ProgramFailedError: it ended with another status than 0.
    """
    watched = Watched()
    output, errors = log.with_suffix(".out"), log.with_suffix(".err")
    with output.open("w") as out, errors.open("w") as err:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=dict(environment), stdout=out, stderr=err)
        try:
            _look_until_it_ends(process, watched, started)
        finally:
            _end(process)
        watched.seconds = time.perf_counter() - started
    watched.output, watched.errors = output.read_text(), errors.read_text()
    if process.returncode:
        raise ProgramFailedError(
            f"{' '.join(command)} ended with status {process.returncode}:\n{watched.output[-1500:]}\n"
            f"{watched.errors[-3000:]}"
        )
    return watched


def _look_until_it_ends(process: subprocess.Popen[bytes], watched: Watched, started: float) -> None:
    family: list[psutil.Process] = []
    looks = 0
    while True:
        if looks % LOOKS_BETWEEN_SEARCHES == 0:
            family = _family(process.pid)
        looks += 1
        sizes = [size for member in family if (size := _resident(member))]
        if sizes:
            watched.memory.append((time.perf_counter() - started, max(sizes)))
        try:
            process.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    for member in _family(process.pid)[::-1]:
        member.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
