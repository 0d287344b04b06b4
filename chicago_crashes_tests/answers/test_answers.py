"""The answers as Dagster makes them: one job in the order of the lineage, asked for when something waits."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import dagster as dg
import pytest
from pydantic import SecretStr

from chicago_crashes.answers.defs.facts import CRASH_FACTS_KEY, LOCATION_AREAS_KEY
from chicago_crashes.answers.defs.runs import REFRESH
from chicago_crashes.definitions import build_defs
from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.feeds.defs.jobs import LOAD_ALL
from chicago_crashes.feeds.defs.sensors import TRIES
from chicago_crashes.orchestration.resources import PostgisResource
from chicago_crashes.settings import settings
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import generate
from chicago_crashes_tests.answers.places.layers import put_layer
from chicago_crashes_tests.cli.running import run, settings_for
from chicago_crashes_tests.feeds.loading import connected
from chicago_crashes_tests.platform import Platform, platform

FIRST, LAST = date(2024, 1, 30), date(2024, 2, 2)
WEST_AND_EAST = {
    "west": "POLYGON((-87.95 41.6,-87.66 41.6,-87.66 42.1,-87.95 42.1,-87.95 41.6))",
    "east": "POLYGON((-87.66 41.6,-87.5 41.6,-87.5 42.1,-87.66 42.1,-87.66 41.6))",
}


@pytest.fixture(scope="module")
def loaded_once(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Four days and one layer."""
    store = PortalStore()
    for batch in generate(FIRST, LAST, rows_per_day=30, dirt=None):
        for feed in FEEDS:
            store.publish(feed.dataset_id, batch.frames[feed.name])
    with platform(store, module_database_url, tmp_path_factory.mktemp("platform"), start=FIRST) as made:
        assert made.load(FIRST, LAST).succeeded
        with connected(module_database_url) as db:
            put_layer(db, "wards", WEST_AND_EAST)
        yield made


@pytest.fixture
def loaded(
    loaded_once: Platform, copy_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Platform]:
    """The loaded platform, for one test alone."""
    url = copy_database(loaded_once.database_url)
    monkeypatch.setenv("CRASHES_DATABASE_URL", url)
    settings.cache_clear()
    with dg.DagsterInstance.ephemeral() as instance:
        yield replace(loaded_once, database_url=url, instance=instance)
    settings.cache_clear()


def tick(made: Platform) -> dg.RunRequest | str | None:
    """What the sensor asks for now, or why it does not."""
    defs = build_defs(settings())
    postgis = PostgisResource(database_url=SecretStr(made.database_url))
    with dg.build_sensor_context(instance=made.instance, resources={"postgis": postgis}) as context:
        data = defs.resolve_sensor_def("answers").evaluate_tick(context)
    return (data.run_requests or [])[0] if data.run_requests else data.skip_message


def test_a_refresh_follows_the_loads_and_the_layers(loaded: Platform) -> None:
    asked = tick(loaded)
    assert isinstance(asked, dg.RunRequest)
    again = tick(loaded)
    assert isinstance(again, dg.RunRequest)
    assert again.run_key == asked.run_key, "the same is asked for once"

    result = build_defs(settings()).resolve_job_def(REFRESH).execute_in_process(instance=loaded.instance)
    assert result.success
    order = [event.asset_key for event in result.get_asset_materialization_events()]
    assert order.index(LOCATION_AREAS_KEY) < order.index(CRASH_FACTS_KEY)
    assert {key.path[0] for key in order[order.index(CRASH_FACTS_KEY) :] if key} == {"marts"}
    ((crashes,),) = loaded.query("select count(*) from crashes")
    assert loaded.query("select count(*) from crash_facts") == [(crashes,)]
    assert loaded.query("select count(*) from crash_facts where geometry is not null and ward is null") == [(0,)]
    assert loaded.query("select count(distinct ward) from crash_facts") == [(2,)]
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert [check.check_name for check in failed if check.asset_key in (LOCATION_AREAS_KEY, CRASH_FACTS_KEY)] == []
    shown = loaded.instance.get_latest_materialization_event(CRASH_FACTS_KEY)
    assert shown is not None
    assert shown.asset_materialization is not None
    assert shown.asset_materialization.metadata["dagster/row_count"].value == crashes
    assert shown.asset_materialization.metadata["days_made"].value == 4

    assert tick(loaded) == "The answers stand for all loaded days and all layers."
    loaded.query_and_commit("update ops.signatures set loaded_at = now() where day = '2024-02-01' and feed = 'people'")
    later = tick(loaded)
    assert isinstance(later, dg.RunRequest)
    assert later.run_key != asked.run_key


@pytest.mark.parametrize(
    ("job", "tags", "reason"),
    [
        (REFRESH, {}, "The answers are being refreshed."),
        (
            LOAD_ALL,
            {"dagster/partition": "2024-01-30"},
            "Days are being loaded; the answers follow when they are done.",
        ),
    ],
)
def test_a_refresh_waits_for_its_turn(loaded: Platform, job: str, tags: dict[str, str], reason: str) -> None:
    definition = build_defs(settings()).resolve_job_def(job)
    begun = loaded.instance.create_run_for_job(definition, status=dg.DagsterRunStatus.STARTED, tags=tags)
    assert tick(loaded) == reason
    loaded.instance.report_run_canceled(begun)
    assert isinstance(tick(loaded), dg.RunRequest)


def test_what_fails_is_tried_again_but_not_for_ever(loaded: Platform) -> None:
    definition = build_defs(settings()).resolve_job_def(REFRESH)
    keys = set()
    for _ in range(TRIES):
        asked = tick(loaded)
        assert isinstance(asked, dg.RunRequest)
        keys.add(asked.run_key)
        failed = loaded.instance.create_run_for_job(definition, tags=dict(asked.tags))
        loaded.instance.report_run_failed(failed)
    assert len(keys) == TRIES, "Dagster launches each key once"
    assert str(tick(loaded)).startswith("4 days, 1 layers and 0 marts wait, but 3 refreshes")
    loaded.query_and_commit("update ops.signatures set loaded_at = now() where day = '2024-02-01' and feed = 'people'")
    assert isinstance(tick(loaded), dg.RunRequest)


def test_the_command_tells_rows_and_what_failed(loaded: Platform) -> None:
    environment = settings_for(loaded.database_url, loaded.portal.url, loaded.lake, FIRST)
    ((crashes,),) = loaded.query("select count(*) from crashes")
    ended = run(environment, "answers")
    assert ended.status == 0, ended.errors
    assert re.search(rf"marts/crash_facts\W+{crashes}\W", ended.output)

    loaded.query_and_commit("alter table citywide_daily rename to elsewhere")
    ended = run(environment, "answers")
    assert ended.status == 1
    assert "failed marts__citywide_daily" in ended.errors
    assert re.search(rf"marts/crash_facts\W+{crashes}\W", ended.output), "what does not need it is refreshed"
