"""The platform as Dagster's users meet it: a running webserver and daemon, a backfill launched from the UI.

The tests share one Dagster and run in the order in which they stand here; the last one stops it.
"""

import os
import signal
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import generate
from chicago_crashes_tests.dagster_ui import DagsterUi, dagster_ui

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.waits,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the processes it started in Linux's /proc"),
]

FIRST, LAST = date(2024, 1, 1), date(2024, 1, 5)
BACKFILLED = ["2024-01-02", "2024-01-03", "2024-01-04"]
SECONDS_TO_BACKFILL = 150  # the daemon looks twice, 30 seconds apart

RAW = {("raw", feed.name): ("portal", feed.name) for feed in FEEDS}
TABLES = {("postgis", feed.table): ("raw", feed.name) for feed in FEEDS}
LINEAGE = RAW | TABLES
"""Every materialisable asset, with what it is made from."""

FETCHED = {"rows_fetched", "source_rows", "requests", "bytes", "seconds"}
MERGED = {"source_rows", "table_rows", "inserted", "updated", "unchanged", "withdrawn", "repaired", "quarantined"}
RECONCILED = {"source_rows", "raw_rows", "table_rows", "quarantined_rows"}


@pytest.fixture(scope="module")
def ui(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagsterUi]:
    folder = tmp_path_factory.mktemp("ui")
    store = PortalStore()
    for batch in generate(FIRST, LAST, rows_per_day=20):
        for feed in FEEDS:
            store.publish(feed.dataset_id, batch.frames[feed.name])
    with serving(store) as portal:
        environment = {
            "CRASHES_DATABASE_URL": module_database_url,
            "CRASHES_PORTAL_URL": portal.url,
            "CRASHES_RAW_URL": str(folder / "raw"),
            "CRASHES_START_DATE": FIRST.isoformat(),
            "CRASHES_REQUESTS_PER_HOUR": "100000",
            "CRASHES_SCHEDULES_ON": "false",
        }
        with dagster_ui(environment, folder) as running:
            yield running


@pytest.fixture(scope="module")
def backfill(ui: DagsterUi) -> str:
    """A backfill of three days of all assets, to the end."""
    launched = ui.ask(
        """
        mutation ($params: LaunchBackfillParams!) {
          launchPartitionBackfill(backfillParams: $params) {
            __typename
            ... on LaunchBackfillSuccess { backfillId }
            ... on PythonError { message }
          }
        }
        """,
        params={
            "assetSelection": [{"path": list(key)} for key in LINEAGE],
            "partitionNames": BACKFILLED,
            "title": "three days",
        },
    )["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    backfill_id: str = launched["backfillId"]

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = ui.ask(
            """
            query ($id: String!) {
              partitionBackfillOrError(backfillId: $id) {
                ... on PartitionBackfill { status numPartitions error { message } runs(limit: 10) { runId status } }
              }
            }
            """,
            id=backfill_id,
        )["partitionBackfillOrError"]
        return None if found["status"] == "REQUESTED" else found

    found = ui.wait_for(ended, SECONDS_TO_BACKFILL, "The end of the backfill")
    assert found["status"] == "COMPLETED_SUCCESS", f"{found} {ui.said()}"
    assert found["numPartitions"] == len(BACKFILLED)
    assert [run["status"] for run in found["runs"]] == ["SUCCESS"], "three days belong into one run"
    return backfill_id


def test_lineage_goes_from_the_portal_to_the_tables_and_to_the_report(ui: DagsterUi) -> None:
    nodes = ui.ask(
        """
        { assetNodes { assetKey { path } groupName isMaterializable isPartitioned kinds description
                       dependencyKeys { path } owners { ... on TeamAssetOwner { team } } } }
        """
    )["assetNodes"]
    found = {tuple(node["assetKey"]["path"]): node for node in nodes}
    upstream = {key: {tuple(k["path"]) for k in node["dependencyKeys"]} for key, node in found.items()}
    assert {key: upstream[key] for key in LINEAGE} == {key: {above} for key, above in LINEAGE.items()}
    made = {key for key, node in found.items() if node["isMaterializable"]}
    assert {key for key in set(found) - made if key[0] != "portal"} == {("marts", "location_report")}
    assert all(not upstream[key] for key in set(found) - made if key[0] == "portal"), "the roots are what is published"
    above_the_report = {("marts", "location_report")}
    while further := {key for below in above_the_report for key in upstream[below]} - above_the_report:
        above_the_report |= further
    assert {("portal", "crashes"), ("postgis", "crash_people"), ("layers", "wards"), ("areas", "location_areas")} < (
        above_the_report
    )
    for key, node in found.items():
        assert node["groupName"] == ("areas" if key[0] == "layers" else key[0])
        assert node["description"]
        assert node["kinds"]
    for key in made:
        assert found[key]["owners"] == [{"team": "data"}]
        assert found[key]["isPartitioned"] == (key[0] in ("raw", "postgis", "quality") or key == ("layers", "uploaded"))


@pytest.mark.usefixtures("backfill")
def test_a_backfill_materialises_its_days_and_no_others(ui: DagsterUi) -> None:
    nodes = ui.ask(
        """
        query ($keys: [AssetKeyInput!]) {
          assetNodes(assetKeys: $keys) {
            assetKey { path }
            partitionStats { numMaterialized numFailed numMaterializing numPartitions }
            assetPartitionStatuses { ... on TimePartitionStatuses { ranges { status startKey endKey } } }
          }
        }
        """,
        keys=[{"path": list(key)} for key in LINEAGE],
    )["assetNodes"]
    assert len(nodes) == len(LINEAGE)
    for node in nodes:
        stats = node["partitionStats"]
        assert (stats["numMaterialized"], stats["numFailed"], stats["numMaterializing"]) == (3, 0, 0)
        assert stats["numPartitions"] >= (date.today() - FIRST - timedelta(days=1)).days  # noqa: DTZ011 - at least
        assert node["assetPartitionStatuses"]["ranges"] == [
            {"status": "MATERIALIZED", "startKey": BACKFILLED[0], "endKey": BACKFILLED[-1]}
        ]


@pytest.mark.usefixtures("backfill")
@pytest.mark.parametrize(("assets", "plotted"), [(RAW, FETCHED), (TABLES, MERGED)], ids=["raw", "tables"])
def test_every_day_has_the_numbers_that_the_ui_plots(
    ui: DagsterUi, assets: dict[tuple[str, str], tuple[str, str]], plotted: set[str]
) -> None:
    for key in assets:
        events = ui.ask(
            """
            query ($key: AssetKeyInput!, $days: [String!]) {
              assetNodeOrError(assetKey: $key) {
                ... on AssetNode { assetMaterializations(partitions: $days) { partition metadataEntries {
                  label ... on IntMetadataEntry { intValue } ... on FloatMetadataEntry { floatValue } } } }
              }
            }
            """,
            key={"path": list(key)},
            days=BACKFILLED,
        )["assetNodeOrError"]["assetMaterializations"]
        assert sorted(event["partition"] for event in events) == BACKFILLED, "one event a day"
        for event in events:
            numbers = _numbers(event["metadataEntries"])
            assert plotted | {"dagster/partition_row_count"} <= set(numbers), key
            if key[1] in ("crashes", "people", "vehicles", "crash_people", "crash_vehicles"):
                assert numbers["source_rows"] > 0
                assert numbers["dagster/partition_row_count"] > 0


@pytest.mark.usefixtures("backfill")
def test_every_check_has_a_result_with_numbers_for_every_day(ui: DagsterUi) -> None:
    for key in TABLES:
        checks = ui.ask(
            """
            query ($key: AssetKeyInput!) {
              assetNodeOrError(assetKey: $key) { ... on AssetNode { assetChecksOrError { ... on AssetChecks { checks {
                name blocking description
                partitionStatuses { ... on AssetCheckTimePartitionStatuses { ranges { status startKey endKey } } }
              } } } } }
            }
            """,
            key={"path": list(key)},
        )["assetNodeOrError"]["assetChecksOrError"]["checks"]
        by_name = {check["name"]: check for check in checks}
        assert {"complete", "unique", "valid"} <= set(by_name)
        assert any(name.endswith("_in_bounds") for name in by_name)
        assert [name for name, check in by_name.items() if check["blocking"]] == ["complete"]
        for name, check in by_name.items():
            assert check["description"]
            if name.endswith("_history") or name in ("fresh", "schema"):
                continue
            held = [r for r in check["partitionStatuses"]["ranges"] if r["status"] == "SUCCEEDED"]
            assert [(r["startKey"], r["endKey"]) for r in held] == [(BACKFILLED[0], BACKFILLED[-1])], (key, name)
            for day in BACKFILLED:
                numbers = _numbers(_evaluation(ui, key, name, day)["metadataEntries"])
                if name == "complete":
                    assert set(numbers) >= RECONCILED
                    assert (
                        numbers["source_rows"]
                        == numbers["raw_rows"]
                        == numbers["table_rows"] + numbers["quarantined_rows"]
                    )
                else:
                    assert set(numbers) >= {"rows", "failed_rows", "failure_rate"}
                if name.endswith("_in_bounds"):
                    assert numbers["threshold"] in (0.01, 0.02)


def _evaluation(ui: DagsterUi, key: tuple[str, str], check: str, day: str) -> dict[str, Any]:
    executions = ui.ask(
        """
        query ($key: AssetKeyInput!, $check: String!, $day: String!) {
          assetCheckExecutions(assetKey: $key, checkName: $check, partition: $day, limit: 5) {
            status evaluation { success metadataEntries {
              label ... on IntMetadataEntry { intValue } ... on FloatMetadataEntry { floatValue } } }
          }
        }
        """,
        key={"path": list(key)},
        check=check,
        day=day,
    )["assetCheckExecutions"]
    assert [execution["status"] for execution in executions] == ["SUCCEEDED"], (key, check, day, executions)
    found: dict[str, Any] = executions[0]["evaluation"]
    return found


def _numbers(entries: list[dict[str, Any]]) -> dict[str, float]:
    numbers = {entry["label"]: entry.get("intValue", entry.get("floatValue")) for entry in entries}
    return {label: number for label, number in numbers.items() if number is not None}


def test_being_told_to_stop_leaves_no_process_behind(ui: DagsterUi) -> None:
    processes = ui.processes()
    assert len(processes) >= 5, "ours, dagster dev, webserver, daemon, code server"
    ui.process.send_signal(signal.SIGTERM)
    assert ui.process.wait(timeout=60) == 0, ui.said()
    assert [number for number in processes if _exists(number)] == []


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
