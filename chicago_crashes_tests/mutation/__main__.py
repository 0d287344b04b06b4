"""`python -m chicago_crashes_tests.mutation`: plant mistakes in the core, and see whether the tests notice."""

import argparse
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from chicago_crashes.settings import PROJECT_ROOT
from chicago_crashes.storage.private_cluster import cluster
from chicago_crashes_tests.mutation.core import CORE
from chicago_crashes_tests.mutation.drawing import Drawn, draw, possible
from chicago_crashes_tests.mutation.equivalents import declared
from chicago_crashes_tests.mutation.judging import Judgement, Task, judge, warm_up
from chicago_crashes_tests.mutation.scores import BAR, document, score, scores_by_module, survivors, told
from chicago_crashes_tests.mutation.scratch import Scratch, commit, make_scratch
from chicago_crashes_tests.soak.private import say

PAGE = PROJECT_ROOT / "docs" / "mutation-testing.md"
LONGEST_SECONDS = 600
"""What takes longer counts as noticed, as does a single test that takes more than a minute."""


def main() -> int:
    """Plant the mistakes that the command line asks for; 0 only if enough of them were noticed."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended, too
    began = time.monotonic()
    say(f"seed {asked.seed}")
    parts = [part for part in CORE if asked.only in part.name or any(asked.only in path for path in part.sources)]
    choice, planted_in = possible(parts, PROJECT_ROOT), commit(PROJECT_ROOT)
    drawn = draw(choice, declared(), seed=asked.seed, sample=asked.sample)
    say(f"{len(drawn)} of {len(choice):,} mistakes that can be made")
    with _workplace(asked.jobs) as (scratches, home):
        judgements = _with_mistakes(drawn, scratches, home, until=began + 60 * asked.budget)
        if broken := _failing_anyway(judgements, scratches, home):
            say(f"{broken} fails although nothing is planted: mend it first.")
            return 2
    if not asked.only:
        minutes = (time.monotonic() - began) / 60
        PAGE.write_text(
            document(judgements, commit=planted_in, seed=asked.seed, drawn_from=len(choice), minutes=minutes)
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


def _with_mistakes(
    drawn: Sequence[Drawn], scratches: Sequence[Scratch], home: Path, *, until: float
) -> list[Judgement]:
    judgements = []
    for judgement in judge(_tasks(drawn, until), scratches, home):
        judgements.append(judgement)
        say(f"[{len(judgements)}/{len(drawn)}] {told(judgement)}")
    return judgements


def _tasks(drawn: Sequence[Drawn], until: float) -> Iterator[Task]:
    """One for each mistake, while there is time."""
    for one in drawn:
        if time.monotonic() > until:
            say("The time is up.")
            return
        yield Task(one, tuple(one.part.judged_by(PROJECT_ROOT)), LONGEST_SECONDS)


def _failing_anyway(judgements: Sequence[Judgement], scratches: Sequence[Scratch], home: Path) -> str | None:
    """A test that noticed a mistake and fails without one, too; nothing it noticed is to be believed."""
    noticing = sorted({one.noticed.partition("[")[0] for one in judgements if one.noticed and "::" in one.noticed})
    say(f"{len(noticing)} tests noticed something, and must pass when nothing is planted")
    shares = [tuple(noticing[number :: len(scratches)]) for number in range(len(scratches))]
    tasks = [Task(None, share, LONGEST_SECONDS) for share in shares if share]
    return next((one.noticed for one in list(judge(tasks, scratches, home)) if one.noticed), None)


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
