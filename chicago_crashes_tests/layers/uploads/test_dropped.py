"""Files that are dropped into the folder: taken once they are whole, once each, and again when they change."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import dagster as dg
import pytest
from pydantic import SecretStr

from chicago_crashes.definitions import build_defs
from chicago_crashes.layers.defs.upload_runs import LOAD_UPLOADED
from chicago_crashes.layers.defs.uploads import PARTITIONS, UPLOADED
from chicago_crashes.orchestration.day_reports import PERMANENT_FAILURE
from chicago_crashes.orchestration.resources import PostgisResource
from chicago_crashes.settings import settings
from chicago_crashes_tests.layers.uploads.conftest import Place
from chicago_crashes_tests.layers.uploads.files import feature, geojson, square


@dataclass
class Watch:
    """The sensor as the daemon runs it: the cursor is kept, partitions are made, runs are executed."""

    place: Place
    defs: dg.Definitions = field(default_factory=lambda: build_defs(settings()))
    cursor: str | None = None
    skipped: str | None = None

    def tick(self) -> list[str]:
        """The layers a look asked for, loaded."""
        sensor = self.defs.resolve_sensor_def("dropped_layers")
        with dg.build_sensor_context(
            instance=self.place.instance,
            instance_ref=self.place.instance.get_ref(),
            cursor=self.cursor,
            repository_def=self.defs.get_repository_def(),
            resources={"postgis": PostgisResource(database_url=SecretStr(self.place.database_url))},
        ) as context:
            looked = sensor.evaluate_tick(context)
        self.cursor, self.skipped = looked.cursor, looked.skip_message
        for added in looked.dynamic_partitions_requests or []:
            assert isinstance(added, dg.AddDynamicPartitionsRequest)
            assert added.partitions_def_name == PARTITIONS
            self.place.instance.add_dynamic_partitions(PARTITIONS, added.partition_keys)
        asked = []
        for request in looked.run_requests or []:
            assert request.partition_key is not None
            asked.append(request.partition_key)
            self.defs.resolve_job_def(LOAD_UPLOADED).execute_in_process(
                instance=self.place.instance, partition_key=request.partition_key, raise_on_error=False
            )
        return asked

    def failures(self) -> int:
        return len(self.place.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE])))


@pytest.fixture(scope="module")
def dagster_instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """A lasting one: only such an instance knows the partitions that a look asks to add."""
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("dagster"))) as instance:
        yield instance


@pytest.fixture
def watch(place: Place) -> Iterator[Watch]:
    yield Watch(place)
    for name in place.instance.get_dynamic_partitions(PARTITIONS):
        place.instance.delete_dynamic_partition(PARTITIONS, name)


def versions(place: Place) -> dict[object, object]:
    return dict(place.query("select layer, version from layers"))  # type: ignore[arg-type]


def test_a_dropped_file_becomes_a_layer_and_a_changed_one_a_new_version(watch: Watch, place: Place) -> None:
    assert watch.tick() == []
    assert watch.skipped == "Every file in the folder was taken."

    path = geojson(
        place.folder / "My Zones.geojson", feature(square(0), name="Zone 10"), feature(square(1), name="Zone 2")
    )
    assert watch.tick() == []
    assert watch.skipped == "Wait until they stop changing: my_zones."
    path.write_text(path.read_text() + "\n")
    assert watch.tick() == [], "it is still being copied"
    assert watch.tick() == ["my_zones"]
    assert watch.tick() == []
    assert versions(place) == {"my_zones": 1}
    assert place.query("select area, position from areas order by position") == [("Zone 2", 1), ("Zone 10", 2)]
    assert place.query("select title, kind, shape, source, label_field from layers") == [
        ("My zones", "uploaded", "polygon", "My Zones.geojson", "name")
    ]

    os.utime(path, ns=(1, 1))
    assert [watch.tick(), watch.tick(), watch.tick()] == [[], [], []], "the same content is loaded once"

    geojson(path, feature(square(0), name="Zone 10"), feature(square(2), name="Zone 3"))
    assert [watch.tick(), watch.tick(), watch.tick()] == [[], ["my_zones"], []]
    assert versions(place) == {"my_zones": 2}
    assert place.query("select area from areas order by position") == [("Zone 3",), ("Zone 10",)]

    (place.folder / "my zones.toml").write_text("")
    (place.folder / "My Zones.toml").write_text('title = "Zones of mine"\n')
    assert [watch.tick(), watch.tick()] == [[], ["my_zones"]]
    assert place.query("select title from layers") == [("Zones of mine",)]


def test_what_the_run_says_of_it(watch: Watch, place: Place) -> None:
    nothing = feature(None, name="c")
    geojson(place.folder / "told.geojson", feature(square(0), name="<b>a</b>"), feature(square(1), name="b"), nothing)
    assert [watch.tick(), watch.tick()] == [[], ["told"]]
    (record,) = place.instance.fetch_materializations(
        dg.AssetRecordsFilter(UPLOADED, asset_partitions=["told"]), limit=5
    ).records
    assert record.asset_materialization is not None
    shown = record.asset_materialization.metadata
    numbers = {
        name: shown[name].value for name in ("features", "repaired", "left_out", "version", "label_field", "crs")
    }
    assert numbers == {
        "features": 2,
        "repaired": 0,
        "left_out": 1,
        "version": 1,
        "label_field": "name",
        "crs": "EPSG:4326 (WGS 84)",
    }
    fields = shown["fields"]
    assert isinstance(fields, dg.TableMetadataValue)
    assert [record.data for record in fields.records] == [
        {"field": "name", "type": "text", "distinct": 2, "nulls": 0, "examples": "<b>a</b>, b"}
    ]


def test_a_refused_file_fails_once_and_leaves_the_layer_as_it_was(watch: Watch, place: Place) -> None:
    path = geojson(place.folder / "zones.geojson", feature(square(0), name="a"), feature(square(1), name="b"))
    assert [watch.tick(), watch.tick()] == [[], ["zones"]]
    before = place.query("select area, properties, geometry from areas order by area_id")
    failed = watch.failures()

    path.write_text('{"type":"FeatureCollection","features":[{"type"')
    assert [watch.tick(), watch.tick(), watch.tick(), watch.tick()] == [[], ["zones"], [], []]
    assert watch.failures() == failed + 1
    (run,) = place.instance.get_runs(dg.RunsFilter(tags={PERMANENT_FAILURE: "true"}), limit=1)
    assert run.tags["dagster/partition"] == "zones"
    assert place.query("select area, properties, geometry from areas order by area_id") == before

    geojson(path, feature(square(0), name="a"))
    assert [watch.tick(), watch.tick()] == [[], ["zones"]]


def test_files_that_can_make_no_layer_are_named(watch: Watch, place: Place) -> None:
    geojson(place.folder / "2020.geojson", feature(square()))
    (place.folder / "notes.txt").write_text("nothing to see")
    (place.folder / ".hidden.geojson").write_text("{}")
    os.mkfifo(place.folder / "pipe.geojson")
    assert [watch.tick(), watch.tick()] == [[], []]
    assert watch.skipped is not None
    assert "“2020.geojson” gives no name for a layer" in watch.skipped


def test_a_folder_that_is_not_there_yet(watch: Watch, place: Place) -> None:
    place.folder.rmdir()
    assert watch.tick() == []
    place.folder.mkdir()
    geojson(place.folder / "zones.geojson", feature(square(), name="a"))
    assert [watch.tick(), watch.tick()] == [[], ["zones"]]
