"""A column that was published since some day only, and that loaded rows have, does not vanish without a word."""

from collections.abc import Callable

import pytest

from chicago_crashes.feeds.catalogue import CRASHES, FEEDS
from chicago_crashes.operations.doctor.check_portal import dataset
from chicago_crashes.operations.doctor.condition import State
from chicago_crashes.soda.columns import LostColumnsError
from chicago_crashes.stand_in import mutations
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.faults.changing import change_every_day
from chicago_crashes_tests.faults.scene import Scene

COLUMN = next(column.name for column in CRASHES.columns if column.published_since)

Losing = Callable[[PortalStore], None]


def dropped(store: PortalStore) -> None:
    mutations.drop_column(store, CRASHES, COLUMN)


def renamed(store: PortalStore) -> None:
    mutations.rename_column(store, CRASHES, COLUMN, f"{COLUMN}_new")


@pytest.fixture
def with_values(scene: Scene) -> Scene:
    """Crashes have values in the column."""
    scene.own_copy()
    mutations.amend(scene.store, CRASHES, {}, {COLUMN: "IDOT 1"})
    assert not scene.load(CRASHES).errors
    return scene


@pytest.mark.parametrize("lose", [dropped, renamed])
def test_a_loaded_column_that_is_gone_empties_nothing(with_values: Scene, lose: Losing) -> None:
    before = with_values.snapshot()
    lose(with_values.store)
    mutations.replace_all(with_values.store, CRASHES)
    outcome = with_values.load(CRASHES)
    (error,) = outcome.errors
    assert isinstance(error, LostColumnsError)
    assert f"no longer publishes {COLUMN} of crashes" in str(error)
    assert (f"{COLUMN}_new, also text, seems to be it now" in str(error)) == (lose is renamed)
    assert with_values.snapshot() == before
    for feed in FEEDS[1:]:
        assert not with_values.load(feed).errors


def test_a_column_that_no_row_has_a_value_in_may_be_absent(scene: Scene) -> None:
    scene.own_copy()
    mutations.amend(scene.store, CRASHES, {}, {COLUMN: None})
    assert not scene.load(CRASHES).errors
    dropped(scene.store)
    change_every_day(scene, CRASHES)
    assert not scene.load(CRASHES).errors


def test_doctor_says_what_it_asked(with_values: Scene) -> None:
    (found,) = dataset(with_values.client, with_values.connection, CRASHES)
    assert (found.state, found.says) == (State.OK, f"{CRASHES.dataset_id} has all 49 declared columns.")
    dropped(with_values.store)
    (found,) = dataset(with_values.client, with_values.connection, CRASHES)
    assert found.state is State.PROBLEM
    assert f"49 declared columns, 48 are published: {COLUMN} is missing" in found.says
    with_values.connection.execute("truncate crashes")
    for connection, known in ((with_values.connection, "no loaded row"), (None, "cannot be asked")):
        (found,) = dataset(with_values.client, connection, CRASHES)
        assert found.state is State.WARNING
        assert f"49 declared columns, 48 are published: {COLUMN} is missing; " in found.says
        assert known in found.says
