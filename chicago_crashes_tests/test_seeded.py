"""Every check reports exactly the faults that were planted, day by day and in all, and none where none were."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from chicago_crashes.feeds.catalogue import FEEDS, feed_named
from chicago_crashes.feeds.catalogue.comparisons import comparisons_of
from chicago_crashes.feeds.catalogue.rules import Question, quarantine_rules, value_rules
from chicago_crashes.feeds.inspection import day_checks, history_checks
from chicago_crashes.operations.reference.rulebook import PAGE, rulebook, with_section
from chicago_crashes.stand_in.synthetic.seeded import BREAKS, seeded_by_rule
from chicago_crashes_tests.platform import Platform
from chicago_crashes_tests.seeded import (
    EVERY_KIND,
    broken_by_day,
    found_by_day,
    found_in_all,
    loaded,
    measured_table,
    summed,
)

Loaded = tuple[Platform, pl.DataFrame]


@pytest.fixture(scope="module")
def dirty(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    with loaded(EVERY_KIND, module_database_url, tmp_path_factory.mktemp("dirty")) as running:
        yield running


def test_every_kind_of_fault_was_planted(dirty: Loaded) -> None:
    planted = {(feed, dirt) for feed, _, _, dirt, _ in dirty[1].iter_rows()}

    assert planted >= BREAKS.keys()
    for comparison in (comparison for feed in FEEDS for comparison in comparisons_of(feed)):
        relations = {rule.name for rule in comparison.relations}
        assert relations <= {rule for (feed, _), rule in BREAKS.items() if feed == comparison.feed.name}


def test_each_check_reports_exactly_what_was_planted_day_by_day(dirty: Loaded) -> None:
    running, seeded = dirty
    found = found_by_day(running)

    days = {day for _, day in found}
    assert found.keys() == {(feed.name, day) for feed in FEEDS for day in days}
    for (feed, _), of_day in found.items():
        assert sorted(one.question for one in of_day) == sorted(day_checks(feed_named(feed)))
    assert {key: counts for key, counts in broken_by_day(found).items() if counts} == seeded_by_rule(seeded)
    assert all(one.passed for of_day in found.values() for one in of_day if one.question == Question.COMPLETE)


def test_the_whole_history_reports_exactly_what_was_planted(dirty: Loaded) -> None:
    running, seeded = dirty
    found = found_in_all(running)

    assert {(one.feed, one.question) for one in found} == {
        (feed.name, name) for feed in FEEDS for name in history_checks(feed)
    }
    planted = summed(seeded_by_rule(seeded))
    for feed in FEEDS:
        quarantined = {rule.label for rule in quarantine_rules(feed)}
        reported = {rule: rows for one in found if one.feed == feed.name for rule, rows in one.broken.items()}
        assert reported == {
            rule: rows for (name, rule), rows in planted.items() if name == feed.name and rule not in quarantined
        }
    assert all(one.passed for one in found if one.question in ("complete_history", "schema"))


def test_the_summary_of_findings_counts_them(dirty: Loaded) -> None:
    running, seeded = dirty
    summary = running.query(
        "select feed, day::text, column_name || ' ' || rule, findings, cardinality(example_values),"
        " cardinality(example_keys) from ops.findings_summary"
    )
    labels = {(feed.name, rule.label) for feed in FEEDS for rule in value_rules(feed)}
    planted = {
        (feed, day, rule, rows)
        for (feed, day), counts in seeded_by_rule(seeded).items()
        for rule, rows in counts.items()
        if (feed, rule) in labels
    }
    assert {row[:4] for row in summary} == planted
    assert all(values == keys == min(findings, 3) for *_, findings, values, keys in summary)


def test_without_dirt_every_number_is_zero(database_url: str, tmp_path: Path) -> None:
    with loaded(None, database_url, tmp_path) as (running, seeded):
        found = [one for of_day in found_by_day(running).values() for one in of_day]
        in_all = found_in_all(running)

        assert seeded.is_empty()
        assert running.query("select count(*) from crashes")[0][0] > 1000
        assert running.query("select count(*) from vision_zero_fatalities")[0][0] > 0
        assert [one for one in found + in_all if one.broken] == []
        assert [one for one in found if not one.passed] == []
        # The newest synthetic crash is years old, which is what this check is for.
        assert {one.question for one in in_all if not one.passed} == {Question.FRESH}


def test_the_page_of_checks_is_current(dirty: Loaded) -> None:
    page = PAGE.read_text()

    assert page == with_section(page, "rules", rulebook()), "run `make docs`"
    assert page == with_section(page, "seeded", measured_table(*dirty)), "run `python -m chicago_crashes_tests.seeded`"
    for feed in FEEDS:
        for comparison in comparisons_of(feed):
            assert all(rule.meaning in page for rule in comparison.relations)
