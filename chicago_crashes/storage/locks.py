"""The advisory lock under which places and marts are changed, one process at a time.

Other locks stand with what they protect: merges take turns in `feeds.merge`, requests in `soda.ceiling`, migrations in
`storage.schema.migrate`, messages in `alerts.delivery`.
"""

from psycopg import Connection

TURN = "chicago_crashes.answers"
"""Whose turn it is to change places or marts: the lock of this name is held by one at a time."""


def take_turn(connection: Connection) -> None:
    """Let nobody else refresh places or marts until the transaction ends that is open."""
    connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [TURN])
