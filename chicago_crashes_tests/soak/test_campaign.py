"""A short campaign: whatever happens to the portal and to the loads, the tables end up saying what the portal says."""

from pathlib import Path

import pytest

from chicago_crashes_tests.soak.campaign import run_campaign

ROUNDS = 8


@pytest.mark.timeout(180)
def test_the_tables_end_up_with_what_the_portal_publishes(database_url: str, tmp_path: Path) -> None:
    said: list[str] = []
    totals = run_campaign(
        rounds=ROUNDS, seed=20, database_url=database_url, folder=tmp_path, say=said.append, through_dagster=False
    )
    assert totals.rounds == len(said) == ROUNDS
    assert (totals.missing, totals.extra, totals.stale) == (0, 0, 0)
    assert totals.rows_compared > 0
    assert sum(totals.faults.values()) > 0
    assert sum(totals.changes.values()) > ROUNDS
