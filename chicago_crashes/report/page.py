"""The report as one HTML page that needs nothing else: no script, no network, no file beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from chicago_crashes.postgis.report import Crash, Ground
from chicago_crashes.report import words
from chicago_crashes.report.charts import DAY_HEIGHT, HOUR_WIDTH, LEFT, RIGHT, WIDTH, months_chart, week_chart
from chicago_crashes.report.map import place_map

MOST_CRASH_TYPES = 10
PROMINENT = frozenset({"not_citywide", "beyond_loaded", "days_missing", "answers_behind", "city_behind"})
"""The caveats that a reader has to know before the first number."""


def page(report: Mapping[str, Any], ground: Ground, crashes: Sequence[Crash]) -> str:
    """The page."""
    return (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            title=words.heading(report["place"]),
            kind=words.kind(report["place"]),
            prominent=[each for each in report["caveats"] if each["code"] in PROMINENT],
            map=place_map(ground, crashes),
            crashes_chart=months_chart(report["months"], "crashes", "crashes", 190),
            ksi_chart=months_chart(report["months"], "ksi", "people killed or seriously injured", 150),
            week=week_chart(report["time_of_week"]),
            crash_types=report["crash_types"][:MOST_CRASH_TYPES],
            most_causes=_most(report["causes"]),
            most_types=_most(report["crash_types"]),
            most_years=_most(report["years"]),
            frame={"width": WIDTH, "left": LEFT, "right": RIGHT, "hour": HOUR_WIDTH, "day": DAY_HEIGHT},
            hours=range(24),
            w=words,
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("chicago_crashes.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=words.number,
        percent=words.percent,
        change=words.change,
        dollars=words.dollars,
        about_dollars=words.about_dollars,
        day=words.day,
        month=words.month,
        moment=words.moment,
        sentence=words.sentence,
    )
    return environment


def _most(listed: Sequence[Mapping[str, Any]]) -> int:
    return max([each["crashes"] or 0 for each in listed], default=0) or 1
