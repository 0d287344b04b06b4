"""Going back to an older schema: what it costs is told beforehand, nothing else is lost, and the way forth is open."""

from datetime import date

import pytest

from chicago_crashes.errors import PermanentError, TransientError
from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.storage.schema import migrate
from chicago_crashes.storage.schema.downgrade import Loss, downgrade, losses
from chicago_crashes_tests.cli.running import run, run_apart
from chicago_crashes_tests.feeds.loading import connected, load, rows_of

CRASHES = FEEDS[0]
DAY = date(2021, 12, 31)
ROWS = [{"crash_record_id": "a"}, {"crash_record_id": "b"}]
HOT_SPOT = """
insert into hot_spot_parameters (analysis, first_day, last_day, parameters, numbers)
values ('h3 crashes', '2021-01-01', '2021-12-31', '{}', '{}')
"""


@pytest.fixture
def loaded(database_url: str) -> str:
    """URL of a database with two crashes and one account of hot spots."""
    with connected(database_url) as db:
        load(db, CRASHES, {DAY: ROWS})
        db.execute(HOT_SPOT)
    return database_url


def test_what_would_be_lost_is_told_and_still_there(loaded: str) -> None:
    lost = losses(loaded, "0008")

    assert Loss("table public.hot_spot_parameters", 1) in lost
    assert Loss("table public.hot_spots", 0) in lost
    assert [loss.rows for loss in lost if loss.what == "rows deleted from public.unit_costs"] == [20]
    assert not [loss for loss in lost if "crashes" in loss.what]
    migrate.require_current(loaded)
    with connected(loaded) as db:
        assert rows_of(db, "select count(*) from hot_spot_parameters") == [(1,)]
        assert rows_of(db, "select count(*) from unit_costs") == [(20,)]


def test_a_column_that_would_go_is_told_with_how_many_rows_have_something_in_it(loaded: str) -> None:
    lost = {loss.what: loss.rows for loss in losses(loaded, "0001")}

    assert {what: rows for what, rows in lost.items() if what.startswith("column ")} == {
        "column ops.quarantine.rival_day": 0,
        "column ops.quarantine.row_key": 0,
        "column ops.quarantine.source_updated_at": 0,
        "column ops.history.rules_before": 0,
        "column ops.history.rules_after": 0,
        "column ops.signatures.raw_digest": 1,
        "column ops.signatures.rules_digest": 1,
    }


def test_down_and_up_again_keeps_what_the_older_schema_can_hold(loaded: str) -> None:
    downgrade(loaded, "0008")

    with pytest.raises(PermanentError, match=r"schema version 0008.*db upgrade"):
        migrate.require_current(loaded)
    with connected(loaded) as db:
        assert rows_of(db, "select count(*) from crashes") == [(2,)]
        assert rows_of(db, "select to_regproc('report_of_area'), to_regproc('crash_cost')") == [(None, None)]
    migrate.upgrade(loaded)
    migrate.require_current(loaded)
    with connected(loaded) as db:
        assert rows_of(db, "select count(*) from crashes") == [(2,)]
        assert rows_of(db, "select count(*) from unit_costs") == [(20,)]
        assert rows_of(db, "select count(*) from hot_spot_parameters") == [(0,)]
        assert load(db, CRASHES, {DAY: ROWS})[DAY].unchanged == 2


def test_to_the_version_before_functions_were_files_they_stay(loaded: str) -> None:
    downgrade(loaded, "0011")

    with connected(loaded) as db:
        assert rows_of(
            db, "select to_regproc('report_of_area') is not null, to_regclass('ops.executions') is not null"
        ) == [(True, True)]
    migrate.upgrade(loaded)
    migrate.require_current(loaded)


@pytest.mark.parametrize("revision", ["0099", "head", "-1", ""])
def test_a_revision_that_is_not_below_is_refused(loaded: str, revision: str) -> None:
    for ask in (losses, downgrade):
        with pytest.raises(PermanentError, match=r"cannot be taken back to.*Choose one of: .*0010.*base"):
            ask(loaded, revision)
    migrate.require_current(loaded)


def test_the_present_version_is_not_below_itself(loaded: str) -> None:
    with connected(loaded) as db:
        ((current,),) = rows_of(db, "select version_num from ops.alembic_version")
    with pytest.raises(PermanentError, match="cannot be taken back"):
        losses(loaded, str(current))


def test_a_table_in_use_is_told_and_nothing_waits_for_it(loaded: str) -> None:
    with connected(loaded) as db, db.transaction():
        db.execute("lock table hot_spots in row exclusive mode")
        with pytest.raises(TransientError, match=r"in use.*Stop the platform"):
            losses(loaded, "0010")
    assert losses(loaded, "0010")


def test_the_command_tells_and_asks(loaded: str) -> None:
    environment = {"CRASHES_DATABASE_URL": loaded}

    unasked = run_apart(environment, "db", "downgrade", "0010")

    assert unasked.status != 0
    assert "public.hot_spot_parameters" in unasked.output
    migrate.require_current(loaded)

    agreed = run(environment, "db", "downgrade", "0010", "--yes")

    assert agreed.status == 0, agreed.errors
    assert "The database has schema version 0010." in agreed.output
    with connected(loaded) as db:
        assert rows_of(db, "select to_regclass('hot_spot_parameters')") == [(None,)]
    assert run(environment, "db", "upgrade").status == 0
    migrate.require_current(loaded)
