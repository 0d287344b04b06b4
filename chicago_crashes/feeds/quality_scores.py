"""The quality scores in `ops.quality_scores`: made by one statement per feed, read for whoever shows or judges them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from psycopg import Connection, sql
from psycopg.rows import class_row

from chicago_crashes.feeds import quality
from chicago_crashes.feeds.catalogue import Feed, feed_named
from chicago_crashes.feeds.catalogue.comparisons import Comparison, comparisons_of
from chicago_crashes.feeds.quality import Score
from chicago_crashes.storage.sql_files import sql_file

WORK_MEMORY = "192MB"
"""What the joins of the whole history need to stay out of temporary files."""

SCORE = sql.SQL(
    "select month, score::float8, completeness::float8, accuracy::float8, consistency::float8, timeliness::float8,"
    " validity::float8, published, stored, incomplete, inaccurate, inconsistent, late, invalid"
    " from ops.quality_scores where feed = {feed}"
)


def score_months(connection: Connection, feed: Feed, first: date, after_last: date) -> list[Score]:
    """Score the months from that which begins with `first` until `after_last`; those without rows have no score."""
    with connection.transaction():
        connection.execute(
            "select pg_advisory_xact_lock(hashtext('chicago_crashes.feeds.quality'), hashtext(%s))", [feed.name]
        )
        connection.execute("select set_config('work_mem', %s, true)", [WORK_MEMORY])
        connection.execute(
            "delete from ops.quality_scores where feed = %s and month >= %s and month < %s",
            [feed.name, first, after_last],
        )
        connection.execute(
            _statement(feed),
            {
                "feed": feed.name,
                "first": first,
                "after_last": after_last,
                "inaccurate": list(quality.INACCURATE),
                "invalid": list(quality.INVALID),
                "days_to_report": quality.DAYS_TO_REPORT,
                "fewest_rows": quality.FEWEST_ROWS,
                "tolerance": Decimal(str(quality.TOLERANCE)),
                "completeness": quality.COMPLETENESS,
                "accuracy": quality.ACCURACY,
                "consistency": quality.CONSISTENCY,
                "timeliness": quality.TIMELINESS,
                "validity": quality.VALIDITY,
            },
        )
    return [score for score in scores(connection, feed) if first <= score.month < after_last]


def scores(connection: Connection, feed: Feed) -> list[Score]:
    """The scores of the feed, month by month."""
    with connection.cursor(row_factory=class_row(Score)) as cursor:
        return cursor.execute(SCORE.format(feed=feed.name) + sql.SQL(" order by month")).fetchall()


def unscored_months(connection: Connection) -> dict[date, datetime]:
    """The months of which any feed was loaded since they were scored, and when it was last.

    All feeds are scored together, because what one says is judged by another.
    """
    return dict(
        connection.execute(
            "select month, loaded_at from ("
            "  select date_trunc('month', day)::date as month, max(loaded_at) as loaded_at"
            "  from ops.signatures group by 1 having sum(source_rows) > 0"
            ") as loaded left join ("
            "  select month, min(scored_at) as scored_at from ops.quality_scores group by month"
            ") as scored using (month)"
            " where scored_at is null or scored_at < loaded_at order by month"
        ).fetchall()
    )


def _statement(feed: Feed) -> sql.Composed:
    template = sql_file(__file__, "quality")
    delay, reporting = _delay(feed)
    comparisons = comparisons_of(feed)
    return template.format(
        table=sql.Identifier(feed.table),
        date=sql.Identifier(feed.date),
        incomplete=_any(sql.SQL("{} is null").format(sql.Identifier("this", name)) for name in feed.essential),
        delay=delay,
        reporting=reporting,
        has_relations=sql.Literal(bool(comparisons)),
        broken=_broken(comparisons),
    )


def _delay(feed: Feed) -> tuple[sql.Composable, sql.Composable]:
    """How long after it happened the City knew of a row, and the join that tells."""
    told = feed.reported
    if told is None:
        return sql.SQL("null::interval"), sql.SQL("")
    teller = "this" if told.feed is None else "reporting"
    delay = sql.SQL("({} - {})").format(sql.Identifier(teller, told.column), sql.Identifier(teller, told.date))
    if told.feed is None or told.by is None:
        return delay, sql.SQL("")
    join = sql.SQL("left join {table} as reporting on {theirs} = {ours}").format(
        table=sql.Identifier(feed_named(told.feed).table),
        theirs=sql.Identifier("reporting", told.by),
        ours=sql.Identifier("this", told.by),
    )
    return delay, join


def _broken(comparisons: Sequence[Comparison]) -> sql.Composable:
    """The rows that break a relation, whichever."""
    none = sql.SQL("select null::date as day, null::text as row_key where false")
    return sql.SQL(" union all ").join([none, *map(_broken_of, comparisons)])


def _broken_of(comparison: Comparison) -> sql.Composable:
    return sql.SQL("select day, row_key from ({statement}) as judged where {some_is_broken}").format(
        statement=sql_file(__file__, comparison.statement),
        some_is_broken=_any(sql.SQL("not {}").format(sql.Identifier(rule.name)) for rule in comparison.relations),
    )


def _any(conditions: Iterable[sql.Composable]) -> sql.Composable:
    return sql.SQL(" or ").join([sql.SQL("false"), *conditions])
