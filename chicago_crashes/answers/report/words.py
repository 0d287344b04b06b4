"""How a report says its numbers, days, places and categories to people."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from chicago_crashes.answers.marts import counts
from chicago_crashes.layers.published import PUBLISHED_LAYERS

NOT_KNOWN = "–"
SQUARE_FEET_A_SQUARE_MILE = 5280**2
CHICAGO = ZoneInfo("America/Chicago")

COUNTS: Mapping[str, str] = {name: count.words for name, count in counts.COUNTS.items()}
GROUPS: Mapping[str, str] = {name: group.heading for name, group in counts.GROUPS.items()}
CIRCUMSTANCES: Mapping[str, str] = {
    "hit_and_run": "Hit and run",
    "dooring": "Dooring",
    "alcohol": "Alcohol or drugs named as a cause",
    "speed": "Speed named as a cause",
    "dark": "In the dark",
    "intersection": "Marked as related to an intersection",
    "work_zone": "In a work zone",
}
RATES: Mapping[str, str] = {name: rate.words for name, rate in counts.RATES.items()}
COMPARISONS: Mapping[str, str] = {
    "year_before": "The same days one year earlier",
    "period_before": "As long a time just before",
    "latest_year": "The latest twelve months and the twelve before",
}
CLASSES: Mapping[str, str] = {
    "K": "Killed",
    "A": "Seriously injured",
    "B": "Injured, evident",
    "C": "Possibly injured",
    "O": "Not injured",
    "PDO": "Damage only",
}
SEVERITIES: Mapping[str, str] = {
    "K": "somebody was killed",
    "A": "somebody was seriously injured",
    "B": "somebody was injured",
    "C": "somebody was possibly injured",
    "O": "nobody was injured",
    "U": "no injuries are published",
}
SAYS_NOTHING = frozenset({"UNABLE TO DETERMINE", "NOT APPLICABLE", "(none)"})
"""Causes that name no cause."""

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
IN_CAPITALS = ("DVD",)


def number(value: float | None, digits: int = 0) -> str:
    """1,234 or 12.3; a dash where nothing is known."""
    return NOT_KNOWN if value is None else f"{value:,.{digits}f}"


def percent(share: float | None, digits: int = 0) -> str:
    """12 % of a share of 0.12."""
    if share is None:
        return NOT_KNOWN
    smallest = 10**-digits
    if 0 < 100 * share < smallest / 2:
        return f"<{smallest:g}%"
    return f"{100 * share:,.{digits}f}%" if share else "0%"


def change(share: float | None) -> str:
    """By how much something grew or shrank, with its sign."""
    if share is None:
        return NOT_KNOWN
    if round(100 * share) == 0:
        return "±0%"
    return f"{'+' if share > 0 else '−'}{abs(100 * share):,.0f}%"


def dollars(value: float | None) -> str:
    """Dollars to the dollar."""
    return NOT_KNOWN if value is None else f"${value:,.0f}"


def about_dollars(value: float | None) -> str:
    """Dollars in words, as one says them."""
    if value is None:
        return NOT_KNOWN
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if value >= size:
            shown = value / size
            return f"${shown:,.0f} {word}" if shown >= 100 else f"${shown:,.1f} {word}"
    return dollars(value)


def day(value: str | date) -> str:
    """November 17, 2026."""
    found = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{found:%B} {found.day}, {found.year}"


def month(value: str) -> str:
    """November 2026."""
    return f"{date.fromisoformat(value):%B %Y}"


def moment(value: str | None) -> str:
    """A moment in Chicago."""
    if value is None:
        return NOT_KNOWN
    found = datetime.fromisoformat(value).astimezone(CHICAGO)
    return f"{day(found.date())}, {found:%H:%M}"


def is_short(period: Mapping[str, Any]) -> bool:
    """Whether a month or a year counts fewer days than it has, or days whose numbers still grow."""
    return bool(period["is_partial"] or period["days_loaded"] < period["days"] or period["days_provisional"])


def most_crashes(listed: Sequence[Mapping[str, Any]]) -> int:
    """The crashes of the one that has most, which the bars of all are drawn against; never nothing."""
    return max([each["crashes"] or 0 for each in listed], default=0) or 1


def sentence(category: str) -> str:
    """A published category, which is in capitals, as people write it."""
    words = category[:1] + category[1:].lower()
    for word in IN_CAPITALS:
        words = re.sub(rf"\b{word}\b", word, words, flags=re.IGNORECASE)
    return "None published" if category == "(none)" else words


def distance(feet: float) -> str:
    """500 feet, 0.25 miles."""
    if feet < 1320 - 0.5:
        return f"{feet:,.0f} feet"
    miles = feet / 5280
    return "1 mile" if miles == 1 else f"{miles:,.2f}".rstrip("0").rstrip(".") + " miles"


def square_miles(square_feet: float) -> str:
    """2.41 square miles; of a small place, square feet."""
    miles = square_feet / SQUARE_FEET_A_SQUARE_MILE
    return f"{miles:,.2f} square miles" if miles >= 0.1 else f"{square_feet:,.0f} square feet"


def heading(place: Mapping[str, Any]) -> str:
    """What the place is called."""
    if place["kind"] == "point":
        return f"{distance(place['radius_feet'])} around {coordinates(place)}"
    if place["kind"] == "polygon":
        return str(place["name"])
    label = _properly(str(place["label"]))
    return f"{kind(place)} {label}" if re.search(r"\d", label) else label


def kind(place: Mapping[str, Any]) -> str:
    """What kind of place it is: Ward, Community area, or the title of an uploaded layer."""
    if place["kind"] != "area":
        return "Circle" if place["kind"] == "point" else "Polygon"
    for layer in PUBLISHED_LAYERS:
        if layer.name == place["layer"]:
            words = layer.singular[0].replace("_", " ").replace(" 2015", "")
            return words[:1].upper() + words[1:] if words != "zip code" else "ZIP code"
    return str(place["title"])


def coordinates(place: Mapping[str, Any]) -> str:
    """41.87810° N, 87.62980° W."""
    return f"{place['latitude']:.5f}° N, {-place['longitude']:.5f}° W"


def street(name: str) -> str:
    """A street as signs name it: N Milwaukee Ave."""
    return _properly(name)


def _properly(label: str) -> str:
    """A name that is published in capitals, as it is written: Rogers Park, O'Hare, McKinley Park."""
    if label != label.upper() or not re.search("[A-Z]", label):
        return label
    name = re.sub(r"[A-Z][A-Z']*", lambda word: word[0].title(), label)
    name = re.sub(r"\bMc([a-z])", lambda found: f"Mc{found[1].upper()}", name)
    return re.sub(r"(?<=\d)(St|Nd|Rd|Th)\b", lambda found: found[1].lower(), name)
