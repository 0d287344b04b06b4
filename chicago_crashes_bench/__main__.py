"""`python -m chicago_crashes_bench`: measure, print, and write docs/performance.md if asked to."""

import argparse
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from typing import NoReturn

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from chicago_crashes.errors import CrashesError
from chicago_crashes.settings import PROJECT_ROOT
from chicago_crashes_bench import plot, rendering, stored
from chicago_crashes_bench.bench import Bench, Found
from chicago_crashes_bench.growth import Growth
from chicago_crashes_bench.machine import described
from chicago_crashes_bench.measures import (
    answers,
    fetch,
    history,
    orchestration,
    places,
    poll,
    report,
    tables,
    usual_day,
)
from chicago_crashes_bench.results import Measurement
from chicago_crashes_bench.sizes import FULL, QUICK, Sizes
from chicago_crashes_bench.stored import Taken
from chicago_crashes_bench.watching import ProgramFailedError
from chicago_crashes_bench.workplace import workplace

MEASURES: Mapping[str, Callable[[Bench], Found]] = {
    "tables": tables.measure,
    "history": history.measure,
    "poll": poll.measure,
    "usual-day": usual_day.measure,
    "answers": answers.measure,
    "places": places.measure,
    "report": report.measure,
    "fetch": fetch.measure,
    "orchestration": orchestration.measure,
}
DOCUMENT = PROJECT_ROOT / "docs" / "performance.md"
PICTURE = PROJECT_ROOT / "docs" / "pictures" / "performance.png"
RESULTS = PROJECT_ROOT / "docs" / "performance.json"
WIDTH_OF_A_FILE = 190


@dataclass
class Findings:
    """What an invocation found, by measure; `failures` are the measures that could not be taken, and why."""

    taken: dict[str, Taken] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def measurements(self) -> list[Measurement]:
        """Those of all measures."""
        return _measurements(self.taken)


console = Console(width=None if sys.stdout.isatty() else WIDTH_OF_A_FILE)


def main() -> int:
    """Run what the command line asks for; 0 unless something failed, or a bar was missed and `--strict` was given."""
    asked = _asked()
    logging.disable(logging.WARNING)
    signal.signal(signal.SIGTERM, _end)
    sizes = QUICK if asked.quick else FULL
    found = _measured(sizes, asked.only or list(MEASURES))
    _show(found, sizes.title)
    if asked.write:
        _write(found)
    if found.failures:
        return 1
    return int(asked.strict and any(measurement.is_met is False for measurement in found.measurements))


def _show(found: Findings, title: str) -> None:
    for name, value in stored.machines(found.taken).items():
        console.print(f"{name}: {value}", highlight=False)
    console.print(rendering.result_table(found.measurements, title))
    console.print(rendering.growth_table(_growths(found.taken)))
    for name, reason in found.failures.items():
        console.print(f"[red]failed[/red] {name}", highlight=False)
        console.print(reason, style="red", markup=False, highlight=False, soft_wrap=True)


def _write(found: Findings) -> None:
    taken = stored.merged(stored.read(RESULTS), found.taken, list(MEASURES))
    stored.write(RESULTS, taken)
    plot.draw(_measurements(taken), PICTURE)
    picture = str(PICTURE.relative_to(DOCUMENT.parent))
    DOCUMENT.write_text(rendering.document(stored.machines(taken), _measurements(taken), _growths(taken), picture))
    console.print(f"Written: {DOCUMENT}, {RESULTS} and {PICTURE}", highlight=False, soft_wrap=True)


def _measurements(taken: Mapping[str, Taken]) -> list[Measurement]:
    return list(chain.from_iterable(each.measurements for each in taken.values()))


def _growths(taken: Mapping[str, Taken]) -> list[Growth]:
    return list(chain.from_iterable(each.growths for each in taken.values()))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chicago_crashes_bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, within three minutes")
    parser.add_argument("--only", nargs="+", choices=MEASURES, metavar="NAME", help=f"of {', '.join(MEASURES)}")
    parser.add_argument("--write", action="store_true", help="put what was measured into docs/performance.md")
    parser.add_argument("--strict", action="store_true", help="a missed bar is a failure")
    asked = parser.parse_args()
    if asked.write and asked.quick:
        parser.error("docs/performance.md holds measures at full size: leave out --quick")
    return asked


def _measured(sizes: Sizes, names: Sequence[str]) -> Findings:
    found = Findings()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, refresh_per_second=2, transient=True) as progress, ExitStack() as stack:
        task = progress.add_task("starting")
        started = time.perf_counter()

        def tell(doing: str) -> None:
            progress.update(task, description=doing)
            progress.print(f"[dim]{time.perf_counter() - started:7.1f} s  {doing}[/dim]", highlight=False)

        _warn_if_busy(tell)
        place = stack.enter_context(workplace(tell))
        bench = Bench(sizes, place, tell, stack)
        machine = described(place.server_url)
        for name in [name for name in MEASURES if name in names]:
            try:
                each = list(MEASURES[name](bench))
                found.taken[name] = Taken(
                    machine,
                    [one for one in each if isinstance(one, Measurement)],
                    [one for one in each if isinstance(one, Growth)],
                )
            except (ProgramFailedError, CrashesError) as error:  # the other measures are worth having without it
                found.failures[name] = str(error)
                tell(f"{name} failed; going on with the others")
    return found


def _warn_if_busy(tell: Callable[[str], None]) -> None:
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > cores / 4:
        tell(f"[yellow]the machine is busy (load {load:.1f} on {cores} cores): ratios will be unreliable[/yellow]")


def _end(_signal: int, _frame: object) -> NoReturn:
    sys.exit(143)


if __name__ == "__main__":
    sys.exit(main())
