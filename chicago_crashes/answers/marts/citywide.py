"""The marts of the whole city, `citywide_daily` and `citywide_monthly`."""

from psycopg import Connection

from chicago_crashes.answers.mart_tables import CITYWIDE_DAILY, CITYWIDE_MONTHLY
from chicago_crashes.answers.marts import counting, following
from chicago_crashes.answers.marts.periods import MONTHS, make_periods
from chicago_crashes.answers.refreshing import Refreshed, taking_turns
from chicago_crashes.feeds.quality import CITYWIDE_SINCE
from chicago_crashes.storage.sql_files import sql_file


def refresh_citywide_daily(connection: Connection) -> Refreshed:
    """Count the days anew whose facts are new, and have a row for every loaded day."""
    with taking_turns(connection), connection.transaction():
        days = following.new_days(connection, CITYWIDE_DAILY)
        connection.execute("delete from citywide_daily where day = any(%s)", [days])
        names, sums = counting.columns(), counting.sums_of_facts(connection)
        connection.execute(sql_file(__file__, "citywide_daily").format(columns=names, sums=sums), {"days": days})
        connection.execute(sql_file(__file__, "loaded_days").format(columns=names, zeros=counting.zeros()))
        rows = following.record(connection, CITYWIDE_DAILY)
    return Refreshed(rows=rows, numbers={"new_days": len(days)})


def refresh_citywide_monthly(connection: Connection) -> Refreshed:
    """Add up all days anew; there are few."""
    with taking_turns(connection), connection.transaction():
        make_periods(connection, MONTHS)
        connection.execute("delete from citywide_monthly")
        connection.execute(
            sql_file(__file__, "citywide_monthly").format(
                columns=counting.columns(), sums=counting.sums_of_counts("daily")
            ),
            {"citywide_since": CITYWIDE_SINCE},
        )
        rows = following.record(connection, CITYWIDE_MONTHLY, made_from=[CITYWIDE_DAILY])
        (comparable,) = following.only(
            connection.execute("select count(*) from citywide_monthly where is_comparable").fetchone()
        )
    return Refreshed(rows=rows, numbers={"comparable_months": comparable})
