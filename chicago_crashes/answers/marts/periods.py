"""The months and years that are compared with earlier ones, as temporary tables of a transaction."""

from dataclasses import dataclass
from datetime import date

from psycopg import Connection, sql

from chicago_crashes.feeds.quality import CITYWIDE_SINCE
from chicago_crashes.storage.sql_files import sql_file


@dataclass(frozen=True, slots=True)
class Periods:
    """How days make periods. A season is what a period is compared within: the same month of other years.

    `season` tells the season of a date. `column` is what a mart calls the period; `label` makes it from the period's
    first day, and `first_day` makes that of it.
    """

    unit: str
    seasons: tuple[int, ...]
    season: sql.SQL
    column: str
    label: sql.SQL
    first_day: sql.SQL

    def season_of(self, day: sql.Composable) -> sql.Composed:
        """The season of a date, as SQL."""
        return self.season.format(day=day)

    def first_day_of(self, day: date) -> date:
        """The first day of the period a day belongs to."""
        return day.replace(day=1) if self.unit == "month" else day.replace(month=1, day=1)


MONTHS = Periods(
    unit="month",
    seasons=tuple(range(1, 13)),
    season=sql.SQL("extract(month from {day})::int"),
    column="month",
    label=sql.SQL("period"),
    first_day=sql.SQL("month"),
)
YEARS = Periods(
    unit="year",
    seasons=(0,),
    season=sql.SQL("0"),
    column="year",
    label=sql.SQL("extract(year from period)::smallint"),
    first_day=sql.SQL("make_date(year, 1, 1)"),
)


def make_periods(connection: Connection, periods: Periods) -> None:
    """Make the temporary tables `days` and `periods`, of this transaction, from the days of citywide_daily."""
    connection.execute(
        sql_file(__file__, "periods").format(
            unit=sql.Literal(periods.unit),
            season=periods.season_of(sql.SQL("day")),
            citywide_since=sql.Literal(CITYWIDE_SINCE),
        )
    )
