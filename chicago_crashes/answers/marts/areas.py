"""The marts of areas: `area_daily`, and `area_monthly` and `area_yearly`, which are made from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg import Connection, sql
from psycopg.rows import class_row
from sqlalchemy import Table

from chicago_crashes.answers.mart_tables import AREA_DAILY, AREA_MONTHLY, AREA_YEARLY, CITYWIDE_DAILY
from chicago_crashes.answers.marts import counting, following
from chicago_crashes.answers.marts.periods import MONTHS, YEARS, Periods, make_periods
from chicago_crashes.answers.refreshing import Refreshed, taking_turns
from chicago_crashes.feeds.quality import CITYWIDE_SINCE
from chicago_crashes.storage.sql_files import sql_file


@dataclass(frozen=True, slots=True)
class AssignedLayer:
    """An active polygon layer. `assigned_at` is None while the locations are not assigned to its present areas."""

    layer: str
    layer_id: int
    assigned_at: datetime | None


def refresh_area_daily(connection: Connection) -> Refreshed:
    """Count new days in all layers, and all days in layers that were assigned anew."""
    with taking_turns(connection), connection.transaction():
        layers = _layers(connection)
        counted = _layers_with_rows(connection, AREA_DAILY)
        new_days = following.new_days(connection, AREA_DAILY)
        _forget(connection, AREA_DAILY, counted - {layer.layer for layer in layers})
        followed = following.followed_until(connection, AREA_DAILY)
        anew = [each for each in layers if _is_new(each, followed) or (each.assigned_at and each.layer not in counted)]
        _forget(connection, AREA_DAILY, {layer.layer for layer in anew})
        insert = sql_file(__file__, "area_daily").format(
            columns=counting.columns(), sums=counting.sums_of_facts(connection)
        )
        following_on = [each for each in layers if each.assigned_at and each not in anew]
        connection.execute(
            "delete from area_daily where day = any(%s) and layer = any(%s)",
            [new_days, [layer.layer for layer in following_on]],
        )
        all_days = _all_days(connection) if anew else []
        for layers_of_days, days_to_count in ((following_on, new_days), (anew, all_days)):
            for layer in layers_of_days:
                for days in following.by_year(days_to_count):
                    connection.execute(insert, {"layer": layer.layer, "layer_id": layer.layer_id, "days": days})
        if anew:
            connection.execute("analyze area_daily")
        rows = following.record(connection, AREA_DAILY)
    return Refreshed(rows=rows, numbers=_numbers(layers, anew, new_days))


@dataclass(frozen=True, slots=True)
class PeriodMart:
    """A mart of months or years. It is made from other marts of areas; `counted` is what its statement calls the last.

    What is compared is in `periods`.
    """

    table: Table
    periods: Periods
    made_from: tuple[Table, ...]
    counted: str


AREA_MONTHS = PeriodMart(AREA_MONTHLY, MONTHS, (AREA_DAILY,), "daily")
AREA_YEARS = PeriodMart(AREA_YEARLY, YEARS, (AREA_DAILY, AREA_MONTHLY), "monthly")


def refresh_area_monthly(connection: Connection) -> Refreshed:
    """Make the months of the year anew in which days are new, of all years: each is compared with the others."""
    return _refresh_periods(connection, AREA_MONTHS)


def refresh_area_yearly(connection: Connection) -> Refreshed:
    """Make all years anew if any day is new."""
    return _refresh_periods(connection, AREA_YEARS)


def _refresh_periods(connection: Connection, mart: PeriodMart) -> Refreshed:
    with taking_turns(connection), connection.transaction():
        make_periods(connection, mart.periods)
        layers = _layers(connection)
        made = _layers_with_rows(connection, mart.table)
        _forget(connection, mart.table, made - {layer.layer for layer in layers})
        followed = following.followed_until(connection, mart.table)
        ready = _ready(connection, mart, layers)
        anew = [each for each in ready if _is_new(each, followed) or each.layer not in made]
        new_days = following.new_days(connection, mart.table)
        changed = _changed_seasons(connection, mart, new_days)
        every_day = [day for (day,) in connection.execute("select day from days")]
        _make(connection, mart, [each.layer for each in anew], mart.periods.seasons, every_day)
        _make(connection, mart, [each.layer for each in ready if each not in anew], changed, new_days)
        if anew:
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(mart.table.name)))
        rows = following.record(connection, mart.table, made_from=[*mart.made_from, CITYWIDE_DAILY])
    return Refreshed(rows=rows, numbers=_numbers(layers, anew, new_days))


def _ready(connection: Connection, mart: PeriodMart, layers: Sequence[AssignedLayer]) -> list[AssignedLayer]:
    """The layers whose present areas the mart can be made of; one that was just assigned stays as it was until then."""
    until = following.followed_until(connection, *mart.made_from)
    ready = [each for each in layers if each.assigned_at and not _is_new(each, until)]
    if connection.execute("select from crash_facts limit 1").fetchone() is None:
        return ready
    counted = set.intersection(*(_layers_with_rows(connection, table) for table in mart.made_from))
    return [each for each in ready if each.layer in counted]


def _make(
    connection: Connection, mart: PeriodMart, layers: Sequence[str], seasons: Sequence[int], new_days: Sequence[date]
) -> None:
    """Make the seasons of some layers anew, and count the periods of new days."""
    if not layers or not seasons:
        return
    table, periods = sql.Identifier(mart.table.name), mart.periods
    season = periods.season_of(periods.first_day)
    new_periods = sorted({periods.first_day_of(day) for day in new_days})
    named = {"layers": list(layers), "seasons": list(seasons), "new_periods": new_periods}
    connection.execute("drop table if exists pg_temp.kept")
    connection.execute(
        sql_file(__file__, "kept").format(
            mart=table,
            columns=counting.columns(),
            first_day=periods.first_day,
            season=season,
            **{name: sql.Literal(value) for name, value in named.items()},
        )
    )
    connection.execute(
        sql.SQL("delete from {mart} where layer = any(%(layers)s) and {season} = any(%(seasons)s)").format(
            mart=table, season=season
        ),
        named,
    )
    connection.execute(
        sql_file(__file__, "area_periods").format(
            mart=table,
            period_column=sql.Identifier(periods.column),
            period_label=periods.label,
            columns=counting.columns(),
            counted_and_months=sql_file(__file__, mart.table.name).format(sums=counting.sums_of_counts(mart.counted)),
            counts=counting.counts_of("counted"),
        ),
        {**named, "citywide_since": CITYWIDE_SINCE},
    )


def _changed_seasons(connection: Connection, mart: PeriodMart, new_days: Sequence[date]) -> list[int]:
    """Those of the new days, and those in which a period is whole now, or compared with other days than it was."""
    found = connection.execute(
        sql.SQL(
            "select {season_of_day} from unnest(%s::date[]) as new (day)"
            " union "
            "select coalesce(periods.season, {season}) from periods full join ("
            "  select distinct {first_day} as period, is_whole, earlier_years, compared_through from {mart}"
            ") as made using (period)"
            " where (periods.is_whole, periods.earlier_years, periods.compared_through)"
            " is distinct from (made.is_whole, made.earlier_years, made.compared_through)"
        ).format(
            season_of_day=mart.periods.season_of(sql.SQL("day")),
            season=mart.periods.season_of(sql.SQL("period")),
            first_day=mart.periods.first_day,
            mart=sql.Identifier(mart.table.name),
        ),
        [list(new_days)],
    )
    return [season for (season,) in found]


def _layers(connection: Connection) -> list[AssignedLayer]:
    with connection.cursor(row_factory=class_row(AssignedLayer)) as cursor:
        return cursor.execute(
            "select layers.layer, layers.layer_id, assignments.assigned_at from layers"
            " left join ops.assignments using (layer_id, version)"
            " where layers.is_active and layers.shape = 'polygon' order by layers.layer"
        ).fetchall()


def _layers_with_rows(connection: Connection, mart: Table) -> set[str]:
    """Asked of the index, one layer after the other: there are millions of rows and a handful of layers."""
    found = connection.execute(
        sql.SQL(
            "with recursive found as ("
            "  select min(layer) as layer from {mart}"
            "  union all"
            "  select (select min(layer) from {mart} where layer > found.layer) from found"
            "  where found.layer is not null"
            ") select layer from found where layer is not null"
        ).format(mart=sql.Identifier(mart.name))
    )
    return {layer for (layer,) in found}


def _is_new(layer: AssignedLayer, followed: datetime | None) -> bool:
    return layer.assigned_at is not None and (followed is None or layer.assigned_at > followed)


def _forget(connection: Connection, mart: Table, layers: set[str]) -> None:
    if layers:
        connection.execute(
            sql.SQL("delete from {} where layer = any(%s)").format(sql.Identifier(mart.name)), [sorted(layers)]
        )


def _all_days(connection: Connection) -> list[date]:
    return [day for (day,) in connection.execute("select day from ops.fact_days order by day")]


def _numbers(
    layers: Sequence[AssignedLayer], anew: Sequence[AssignedLayer], new_days: Sequence[date]
) -> dict[str, int | float | str]:
    return {
        "new_days": len(new_days),
        "layers": len(layers),
        "layers_counted_anew": ", ".join(layer.layer for layer in anew) or "none",
    }
