"""Whether the answers have fallen behind what they are made from: days, layers, marts."""

import hashlib
from dataclasses import dataclass

from psycopg import Connection

from chicago_crashes.answers.costs import DEFAULT_COST_TABLE
from chicago_crashes.answers.facts.crash_facts import touched_days
from chicago_crashes.answers.places.assignment import outdated_layers

BEHIND = """
select count(*) from ops.mart_refreshes
where refreshed_at < greatest(
    (select max(refreshed_at) from ops.fact_days),
    (select max(assigned_at) from ops.assignments),
    (select max(loaded_at) from layers)
) or cost_table <> %s
"""
STATE = """
select
    (select array[count(*)::text, max(loaded_at)::text] from ops.signatures where feed = any(%s)),
    (select array_agg(row(layer, version, is_active, loaded_at)::text order by layer) from layers)
"""
CRASH_FEEDS = ["crashes", "people", "vehicles"]


@dataclass(frozen=True, slots=True)
class Outdated:
    """How many days, layers and marts wait for a refresh; `state` names what there is, and changes with it."""

    days: int
    layers: int
    marts: int
    state: str

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self.days or self.layers or self.marts)

    def __str__(self) -> str:
        """What waits, in words."""
        return f"{self.days:,} days, {self.layers} layers and {self.marts} marts wait"


def outdated(connection: Connection) -> Outdated:
    """What waits for a refresh."""
    ((marts,),) = connection.execute(BEHIND, [DEFAULT_COST_TABLE]).fetchall()
    (state,) = connection.execute(STATE, [CRASH_FEEDS]).fetchall()
    return Outdated(
        len(touched_days(connection)),
        outdated_layers(connection),
        marts,
        hashlib.sha256(repr(state).encode()).hexdigest()[:32],
    )
