"""Whether places and facts fit what they were made from, and how well the City's own columns fit them."""

from typing import Any

from psycopg import Connection

from chicago_crashes.answers.facts import crash_facts
from chicago_crashes.answers.places import assignment
from chicago_crashes.verdict import Check, Judgement

LEAST_SHARE_OF_BEATS = 0.98
"""The City's reports name the beat of the polygon in 99.3 to 99.7 % of crashes."""

MOST_OUTSIDE = 0.005
"""About 0.1 % of the places lie outside the city, on the streets of its border; of a few days it may be twice that."""

LEAST_CONSISTENT = 0.999
"""People and crashes contradict one another while one of them is published later."""


def _one_fact_per_crash(connection: Connection) -> Judgement:
    found = crash_facts.completeness(connection)
    wrong = found["wrong_days"]
    shown: dict[str, Any] = {name: found[name] for name in ("crashes", "facts", "wrong_days", "pending_days")}
    if found["examples"]:
        shown["examples"] = list(found["examples"])
    reason = f"On {wrong} days there is not one row of facts per crash. `chicago-crashes answers` makes them anew."
    return Judgement(wrong == 0, shown, reason if wrong else None, is_fault=wrong > 0)


def _facts_are_consistent(connection: Connection) -> Judgement:
    found = crash_facts.agreement(connection)
    crashes = found["crashes"]
    shares = {
        "share_people_add_up": _share(found["people_add_up"], crashes),
        "share_severity_agrees": _share(found["severity_agrees"], crashes),
    }
    low = [name for name, share in shares.items() if share < LEAST_CONSISTENT]
    told = " ".join(f"{name} is {shares[name]:.2%}, below {LEAST_CONSISTENT:.1%}." for name in low)
    return Judgement(not low, {"crashes": crashes, **shares}, told or None)


def _beats_agree(connection: Connection) -> Judgement:
    found = assignment.agreement(connection)
    share = _share(found["agreeing"], found["compared"])
    passed = share >= LEAST_SHARE_OF_BEATS
    shown = {name: found[name] for name in ("compared", "agreeing", "agreeing_inside")} | {"share": share}
    reason = f"Only {share:.2%} of the reported beats are those of the polygons: is the layer the right one?"
    return Judgement(passed, shown, None if passed else reason)


def _places_in_the_city(connection: Connection) -> Judgement:
    found = assignment.agreement(connection)
    share = _share(found["outside"], found["located"], of_nothing=0.0)
    passed = share <= MOST_OUTSIDE
    shown = {name: found[name] for name in ("located", "outside")} | {"share": share}
    reason = f"{share:.2%} of the places lie outside the city: is the layer city_boundary the right one?"
    return Judgement(passed, shown, None if passed else reason)


def _share(part: int, whole: int, of_nothing: float = 1.0) -> float:
    return part / whole if whole else of_nothing


PLACE_CHECKS = (
    Check("beats_agree", "The reports name the beat in whose polygon the crash lies.", _beats_agree),
    Check("places_in_the_city", "Nearly all places lie inside the outline of the city.", _places_in_the_city),
)
"""What is asked of the areas of places."""

FACT_CHECKS = (
    Check(
        "one_fact_per_crash",
        "Every crash has one row of facts; days that were loaded meanwhile are not judged.",
        _one_fact_per_crash,
    ),
    Check(
        "facts_are_consistent",
        "The people of a crash add up to the injuries it names, and its severity is that of the worst of them.",
        _facts_are_consistent,
    ),
)
"""What is asked of the facts."""
