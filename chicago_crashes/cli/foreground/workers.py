"""Launch runs side by side, in processes of their own: one Python process keeps one core busy, not two.

While one run waits for the portal another one loads what it has fetched. Dagster's pools and the merge's own lock hold
between processes, so no two of them ask the portal at once or merge the same feed at once.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.queues import SimpleQueue
from threading import Thread

import dagster as dg
from dagster import DagsterInstance

from chicago_crashes.definitions import build_defs
from chicago_crashes.feeds.changes import DayRange
from chicago_crashes.feeds.defs.launch import launch
from chicago_crashes.orchestration import logs
from chicago_crashes.orchestration.outcomes import FeedOutcome, OnStep, Outcome, together
from chicago_crashes.orchestration.presence import present
from chicago_crashes.settings import settings

Steps = SimpleQueue[str | None]
"""Names of steps that ended, and None when no more will."""


def launch_side_by_side(
    database_url: str, ranges: Sequence[DayRange], *, workers: int, on_step: OnStep, refetch: bool
) -> Outcome:
    """Load the ranges of days, one run each, at most `workers` at once; a run that fails does not stop the others."""
    context = get_context("spawn")  # a forked process would share connections with this one
    steps: Steps = context.SimpleQueue()
    hold, grip = context.Pipe(duplex=False)
    begin = (database_url, steps, hold, logging.getLevelName(logging.getLogger().level))
    pool = ProcessPoolExecutor(min(workers, len(ranges)), context, initializer=_begin, initargs=begin)
    with _told(steps, on_step):
        try:
            waiting = [(days, pool.submit(_launch, days, refetch)) for days in ranges]
            return together(_outcome(days, future, grip) for days, future in waiting)
        finally:
            pool.shutdown(cancel_futures=True)
            grip.close()
            hold.close()


@contextmanager
def _told(steps: Steps, on_step: OnStep) -> Iterator[None]:
    """Tell of the steps as they end, as long as the context lasts."""

    def tell() -> None:
        while (name := steps.get()) is not None:
            on_step(name)

    teller = Thread(target=tell, name="steps")
    teller.start()
    try:
        yield
    finally:
        steps.put(None)
        teller.join()


def _outcome(days: DayRange, future: Future[Outcome], grip: Connection) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool:
        grip.close()  # a worker in the middle of a run would not end by itself, and be waited for
        feeds = {feed.name: FeedOutcome() for feed in days.feeds}
        ended = "A process that loads days was ended from outside, perhaps for want of memory. Load these days again."
        return Outcome(feeds, {f"run of {days}": ended})


# --- in the worker ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Worker:
    """What a worker needs for every run, opened once. It goes with the process."""

    opened: ExitStack
    defs: dg.Definitions
    instance: DagsterInstance
    token: str
    steps: Steps


_workers: list[_Worker] = []


def _begin(database_url: str, steps: Steps, hold: Connection, level: str) -> None:
    Thread(target=_end_when_let_go, args=(hold,), name="hold", daemon=True).start()
    logs.configure(settings(), level=level)
    opened = ExitStack()
    token = opened.enter_context(present(database_url))
    instance = opened.enter_context(DagsterInstance.get())
    _workers.append(_Worker(opened, build_defs(settings()), instance, token, steps))


def _end_when_let_go(hold: Connection) -> None:
    """End at once when the command lets go of its workers, or is gone: killed, it could not stop them."""
    with suppress(EOFError):
        hold.recv_bytes()
    os._exit(1)


def _launch(days: DayRange, refetch: bool) -> Outcome:
    (worker,) = _workers
    return launch(worker.defs, worker.instance, [days], on_step=worker.steps.put, refetch=refetch, command=worker.token)
