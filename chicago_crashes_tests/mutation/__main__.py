"""`python -m chicago_crashes_tests.mutation`: plant mistakes in the core, and see whether the tests notice."""

import argparse
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from chicago_crashes.local import cluster
from chicago_crashes.settings import PROJECT_ROOT
from chicago_crashes_tests.mutation.core import CORE
from chicago_crashes_tests.mutation.drawing import Drawn, draw, possible
from chicago_crashes_tests.mutation.equivalents import declared
from chicago_crashes_tests.mutation.judging import Judgement, Task, judge, warm_up
from chicago_crashes_tests.mutation.scores import BAR, document, score, scores_by_module, survivors, told
from chicago_crashes_tests.mutation.scratch import Scratch, commit, make_scratch
from chicago_crashes_tests.soak.private import say

PAGE = PROJECT_ROOT / "docs" / "mutation-testing.md"
LONGEST_BASELINE = 900
SLOWER_IS_NOTICED = 3
SPARE_SECONDS = 60


def main() -> int:
    """Plant the mistakes that the command line asks for; 0 only if enough of them were noticed."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended, too
    began = time.monotonic()
    say(f"seed {asked.seed}")
    parts = [part for part in CORE if asked.only in part.name or any(asked.only in path for path in part.sources)]
    choice = possible(parts, PROJECT_ROOT)
    drawn = draw(choice, declared(), seed=asked.seed, sample=asked.sample)
    with _workplace(asked.jobs) as (scratches, home):
        took = _without_mistakes(drawn, scratches, home)
        if took is None:
            return 2
        judgements = _with_mistakes(drawn, took, scratches, home, until=began + 60 * asked.budget)
    minutes = (time.monotonic() - began) / 60
    if not asked.only:
        PAGE.write_text(
            document(
                judgements,
                commit=commit(PROJECT_ROOT),
                seed=asked.seed,
                drawn_from=len(choice),
                minutes=minutes,
            )
        )
    return _verdict(judgements, asked.seed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chicago_crashes_tests.mutation", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31), help="draw the same mistakes again")
    parser.add_argument("--sample", type=int, default=150, help="how many mistakes at most")
    parser.add_argument("--budget", type=float, default=25, help="minutes after which no further one is planted")
    parser.add_argument("--only", default="", help="a word of the parts or paths to plant in; writes no page")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    return parser.parse_args()


@contextmanager
def _workplace(jobs: int) -> Iterator[tuple[list[Scratch], Path]]:
    """Copies of the project, and a PostGIS that all runs share; all gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="crashes-mutants-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        home = folder / "server"
        warm_up()
        try:
            cluster.start(home, durable=False)
            yield [make_scratch(PROJECT_ROOT, folder / f"copy-{number}") for number in range(jobs)], home
        finally:
            cluster.destroy(home)


def _without_mistakes(drawn: Sequence[Drawn], scratches: Sequence[Scratch], home: Path) -> Mapping[str, float] | None:
    """How many seconds each test module takes; None, if one fails before anything was planted."""
    modules = dict.fromkeys(judge for one in drawn for judge in one.part.judged_by(PROJECT_ROOT))
    say(f"{len(drawn)} mistakes, judged by {len(modules)} test modules, which must pass without any")
    took: dict[str, float] = {}
    for judgement in judge([Task(None, (module,), LONGEST_BASELINE) for module in modules], scratches, home):
        (module,) = judgement.task.judges
        took[module] = judgement.seconds
        say(f"{module}: {judgement.seconds:.0f} s")
        if judgement.noticed:
            say(f"{judgement.output}\n{module} fails although nothing was planted: mend it first")
            return None
    return took


def _with_mistakes(
    drawn: Sequence[Drawn], took: Mapping[str, float], scratches: Sequence[Scratch], home: Path, *, until: float
) -> list[Judgement]:
    judgements = []
    for judgement in judge(_tasks(drawn, took, until), scratches, home):
        judgements.append(judgement)
        say(f"[{len(judgements)}/{len(drawn)}] {told(judgement)}")
    return judgements


def _tasks(drawn: Sequence[Drawn], took: Mapping[str, float], until: float) -> Iterator[Task]:
    """One for each mistake, while there is time."""
    for one in drawn:
        if time.monotonic() > until:
            say("The time is up.")
            return
        judges = tuple(one.part.judged_by(PROJECT_ROOT))
        usual = sum(took[module] for module in judges)
        yield Task(one, judges, SPARE_SECONDS + SLOWER_IS_NOTICED * usual)


def _verdict(judgements: Sequence[Judgement], seed: int) -> int:
    say("")
    for one in scores_by_module(judgements):
        say(f"{one.share:5.0%} {one.noticed:4}/{one.planted:<4} {one.name.replace('|', ': ')}")
    total = score("all", judgements)
    for survivor in survivors(judgements):
        say(told(survivor))
    say(f"{total.noticed} of {total.planted} mistakes were noticed, {total.share:.1%}; seed {seed}, bar {BAR:.0%}")
    return 0 if total.share >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
