"""`chicago-crashes status`: is the copy complete, current and sound."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from chicago_crashes.cli.commands.console import console, errors

if TYPE_CHECKING:
    from chicago_crashes.operations.status import FeedStatus


def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show per feed the days loaded, missing and stale, the rows, the newest crash and the failed checks.

    Below the table is why days are stale, and which. The exit status is 1 if the portal could not be asked, so that
    nobody takes an unknown number for zero.
    """
    from chicago_crashes.cli.foreground.days import all_statuses

    statuses = all_statuses()
    if as_json:
        print(json.dumps([asdict(feed) for feed in statuses], default=str, indent=2))  # noqa: T201 - the output itself
    else:
        console.print(_table(statuses))
        for line in _why_stale(statuses):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    unanswered = [feed.portal_error for feed in statuses if feed.portal_error]
    if unanswered:
        errors.print(f"Stale days are unknown: {unanswered[0]}", highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(1)


def _why_stale(statuses: Sequence["FeedStatus"]) -> Iterator[str]:
    """How many days of which feed are stale or missing for which reason, and the first of them."""
    for feed in statuses:
        for reason, tally in (feed.stale_for or {}).items():
            yield f"{feed.feed}: {reason.words}, {tally} ({tally.first_days[0]}: {tally.found})"
        if feed.rows_out_of_reach:
            yield f"{feed.feed}: {feed.rows_out_of_reach:,} stored rows lie outside of the days that are loaded"


def _table(statuses: Sequence["FeedStatus"]) -> Table:
    table = Table()
    for heading in (
        "feed",
        "days",
        "missing",
        "stale",
        "without a day",
        "rows",
        "quarantined",
        "repaired",
        "newest crash",
        "loaded",
        "failed checks",
    ):
        table.add_column(heading, justify="left" if heading in {"feed", "failed checks"} else "right")
    for feed in statuses:
        table.add_row(
            feed.feed,
            f"{feed.days_loaded:,}",
            _known(feed.days_missing),
            _known(feed.days_stale),
            _known(feed.rows_without_a_day),
            f"{feed.table_rows:,}",
            f"{feed.quarantined_rows:,}",
            f"{feed.repaired_rows:,}",
            f"{feed.newest_crash:%Y-%m-%d %H:%M}" if feed.newest_crash else "-",
            f"{feed.last_loaded_at:%Y-%m-%d %H:%M} UTC" if feed.last_loaded_at else "-",
            ", ".join(feed.failed_checks) or "none",
        )
    return table


def _known(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"
