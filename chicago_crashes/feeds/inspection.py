"""Look at loaded days and judge them: is every published row accounted for, unique, valid, consistent, connected.

A verdict answers one question of `feeds.catalogue.rules` for one day, or, with no day, for the whole history. Bounds
that people look for by name are questions of their own, which feeds declare.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl
from psycopg import Connection

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.catalogue.comparisons import Comparison, comparisons_of
from chicago_crashes.feeds.catalogue.rules import (
    Question,
    Rule,
    Severity,
    allowed_rows,
    quarantine_rules,
    value_checks,
    value_rules,
)
from chicago_crashes.feeds.changes import Changes
from chicago_crashes.feeds.consistency import FIRST_OF_ALL, LAST_OF_ALL, Judged, judged_days, loaded_days, together
from chicago_crashes.feeds.reading import (
    NO_ACCOUNT,
    AllFindings,
    Past,
    accounts,
    all_findings,
    findings,
    newest_findings,
    newest_loaded_day,
    past_findings,
    quarantined_by_reason,
    rows_published_since,
    rows_with_findings,
    table_rows,
)
from chicago_crashes.feeds.shrink import DAY_MAY_LOSE, FEWEST_ROWS
from chicago_crashes.feeds.stale import FAULTS, Reason, tallies, told_in_full, told_out_of_reach
from chicago_crashes.soda.drift import Difference, Drift
from chicago_crashes.storage.lake import Lake
from chicago_crashes.verdict import Verdict

EXAMPLES = 5
DAYS_A_BLOCK = 100
"""How many days are read at once: bounded memory, few queries."""

PAST_DAYS = 365
RECENT_DAYS = 30
"""The newest days of the whole history, whose rates are compared with those of the year before them."""
TIMES_THE_PAST = 3
FEW_ROWS = 9
"""So few rows that break a rule are never called more than usual: chance makes three times as many of them."""
ENOUGH_PAST = 5_000
"""A past of fewer published rows says nothing about what is usual."""


def complete(connection: Connection, lake: Lake, feed: Feed, days: Sequence[date]) -> Iterator[Verdict]:
    """Per day: source = raw = table + quarantine, each counted where it is."""
    known = accounts(connection, feed, days)
    for day, file in lake.newest_files(feed, days):
        account = known.get(day, NO_ACCOUNT)
        if account.recorded is None or file is None:
            reasons = ["the day is not loaded"]
            yield Verdict(Question.COMPLETE.value, day, passed=False, is_fault=True, numbers={}, reasons=reasons)
            continue
        source_rows = account.recorded.source_rows
        passed = source_rows == file.rows == account.stored_rows
        yield Verdict(
            Question.COMPLETE.value,
            day,
            passed=passed,
            is_fault=not passed,
            numbers={
                "source_rows": source_rows,
                "raw_rows": file.rows,
                "table_rows": account.table_rows,
                "quarantined_rows": account.quarantined_rows,
                "unaccounted_rows": source_rows - account.stored_rows,
            },
        )


def unique_and_valid(connection: Connection, feed: Feed, days: Sequence[date]) -> Iterator[Verdict]:
    """Per day: stored rows against the Pandera schemas, and repairs and quarantine against the rules' thresholds.

    Every check of values answers for itself: `valid`, and the bounds the feed has a check for.
    """
    # Pandera takes half a second to import, and most processes check no rows.
    from chicago_crashes.feeds.cleaning.schema import failures, key_schema, stored_types, value_schema

    for start in range(0, len(days), DAYS_A_BLOCK):
        block = days[start : start + DAYS_A_BLOCK]
        rows = table_rows(connection, feed, min(block), max(block), stored_types(feed))
        row_days = rows[feed.date].dt.date()
        published = {
            day: account.recorded.source_rows
            for day, account in accounts(connection, feed, block).items()
            if account.recorded
        }
        yield from _unique(
            connection, feed, block, published, _by_day(failures(key_schema(feed), rows).broken, row_days)
        )
        invalid = {
            check.question: _by_day(failures(value_schema(feed, check.question), rows).broken, row_days)
            for check in value_checks(feed)
        }
        yield from _values(connection, feed, block, published, invalid)


def _by_day(places: list[int], days: pl.Series) -> dict[date, int]:
    return dict(days.gather(places).value_counts().iter_rows())


def _unique(
    connection: Connection, feed: Feed, days: Sequence[date], published: Mapping[date, int], invalid: Mapping[date, int]
) -> Iterator[Verdict]:
    quarantined = quarantined_by_reason(connection, feed, days)
    rules = {rule.name: rule for rule in quarantine_rules(feed)}
    for day in days:
        reasons = quarantined.get(day, {})
        verdict = _verdict(
            Question.UNIQUE.value,
            day,
            rows=published.get(day, 0),
            failed=sum(reasons.values()),
            broken=[
                Broken(rules[reason], rows, published.get(day, 0))
                for reason, rows in sorted(reasons.items())
                if reason in rules
            ],
            invalid=invalid.get(day, 0),
        )
        yield _mostly_unloadable(verdict) if _is_mostly_unloadable(verdict) else verdict


def _is_mostly_unloadable(verdict: Verdict) -> bool:
    rows, failed = verdict.numbers["rows"], verdict.numbers["failed_rows"]
    return rows >= FEWEST_ROWS and failed > DAY_MAY_LOSE * rows


def _mostly_unloadable(verdict: Verdict) -> Verdict:
    """A day that was never loaded loses nothing by it, so no load was held back: it has to be told here."""
    told = (
        f"{verdict.numbers['failed_rows']:,} of {verdict.numbers['rows']:,} published rows cannot be loaded: a column "
        "may have changed its form"
    )
    return replace(verdict, passed=False, is_fault=True, reasons=[told, *verdict.reasons])


def _values(
    connection: Connection,
    feed: Feed,
    days: Sequence[date],
    published: Mapping[date, int],
    invalid: Mapping[str, Mapping[date, int]],
) -> Iterator[Verdict]:
    found = _with_questions(feed, findings(connection, feed, days))
    rules = {(rule.column, rule.name): rule for rule in value_rules(feed)}
    counts = found.group_by("question", "day", "column_name", "rule", maintain_order=True).len().rows()
    broken: dict[tuple[str, date], list[Broken]] = {}
    for question, day, column, name, rows in counts:
        broken.setdefault((question, day), []).append(Broken(rules[column, name], rows, published.get(day, 0)))
    past = past_findings(connection, feed, [_asked(day, one) for day, one in _many(broken)], length=PAST_DAYS)
    frames = found.partition_by("question", "day", as_dict=True)
    for check in value_checks(feed):
        for day in days:
            frame = frames.get((check.question, day), found.clear())
            of_day = broken.get((check.question, day), [])
            yield _verdict(
                check.question,
                day,
                rows=published.get(day, 0),
                failed=frame["row_key"].n_unique(),
                broken=of_day,
                threshold=check.threshold,
                invalid=invalid[check.question].get(day, 0),
                unusual=[
                    reason
                    for one in of_day
                    if (before := past.get(_asked(day, one)))
                    if (reason := _more_than_usual(one, before))
                ],
                examples=_told(frame.select("row_key", "column_name", "value").head(EXAMPLES).rows()),
            )


def _with_questions(feed: Feed, found: pl.DataFrame) -> pl.DataFrame:
    """The findings with the check that asks for each.

    A rule that is gone may have left findings on a day that was not loaded since: nothing asks for them.
    """
    asked = [(rule.column, rule.name, rule.question) for rule in value_rules(feed)]
    known = pl.DataFrame(asked, {"column_name": pl.String, "rule": pl.String, "question": pl.String}, orient="row")
    return found.join(known, on=["column_name", "rule"], maintain_order="left")


def _told(found: Iterable[tuple[str, str, str | None]]) -> list[str]:
    """Values that break a rule, each with the key of its row."""
    return [f"{column} = {value!r} in {row_key}" for row_key, column, value in found]


def _many(broken: Mapping[tuple[str, date], Sequence["Broken"]]) -> Iterator[tuple[date, "Broken"]]:
    """What is broken so often on a day that it may be more than usual."""
    for (_, day), of_day in broken.items():
        yield from ((day, one) for one in of_day if one.rows > FEW_ROWS)


def _asked(day: date, broken: "Broken") -> tuple[date, str, str]:
    return day, broken.rule.column, broken.rule.name


def related(connection: Connection, comparison: Comparison, days: Sequence[date]) -> Iterator[Verdict]:
    """Per day: the relations between the rows of the day, and those of other tables they name."""
    for start in range(0, len(days), DAYS_A_BLOCK):
        block = days[start : start + DAYS_A_BLOCK]
        first, last = min(block), max(block)
        judged = judged_days(connection, comparison, first, last)
        loaded = {other.table: loaded_days(connection, other, first, last) for other in comparison.others}
        for day in block:
            missing = [table for table, known in loaded.items() if day not in known]
            if missing:
                yield _not_compared(comparison, day, missing)
            else:
                yield _judged_verdict(comparison, comparison.question.value, day, judged.get(day, Judged(0, 0, {})))


def _not_compared(comparison: Comparison, day: date, missing: Sequence[str]) -> Verdict:
    reason = f"Not asked: {' and '.join(missing)} of this day {'is' if len(missing) == 1 else 'are'} not loaded."
    numbers = {"rows": 0, "failed_rows": 0, "failure_rate": 0.0}
    return Verdict(comparison.question.value, day, passed=True, is_fault=False, numbers=numbers, reasons=[reason])


def _judged_verdict(comparison: Comparison, question: str, day: date | None, judged: Judged) -> Verdict:
    tallies = [(rule, judged.relations[rule.name]) for rule in comparison.relations if rule.name in judged.relations]
    return _verdict(
        question,
        day,
        rows=judged.rows,
        failed=judged.broken,
        broken=[Broken(rule, tally.broken, tally.rows) for rule, tally in tallies if tally.broken],
        examples=[f"{rule.name}: {key}" for rule, tally in tallies for key in tally.examples][:EXAMPLES],
    )


@dataclass(frozen=True, slots=True)
class Broken:
    """How many of the rows a rule applies to break it."""

    rule: Rule
    rows: int
    of: int

    @property
    def is_too_many(self) -> bool:
        """Whether people should look."""
        return self.rows > self.rule.allowed(self.of)

    def __str__(self) -> str:
        return (
            f"{self.rule.label}: {self.rows:,} of {self.of:,} rows ({self.rows / max(self.of, 1):.2%}); "
            f"at most {self.rule.threshold:.1%} may"
        )


def _more_than_usual(broken: Broken, past: Past) -> str | None:
    """Why the rate of broken rows is not what it was before, if it is not."""
    if broken.rows <= FEW_ROWS or past.rows < ENOUGH_PAST:
        return None
    usual = broken.of * past.broken / past.rows
    if broken.rows <= TIMES_THE_PAST * usual:
        return None
    return f"{broken.rule.label}: {broken.rows:,} rows, where {usual:.1f} were usual in the {PAST_DAYS} days before"


def _verdict(
    question: str,
    day: date | None,
    *,
    rows: int,
    failed: int,
    broken: Sequence[Broken],
    threshold: float | None = None,
    invalid: int | None = None,
    unusual: Sequence[str] = (),
    examples: Sequence[str] = (),
) -> Verdict:
    """The verdict over several rules: it passes if none is broken more often than its threshold and its past allow.

    With a `threshold`, no more rows than it allows may break any of the rules.
    """
    too_many = [one for one in broken if one.is_too_many]
    faults = [f"{invalid:,} stored rows hold what cleaning should have caught"] if invalid else []
    reasons = [*faults, *map(str, too_many), *_together(rows, failed, threshold, too_many), *unusual]
    stored = {} if invalid is None else {"invalid_stored_rows": invalid}
    allowed = {} if threshold is None else {"threshold": threshold}
    return Verdict(
        question,
        day,
        passed=not reasons,
        is_fault=bool(faults) or any(one.rule.severity is Severity.ERROR for one in too_many),
        numbers={
            "rows": rows,
            "failed_rows": failed,
            "failure_rate": failed / rows if rows else 0.0,
            **allowed,
            **stored,
            **{one.rule.label: one.rows for one in broken},
        },
        reasons=reasons,
        examples=examples,
    )


def _together(rows: int, failed: int, threshold: float | None, too_many: Sequence[Broken]) -> list[str]:
    """Why the rows that break any rule are too many, where no rule alone is broken too often."""
    if threshold is None or too_many or failed <= allowed_rows(threshold, rows):
        return []
    share = failed / max(rows, 1)
    return [f"{failed:,} of {rows:,} rows ({share:.2%}) break one rule or another; at most {threshold:.1%} may"]


def day_checks(feed: Feed) -> list[str]:
    """The checks that are asked of every day of the feed's table, one question each."""
    of_values = [check.question for check in value_checks(feed)]
    of_relations = [comparison.question.value for comparison in comparisons_of(feed)]
    return [Question.COMPLETE.value, Question.UNIQUE.value, *of_values, *of_relations]


def history_checks(feed: Feed) -> list[str]:
    """The checks that are asked of the feed's whole history, every night."""
    over_all_days = [history_name(question) for question in day_checks(feed) if question != Question.UNIQUE]
    return [*over_all_days, Question.FRESH.value, Question.SCHEMA.value]


def history_name(question: str) -> str:
    """The name of the check that asks a question of all days at once."""
    return f"{question}_history"


def complete_history(feed: Feed, changes: Changes) -> Verdict:
    """All days at once, each compared by itself: published now = recorded = raw = table + quarantine.

    Days that lost or gained rows or raw files are a fault; days the portal changed since are a warning.
    """
    by_reason, held = tallies(changes.stale), changes.held
    reasons = [*told_in_full(changes.stale)]
    if reasons:
        reasons.append(f"`chicago-crashes refresh --feed {feed.name}` mends these days.")
    if changes.out_of_reach:
        reasons.append(told_out_of_reach(feed, changes.out_of_reach))
    return Verdict(
        history_name(Question.COMPLETE),
        None,
        passed=not reasons,
        is_fault=bool(FAULTS & by_reason.keys() or changes.out_of_reach),
        numbers={
            "published_rows": changes.published_rows,
            "source_rows": held.source_rows,
            "raw_rows": held.raw_rows,
            "table_rows": held.table_rows,
            "quarantined_rows": held.quarantined_rows,
            "unaccounted_rows": held.unaccounted_rows,
            "stale_days": len(changes.stale),
            **{f"days_{reason}": by_reason[reason].days if reason in by_reason else 0 for reason in Reason},
            "rows_without_a_day": changes.rows_without_a_day,
        },
        reasons=reasons,
    )


def value_histories(connection: Connection, feed: Feed) -> Iterator[Verdict]:
    """All days at once: how many rows break each rule, and whether the newest days break one more often than before.

    Every check of values answers for itself, as it does for a day.
    """
    newest = newest_loaded_day(connection, feed) or LAST_OF_ALL
    recent = newest - timedelta(days=RECENT_DAYS - 1)
    past = recent - timedelta(days=PAST_DAYS)
    published = rows_published_since(connection, feed, FIRST_OF_ALL, LAST_OF_ALL)
    recent_rows = rows_published_since(connection, feed, recent, LAST_OF_ALL)
    past_rows = rows_published_since(connection, feed, past, recent)
    found = {(one.column_name, one.rule): one for one in all_findings(connection, feed, recent=recent, past=past)}
    for check in value_checks(feed):
        known = [(rule, found[rule.column, rule.name]) for rule in check.rules if (rule.column, rule.name) in found]
        yield _verdict(
            history_name(check.question),
            None,
            rows=published,
            failed=rows_with_findings(connection, feed, check.rules),
            broken=[Broken(rule, one.broken, published) for rule, one in known],
            threshold=check.threshold,
            unusual=_unusual_of_late(known, recent_rows=recent_rows, past_rows=past_rows),
            examples=_told(newest_findings(connection, feed, check.rules, length=EXAMPLES)),
        )


def _unusual_of_late(found: Sequence[tuple[Rule, AllFindings]], *, recent_rows: int, past_rows: int) -> list[str]:
    """The rules that the newest days break more often than the year before."""
    told = (_more_than_usual(Broken(rule, one.recent, recent_rows), Past(one.past, past_rows)) for rule, one in found)
    return [reason for reason in told if reason]


def related_history(connection: Connection, comparison: Comparison) -> Verdict:
    """All days at once, except those of which another table that is compared was never loaded."""
    judged = judged_days(connection, comparison)
    loaded = [loaded_days(connection, other, FIRST_OF_ALL, LAST_OF_ALL) for other in comparison.others]
    comparable = [of_day for day, of_day in judged.items() if all(day in known for known in loaded)]
    verdict = _judged_verdict(comparison, history_name(comparison.question), None, together(comparable))
    if len(comparable) == len(judged):
        return verdict
    left_out = f"Not asked of {len(judged) - len(comparable):,} days: of them not every table compared is loaded."
    return replace(verdict, reasons=[*verdict.reasons, left_out])


def schema(feed: Feed, found: Sequence[Difference]) -> Verdict:
    """Whether the portal publishes the declared columns; a column more is a warning, every other difference a fault."""
    counts = {drift.value: sum(one.drift is drift for one in found) for drift in Drift}
    return Verdict(
        Question.SCHEMA.value,
        None,
        passed=not found,
        is_fault=any(one.drift is not Drift.NEW for one in found),
        numbers={"declared_columns": len(feed.columns), **counts},
        reasons=[one.told for one in found],
    )
