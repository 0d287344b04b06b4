"""The command as people run it: what it prints, what it writes, and what it says when it cannot."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chicago_crashes_tests.answers.report import city
from chicago_crashes_tests.cli.running import Ended, run

DAYS = ("--from", "2023-01-01", "--to", "2023-12-31")


@pytest.fixture
def report(city_url: str) -> Callable[..., Ended]:
    """Runs the command on the invented city."""
    return lambda *arguments: run({"CRASHES_DATABASE_URL": city_url}, "report", *arguments)


def test_the_terminal(report: Callable[..., Ended]) -> None:
    ended = report("--place", "WARD:1", *DAYS)
    assert ended.status == 0, ended.errors
    assert "Ward 1" in ended.output
    assert "Primary causes" in ended.output
    assert "2023-08" in ended.output


def test_json_with_the_crashes(report: Callable[..., Ended]) -> None:
    ended = report("--point", "41.91,-87.69", "--radius", "0.1mi", *DAYS, "--format", "json", "--crashes")
    assert ended.status == 0, ended.errors
    found = json.loads(ended.output)
    assert found["place"]["radius_feet"] == 528
    assert len(found["crashes"]) == found["totals"]["crashes"] > 0


def test_the_ending_of_the_file_says_the_form(report: Callable[..., Ended], tmp_path: Path) -> None:
    outline = tmp_path / "outline.geojson"
    outline.write_text(
        '{"type": "Polygon", "coordinates": [[[-87.7, 41.9], [-87.66, 41.9], [-87.68, 41.92], [-87.7, 41.9]]]}'
    )
    page = tmp_path / "page.html"
    ended = report("--polygon", str(outline), *DAYS, "--output", str(page))
    assert (ended.status, ended.output) == (0, ""), ended.errors
    assert "outline.geojson" in page.read_text()
    assert list(tmp_path.iterdir()) == [outline, page] or list(tmp_path.iterdir()) == [page, outline]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--place", "ward:77"), "There is no area '77' in wards"),
        (("--place", "ward:1", "--from", "2030-01-01", "--to", "2030-02-01"), "loaded are days from 2022-01-10"),
        (("--place", "ward:1", "--point", "41.91,-87.69"), "Name one place"),
        (("--place", "ward:1", "--output", "/nowhere/report.json"), "cannot be written"),
    ],
)
def test_what_cannot_be_answered_is_one_message(
    report: Callable[..., Ended], arguments: tuple[str, ...], words: str
) -> None:
    ended = report(*arguments)
    assert ended.status == 1
    assert words in " ".join(ended.errors.split())
    assert "Traceback" not in ended.errors


def test_before_anything_is_counted_the_way_there_is_told(make_database: Callable[[], str]) -> None:
    url = make_database()
    nothing = run({"CRASHES_DATABASE_URL": url}, "report", "--point", "41.91,-87.69")
    assert nothing.status == 1
    assert "chicago-crashes load START END" in " ".join(nothing.errors.split())
    city.store(url, city.invent()[:20])
    uncounted = run({"CRASHES_DATABASE_URL": url}, "report", "--point", "41.91,-87.69")
    assert uncounted.status == 1
    assert "Run `chicago-crashes answers`" in " ".join(uncounted.errors.split())
