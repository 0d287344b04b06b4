"""The City's layers in Dagster: a run with its numbers and checks, a run that fails, the schedule, the lineage."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from pydantic import SecretStr

from chicago_crashes.definitions import build_defs
from chicago_crashes.layers.defs.layer_runs import REFRESH_LAYERS, LayersOutcome, launch_layers
from chicago_crashes.layers.defs.layers import layer_checks, layer_key
from chicago_crashes.layers.published import (
    COMMUNITY_AREAS,
    POLICE_BEATS,
    PUBLISHED_LAYERS,
    SCHOOLS,
    STREET_CENTER_LINES,
    WARDS,
    PublishedLayer,
)
from chicago_crashes.orchestration.day_reports import PERMANENT_FAILURE
from chicago_crashes.orchestration.description import portal_key
from chicago_crashes.orchestration.resources import PostgisResource
from chicago_crashes.settings import Settings, settings
from chicago_crashes.stand_in.layers import publish_rows
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import areas
from chicago_crashes.stand_in.synthetic.layers import offer_layers
from chicago_crashes_tests.platform import Platform, platform


@pytest.fixture
def made(database_url: str, tmp_path: Path) -> Iterator[Platform]:
    store = PortalStore()
    offer_layers(store)
    with platform(store, database_url, tmp_path, start=date(2024, 1, 1)) as found:
        yield found


def refreshed(made: Platform, *layers: PublishedLayer, accept_shrink: bool = False) -> LayersOutcome:
    return launch_layers(
        build_defs(settings()), made.instance, layers, on_step=lambda _step: None, accept_shrink=accept_shrink
    )


def test_a_run_shows_its_numbers_and_asks_its_checks(made: Platform) -> None:
    outcome = refreshed(made, POLICE_BEATS, COMMUNITY_AREAS, STREET_CENTER_LINES, SCHOOLS)
    assert outcome.failures == {}
    beats = outcome.layers["police_beats"]
    assert {name: beats.numbers[name] for name in ("published_rows", "features", "merged", "version", "changed")} == {
        "published_rows": 277,
        "features": 275,
        "merged": 2,
        "version": 1,
        "changed": 1,
    }
    assert beats.numbers["dagster/row_count"] == 275
    assert beats.notes == ["3100 came in 3 parts, which were made one"]
    assert (beats.checks_passed, beats.checks_failed) == (4, {})
    assert outcome.layers["community_areas"].numbers["repaired"] == 1
    assert outcome.layers["street_center_lines"].numbers["left_out"] == 2
    assert outcome.layers["schools"].checks_passed == 1

    again = refreshed(made, POLICE_BEATS)
    assert (again.layers["police_beats"].numbers["version"], again.layers["police_beats"].numbers["changed"]) == (1, 0)


def test_one_layer_that_fails_does_not_stop_the_others(made: Platform) -> None:
    assert refreshed(made, WARDS).failures == {}
    other = PortalStore()
    publish_rows(other, WARDS, list(areas.wards())[:20])
    publish_rows(other, COMMUNITY_AREAS, list(areas.community_areas())[:76])
    made.portal.store = other

    outcome = refreshed(made, WARDS, COMMUNITY_AREAS, SCHOOLS)
    assert set(outcome.failures) == {"layers/wards", "layers/schools"}
    assert "from 50 to 20 features" in outcome.failures["layers/wards"]
    assert "no dataset pb6d-zzuh" in outcome.failures["layers/schools"]
    assert outcome.layers["wards"].numbers == {}
    assert outcome.layers["community_areas"].checks_failed == {
        "as_many_as_expected": "community_areas has 76 features; 77 were expected."
    }
    assert made.query("select layer, features from layers order by 1") == [("community_areas", 76), ("wards", 50)]
    run = made.instance.get_runs(limit=1)[0]
    assert (run.status, run.tags[PERMANENT_FAILURE]) == (dg.DagsterRunStatus.FAILURE, "true")

    accepted = refreshed(made, WARDS, accept_shrink=True)
    assert accepted.failures == {}
    assert accepted.layers["wards"].numbers["removed"] == 30


def test_areas_that_overlap_or_share_a_label_fail_their_checks(made: Platform) -> None:
    rows = [dict(row) for row in areas.community_areas()]
    rows[0]["the_geom"] = rows[1]["the_geom"]
    rows[2]["community"] = rows[3]["community"]
    made.portal.store = PortalStore()
    publish_rows(made.portal.store, COMMUNITY_AREAS, rows)
    failed = refreshed(made, COMMUNITY_AREAS).layers["community_areas"].checks_failed
    assert set(failed) == {"labels_differ", "no_overlap"}
    # One of 77 is twice there, in the north of the city, where degrees of longitude are shorter.
    assert failed["no_overlap"] == "1.295% of community_areas lies in two of its areas."
    assert failed["labels_differ"].startswith("1 labels of community_areas are those of several areas: ")


def test_layers_begin_at_the_portal_and_say_what_they_are() -> None:
    graph = build_defs(Settings(_env_file=None)).resolve_asset_graph()
    for layer in PUBLISHED_LAYERS:
        node = graph.get(layer_key(layer.name))
        assert node.parent_keys == {portal_key(layer)}
        assert node.group_name == "areas"
        assert node.tags["dataset"] == layer.dataset_id
        assert node.freshness_policy
        assert {column.name for column in node.metadata["dagster/column_schema"].columns} > {"layer_id", "geometry"}
        assert {key.name for key in node.check_keys} == {check.name for check in layer_checks(layer)}
        root = graph.get(portal_key(layer))
        assert root.is_external
        assert root.metadata["dataset"].url == f"https://data.cityofchicago.org/d/{layer.dataset_id}"


def test_all_layers_are_refreshed_every_week() -> None:
    defs = build_defs(Settings(_env_file=None, schedules_on=True))
    schedule = defs.resolve_schedule_def("weekly_layers")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert set(defs.resolve_job_def(REFRESH_LAYERS).asset_layer.executable_asset_keys) == {
        layer_key(layer.name) for layer in PUBLISHED_LAYERS
    }
    with dg.DagsterInstance.ephemeral() as instance:
        sunday = datetime(2026, 3, 1, 3, 0, tzinfo=ZoneInfo("America/Chicago"))
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=sunday, repository_def=defs.get_repository_def()
        )
        assert len(schedule.evaluate_tick(context).run_requests or []) == 1
    assert sunday.weekday() == 6


def test_missing_layers_are_asked_for_until_they_are_there(made: Platform) -> None:
    def look() -> tuple[list[dg.RunRequest], str | None]:
        postgis = PostgisResource(database_url=SecretStr(made.database_url))
        with dg.build_sensor_context(instance=made.instance, resources={"postgis": postgis}) as context:
            tick = build_defs(settings()).resolve_sensor_def("missing_layers").evaluate_tick(context)
        return list(tick.run_requests or []), tick.skip_message

    ((first,), _) = look()
    assert set(first.asset_selection or []) == {layer_key(layer.name) for layer in PUBLISHED_LAYERS}
    assert look()[0][0].run_key == first.run_key, "the same is asked for once a day"
    assert refreshed(made, *(layer for layer in PUBLISHED_LAYERS if layer != SCHOOLS)).failures == {}
    assert look()[0][0].asset_selection == [layer_key("schools")]
    assert refreshed(made, SCHOOLS).failures == {}
    assert look() == ([], "Every layer of the City is there.")
