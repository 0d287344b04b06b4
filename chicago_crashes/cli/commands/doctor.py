"""`chicago-crashes doctor`: what is wrong with this installation, and what to do about it."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from chicago_crashes.cli.commands.console import console
from chicago_crashes.settings import settings

COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Examine the database, the portal, the raw lake and Dagster; one line each, and what to do where it is needed.

    No data is changed. The exit status is 0 only if there is no problem; warnings are none.
    """
    from chicago_crashes.operations.doctor.examination import examine

    conditions = []
    for condition in examine(settings()):
        conditions.append(condition)
        if as_json:
            continue
        colour = COLOURS[condition.state]
        console.print(
            f"[{colour}]{condition.state:<8}[/{colour}] {escape(condition.name):<18} {escape(condition.says)}"
            + (f" → {escape(condition.remedy)}" if condition.remedy else ""),
            highlight=False,
            soft_wrap=True,
        )
    if as_json:
        print(json.dumps([asdict(condition) for condition in conditions], indent=2))  # noqa: T201 - the output itself
    if any(condition.state == "problem" for condition in conditions):
        raise typer.Exit(1)
