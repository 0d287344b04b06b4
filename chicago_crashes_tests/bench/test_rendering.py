"""The printed tables and the written document hold every number."""

import re
from itertools import chain

import pytest
from rich.console import Console

from chicago_crashes_bench import rendering
from chicago_crashes_bench.growth import Growth
from chicago_crashes_bench.results import Amount, Bar, Kind, Measurement, Unit

MEASUREMENTS = [
    Measurement(
        "lake to tables",
        "1,000,000 rows",
        Amount(40, Unit.SECONDS),
        Bar(Kind.AT_MOST_TIMES, 2.0),
        Amount(16, Unit.SECONDS),
    ),
    Measurement(
        "full history", "5 rows", Amount(10, Unit.SECONDS), Bar(Kind.TIMES_FASTER, 60), Amount(700, Unit.SECONDS)
    ),
    Measurement("requests", "all days", Amount(4, Unit.REQUESTS), Bar(Kind.AT_MOST, 4)),
    Measurement("printed apart", "all days", Amount(5, Unit.MILLISECONDS)),
]
GROWTHS = [Growth("lake to tables", [(10, 0.01), (100, 0.1), (1000, 2.0)])]
ROWS = [
    ["lake to tables", "1,000,000 rows", "40.0 s", "16.0 s", "2.50 ×", "at most 2 × the baseline", "missed"],
    ["full history", "5 rows", "10.0 s", "700 s", "70.0 × faster", "at least 60 × faster", "met"],
    ["requests", "all days", "4 requests", "", "", "at most 4 requests", "met"],
    ["printed apart", "all days", "5.00 ms", "", "", "", ""],
]


def test_every_measurement_is_a_row_of_texts() -> None:
    assert [list(rendering.cells(measurement)) for measurement in MEASUREMENTS] == ROWS


def test_the_terminal_shows_every_cell(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(width=200)
    console.print(rendering.result_table(MEASUREMENTS, "Measures"))
    console.print(rendering.growth_table(GROWTHS))
    shown = capsys.readouterr().out
    for cell in [*chain.from_iterable(ROWS), *rendering.growth_cells(GROWTHS[0])]:
        assert cell in shown


def test_the_document_is_a_page_with_both_tables_and_the_plot() -> None:
    page = rendering.document({"machine": "two cores"}, MEASUREMENTS, GROWTHS, "pictures/performance.png")
    written = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:2] == "| "]
    assert [row for row in written if len(row) == len(rendering.COLUMNS)][1:] == ROWS
    assert list(rendering.growth_cells(GROWTHS[0])) in written
    assert ["machine", "two cores"] in written
    assert "2 of 3 bars are met." in page
    assert "(pictures/performance.png)" in page
    assert not re.search(r"[{}]", page)
