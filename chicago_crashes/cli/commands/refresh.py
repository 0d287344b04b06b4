"""`chicago-crashes refresh`: bring the copy up to date, now and in the foreground."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from chicago_crashes.cli.commands.console import console, errors, progress_bar, show
from chicago_crashes.cli.commands.load import WORKERS, Workers

if TYPE_CHECKING:
    from chicago_crashes.feeds.changes import Changes


def refresh(
    feed: Annotated[list[str] | None, typer.Option(help="Only this feed; may be given more than once.")] = None,
    workers: Workers = WORKERS,
) -> None:
    """Find the days that are stale for any reason, in the whole history, and load exactly those.

    The exit status is 0 only if every run succeeded and nothing is stale afterwards: every day then has the signature
    the portal gives for it, its rows are as many as published, and its raw file is in the lake.
    """
    from chicago_crashes.cli.foreground.days import refresh as run_refresh

    refreshed = run_refresh(feed or [], progress_bar, workers=workers, tell=_tell_stale)
    for outcome in refreshed.outcomes:
        show(outcome)
    for change in refreshed.changes:
        _tell_left(change)
    for name, told in refreshed.lost_columns.items():
        errors.print(f"[red]not refreshed[/red] {name}: {told}", highlight=False, soft_wrap=True)
    if not refreshed.succeeded:
        raise typer.Exit(1)
    console.print(
        "Every day has the signature the portal gives for it. Its rows, counted in the table and in quarantine, are as "
        "many as are published, and cleaned by the present rules; its raw file is in the lake.",
        highlight=False,
        soft_wrap=True,
    )


def _tell_stale(changes: Sequence["Changes"]) -> None:
    """Print what is to be loaded, and why."""
    from chicago_crashes.feeds.stale import told_in_full

    for change in changes:
        for line in told_in_full(change.stale):
            console.print(f"[yellow]stale[/yellow] {change.feed.name}: {line}", highlight=False, soft_wrap=True)


def _tell_left(change: "Changes") -> None:
    """Print what a refresh could not mend."""
    from chicago_crashes.feeds.stale import told_in_full, told_out_of_reach, told_unwatched

    if change.rows_without_a_day:
        errors.print(
            f"[yellow]not loaded[/yellow] {change.feed.name}: {change.rows_without_a_day:,} published rows have no "
            "date, or one outside CRASHES_START_DATE to today",
            highlight=False,
            soft_wrap=True,
        )
    for line in told_in_full(change.stale):
        errors.print(f"[red]still stale[/red] {change.feed.name}: {line}", highlight=False, soft_wrap=True)
    if change.out_of_reach:
        told = told_out_of_reach(change.feed, change.out_of_reach)
        errors.print(f"[red]out of reach[/red] {told}", highlight=False, soft_wrap=True)
    if change.unwatched:
        told = told_unwatched(change.feed, change.unwatched)
        errors.print(f"[yellow]not watched[/yellow] {told}", highlight=False, soft_wrap=True)
