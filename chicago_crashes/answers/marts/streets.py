"""The marts of streets and of where they meet: `streets` and `intersections`, ranked since every district reports."""

from datetime import timedelta

from psycopg import Connection, sql

from chicago_crashes.answers.mart_tables import INTERSECTIONS, STREETS
from chicago_crashes.answers.marts import counting, filling, following
from chicago_crashes.answers.refreshing import Refreshed, taking_turns
from chicago_crashes.feeds.quality import CITYWIDE_SINCE
from chicago_crashes.layers.place_tables import SRID_FEET
from chicago_crashes.layers.published import STREET_CENTER_LINES
from chicago_crashes.storage.sql_files import sql_file
from chicago_crashes.storage.tables import SRID

CENTER_LINES = STREET_CENTER_LINES.name
"""The layer that intersections are made from."""

REACH_FEET = 100
"""A crash so near an intersection, and nearer to no other, belongs to it."""

FEWEST_LEGS, FEWEST_STREETS = 3, 2

NOT_DRIVEN = ("RIV", "S", "E")
"""Classes of center lines that are no streets: rivers, sidewalks, limits of the city."""

LONGEST_STORE = timedelta(hours=1)
"""What storing a layer may take: it says when it began, and is seen when it is done."""


def refresh_streets(connection: Connection) -> Refreshed:
    """Count all streets anew if any facts are new."""
    with taking_turns(connection), connection.transaction():
        days = following.new_days(connection, STREETS)
        if days:
            _count_streets(connection)
        rows = following.record(connection, STREETS)
    return Refreshed(rows=rows, numbers={"new_days": len(days)})


def refresh_intersections(connection: Connection) -> Refreshed:
    """Count all intersections anew if any facts are new, or the streets are; without streets there are none."""
    with taking_turns(connection), connection.transaction():
        days = following.new_days(connection, INTERSECTIONS)
        if days or _center_lines_are_new(connection):
            _find_meeting_places(connection)
            _count_intersections(connection)
        rows = following.record(connection, INTERSECTIONS)
        made_from = _center_lines(connection)
    return Refreshed(rows=rows, numbers={"new_days": len(days), "made_from": made_from, "reach_feet": REACH_FEET})


def _count_streets(connection: Connection) -> None:
    connection.execute("delete from streets")
    counted = sql_file(__file__, "streets").format(
        columns=counting.columns(), sums=counting.sums_of_facts(connection), epdo=counting.epdo()
    )
    filling.fill(connection, STREETS, counted, {"citywide_since": CITYWIDE_SINCE})


def _count_intersections(connection: Connection) -> None:
    connection.execute("delete from intersections")
    connection.execute(
        sql_file(__file__, "intersections").format(
            columns=counting.columns(),
            sums=counting.sums_of_facts(connection),
            counts=counting.counts_of("counted"),
            epdo=counting.epdo(),
            srid=SRID,
        ),
        {"citywide_since": CITYWIDE_SINCE, "reach": REACH_FEET},
    )


def _find_meeting_places(connection: Connection) -> None:
    connection.execute(
        sql_file(__file__, "meeting_places").format(
            layer=CENTER_LINES,
            feet=SRID_FEET,
            not_driven=sql.Literal(list(NOT_DRIVEN)),
            fewest_legs=FEWEST_LEGS,
            fewest_streets=FEWEST_STREETS,
        )
    )


def _center_lines_are_new(connection: Connection) -> bool:
    """Whether the layer of streets was stored, switched on or off, or deleted since."""
    found = connection.execute(
        "select"
        "  coalesce(layer.loaded_at > mart.refreshed_at - %(longest_store)s, false)"
        "  or coalesce(layer.is_active, false) <> exists (select from intersections)"
        " from ops.mart_refreshes as mart left join layers as layer on layer.layer = %(layer)s"
        " where mart.mart = %(mart)s",
        {"longest_store": LONGEST_STORE, "layer": CENTER_LINES, "mart": INTERSECTIONS.name},
    ).fetchone()
    return found is None or bool(found[0])


def _center_lines(connection: Connection) -> str:
    found = connection.execute(
        "select version, features from layers where layer = %s and is_active", [CENTER_LINES]
    ).fetchone()
    if found is None:
        return f"nothing: there is no active layer {CENTER_LINES}, so there are no intersections"
    version, lines = found
    return f"version {version} of {CENTER_LINES}, {lines:,} lines"
