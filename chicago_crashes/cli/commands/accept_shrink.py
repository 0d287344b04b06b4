"""`chicago-crashes accept-shrink`: say that rows really are gone that we hold, and see what was accepted."""

import getpass
from datetime import datetime
from typing import Annotated

import psycopg
import typer
from rich.table import Table

from chicago_crashes.cli.commands.console import console

Day = Annotated[datetime | None, typer.Argument(formats=["%Y-%m-%d"], help="A calendar day in Chicago, YYYY-MM-DD.")]


def accept_shrink(
    feed: Annotated[str, typer.Argument(help="The feed that shrank.")],
    start: Day = None,
    end: Day = None,
    reason: Annotated[str | None, typer.Option(help="Why this is right; kept on record.")] = None,
) -> None:
    """Accept that rows of the days from START to END are lost that we hold; without days, list what was accepted.

    The rows leave the table when the days are loaded next, stay in ops.history, and come back if the portal publishes
    them again. A day's acceptance is spent once the day was loaded, and void once the portal publishes its rows again:
    what is lost after that is guarded anew.
    """
    from chicago_crashes.feeds.catalogue import feed_named
    from chicago_crashes.feeds.losses import acceptances
    from chicago_crashes.operations.workplace import database

    declared = feed_named(feed)
    if start is None:
        with database() as url, psycopg.connect(url, autocommit=True) as connection:
            table = Table("days", "published", "held", "reason", "by", "at", "state")
            for known in acceptances(connection, declared):
                table.add_row(
                    f"{known.first_day} to {known.last_day}",
                    f"{known.published_rows:,}",
                    f"{known.stored_rows:,}",
                    known.reason,
                    known.accepted_by,
                    f"{known.accepted_at:%Y-%m-%d %H:%M %Z}",
                    known.state,
                )
        console.print(table)
        return
    if end is None or not reason:
        raise typer.BadParameter("START, END and --reason TEXT belong together.")
    _accept(feed, start, end, reason)


def _accept(feed: str, start: datetime, end: datetime, reason: str) -> None:
    from chicago_crashes.cli.foreground.days import proven_portal
    from chicago_crashes.feeds.acceptance import accept_losses
    from chicago_crashes.feeds.catalogue import feed_named
    from chicago_crashes.operations.workplace import database
    from chicago_crashes.orchestration.partitions import day_partitions, require_days
    from chicago_crashes.settings import settings

    declared, first, last = feed_named(feed), start.date(), end.date()
    require_days(day_partitions(settings().start_date), first, last)
    with (
        database() as url,
        psycopg.connect(url, autocommit=True) as connection,
        proven_portal(url, [declared]) as portal,
    ):
        accepted = accept_losses(
            portal, connection, declared, first, last, reason=reason, accepted_by=getpass.getuser()
        )
    console.print(
        f"{accepted} Now run `chicago-crashes load {first} {last} --feed {feed}`.", highlight=False, soft_wrap=True
    )
