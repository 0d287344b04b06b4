"""The report as one HTML page that needs nothing else: no script, no network, no file beside it.

What it looks like is in `templates/page.html` and `templates/page.css`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from chicago_crashes.answers.report import words
from chicago_crashes.answers.report.charts import DAY_HEIGHT, HOUR_WIDTH, LEFT, RIGHT, WIDTH, months_chart, week_chart
from chicago_crashes.answers.report.map import place_map
from chicago_crashes.answers.report.numbers import Crash, Ground

MOST_CRASH_TYPES = 10
SHARE_OF_A_NAME = 0.15
"""Of the crashes of a circle: what a street needs to give it its name."""

PROMINENT = frozenset({"not_citywide", "beyond_loaded", "days_missing", "answers_behind", "city_behind"})
"""The caveats that a reader has to know before the first number."""


def page(report: Mapping[str, Any], ground: Ground, crashes: Sequence[Crash]) -> str:
    """The page."""
    return (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            title=_title(report["place"], crashes),
            kicker=_kicker(report["place"]),
            prominent=[each for each in report["caveats"] if each["code"] in PROMINENT],
            map=place_map(ground, crashes),
            crashes_chart=months_chart(report["months"], "crashes", "crashes", 230),
            ksi_chart=months_chart(report["months"], "ksi", "people killed or seriously injured", 180),
            week=week_chart(report["time_of_week"]),
            crash_types=report["crash_types"][:MOST_CRASH_TYPES],
            most_causes=words.most_crashes(report["causes"]),
            most_types=words.most_crashes(report["crash_types"]),
            most_years=words.most_crashes(report["years"]),
            frame={"width": WIDTH, "left": LEFT, "right": RIGHT, "hour": HOUR_WIDTH, "day": DAY_HEIGHT},
            hours=range(24),
            w=words,
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("chicago_crashes.answers.report"),
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


def _title(place: Mapping[str, Any], crashes: Sequence[Crash]) -> str:
    """What people would call it: a circle by the streets that most of its crashes are on."""
    if place["kind"] != "point":
        return words.heading(place)
    by_street = Counter(crash.street for crash in crashes if crash.street)
    streets = [street for street, count in by_street.most_common(2) if count >= SHARE_OF_A_NAME * len(crashes)]
    named = [words.street(street).replace(" ", "\N{NO-BREAK SPACE}", 1) for street in streets]
    return f"Around {' and '.join(named)}" if named else words.heading(place)


def _kicker(place: Mapping[str, Any]) -> str:
    if place["kind"] == "point":
        return f"Within {words.distance(place['radius_feet'])} of {words.coordinates(place)}"
    return str(place["title"]) if place["kind"] == "area" else "Within an outline"
