"""The marts that tell how and when it crashed, year by year: `causes` and `time_of_week`."""

from datetime import date

from psycopg import Connection, sql
from sqlalchemy import Table

from chicago_crashes.answers.mart_tables import CAUSES, TIME_OF_WEEK
from chicago_crashes.answers.marts import counting, filling, following
from chicago_crashes.answers.refreshing import Refreshed, taking_turns
from chicago_crashes.storage.sql_files import sql_file


def refresh_causes(connection: Connection) -> Refreshed:
    """Count the years anew in which facts are new."""
    return _refresh_years(connection, CAUSES)


def refresh_time_of_week(connection: Connection) -> Refreshed:
    """Count the years anew in which facts are new."""
    return _refresh_years(connection, TIME_OF_WEEK)


def _refresh_years(connection: Connection, mart: Table) -> Refreshed:
    with taking_turns(connection), connection.transaction():
        days = following.new_days(connection, mart)
        years = sorted({day.year for day in days})
        connection.execute(sql.SQL("delete from {} where year = any(%s)").format(sql.Identifier(mart.name)), [years])
        if years:
            counted = sql_file(__file__, mart.name).format(
                sums=counting.sums_of_facts(connection), counts=counting.counts_of("primary_causes")
            )
            asked = {"years": years, "first": date(years[0], 1, 1), "last": date(years[-1], 12, 31)}
            filling.fill(connection, mart, counted, asked)
        rows = following.record(connection, mart)
    return Refreshed(rows=rows, numbers={"new_days": len(days), "years_counted": len(years)})
