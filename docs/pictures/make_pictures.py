"""Take the pictures of Dagster's UI and of a report that the README shows.

A developer's tool: it needs Chromium on the PATH and nothing that runs already. Some months of generated data, up to
yesterday, are loaded into a throwaway cluster and answered from; then the UI is started over them and looked at.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import psycopg
from playwright.sync_api import FloatRect, Page, sync_playwright

from chicago_crashes.cli.demo import SEED
from chicago_crashes.errors import CrashesError, PermanentError
from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.orchestration.partitions import CHICAGO
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import DOCUMENTED_DIRT, generate
from chicago_crashes.stand_in.synthetic.layers import offer_layers
from chicago_crashes.storage.private_cluster import cluster
from chicago_crashes.storage.schema import migrate
from chicago_crashes_tests.browser import find_browser
from chicago_crashes_tests.dagster_ui import DagsterUi, dagster_ui

PICTURES = Path(__file__).parent
DAYS = 180
CRASHES_PER_DAY = 90
DAY_SHOWN = 170
SECONDS_TO_REST = 3
GRAPH = FloatRect(x=500, y=112, width=1440, height=1030)
"""Where the graph is in the lineage page, after `ZOOM_OUT` was clicked: what fits the window is not all there is."""
ZOOM_OUT = (2022, 1001)
ANSWERS_GRAPH = FloatRect(x=104, y=284, width=1602, height=1436)
"""Where the graph is in the page of the answers' lineage, after `CLOSE_SIDEBAR` was clicked."""
CLOSE_SIDEBAR = (340, 80)
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def main() -> None:
    """Take all pictures."""
    last = datetime.now(CHICAGO).date() - timedelta(days=1)
    first = last - timedelta(days=DAYS - 1)
    with platform(first, last) as (ui, worst_ward):
        with browser(scale=1.5) as page:
            lineage(ui, page)
        with browser(scale=1.25) as page:  # another one, in which no group is open yet
            answers(ui, page)
        with browser(scale=1.5) as page:
            report(worst_ward, page)
        with browser(scale=1) as page:
            page.goto(ui.url)
            page.get_by_text("Hide navigation").click()
            checks(ui, page)
            partitions(ui, page, first + timedelta(days=DAY_SHOWN))
            columns(ui, page)
            shown(ui, page)
            score(ui, page)  # here sections are closed, which stay closed
            plots(ui, page)


@contextmanager
def platform(first: date, last: date) -> Iterator[tuple[DagsterUi, Path]]:
    """Dagster's UI over months that are loaded, answered from and scored; and the page of the ward with most KSI."""
    with tempfile.TemporaryDirectory(prefix="crashes-pictures-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, the server runs as another user
        try:
            url = cluster.start(folder, durable=False)
            migrate.upgrade(url)
            with serving(_published(first, last)) as portal:
                environment = {
                    "CRASHES_DATABASE_URL": url,
                    "CRASHES_PORTAL_URL": portal.url,
                    "CRASHES_RAW_URL": str(folder / "raw"),
                    "CRASHES_LAYERS_FOLDER": str(folder / "layers"),
                    "CRASHES_START_DATE": first.isoformat(),
                    "CRASHES_REQUESTS_PER_HOUR": "100000",
                    "CRASHES_SCHEDULES_ON": "true",
                }
                _run(environment, "load", first.isoformat(), last.isoformat())
                _run(environment, "layer", "refresh")
                _run(environment, "answers")
                page = folder / "report.html"
                _run(environment, "report", "--place", f"ward:{_worst_ward(url)}", "--output", str(page))
                with dagster_ui(environment, folder) as ui:
                    ui.wait_for(lambda: _has_events(ui, "portal"), 60, "The sensor's first look at the portal")
                    _check_everything(ui)
                    ui.wait_for(lambda: _has_events(ui, "quality"), 120, "The first quality scores")
                    yield ui, page
        finally:
            cluster.destroy(folder)


def _run(environment: dict[str, str], *arguments: str) -> None:
    command = Path(sys.executable).with_name("chicago-crashes")
    subprocess.run([str(command), *arguments], env=os.environ | environment, check=True)  # noqa: S603 - our own command


def _worst_ward(url: str) -> str:
    """The ward in which most people were killed or seriously injured."""
    with psycopg.connect(url) as connection:
        ((ward,),) = connection.execute(
            "select area from area_yearly where layer = 'wards' and area <> 'unknown' "
            "group by area order by sum(ksi) desc, area limit 1"
        ).fetchall()
    return str(ward)


def _published(first: date, last: date) -> PortalStore:
    store = PortalStore()
    offer_layers(store)
    for batch in generate(first, last, seed=SEED, rows_per_day=CRASHES_PER_DAY, dirt=DOCUMENTED_DIRT):
        for feed in FEEDS:
            store.publish(feed.dataset_id, batch.frames[feed.name])
    return store


def _has_events(ui: DagsterUi, group: str) -> bool | None:
    """Whether something is known of every feed in a group."""
    nodes = ui.ask("{ assetNodes(group: null) { assetKey { path } assetMaterializations(limit: 1) { timestamp } } }")
    keys = [[group, feed.name] for feed in FEEDS]
    of_feeds = [node for node in nodes["assetNodes"] if node["assetKey"]["path"] in keys]
    return all(node["assetMaterializations"] for node in of_feeds) or None


def _check_everything(ui: DagsterUi) -> None:
    """Run what the nights run, so that no check looks as if it were left out."""
    launched = ui.ask(
        """
        mutation ($params: ExecutionParams!) {
          launchPipelineExecution(executionParams: $params) {
            __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
          }
        }
        """,
        params={
            "selector": {
                "repositoryLocationName": "chicago_crashes",
                "repositoryName": "__repository__",
                "jobName": "check_everything",
            },
            "runConfigData": {},
        },
    )["launchPipelineExecution"]
    query = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"

    def ended() -> bool | None:
        status = ui.ask(query, id=launched["run"]["runId"])["runOrError"]["status"]
        return status in ("SUCCESS", "FAILURE") or None

    ui.wait_for(ended, 180, "The end of all checks")


@contextmanager
def browser(scale: float) -> Iterator[Page]:
    """A page of a browser that knows nothing and remembers nothing."""
    chromium = find_browser()
    if chromium is None:
        raise PermanentError("The pictures are taken with Chromium: put it on the PATH (`apt-get install chromium`).")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, args=CHROMIUM_FLAGS, device_scale_factor=scale
        )
        yield context.new_page()
        context.close()


def lineage(ui: DagsterUi, page: Page) -> None:
    """The assets of the feeds, from the portal over the raw lake to the tables and their quality."""
    page.set_viewport_size({"width": 2050, "height": 1150})
    page.goto(_lineage_url(ui, '+group:"quality"'))
    page.get_by_text("Hide navigation").click()
    for group in ("portal", "raw", "postgis", "quality"):
        page.locator(f"svg >> text={group}").first.click()
    page.reload()  # only then does the graph fit the window again
    page.get_by_text("100% filled").nth(7).wait_for()
    for _ in range(2):
        page.mouse.click(*ZOOM_OUT)
    shoot(page, "lineage", GRAPH)


def answers(ui: DagsterUi, page: Page) -> None:
    """What the report of a place is made of: the portal's layers and the tables, the areas, the marts."""
    page.set_viewport_size({"width": 2050, "height": 2000})
    page.goto(_lineage_url(ui, '+key:"*location_report"'))
    page.get_by_text("Hide navigation").click()
    for group, asset in (("areas", "location_areas"), ("marts", "location_report")):
        page.locator(f"svg >> text={group}").first.click()
        page.locator(f"svg >> text={asset}").first.wait_for()
        page.reload()  # only then does the graph fit the window again
    page.locator("svg >> text=location_report").first.wait_for()
    page.mouse.click(*CLOSE_SIDEBAR)
    page.mouse.move(0, 0)
    shoot(page, "answers", ANSWERS_GRAPH)


def _lineage_url(ui: DagsterUi, selection: str) -> str:
    return f"{ui.url}/asset-groups~{quote(selection)}/"


def report(written: Path, page: Page) -> None:
    """A report's page, from its beginning to the end of its map."""
    page.set_viewport_size({"width": 960, "height": 1300})
    page.goto(written.as_uri())
    following = page.get_by_role("heading", name="Month by month")
    end = following.evaluate("heading => heading.getBoundingClientRect().top")
    shoot(page, "report", FloatRect(x=0, y=0, width=960, height=end - 20))


def checks(ui: DagsterUi, page: Page) -> None:
    """The checks of a table, and what one of them counted over the whole history."""
    page.set_viewport_size({"width": 1600, "height": 730})
    page.goto(f"{ui.url}/assets/postgis/crashes?view=checks&checkDetail=valid_history")
    page.get_by_text("failed_rows").first.wait_for()
    shoot(page, "checks")


def partitions(ui: DagsterUi, page: Page, day: date) -> None:
    """The days of a table, one of them chosen."""
    page.set_viewport_size({"width": 1600, "height": 900})
    page.goto(f"{ui.url}/assets/postgis/crashes?view=partitions&partition={day}")
    page.get_by_text("quarantined").first.wait_for()
    shoot(page, "partitions")


def plots(ui: DagsterUi, page: Page) -> None:
    """The numbers of every day, drawn."""
    page.set_viewport_size({"width": 1600, "height": 1310})
    page.goto(f"{ui.url}/assets/postgis/crash_vehicles")
    page.get_by_text("Plots", exact=True).click()
    page.get_by_text("repaired", exact=True).wait_for()
    page.mouse.move(0, 0)
    shoot(page, "plots")


def score(ui: DagsterUi, page: Page) -> None:
    """The quality of a feed's months, drawn, with what was counted."""
    page.set_viewport_size({"width": 1600, "height": 1290})
    page.goto(f"{ui.url}/assets/quality/crashes")
    page.get_by_text("Plots", exact=True).click()
    for section in ("Status", "Description", "Columns"):
        page.get_by_text(section, exact=True).first.click()
    page.get_by_text("timeliness", exact=True).wait_for()
    page.mouse.move(0, 0)
    shoot(page, "score")


def shown(ui: DagsterUi, page: Page) -> None:
    """The chart and the map that a load leaves behind."""
    page.set_viewport_size({"width": 1600, "height": 1000})
    page.goto(f"{ui.url}/assets/postgis/crashes")
    page.get_by_text("[Show Markdown]").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("img").last.wait_for()
    shoot(page, "load", dialog.bounding_box())


def columns(ui: DagsterUi, page: Page) -> None:
    """What a table's columns are and mean."""
    page.set_viewport_size({"width": 1600, "height": 966})
    page.goto(f"{ui.url}/assets/postgis/crashes")
    page.get_by_text("Columns", exact=True).first.wait_for()
    shoot(page, "columns")


def shoot(page: Page, name: str, clip: FloatRect | None = None) -> None:
    """Take a picture once everything has come to rest."""
    page.wait_for_timeout(SECONDS_TO_REST * 1000)
    page.screenshot(path=PICTURES / f"{name}.png", clip=clip)


if __name__ == "__main__":
    try:
        main()
    except CrashesError as error:
        sys.exit(str(error))
