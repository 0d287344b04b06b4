"""`chicago-crashes demo`: a month of all feeds, from a stand-in portal to checked tables and to answers."""

import typer

from chicago_crashes.cli.commands import answers, layer, report
from chicago_crashes.cli.commands.console import console, progress_bar, show


def demo() -> None:
    """Load a month of generated data and an invented city's layers through Dagster, check them, and report on a ward.

    The exit status is 0 only if every day of every feed was loaded and reconciled, every layer came, every answer was
    refreshed, and every check passed.
    """
    from chicago_crashes.cli.demo import FIRST_DAY, LAST_DAY, PLACE, REPORT, demo_workplace
    from chicago_crashes.cli.foreground.answers import answering
    from chicago_crashes.cli.foreground.days import load_range
    from chicago_crashes.cli.foreground.layers import refresh_layers

    console.print(f"Generating a portal with the crashes of {FIRST_DAY} to {LAST_DAY} and loading all feeds from it")
    with demo_workplace():
        with load_range(FIRST_DAY, LAST_DAY, []) as loading, progress_bar(loading.steps) as on_step:
            outcome = loading.run(on_step)
        show(outcome)
        layers = refresh_layers([], progress_bar)
        layer.show(layers)
        with answering() as ready, progress_bar(ready.steps) as on_step:
            answered = ready.run(on_step)
        answers.show(answered)
        held = outcome.all_held and layers.all_held and answered.all_held
        if held:
            REPORT.parent.mkdir(parents=True, exist_ok=True)
            report.report(place=PLACE, output=REPORT)
    if not held:
        raise typer.Exit(1)
    console.print("Every published row is in the table or in quarantine, and every check passed.")
    console.print(f"The report of a ward, to open in a browser: [bold]{REPORT}[/bold]", soft_wrap=True)
    console.print("See it all in Dagster's UI: [bold].venv/bin/chicago-crashes up --demo[/bold]")
