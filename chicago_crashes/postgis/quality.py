"""The quality scores in `ops.quality_scores`: made by one statement per feed, read for whoever shows or judges them."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from psycopg import Connection, sql
from psycopg.rows import class_row

from chicago_crashes import quality
from chicago_crashes.feeds import Feed
from chicago_crashes.postgis.sql_files import sql_file
from chicago_crashes.quality import Score
from chicago_crashes.relations import Comparison, comparisons_of

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
            "select pg_advisory_xact_lock(hashtext('chicago_crashes.quality'), hashtext(%s))", [feed.name]
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
    template = sql_file("quality")
    delay, crash = _delay(feed)
    essential = quality.ESSENTIAL[feed.name]
    return template.format(
        table=sql.Identifier(feed.table),
        date=sql.Identifier(feed.date),
        incomplete=sql.SQL(" or ").join(
            sql.SQL("{} is null").format(sql.Identifier("this", name)) for name in essential
        ),
        delay=delay,
        crash=crash,
        broken=_broken(comparisons_of(feed)),
    )


def _delay(feed: Feed) -> tuple[sql.SQL, sql.SQL]:
    """How long after a row's crash the police knew of it, and the join that tells."""
    match feed.name:
        case "crashes":
            return sql.SQL("(this.date_police_notified - this.crash_date)"), sql.SQL("")
        case "people" | "vehicles":
            return (
                sql.SQL("(crash.date_police_notified - crash.crash_date)"),
                sql.SQL("left join crashes as crash on crash.crash_record_id = this.crash_record_id"),
            )
        case _:
            return sql.SQL("null::interval"), sql.SQL("")


def _broken(comparisons: Sequence[Comparison]) -> sql.Composable:
    """The rows that break a relation, whichever."""
    return sql.SQL(" union all ").join(
        sql.SQL("select day, row_key from ({statement}) as judged where {some_is_broken}").format(
            statement=sql_file(comparison.statement),
            some_is_broken=sql.SQL(" or ").join(
                sql.SQL("not {}").format(sql.Identifier(relation.name)) for relation in comparison.relations
            ),
        )
        for comparison in comparisons
    )
