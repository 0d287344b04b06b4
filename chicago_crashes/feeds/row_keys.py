"""A stored row's key as one text, in SQL: what `feeds.cleaning.keys` makes of the same values in Python."""

from psycopg import sql

from chicago_crashes.feeds.catalogue import Feed


def stored_row_key(feed: Feed) -> sql.Composable:
    """The key of a row that the statement calls `stored`."""
    parts: list[sql.Composable] = [sql.SQL("stored.{}::text").format(sql.Identifier(name)) for name in feed.key]
    if len(parts) == 1:
        return parts[0]
    escaped = [sql.SQL(r"replace(replace({}, '\', '\\'), '/', '\/')").format(part) for part in parts]
    return sql.SQL("concat_ws('/', {})").format(sql.SQL(", ").join(escaped))
