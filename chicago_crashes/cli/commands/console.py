"""How commands talk: a console, a progress bar, the summary of a launch."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from chicago_crashes.orchestration.outcomes import COUNTED, FeedOutcome, OnStep, Outcome

DAYS_NAMED = 10

WIDTH_OF_A_FILE = 170
"""A summary that is not shown in a terminal must not be squeezed into the 80 columns assumed for one."""

console = Console(width=None if sys.stdout.isatty() else WIDTH_OF_A_FILE)
errors = Console(stderr=True)


@contextmanager
def progress_bar(steps: int) -> Iterator[OnStep]:
    """A bar over the steps of a launch; call what it yields at the end of every step."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as progress:
        task = progress.add_task("starting", total=steps)

        def on_step(name: str) -> None:
            progress.update(task, advance=1, description=name.replace("__", "/"))

        yield on_step


def show(outcome: Outcome) -> None:
    """Print what became of a launch: per feed the rows at each place and the checks, then the failures."""
    table = Table(title="Rows of the loaded days")
    table.add_column("feed")
    table.add_column("days", justify="right")
    for name in COUNTED:
        table.add_column(name.removesuffix("_rows"), justify="right")
    table.add_column("checks passed", justify="right", no_wrap=True)
    for name, feed in outcome.feeds.items():
        table.add_row(name, f"{feed.days:,}", *(f"{feed.counts[key]:,}" for key in COUNTED), _checks(feed))
    console.print(table)
    for name, feed in outcome.feeds.items():
        if feed.unreconciled:
            tell_unreconciled(name, feed.unreconciled)
        for check, reason in feed.checks_failed.items():
            tell_failed_check(f"{name}: {check}", reason)
    tell_failures(outcome.failures)


def tell_unreconciled(feed: str, days: Sequence[str]) -> None:
    """Print that rows of loaded days are unaccounted for."""
    named = ", ".join(days[:DAYS_NAMED]) + (" …" if len(days) > DAYS_NAMED else "")
    errors.print(
        f"[red]rows unaccounted for[/red] {feed}: of {len(days)} days the published, the raw, and the stored and "
        f"quarantined rows are not as many: {named}",
        highlight=False,
        soft_wrap=True,
    )


def tell_failed_check(check: str, reason: str) -> None:
    """Print that a check failed, and why."""
    errors.print(f"[yellow]check failed[/yellow] {escape(f'{check} ({reason})')}", highlight=False, soft_wrap=True)


def tell_failures(failures: Mapping[str, str]) -> None:
    """Print which steps failed, and why."""
    for step, message in failures.items():
        errors.print(f"[red]failed[/red] {escape(step)}", highlight=False, soft_wrap=True)
        errors.print(message, style="red", markup=False, highlight=False, soft_wrap=True)


def _checks(feed: FeedOutcome) -> str:
    return f"{feed.checks_passed} of {feed.checks_passed + len(feed.checks_failed)}"
