"""`chicago-crashes refresh`: bring the copy up to date, now and in the foreground."""

from typing import Annotated

import typer

from chicago_crashes.commands.console import console, errors, progress_bar, show
from chicago_crashes.commands.load import WORKERS, Workers

DAYS_NAMED = 10


def refresh(
    feed: Annotated[list[str] | None, typer.Option(help="Only this feed; may be given more than once.")] = None,
    workers: Workers = WORKERS,
) -> None:
    """Find the stale days, in the whole history, and load exactly those.

    The exit status is 0 only if every day then has the signature the portal gives for it.
    """
    from chicago_crashes.foreground.days import refresh as run_refresh

    refreshed = run_refresh(feed or [], progress_bar, workers=workers)
    for outcome in refreshed.outcomes:
        show(outcome)
    for name, rows in refreshed.rows_without_a_day.items():
        errors.print(
            f"[yellow]not loaded[/yellow] {name}: {rows:,} published rows have no date, or one outside "
            "CRASHES_START_DATE to today",
            highlight=False,
            soft_wrap=True,
        )
    if refreshed.succeeded:
        console.print("Every day has the signature the portal gives for it.")
        return
    for name, days in refreshed.still_stale.items():
        named = ", ".join(map(str, days[:DAYS_NAMED])) + (" …" if len(days) > DAYS_NAMED else "")
        errors.print(f"[red]still stale[/red] {name}: {len(days)} days: {named}", highlight=False)
    raise typer.Exit(1)
