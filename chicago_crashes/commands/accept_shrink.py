"""`chicago-crashes accept-shrink`: say that the portal really removed what it no longer publishes."""

import getpass
from datetime import datetime, timedelta
from typing import Annotated

import psycopg
import typer

from chicago_crashes.commands.console import console
from chicago_crashes.errors import PermanentError

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
    from chicago_crashes.assets.partitions import day_partitions, require_days
    from chicago_crashes.feeds import feed_named
    from chicago_crashes.foreground.days import proven_portal
    from chicago_crashes.local.workplace import database
    from chicago_crashes.postgis.records import accept_shrink as record
    from chicago_crashes.postgis.records import recorded_signatures
    from chicago_crashes.settings import settings
    from chicago_crashes.shrink import losses
    from chicago_crashes.soda.signatures import day_signatures

    declared, first, last = feed_named(feed), start.date(), end.date()
    require_days(day_partitions(settings().start_date), first, last)
    with (
        database() as url,
        psycopg.connect(url, autocommit=True) as connection,
        proven_portal(url, [declared]) as portal,
    ):
        published = day_signatures(portal, declared, first, last + timedelta(days=1))
        stored = {
            day: signature
            for day, signature in recorded_signatures(connection, declared).items()
            if first <= day <= last
        }
        if not any(losses(stored, published).values()):
            raise PermanentError(
                f"There is nothing to accept: from {first} to {last}, the portal publishes no fewer rows of any day of "
                f"{feed} than we hold."
            )
        published_rows = sum(signature.rows for signature in published.values())
        stored_rows = sum(signature.rows for signature in stored.values())
        record(
            connection,
            declared,
            first,
            last,
            published_rows=published_rows,
            stored_rows=stored_rows,
            reason=reason,
            accepted_by=getpass.getuser(),
        )
    console.print(
        f"Accepted: the portal publishes {published_rows:,} rows of {feed} from {first} to {last}, we hold "
        f"{stored_rows:,}. Now run `chicago-crashes load {first} {last} --feed {feed}`.",
        soft_wrap=True,
    )
