"""Whether marts agree with what they are made from, and with each other: the same sums, however crashes are grouped."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Connection, sql
from psycopg.rows import class_row

from chicago_crashes.answers.marts import counting
from chicago_crashes.answers.marts.counts import COUNTS
from chicago_crashes.feeds.quality import CITYWIDE_SINCE

ALL = (*COUNTS, counting.COST)

MOST_TELLING = ("crashes", "injured", "ksi", "pdo_vehicles", counting.COST)
"""Compared where millions of rows are added up; the cost contains the people of every class."""

EXAMPLES = 5

MONTH_OF_DAY = "date_trunc('month', day)::date"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many groups were compared, and which differ in any sum."""

    groups: int
    differing: int
    examples: list[str] | None
    crashes: int


def days_with_facts(connection: Connection) -> Agreement:
    """`citywide_daily` and `crash_facts`, day by day."""
    facts = sql.SQL("select fact.day, {sums} from crash_facts as fact group by fact.day").format(
        sums=counting.sums_of_facts(connection)
    )
    return _compare(connection, ["day"], _grouped("citywide_daily", ["day"], ALL), facts, ALL)


def months_with_days(connection: Connection) -> Agreement:
    """`citywide_monthly` and `citywide_daily`, month by month."""
    days = _grouped("citywide_daily", ["month"], ALL, month=MONTH_OF_DAY)
    return _compare(connection, ["month"], _grouped("citywide_monthly", ["month"], ALL), days, ALL)


def areas_with_city(connection: Connection) -> Agreement:
    """`area_daily` and `citywide_daily`, layer by layer and day by day."""
    areas = _grouped("area_daily", ["layer", "day"], MOST_TELLING)
    city = sql.SQL("select layer, day, {columns} from citywide_daily cross join ({layers}) as counted").format(
        columns=sql.SQL(", ").join(sql.SQL("{}::bigint").format(sql.Identifier(name)) for name in MOST_TELLING),
        layers=sql.SQL(
            "select layer from layers join ops.assignments using (layer_id, version)"
            " where layers.is_active and layers.shape = 'polygon'"
        ),
    )
    return _compare(connection, ["layer", "day"], areas, city, MOST_TELLING)


def area_months_with_days(connection: Connection) -> Agreement:
    """`area_monthly` and `area_daily`, area by area and month by month."""
    keys = ["layer", "area", "month"]
    days = _grouped("area_daily", keys, MOST_TELLING, month=MONTH_OF_DAY)
    return _compare(connection, keys, _grouped("area_monthly", keys, MOST_TELLING), days, MOST_TELLING)


def area_years_with_months(connection: Connection) -> Agreement:
    """`area_yearly` and `area_monthly`, area by area and year by year."""
    keys = ["layer", "area", "year"]
    months = _grouped("area_monthly", keys, ALL, year="extract(year from month)::smallint")
    return _compare(connection, keys, _grouped("area_yearly", keys, ALL), months, ALL)


def years_with_city(connection: Connection, mart: str) -> Agreement:
    """A mart that counts every crash of a year once and `citywide_daily`, year by year."""
    city = _grouped("citywide_daily", ["year"], ALL, year="extract(year from day)::smallint")
    return _compare(connection, ["year"], _grouped(mart, ["year"], ALL), city, ALL)


def streets_with_facts(connection: Connection) -> Agreement:
    """`streets` and the crashes of `crash_facts` that name one, all together."""
    facts = sql.SQL(
        "select 'all' as streets, {sums} from crash_facts as fact where fact.day >= {since} and fact.street is not null"
    ).format(sums=counting.sums_of_facts(connection), since=sql.Literal(CITYWIDE_SINCE))
    return _compare(connection, ["streets"], _grouped("streets", ["streets"], ALL, streets="'all'::text"), facts, ALL)


def inconsistent_days(connection: Connection) -> int:
    """Days on which classes do not add up to what they are classes of.

    That a fatal crash names somebody killed is not asked here: where the City contradicts itself, the facts do, too.
    """
    found = connection.execute(
        "select count(*) from citywide_daily where not ("
        "  crashes = injury_crashes + pdo_crashes + unknown_crashes"
        "  and fatal_crashes <= ksi_crashes and ksi_crashes <= injury_crashes"
        "  and injured = persons_k + persons_a + persons_b + persons_c and ksi = persons_k + persons_a)"
    ).fetchone()
    return int(found[0]) if found else 0


def _grouped(mart: str, keys: Sequence[str], counts: Sequence[str], **made: str) -> sql.Composed:
    """The sums of a mart by keys. A key that is no column of the mart is `made` by an expression of its columns."""
    expressions = {key: sql.SQL(made[key]) if key in made else sql.Identifier(key) for key in keys}
    return sql.SQL("select {keys}, {sums} from {mart} group by {groups}").format(
        keys=sql.SQL(", ").join(
            sql.SQL("{} as {}").format(expression, sql.Identifier(key)) for key, expression in expressions.items()
        ),
        sums=counting.sums_of(mart, counts),
        mart=sql.Identifier(mart),
        groups=sql.SQL(", ").join(expressions.values()),
    )


def _compare(
    connection: Connection, keys: Sequence[str], one: sql.Composed, other: sql.Composed, counts: Sequence[str]
) -> Agreement:
    statement = sql.SQL(
        "select count(*) as groups, count(*) filter (where differs) as differing,"
        " (array_agg(name order by name) filter (where differs))[1:{examples}] as examples,"
        " coalesce(sum(crashes), 0)::bigint as crashes from ("
        "  select concat_ws(' ', {keys}) as name, one.crashes, row({ones}) is distinct from row({others}) as differs"
        "  from ({one}) as one full join ({other}) as other using ({keys})"
        "  where coalesce(one.crashes, 0) > 0 or coalesce(other.crashes, 0) > 0"
        ") as compared"
    ).format(
        examples=EXAMPLES,
        keys=sql.SQL(", ").join(map(sql.Identifier, keys)),
        ones=_of("one", counts),
        others=_of("other", counts),
        one=one,
        other=other,
    )
    with connection.cursor(row_factory=class_row(Agreement)) as cursor:
        (agreement,) = cursor.execute(statement).fetchall()
    return agreement


def _of(table: str, counts: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(table, name) for name in counts)
