"""Dirt at known rates, loaded and checked: how many faults of each rule were planted and how many the checks found.

`python -m chicago_crashes_tests.seeded` writes the table in `docs/checks.md` anew; a test holds it current.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
import polars as pl

from chicago_crashes.definitions import build_defs
from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.feeds.catalogue.comparisons import comparisons_of
from chicago_crashes.feeds.catalogue.rules import quarantine_rules, value_rules
from chicago_crashes.feeds.defs.jobs import CHECK_EVERYTHING
from chicago_crashes.feeds.inspection import day_checks
from chicago_crashes.operations.reference.rulebook import PAGE, with_section
from chicago_crashes.orchestration.running import QUIET
from chicago_crashes.settings import settings
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import HEAVY_DIRT, Dirt, generate
from chicago_crashes.stand_in.synthetic.seeded import seeded_by_rule
from chicago_crashes.storage.private_cluster import cluster
from chicago_crashes.storage.schema.migrate import upgrade
from chicago_crashes_tests.platform import Platform, platform

FIRST, LAST, SEED = date(2024, 3, 1), date(2024, 3, 21), 15
CRASHES_PER_DAY = 110
EVERY_KIND = replace(
    HEAVY_DIRT,
    second_row=0.01,
    missing_person_id=0.03,
    coordinates_out_of_bounds=0.02,
    blank_person_id=0.05,
    unknown_person_id=0.05,
    two_person_ids=0.05,
    no_such_person=0.4,
    survivor_listed=0.4,
    unknown_victim=0.4,
)

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Found:
    """What the checks of one question counted: by day, or over the whole history."""

    feed: str
    question: str
    passed: bool
    broken: Counts


def labels(feed: Feed) -> set[str]:
    """What the checks call each rule of the feed."""
    relations = [rule for comparison in comparisons_of(feed) for rule in comparison.relations]
    return {rule.label for rule in (*value_rules(feed), *quarantine_rules(feed), *relations)}


@contextmanager
def loaded(dirt: Dirt | None, database_url: str, folder: Path) -> Iterator[tuple[Platform, pl.DataFrame]]:
    """A platform that has loaded a synthetic portal with this dirt, and the account of what was planted."""
    store = PortalStore()
    seeded = []
    for batch in generate(FIRST, LAST, seed=SEED, rows_per_day=CRASHES_PER_DAY, dirt=dirt):
        seeded.append(batch.seeded)
        for feed in FEEDS:
            store.publish(feed.dataset_id, batch.frames[feed.name])
    with platform(store, database_url, folder, start=FIRST) as running:
        outcome = running.load(FIRST, LAST)
        if outcome.failures:
            raise AssertionError(f"The load failed: {outcome.failures}")
        yield running, pl.concat(seeded)


def found_by_day(running: Platform) -> dict[tuple[str, str], list[Found]]:
    """By feed and day: what each check counted."""
    found: dict[tuple[str, str], list[Found]] = {}
    for run in running.instance.get_runs():
        for entry in running.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
            evaluation = entry.get_dagster_event().asset_check_evaluation_data
            if evaluation.partition:
                one = _found(evaluation)
                found.setdefault((one.feed, evaluation.partition), []).append(one)
    return found


def found_in_all(running: Platform) -> list[Found]:
    """What the checks of the whole history counted."""
    job = build_defs(settings()).resolve_job_def(CHECK_EVERYTHING)
    result = job.execute_in_process(instance=running.instance, run_config=QUIET)
    return [_found(evaluation) for evaluation in result.get_asset_check_evaluations()]


def _found(evaluation: Any) -> Found:
    feed = next(feed for feed in FEEDS if feed.table == evaluation.asset_key.path[-1])
    known = labels(feed)
    broken = {name: value.value for name, value in evaluation.metadata.items() if name in known}
    return Found(feed.name, evaluation.check_name, evaluation.passed, broken)


def summed(by_day: Mapping[tuple[str, str], Counts]) -> dict[tuple[str, str], int]:
    """By feed and rule: the sum over the days."""
    sums: dict[tuple[str, str], int] = {}
    for (feed, _day), counts in by_day.items():
        for rule, rows in counts.items():
            sums[feed, rule] = sums.get((feed, rule), 0) + rows
    return sums


def broken_by_day(found: Mapping[tuple[str, str], list[Found]]) -> dict[tuple[str, str], Counts]:
    """By feed and day: how many rows break each rule, all questions together."""
    return {key: {rule: rows for one in of_day for rule, rows in one.broken.items()} for key, of_day in found.items()}


def table(seeded: Mapping[tuple[str, str], int], found: Mapping[tuple[str, str], int]) -> str:
    """Rule, seeded, found, as Markdown."""
    lines = ["| table | question | rule | seeded | found |", "|---|---|---|--:|--:|"]
    for feed in FEEDS:
        relations = [rule for comparison in comparisons_of(feed) for rule in comparison.relations]
        for rule in (*quarantine_rules(feed), *value_rules(feed), *relations):
            numbers = [counts.get((feed.name, rule.label), 0) for counts in (seeded, found)]
            if any(numbers):
                lines.append(f"| {feed.table} | {rule.question} | {rule.label} | {numbers[0]:,} | {numbers[1]:,} |")
    return "\n".join(lines)


def measured_table(running: Platform, seeded: pl.DataFrame) -> str:
    """The table of a platform that has loaded the dirt."""
    return table(summed(seeded_by_rule(seeded)), summed(broken_by_day(found_by_day(running))))


def all_day_checks() -> set[tuple[str, str]]:
    """Every check of every day: feed and question."""
    return {(feed.name, name) for feed in FEEDS for name in day_checks(feed)}


def main() -> None:
    """Load the dirt and write what was found into the page."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        url = cluster.start(home / "local", durable=False)
        try:
            upgrade(url)
            with loaded(EVERY_KIND, url, home) as (running, seeded):
                PAGE.write_text(with_section(PAGE.read_text(), "seeded", measured_table(running, seeded)))
        finally:
            cluster.destroy(home / "local")


if __name__ == "__main__":
    main()
