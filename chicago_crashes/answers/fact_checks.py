"""Whether places and facts fit what they were made from, and how well the City's own columns fit them."""

from collections.abc import Callable

from psycopg import Connection

from chicago_crashes.answers.facts import crash_facts
from chicago_crashes.answers.places import assignment
from chicago_crashes.verdict import Verdict

Judge = Callable[[Connection], Verdict]
"""Answers one question about an answer as it is now."""

LEAST_SHARE_OF_BEATS = 0.98
"""The City's reports name the beat of the polygon in 99.3 to 99.7 % of crashes."""

MOST_OUTSIDE = 0.005
"""About 0.1 % of the places lie outside the city, on the streets of its border; of a few days it may be twice that."""

LEAST_CONSISTENT = 0.999
"""People and crashes contradict one another while one of them is published later."""


def one_fact_per_crash(connection: Connection) -> Verdict:
    """Every crash has one row of facts; days that were loaded meanwhile are not judged."""
    found = crash_facts.completeness(connection)
    wrong = found["wrong_days"]
    return Verdict(
        "one_fact_per_crash",
        None,
        passed=wrong == 0,
        is_fault=wrong > 0,
        numbers={name: found[name] for name in ("crashes", "facts", "wrong_days", "pending_days")},
        reasons=[f"On {wrong} days there is not one row of facts per crash. `chicago-crashes answers` makes them anew."]
        if wrong
        else [],
        examples=found["examples"] or [],
    )


def facts_are_consistent(connection: Connection) -> Verdict:
    """The people of a crash add up to the injuries it names, and its severity is that of the worst of them."""
    found = crash_facts.agreement(connection)
    crashes = found["crashes"]
    shares = {
        "share_people_add_up": _share(found["people_add_up"], crashes),
        "share_severity_agrees": _share(found["severity_agrees"], crashes),
    }
    low = [name for name, share in shares.items() if share < LEAST_CONSISTENT]
    return Verdict(
        "facts_are_consistent",
        None,
        passed=not low,
        is_fault=False,
        numbers={"crashes": crashes, **shares},
        reasons=[f"{name} is {shares[name]:.2%}, below {LEAST_CONSISTENT:.1%}." for name in low],
    )


def beats_agree(connection: Connection) -> Verdict:
    """The reports name the beat in whose polygon the crash lies."""
    found = assignment.agreement(connection)
    share = _share(found["agreeing"], found["compared"])
    return Verdict(
        "beats_agree",
        None,
        passed=share >= LEAST_SHARE_OF_BEATS,
        is_fault=False,
        numbers={name: found[name] for name in ("compared", "agreeing", "agreeing_inside")} | {"share": share},
        reasons=[f"Only {share:.2%} of the reported beats are those of the polygons: is the layer the right one?"]
        if share < LEAST_SHARE_OF_BEATS
        else [],
    )


def places_in_the_city(connection: Connection) -> Verdict:
    """Nearly all places lie inside the outline of the city."""
    found = assignment.agreement(connection)
    share = _share(found["outside"], found["located"], of_nothing=0.0)
    return Verdict(
        "places_in_the_city",
        None,
        passed=share <= MOST_OUTSIDE,
        is_fault=False,
        numbers={name: found[name] for name in ("located", "outside")} | {"share": share},
        reasons=[f"{share:.2%} of the places lie outside the city: is the layer city_boundary the right one?"]
        if share > MOST_OUTSIDE
        else [],
    )


def _share(part: int, whole: int, of_nothing: float = 1.0) -> float:
    return part / whole if whole else of_nothing
