"""`chicago-crashes report`: what happened at a place, in a form people can use."""

import json
import os
import sys
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer

from chicago_crashes.answers.costs import DEFAULT_COST_TABLE
from chicago_crashes.cli.commands.console import console, errors
from chicago_crashes.errors import PermanentError
from chicago_crashes.operations.workplace import database

if TYPE_CHECKING:
    from collections.abc import Callable

    from chicago_crashes.answers.report.making import Made
    from chicago_crashes.answers.report.places import Place

DEFAULT_RADIUS = "500ft"


class Form(StrEnum):
    """How a report is written."""

    TERMINAL = "terminal"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


def report(
    place: Annotated[
        str | None, typer.Option(help="A layer and one of its areas: ward:35, community_area:'ROGERS PARK', beat:0111.")
    ] = None,
    point: Annotated[str | None, typer.Option(metavar="LAT,LON", help="The middle of a circle.")] = None,
    radius: Annotated[
        str, typer.Option(help="How far the circle reaches, with its unit: 200ft, 0.25mi, 100m.")
    ] = DEFAULT_RADIUS,
    polygon: Annotated[
        Path | None, typer.Option(metavar="FILE", help="GeoJSON with one polygon, in longitude and latitude.")
    ] = None,
    first: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d"],
            help="First day. Without it: January 1 five years back, or the oldest there is.",
        ),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, inclusive. Without it: the newest there is."),
    ] = None,
    costs: Annotated[str, typer.Option(help="The table of unit costs to price injuries by.")] = DEFAULT_COST_TABLE,
    form: Annotated[
        Form | None, typer.Option("--format", help="Without it: what the name of --output says, or terminal.")
    ] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write there instead of to the terminal.")] = None,
    crashes: Annotated[
        bool,
        typer.Option("--crashes", help="With csv: the crashes instead of the numbers; with json: both."),
    ] = False,
) -> None:
    """Report on the crashes of a place: who was hurt, how badly, why, when, at what cost, better or worse than before.

    Name the place by one of --place, --point and --polygon.
    """
    from chicago_crashes.answers.report.making import make_report

    form = form or _form_of(output)
    _require_sense(form, output, crashes=crashes)
    choose = _choice(place, point, radius, polygon)
    with database() as url, psycopg.connect(url) as connection:
        made = make_report(
            connection,
            choose,
            first.date() if first else None,
            last.date() if last else None,
            costs,
            with_crashes=crashes or form is Form.HTML,
        )
    if form is Form.TERMINAL and output is None:
        from chicago_crashes.answers.report.terminal import tables

        console.print(tables(made.report))
        return
    text = _text(made, form, crashes=crashes)
    if output is None:
        sys.stdout.write(text)
    else:
        _write(output, text)
        errors.print(f"Wrote {output}.", highlight=False, markup=False, soft_wrap=True)


def _choice(
    place: str | None, point: str | None, radius: str, polygon: Path | None
) -> "Callable[[psycopg.Connection], Place]":
    """What chooses the place. What is wrong with a circle or a file is told before any database is asked."""
    from chicago_crashes.answers.report import places
    from chicago_crashes.answers.report.area_lookup import find_area
    from chicago_crashes.answers.report.numbers import known_areas

    match place, point, polygon:
        case str(name), None, None:
            layer, area = places.split_name(name)
            return lambda connection: find_area(layer, area, known_areas(connection))
        case None, str(middle), None:
            circle = places.circle(middle, radius)
            return lambda _connection: circle
        case None, None, Path() as file:
            outline = places.polygon(file)
            return lambda _connection: outline
    raise PermanentError(
        "Name one place: --place ward:35, or --point 41.8781,-87.6298 --radius 500ft, or --polygon FILE."
    )


def _form_of(output: Path | None) -> Form:
    ending = output.suffix.removeprefix(".").casefold() if output else ""
    return {"json": Form.JSON, "csv": Form.CSV, "html": Form.HTML, "htm": Form.HTML}.get(ending, Form.TERMINAL)


def _require_sense(form: Form, output: Path | None, *, crashes: bool) -> None:
    if crashes and form not in (Form.CSV, Form.JSON):
        raise PermanentError("--crashes lists crashes as CSV or JSON: add --format csv or --format json.")
    if form is Form.HTML and output is None and sys.stdout.isatty():
        raise PermanentError("A page is no use in a terminal: add --output FILE, or redirect it to a file.")


def _text(made: "Made", form: Form, *, crashes: bool) -> str:
    match form:
        case Form.JSON:
            listed = {"crashes": [asdict(crash) for crash in made.crashes]} if crashes else {}
            return json.dumps({**made.report, **listed}, indent=2, default=str, ensure_ascii=False) + "\n"
        case Form.CSV:
            from chicago_crashes.answers.report.csv_export import crashes_csv, numbers_csv

            return crashes_csv(made.crashes) if crashes else numbers_csv(made.report)
        case Form.HTML:
            from chicago_crashes.answers.report.page import page

            return page(made.report, made.ground, made.crashes)
        case Form.TERMINAL:
            from rich.console import Console

            from chicago_crashes.answers.report.terminal import tables

            plain = Console(width=120, no_color=True)
            with plain.capture() as captured:
                plain.print(tables(made.report))
            return captured.get()


def _write(output: Path, text: str) -> None:
    """Write the whole file or nothing."""
    unfinished = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="")
        unfinished.replace(output)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise PermanentError(f"{output} cannot be written: {error.strerror}.") from error
