"""The whole way of an uploaded layer: a folder, a database, a run of Dagster."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from pydantic import SecretStr

from chicago_crashes.layers.defs.uploads import uploaded_asset
from chicago_crashes.orchestration.resources import PostgisResource
from chicago_crashes.settings import settings

EVERYWHERE = (
    "select (select count(*) from layers) + (select count(*) from areas) + (select count(*) from layer_lines)"
    " + (select count(*) from layer_points) + (select count(*) from ops.layer_history)"
)


@dataclass(frozen=True)
class Place:
    """Where layers are dropped, and where they go."""

    folder: Path
    database_url: str
    instance: dg.DagsterInstance
    asset: dg.AssetsDefinition

    def load(self, name: str) -> str | None:
        """Materialise a layer; why it failed, if it did."""
        self.instance.add_dynamic_partitions("uploaded_layers", [name])
        result = dg.materialize(
            [self.asset],
            partition_key=name,
            instance=self.instance,
            resources={"postgis": PostgisResource(database_url=SecretStr(self.database_url))},
            raise_on_error=False,
        )
        failed = [event.step_failure_data for event in result.filter_events(lambda event: event.is_step_failure)]
        if not failed:
            return None
        told = failed[0].user_failure_data
        assert told is not None, failed[0].error
        return told.description

    def query(self, statement: str, *parameters: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(statement.encode(), parameters or None).fetchall()

    def rows(self) -> int:
        """How many rows there are of any layer, past or present."""
        ((number,),) = self.query(EVERYWHERE)
        assert isinstance(number, int)
        return number


@pytest.fixture(scope="module")
def dagster_instance() -> Iterator[dg.DagsterInstance]:
    """Where runs are kept."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture(scope="module")
def layers_place(
    module_database_url: str, dagster_instance: dg.DagsterInstance, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """One for all tests of a module."""
    folder = tmp_path_factory.mktemp("layers")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CRASHES_DATABASE_URL", module_database_url)
        environment.setenv("CRASHES_LAYERS_FOLDER", str(folder))
        settings.cache_clear()
        try:
            yield Place(folder, module_database_url, dagster_instance, uploaded_asset(str(folder)))
        finally:
            settings.cache_clear()


@pytest.fixture
def place(layers_place: Place) -> Iterator[Place]:
    """The place, without files."""
    yield layers_place
    for path in layers_place.folder.iterdir():
        path.rmdir() if path.is_dir() else path.unlink()
