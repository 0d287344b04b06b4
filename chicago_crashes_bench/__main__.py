"""`python -m chicago_crashes_bench`: measure, print, and write docs/performance.md if asked to."""

import argparse
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import NoReturn

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from chicago_crashes.errors import CrashesError
from chicago_crashes.settings import PROJECT_ROOT
from chicago_crashes_bench import plot, rendering
from chicago_crashes_bench.bench import Bench, Found
from chicago_crashes_bench.growth import Growth
from chicago_crashes_bench.machine import described
from chicago_crashes_bench.measures import fetch, history, orchestration, poll, tables, usual_day
from chicago_crashes_bench.results import Measurement
from chicago_crashes_bench.sizes import FULL, QUICK, Sizes
from chicago_crashes_bench.watching import ProgramFailedError
from chicago_crashes_bench.workplace import HOME, workplace

MEASURES: Mapping[str, Callable[[Bench], Found]] = {
    "tables": tables.measure,
    "history": history.measure,
    "poll": poll.measure,
    "usual-day": usual_day.measure,
    "fetch": fetch.measure,
    "orchestration": orchestration.measure,
}
DOCUMENT = PROJECT_ROOT / "docs" / "performance.md"
PICTURE = PROJECT_ROOT / "docs" / "pictures" / "performance.png"
RESULTS = HOME / "results.json"
WIDTH_OF_A_FILE = 190


@dataclass
class Findings:
    """What an invocation found; `failures` are the measures that could not be taken, and why."""

    machine: dict[str, str] = field(default_factory=dict)
    measurements: list[Measurement] = field(default_factory=list)
    growths: list[Growth] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def add(self, found: Found) -> None:
        """Keep everything a measure yields, as it comes."""
        for each in found:
            if isinstance(each, Growth):
                self.growths.append(each)
            else:
                self.measurements.append(each)


console = Console(width=None if sys.stdout.isatty() else WIDTH_OF_A_FILE)


def main() -> int:
    """Run what the command line asks for; 0 unless something failed, or a bar was missed and `--strict` was given."""
    asked = _asked()
    logging.disable(logging.WARNING)
    signal.signal(signal.SIGTERM, _end)
    sizes = QUICK if asked.quick else FULL
    found = _measured(sizes, asked.only or list(MEASURES))
    _show(found, sizes.title)
    RESULTS.write_text(json.dumps([*map(asdict, found.measurements), *map(asdict, found.growths)], indent=1))
    if found.failures:
        return 1
    if asked.write:
        _write(found)
    return int(asked.strict and any(measurement.is_met is False for measurement in found.measurements))


def _show(found: Findings, title: str) -> None:
    for name, value in found.machine.items():
        console.print(f"{name}: {value}", highlight=False)
    console.print(rendering.result_table(found.measurements, title))
    console.print(rendering.growth_table(found.growths))
    for name, reason in found.failures.items():
        console.print(f"[red]failed[/red] {name}", highlight=False)
        console.print(reason, style="red", markup=False, highlight=False, soft_wrap=True)


def _write(found: Findings) -> None:
    plot.draw(found.measurements, PICTURE)
    picture = str(PICTURE.relative_to(DOCUMENT.parent))
    DOCUMENT.write_text(rendering.document(found.machine, found.measurements, found.growths, picture))
    console.print(f"Written: {DOCUMENT} and {PICTURE}", highlight=False, soft_wrap=True)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chicago_crashes_bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, within three minutes")
    parser.add_argument("--only", nargs="+", choices=MEASURES, metavar="NAME", help=f"of {', '.join(MEASURES)}")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md and its plot")
    parser.add_argument("--strict", action="store_true", help="a missed bar is a failure")
    asked = parser.parse_args()
    if asked.write and (asked.quick or asked.only):
        parser.error("docs/performance.md holds all measures at full size: leave out --quick and --only")
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
        found.machine = described(place.server_url)
        for name in [name for name in MEASURES if name in names]:
            try:
                found.add(MEASURES[name](bench))
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
