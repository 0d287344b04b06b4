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
    Part("raw lake", ("lake*.py",), ("test_lake", "test_lake_damage", "test_ingest")),
    Part("loading", ("ingest.py",), ("test_ingest", "test_rivals", "faults/test_resume", "faults/test_mutations")),
    Part(
        "cleaning",
        ("cleaning/*.py", "system_times.py"),
        (
            *("test_system_times", "cleaning/test_keys"),
            *("cleaning/test_clean", "cleaning/test_schema", "cleaning/test_properties"),
        ),
    ),
    Part(
        "merge",
        (
            "postgis/merge.py",
            "postgis/copy.py",
            "postgis/sql/*_records.sql",
            "postgis/sql/*_amended.sql",
            "postgis/sql/*_withdrawn.sql",
            "postgis/sql/record_signatures.sql",
            "postgis/sql/stored_keys.sql",
            "postgis/sql/take_back_times.sql",
            "postgis/sql/let_go.sql",
            "postgis/rivals.py",
            "postgis/row_keys.py",
        ),
        ("postgis/test_merge", "postgis/test_row_keys", "test_rivals", "test_ingest", "faults/test_mutations"),
    ),
    Part("guard against losses", ("shrink.py",), ("faults/test_shrink", "faults/test_mutations")),
    Part(
        "stale days",
        ("stale.py", "changes.py", "postgis/sql/accounts.sql"),
        ("test_stale", "postgis/test_accounts", "automation/test_changes", "faults/test_stale"),
    ),
    Part(
        "checks",
        ("inspection.py", "relations.py", "postgis/reading.py", "postgis/consistency.py", "postgis/records.py"),
        (
            *("postgis/test_accounts", "postgis/test_records", "postgis/test_usual", "postgis/test_consistency"),
            *("test_whole_history", "test_inspection"),
        ),
    ),
    Part(
        "checks, SQL",
        ("postgis/sql/*_consistent.sql", "postgis/sql/*_connected.sql", "postgis/sql/*_findings.sql"),
        ("postgis/test_consistency", "postgis/test_usual", "test_inspection"),
    ),
    Part(
        "what Dagster is told",
        ("checks/reporting.py",),
        ("test_reporting", "assets/test_quality", "assets/test_loading"),
    ),
    Part("incidents", ("alerts/incidents.py",), ("alerts/test_words", "alerts/test_incidents", "alerts/test_sensors")),
    Part(
        "facts",
        ("postgis/facts.py", "postgis/sql/facts/*.sql"),
        ("marts/test_crash_facts",),
    ),
)
