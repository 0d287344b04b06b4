"""Run commands, in a process of their own or in this one, and small portals for them to ask."""

import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from chicago_crashes.cli import main
from chicago_crashes.cli.foreground.days import load_range
from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.orchestration.logs import OURS
from chicago_crashes.orchestration.outcomes import Outcome
from chicago_crashes.settings import settings
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import Dirt, generate

COMMAND = Path(sys.executable).with_name("chicago-crashes")
SECONDS = 120


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    output: str
    errors: str


def started(environment: Mapping[str, str], *arguments: str) -> subprocess.Popen[str]:
    """A command under way; `CRASHES_*` settings of whoever runs the tests do not reach it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CRASHES_")}
    return subprocess.Popen(
        [COMMAND, *arguments],
        env=inherited | dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for a command to end."""
    try:
        output, errors = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    return Ended(process.returncode, output, errors)


def run_apart(environment: Mapping[str, str], *arguments: str) -> Ended:
    """Run the installed command in a process of its own to its end."""
    return ended(started(environment, *arguments))


def run(environment: Mapping[str, str], *arguments: str) -> Ended:
    """Run a command in this process, where everything is imported: starting one takes longer than most commands."""
    output, errors = io.StringIO(), io.StringIO()
    status: int | str | None = 0
    with _surroundings(environment), redirect_stdout(output), redirect_stderr(errors):
        sys.argv = [COMMAND.name, *arguments]
        try:
            main()
        except SystemExit as end:
            status = end.code
    return Ended(int(status or 0), output.getvalue(), errors.getvalue())


def load_here(environment: Mapping[str, str], first: date, last: date, *feeds: str, refetch: bool = False) -> Outcome:
    """Load days as the command does."""
    with _surroundings(environment), load_range(first, last, feeds, refetch=refetch) as loading:
        return loading.run(lambda _step: None)


@contextmanager
def _surroundings(environment: Mapping[str, str]) -> Iterator[None]:
    """What a command finds when it starts. Afterwards everything is as it was, whatever the command set."""
    root, ours = logging.getLogger(), logging.getLogger(OURS)
    handlers, level, our_level = root.handlers[:], root.level, ours.level
    variables, arguments = dict(os.environ), sys.argv
    for name in [name for name in variables if name.startswith("CRASHES_")]:
        del os.environ[name]
    os.environ.update(environment)
    settings.cache_clear()
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        ours.setLevel(our_level)
        sys.argv = arguments
        os.environ.clear()
        os.environ.update(variables)
        settings.cache_clear()


def settings_for(database_url: str, portal_url: str, lake: Path, first: date) -> dict[str, str]:
    """The environment of a platform."""
    return {
        "CRASHES_DATABASE_URL": database_url,
        "CRASHES_PORTAL_URL": portal_url,
        "CRASHES_RAW_URL": str(lake),
        "CRASHES_START_DATE": first.isoformat(),
    }


def synthetic_frames(
    first: date, last: date, *, seed: int = 7, rows_per_day: int = 40, dirt: Dirt | None = None
) -> dict[str, pl.DataFrame]:
    """What a synthetic portal publishes of the days, by feed."""
    batches = list(generate(first, last, seed=seed, rows_per_day=rows_per_day, dirt=dirt))
    return {feed.name: pl.concat(batch.frames[feed.name] for batch in batches) for feed in FEEDS}


def publish(store: PortalStore, frames: Mapping[str, pl.DataFrame]) -> None:
    """Publish rows of several feeds."""
    for feed in FEEDS:
        if feed.name in frames:
            store.publish(feed.dataset_id, frames[feed.name])
