"""Look at loaded days and judge them: are all published rows accounted for, is every stored row valid."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from psycopg import Connection

from chicago_crashes.cleaning.questions import Question, questions
from chicago_crashes.cleaning.schema import failing_rows, stored_types
from chicago_crashes.feeds import Feed
from chicago_crashes.lake import Lake
from chicago_crashes.postgis.reading import accounts, findings, table_rows

EXAMPLES = 5
DAYS_A_BLOCK = 100
"""How many days are read at once: bounded memory, few queries."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one question for one day. `is_fault` tells a broken promise from a warning."""

    question: str
    day: date
    passed: bool
    is_fault: bool
    numbers: Mapping[str, int | float]
    examples: Sequence[str] = ()


def reconcile(connection: Connection, lake: Lake, feed: Feed, days: Sequence[date]) -> Iterator[Verdict]:
    """Per day: source = raw = table + quarantine, each counted where it is."""
    known = accounts(connection, feed, days)
    for day, file in lake.newest_files(feed, days):
        account = known.get(day)
        if account is None or file is None:
            yield Verdict(
                "reconciled", day, passed=False, is_fault=True, numbers={}, examples=["the day is not loaded"]
            )
            continue
        stored = account.table_rows + account.quarantined_rows
        yield Verdict(
            "reconciled",
            day,
            passed=account.source_rows == file.rows == stored,
            is_fault=True,
            numbers={
                "source_rows": account.source_rows,
                "raw_rows": file.rows,
                "table_rows": account.table_rows,
                "quarantined_rows": account.quarantined_rows,
                "unaccounted_rows": account.source_rows - stored,
            },
        )


def validate(connection: Connection, feed: Feed, days: Sequence[date]) -> Iterator[Verdict]:
    """Per day and question: stored rows against the Pandera schema, and published rows against the threshold."""
    for start in range(0, len(days), DAYS_A_BLOCK):
        yield from _validate_block(connection, feed, days[start : start + DAYS_A_BLOCK])


def _validate_block(connection: Connection, feed: Feed, days: Sequence[date]) -> Iterator[Verdict]:
    rows = table_rows(connection, feed, min(days), max(days), stored_types(feed))
    row_days = rows[feed.date].dt.date()
    found = findings(connection, feed, days)
    known = accounts(connection, feed, days)
    for question in questions(feed):
        invalid = failing_rows(question.schema, rows)
        invalid_by_day = Counter(row_days.gather(invalid))
        faults = {
            day: frame for (day,), frame in _findings_of(question, found).partition_by("day", as_dict=True).items()
        }
        for day in days:
            account = known.get(day)
            broken = faults.get(day, found.clear())
            yield _verdict(
                question,
                day,
                published=account.source_rows if account else 0,
                quarantined=account.quarantined_rows if account else 0,
                invalid=invalid_by_day[day],
                broken=broken,
            )


def _findings_of(question: Question, found: pl.DataFrame) -> pl.DataFrame:
    selected = found.filter(pl.col("rule").is_in(question.rules))
    return selected.filter(pl.col("column_name").is_in(question.columns)) if question.columns else selected


def _verdict(
    question: Question, day: date, *, published: int, quarantined: int, invalid: int, broken: pl.DataFrame
) -> Verdict:
    failed = broken["row_key"].n_unique() + (quarantined if question.counts_quarantine else 0)
    stored_fault = invalid > 0 and not question.keeps_faults
    return Verdict(
        question.name,
        day,
        passed=not stored_fault and failed <= question.allowed(published),
        is_fault=stored_fault,
        numbers={
            "rows": published,
            "failed_rows": failed,
            "invalid_stored_rows": invalid,
            "failure_rate": failed / published if published else 0.0,
            "threshold": question.threshold,
        },
        examples=[
            f"{column} = {value!r} in {row_key}" for _, row_key, column, _, value in broken.head(EXAMPLES).iter_rows()
        ],
    )
