"""`chicago-crashes answers`: refresh the places and the marts, now and in the foreground."""

from typing import TYPE_CHECKING

import typer
from rich.table import Table

from chicago_crashes.cli.commands.console import console, progress_bar, tell_failed_check, tell_failures

if TYPE_CHECKING:
    from chicago_crashes.cli.foreground.answers import Answered


def answers() -> None:
    """Bring all answers up to date: the areas of places, the facts of crashes, and every mart counted from them.

    Runs like that of the sensor `answers`, and shows in Dagster's UI. The exit status is 0 only if every answer was
    refreshed.
    """
    from chicago_crashes.cli.foreground.answers import answering

    with answering() as ready, progress_bar(ready.steps) as on_step:
        answered = ready.run(on_step)
    show(answered)
    if answered.failures:
        raise typer.Exit(1)


def show(answered: "Answered") -> None:
    """Print what became of the answers, and what failed."""
    table = Table(title="Answers")
    table.add_column("asset")
    table.add_column("rows", justify="right")
    table.add_column("seconds", justify="right")
    for answer in answered.answers:
        table.add_row(answer.name, f"{answer.rows:,}", f"{answer.seconds:,.2f}")
    console.print(table)
    console.print(f"{answered.checks_passed} of {answered.checks_passed + len(answered.checks_failed)} checks passed.")
    for check, reason in answered.checks_failed.items():
        tell_failed_check(check, reason)
    tell_failures(answered.failures)
