"""What the core is, and which tests judge it: the only place that says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGE, TESTS = "chicago_crashes", "chicago_crashes_tests"


@dataclass(frozen=True, slots=True)
class Part:
    """Sources that belong together, as patterns in the package, and the test modules that judge them, nearest first."""

    name: str
    sources: tuple[str, ...]
    judges: tuple[str, ...]

    def files(self, root: Path) -> list[Path]:
        """The sources there are, relative to the project's folder.

        Raises:
            ValueError: a pattern names no file; a module was moved or renamed.
        """
        return [path for pattern in self.sources for path in _matching(root, f"{PACKAGE}/{pattern}", self.name)]

    def judged_by(self, root: Path) -> list[str]:
        """The test modules, relative to the project's folder.

        Raises:
            ValueError: one is not there.
        """
        return [str(path) for judge in self.judges for path in _matching(root, f"{TESTS}/{judge}.py", self.name)]


def _matching(root: Path, pattern: str, part: str) -> Sequence[Path]:
    found = sorted(path.relative_to(root) for path in root.glob(pattern))
    if not found:
        raise ValueError(f"{part}: there is no {pattern}; say in {TESTS}/mutation/core.py where it went")
    return found


CORE: tuple[Part, ...] = (
    Part(
        "the portal's signatures",
        ("soda/signatures.py", "soda/soql.py"),
        ("soda/test_requests", "soda/test_signatures", "soda/test_download"),
    ),
    Part("windows", ("soda/windows.py",), ("soda/test_windows", "soda/test_download")),
    Part(
        "reconciliation",
        ("soda/reconcile.py",),
        ("soda/test_download", "soda/test_signatures", "faults/test_faults"),
    ),
    Part("download", ("soda/download.py",), ("soda/test_requests", "soda/test_download", "faults/test_faults")),
    Part(
        "requests and replies",
        ("soda/client.py", "soda/bodies.py", "soda/frames.py", "soda/waiting.py"),
        (
            *("soda/test_bodies", "soda/test_frames", "soda/test_waiting", "soda/test_client_bounds"),
            *("soda/test_client", "soda/test_download"),
        ),
    ),
    Part(
        "published columns",
        ("soda/columns.py", "soda/drift.py"),
        ("soda/test_columns", "soda/test_drift", "soda/test_download"),
    ),
    Part("raw lake", ("storage/lake*.py",), ("storage/test_lake", "storage/test_lake_damage", "feeds/test_ingest")),
    Part(
        "loading",
        ("feeds/ingest.py",),
        ("feeds/test_ingest", "test_rivals", "faults/test_resume", "faults/test_mutations"),
    ),
    Part(
        "cleaning",
        ("feeds/cleaning/*.py", "soda/system_times.py"),
        (
            *("test_system_times", "feeds/cleaning/test_keys"),
            *("feeds/cleaning/test_clean", "feeds/cleaning/test_schema", "feeds/cleaning/test_properties"),
        ),
    ),
    Part(
        "merge",
        (
            "feeds/merge.py",
            "storage/copy.py",
            "feeds/sql/*_records.sql",
            "feeds/sql/*_amended.sql",
            "feeds/sql/*_withdrawn.sql",
            "feeds/sql/record_signatures.sql",
            "feeds/sql/stored_keys.sql",
            "feeds/sql/take_back_times.sql",
            "feeds/sql/let_go.sql",
            "feeds/rivals.py",
            "feeds/row_keys.py",
        ),
        ("feeds/test_merge", "feeds/test_row_keys", "test_rivals", "feeds/test_ingest", "faults/test_mutations"),
    ),
    Part("guard against losses", ("feeds/shrink.py",), ("faults/test_shrink", "faults/test_mutations")),
    Part(
        "stale days",
        ("feeds/stale.py", "feeds/changes.py", "feeds/sql/accounts.sql"),
        ("test_stale", "feeds/test_accounts", "feeds/test_change_sensor", "faults/test_stale"),
    ),
    Part(
        "checks",
        (
            "feeds/inspection.py",
            "feeds/catalogue/comparisons.py",
            "feeds/reading.py",
            "feeds/consistency.py",
            "feeds/records.py",
        ),
        (
            *("feeds/test_accounts", "feeds/test_records", "feeds/test_usual", "feeds/test_consistency"),
            *("test_whole_history", "feeds/test_inspection"),
        ),
    ),
    Part(
        "checks, SQL",
        ("feeds/sql/*_consistent.sql", "feeds/sql/*_connected.sql", "feeds/sql/*_findings.sql"),
        ("feeds/test_consistency", "feeds/test_usual", "feeds/test_inspection"),
    ),
    Part(
        "what Dagster is told",
        ("orchestration/check_reports.py",),
        ("test_reporting", "feeds/test_quality_assets", "feeds/test_loading"),
    ),
    Part("incidents", ("alerts/incidents.py",), ("alerts/test_words", "alerts/test_incidents", "alerts/test_sensors")),
    Part(
        "facts",
        ("answers/facts/crash_facts.py", "answers/facts/sql/*.sql"),
        ("answers/marts/test_crash_facts",),
    ),
)
