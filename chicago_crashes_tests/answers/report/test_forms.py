"""The forms of a report: all of one moment, complete, safe with hostile names, and a page that needs nothing else."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console

from chicago_crashes.answers.costs import DEFAULT_COST_TABLE as DEFAULT_COSTS
from chicago_crashes.answers.report import words
from chicago_crashes.answers.report.charts import MONTH_WIDTH, WIDTH, YEAR_WIDTH, months_chart
from chicago_crashes.answers.report.csv_export import crashes_csv, numbers_csv
from chicago_crashes.answers.report.making import ORDER, Made, make_report
from chicago_crashes.answers.report.page import page
from chicago_crashes.answers.report.places import Area, Circle, Place
from chicago_crashes.answers.report.terminal import tables
from chicago_crashes_tests.answers.report import city
from chicago_crashes_tests.browser import FLAGS, MISSING, find_browser

CHROMIUM = find_browser()
PHONE = 390
VOID = {"meta", "link", "br", "img", "input", "hr"}
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)


def make(url: str, place: Place, first: date | None = None, last: date | None = None) -> Made:
    with psycopg.connect(url) as connection:
        return make_report(connection, lambda _connection: place, first, last, DEFAULT_COSTS, with_crashes=True)


@pytest.fixture(scope="module")
def made(city_url: str) -> Made:
    return make(city_url, Area("wards", "2"), date(2021, 11, 1))


@pytest.fixture(scope="module")
def html(made: Made) -> str:
    return page(made.report, made.ground, made.crashes)


def test_without_days_the_last_five_years_and_the_present_one_are_meant(city_url: str) -> None:
    asked = make(city_url, Area("wards", "2")).report["range"]
    assert (asked["first"], asked["last"]) == (city.FIRST.isoformat(), city.LAST.isoformat()), (
        "no earlier day is loaded"
    )
    with psycopg.connect(city_url) as connection:
        connection.execute("update ops.fact_days set day = '2013-03-03' where day = %s", [city.FIRST])
        connection.commit()
    try:
        asked = make(city_url, Area("wards", "2")).report["range"]
        assert (asked["first"], asked["last"]) == ("2019-01-01", city.LAST.isoformat())
    finally:
        with psycopg.connect(city_url) as connection:
            connection.execute("update ops.fact_days set day = %s where day = '2013-03-03'", [city.FIRST])


def test_the_sections_come_in_the_order_of_reading(made: Made) -> None:
    assert tuple(made.report) == ORDER
    assert made.report["schema_version"] == 1


def test_list_numbers_and_map_are_of_the_same_crashes(made: Made) -> None:
    assert len(made.crashes) == made.report["totals"]["crashes"]
    assert made.ground.outline is not None
    assert len(made.ground.neighbours) == 1


def test_csv_holds_every_number_once(made: Made) -> None:
    rows = list(csv.DictReader(io.StringIO(numbers_csv(made.report))))
    found = {(row["section"], row["name"], row["measure"]): row["value"] for row in rows}
    assert len(found) == len(rows)
    report = made.report
    assert found["totals", "", "crashes"] == str(report["totals"]["crashes"])
    assert found["months", report["months"][-1]["first"], "crashes"] == str(report["months"][-1]["crashes"])
    assert found["causes", report["causes"][0]["name"], "crashes"] == str(report["causes"][0]["crashes"])
    assert found["people", "pedestrians", "ksi"] == str(report["people"][0]["ksi"])
    assert found["cost", "lines/K", "subtotal"] == str(report["cost"]["lines"][0]["subtotal"])
    assert found["time_of_week", "7 23", "crashes"] == str(report["time_of_week"][-1]["crashes"])
    first = report["comparisons"][0]
    assert found["comparisons", first["name"], "earlier_first"] == first["earlier_first"]
    assert found["months", "2021-11-01", "crashes"] == "", "nothing is known of it"


def test_the_list_of_crashes_is_one_row_each(made: Made) -> None:
    rows = list(csv.DictReader(io.StringIO(crashes_csv(made.crashes))))
    assert [row["crash_record_id"] for row in rows] == [crash.crash_record_id for crash in made.crashes]
    assert rows[0]["is_provisional"] == "false"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_name_is_no_formula(text: str) -> None:
    report = {"causes": [{"name": "x", "says": text, "crashes": -3}]}
    assert list(csv.reader(io.StringIO(numbers_csv(report))))[1:] == [
        ["causes", "x", "says", f"'{text}"],
        ["causes", "x", "crashes", "-3"],
    ]


def test_the_terminal_shows_the_numbers_and_no_markup_of_names(made: Made) -> None:
    console = Console(width=160, no_color=True)
    with console.capture() as captured:
        console.print(tables(made.report))
    shown = captured.get()
    assert city.HOSTILE in shown
    assert f"{made.report['totals']['crashes']:,}" in shown
    assert f"${made.report['cost']['total']:,}" in shown
    assert all(caveat["words"][:60] in shown for caveat in made.report["caveats"])


class Parsed(HTMLParser):
    """A page's elements, as long as each that is opened is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"{tag} says something twice"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_is_well_formed_and_loads_nothing(html: str) -> None:
    parsed = Parsed(html)
    names = {name for name, _ in parsed.elements}
    assert not names & {"script", "iframe", "object", "embed", "img", "image", "foreignobject", "form", "base"}
    for name, attributes in parsed.elements:
        for attribute, value in attributes.items():
            assert not attribute.startswith("on")
            assert attribute not in {"src", "srcset", "xlink:href", "action", "background", "style"}
            assert attribute != "href" or name == "a" or value == "data:,"
    assert "url(" not in html
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_ids_are_unique_and_every_picture_has_a_title_and_a_description(html: str) -> None:
    parsed = Parsed(html)
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    pictures = [attributes for _, attributes in parsed.elements if attributes.get("role") == "img"]
    assert len(pictures) == 4
    for attributes in pictures:
        named = str(attributes["aria-labelledby"]).split()
        assert len(named) == 2
        assert set(named) <= set(ids)


def test_a_hostile_name_is_only_text(html: str) -> None:
    assert "<script" not in html
    assert city.HOSTILE in "".join(Parsed(html).text)


def test_the_page_says_the_numbers(made: Made, html: str) -> None:
    text = re.sub(r"\s+", " ", "".join(Parsed(html).text))
    totals = made.report["totals"]
    assert f"{totals['crashes']:,} crashes" in text
    assert f"{totals['persons_k']:,} people were killed" in text
    assert f"${made.report['cost']['total']:,}" in text
    for caveat in made.report["caveats"]:
        assert caveat["words"] in text
    for cause in made.report["causes"]:
        assert words.sentence(cause["name"]) in text


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_the_page_on_a_phone(html: str, browser: Browser, tmp_path: Path, scheme: str) -> None:
    file = tmp_path / "report.html"
    file.write_text(html, encoding="utf-8")
    context = browser.new_context(
        viewport={"width": PHONE, "height": 844}, color_scheme="dark" if scheme == "dark" else "light"
    )
    shown, said, asked = context.new_page(), [], []
    shown.on("console", lambda message: said.append(message.text))
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.on("dialog", lambda dialog: said.append(dialog.message))
    shown.on("request", lambda request: asked.append(request.url))
    shown.goto(file.as_uri())
    assert said == []
    assert asked == [file.as_uri()]
    assert shown.evaluate("document.documentElement.scrollWidth") <= PHONE
    assert shown.title().startswith(words.heading({"kind": "area", "layer": "wards", "label": city.HOSTILE}))
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(21, 24, 27)" if scheme == "dark" else "rgb(255, 255, 255)"
    )
    for box in shown.locator("svg[role=img]").all():
        size = box.bounding_box()
        assert size is not None
        assert size["width"] > 300
        assert size["height"] > 60
    context.close()


@needs_chromium
def test_the_page_prints(html: str, browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(html, encoding="utf-8")
    shown = browser.new_page()
    shown.goto(file.as_uri())
    for paper in ("A4", "Letter"):
        pdf = shown.pdf(format=paper)
        assert pdf.startswith(b"%PDF")
        assert 3 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 9
    shown.close()


def test_a_circle_is_drawn_and_named_by_its_street(city_url: str) -> None:
    made = make(city_url, Circle(city.CORNER[1], city.CORNER[0], 500), date(2022, 2, 1), date(2022, 2, 28))
    shown = page(made.report, made.ground, made.crashes)
    assert "Around N\N{NO-BREAK SPACE}Clark St" in shown
    assert shown.count('<circle class="spot') >= len({(crash.longitude, crash.latitude) for crash in made.crashes})


def test_a_place_without_crashes_has_a_page(city_url: str) -> None:
    made = make(city_url, Circle(41.7, -87.7, 100), date(2023, 1, 1), date(2023, 12, 31))
    shown = Parsed(page(made.report, made.ground, made.crashes))
    assert "reported 0 crashes here" in re.sub(r"\s+", " ", "".join(shown.text))


def test_json_is_json(made: Made) -> None:
    assert json.loads(json.dumps(made.report))["totals"] == made.report["totals"]


def month(first: str, crashes: int | None, *, loaded: int = 30, partial: bool = False) -> dict[str, object]:
    return {
        "first": first, "crashes": crashes, "days": 30, "days_loaded": loaded, "days_provisional": 0,
        "is_partial": partial,
    }  # fmt: skip


def test_bars_stand_for_their_months() -> None:
    months = [
        month("2023-12-20", 5, partial=True),
        month("2024-01-01", 10),
        month("2024-02-01", 0),
        month("2024-03-01", None, loaded=0),
    ]
    chart = months_chart(months, "crashes", "crashes", 200)
    assert [bar.kind for bar in chart.bars] == ["partial", "whole", "whole", "unknown"]
    assert chart.bars[1].height == pytest.approx(2 * chart.bars[0].height, abs=0.02)
    assert chart.bars[2].height == 0
    assert chart.bars[3].title == "March 2024: not loaded"
    assert chart.bars[1].title == "January 2024: 10 crashes"
    assert all(bar.x + bar.width <= WIDTH for bar in chart.bars)
    assert max(int(level.word) for level in chart.levels) >= 10


@pytest.mark.parametrize("count", range(1, 160))
def test_words_below_a_chart_stay_inside_and_never_meet(count: int) -> None:
    months = [month(f"{2013 + number // 12}-{number % 12 + 1:02}-01", 1) for number in range(count)]
    ticks = months_chart(months, "crashes", "crashes", 200).years
    width = YEAR_WIDTH if count > 24 else MONTH_WIDTH
    begins = [WIDTH - width if tick.at_edge else tick.place for tick in ticks]
    assert begins
    assert begins[-1] + width <= WIDTH
    assert all(after - before >= width for before, after in pairwise(begins))
    assert not any(tick.at_edge for tick in ticks[:-1])


@pytest.mark.parametrize("most", [0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 99, 100, 101, 2499, 10_000, 123_456])
def test_levels_are_round_and_reach_the_longest_bar(most: int) -> None:
    chart = months_chart([month("2024-01-01", most)], "crashes", "crashes", 200)
    levels = [int(level.word.replace(",", "")) for level in chart.levels]
    assert levels[0] == 0
    assert levels[-1] >= most
    assert 2 <= len(levels) <= 6
    assert len({after - before for before, after in pairwise(levels)}) == 1
