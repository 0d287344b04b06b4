"""Who changed a day: the City, or we who clean it by other rules than before."""

from collections.abc import Mapping
from datetime import date

from psycopg import Connection, sql

from chicago_crashes.feeds.catalogue import Feed

RECLEANED = sql.SQL(
    "(select day, 'recleaned' as kind, rules_digest as rules_before, {rules}::text as rules_after"
    " from ops.signatures where feed = {feed} and day = any({recleaned_days}))"
).format(rules=sql.Placeholder("rules"), feed=sql.Placeholder("feed"), recleaned_days=sql.Placeholder("recleaned_days"))
"""The days of which whatever changes is ours, with the rules before and after, as long as these are not recorded."""


def recleaned_days(connection: Connection, feed: Feed, raw_digests: Mapping[date, str], rules: str) -> frozenset[date]:
    """Those of the days that were last merged from the same raw rows, but by other rules than `rules`."""
    known = connection.execute(
        "select day, raw_digest from ops.signatures where feed = %s and day = any(%s) and rules_digest <> %s",
        [feed.name, list(raw_digests), rules],
    ).fetchall()
    return frozenset(day for day, raw_digest in known if raw_digest == raw_digests[day])
