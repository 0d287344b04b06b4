"""`chicago-crashes accept-shrink`: say that the portal really removed what it no longer publishes."""

import getpass
from datetime import datetime, timedelta
from typing import Annotated

import psycopg
import typer

from chicago_crashes.commands.console import console

Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A calendar day in Chicago, YYYY-MM-DD.")]


def accept_shrink(
    feed: Annotated[str, typer.Argument(help="The feed that shrank.")],
    start: Day,
    end: Day,
    reason: Annotated[str, typer.Option(help="Why this is right; kept on record.")],
) -> None:
    """Accept that the portal publishes fewer rows of the days from START to END than we hold.

    The rows are withdrawn when the days are loaded next. They stay in ops.history, and come back if the portal
    publishes them again. Should the portal lose more than it has lost now, the guard holds again.
    """
    from chicago_crashes.feeds import feed_named
    from chicago_crashes.loading import open_portal
    from chicago_crashes.local.workplace import database
    from chicago_crashes.postgis.records import accept_shrink as record
    from chicago_crashes.postgis.records import recorded_signatures
    from chicago_crashes.soda.signatures import day_signatures

    declared, first, last = feed_named(feed), start.date(), end.date()
    with database() as url, psycopg.connect(url, autocommit=True) as connection, open_portal(url) as portal:
        published = sum(
            signature.rows for signature in day_signatures(portal, declared, first, last + timedelta(days=1)).values()
        )
        stored = sum(
            signature.rows
            for day, signature in recorded_signatures(connection, declared).items()
            if first <= day <= last
        )
        record(
            connection,
            declared,
            first,
            last,
            published_rows=published,
            stored_rows=stored,
            reason=reason,
            accepted_by=getpass.getuser(),
        )
    console.print(
        f"Accepted: the portal publishes {published:,} rows of {feed} from {first} to {last}, we hold {stored:,}. "
        f"Now run `chicago-crashes load {first} {last} --feed {feed}`."
    )
