"""`chicago-crashes demo`: a month of all feeds, from a stand-in portal to checked tables, in one command."""

import typer

from chicago_crashes.commands.console import console, progress_bar, show


def demo() -> None:
    """Load a month of generated data through Dagster, check it, and say what came of it.

    The exit status is 0 only if every day of every feed was loaded, reconciled and passed every check.
    """
    from chicago_crashes.loading import load_range
    from chicago_crashes.local.demo import FIRST_DAY, LAST_DAY, demo_workplace

    console.print(
        f"Generating a portal with the crashes of {FIRST_DAY} to {LAST_DAY} and loading all four feeds from it"
    )
    with (
        demo_workplace(),
        load_range(FIRST_DAY, LAST_DAY, []) as loading,
        progress_bar(loading.steps) as on_step,
    ):
        outcome = loading.run(on_step)
    show(outcome)
    if not outcome.all_held:
        raise typer.Exit(1)
    console.print("Every published row is in the table or in quarantine, and every check passed.")
    console.print("See it in Dagster's UI: [bold].venv/bin/chicago-crashes up --demo[/bold]")
