"""`chicago-crashes load`: load a range of days through Dagster, with a progress bar and a truthful exit status."""

from datetime import datetime
from typing import Annotated

import typer

from chicago_crashes.cli.commands.console import console, progress_bar, show

Workers = Annotated[int, typer.Option(min=1, help="How many runs are under way at once, each in a process of its own.")]
WORKERS = 2
"""While one run waits for the portal, another one keeps the database busy."""

PROVEN = (
    "Every day was loaded: as many rows as the portal published of it then are in the raw lake, and in the table or in "
    "quarantine. Whether the portal has changed since, or other days are stale, `chicago-crashes refresh` finds out."
)

Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A calendar day in Chicago, YYYY-MM-DD.")]


def load(
    start: Day,
    end: Day,
    feed: Annotated[list[str] | None, typer.Option(help="Only this feed; may be given more than once.")] = None,
    refetch: Annotated[
        bool, typer.Option("--refetch", help="Fetch and merge days again even if the portal has not changed them.")
    ] = False,
    workers: Workers = WORKERS,
) -> None:
    """Load the days from START to END (both included) from the portal into the tables.

    Runs like those from Dagster's UI, and shows there. The exit status is 0 only if every day of every feed was loaded
    and every row the portal published of it, counted, is in the table or in quarantine.
    """
    from chicago_crashes.cli.foreground.days import load_range

    with (
        load_range(start.date(), end.date(), feed or [], refetch=refetch, workers=workers) as loading,
        progress_bar(loading.steps) as on_step,
    ):
        outcome = loading.run(on_step)
    show(outcome)
    if not outcome.succeeded:
        raise typer.Exit(1)
    console.print(PROVEN, highlight=False, soft_wrap=True)
