"""What statistics count, declared once: a column of every mart, what a crash adds to it, what a report calls it.

The tables of the marts, the statements that fill them, the functions of the location report and its words are made from
these declarations. A count that is added here needs a migration for its column and nothing else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chicago_crashes.answers.severity import INJURY_LETTERS, KSI_LETTERS


@dataclass(frozen=True, slots=True)
class Group:
    """People who are counted together: who they are, their heading in a table, what they are called in a sentence."""

    who: str
    heading: str
    called: str


MODES: Mapping[str, Group] = {
    "pedestrians": Group("people on foot", "On foot", "Pedestrians"),
    "cyclists": Group("people on bicycles", "On a bicycle", "Cyclists"),
    "motorcyclists": Group("people on motorcycles and mopeds", "On a motorcycle or moped", "Motorcyclists"),
    "occupants": Group("people in other motor vehicles", "In another motor vehicle", "People in other motor vehicles"),
    "others": Group(
        "people in other units: non-motor and non-contact vehicles", "Otherwise", "People who travel otherwise"
    ),
}
AGES: Mapping[str, Group] = {
    "children": Group("people aged 0 to 17", "Children, 0 to 17", "Children"),
    "older_adults": Group("people aged 65 and over", "65 and over", "People of 65 and over"),
}
GROUPS: Mapping[str, Group] = {**MODES, **AGES}
INJURIES: Mapping[str, str] = {
    "k": "killed",
    "a": "incapacitated",
    "b": "injured, not incapacitated",
    "c": "possibly hurt",
}


@dataclass(frozen=True, slots=True)
class Count:
    """One thing that is counted.

    `meaning` explains the column of that name. `per_crash` is SQL: what a row of `crash_facts`, called `fact`, adds.
    `words` is what a report calls it.
    """

    name: str
    meaning: str
    per_crash: str
    words: str


def _everybody(group: str, letters: str) -> str:
    return " + ".join(f"fact.{group}_{letter}" for letter in letters)


def _is_severity(letters: str) -> str:
    return f"(fact.severity = any('{{{','.join(letters)}}}'))::int"


def _of_groups() -> Iterator[Count]:
    for name, group in GROUPS.items():
        yield Count(
            f"{name}_injured",
            f"Hurt or killed, {group.who}",
            _everybody(name, "".join(INJURIES)),
            f"{group.called} hurt or killed",
        )
        yield Count(
            f"{name}_ksi",
            f"Killed or seriously injured, {group.who}",
            _everybody(name, KSI_LETTERS.lower()),
            f"{group.called} killed or seriously injured",
        )


_DECLARED = (
    Count("crashes", "Crashes", "1", "Crashes"),
    Count(
        "injury_crashes",
        "Crashes in which anybody was hurt or killed (severity K, A, B or C)",
        _is_severity(INJURY_LETTERS),
        "Crashes with anybody hurt or killed",
    ),
    Count(
        "ksi_crashes",
        "Crashes in which anybody was killed or seriously injured (severity K or A)",
        "fact.is_ksi::int",
        "Crashes with anybody killed or seriously injured",
    ),
    Count("fatal_crashes", "Crashes in which anybody was killed (severity K)", _is_severity("K"), "Fatal crashes"),
    Count(
        "pdo_crashes",
        "Crashes with property damage only (severity O)",
        _is_severity("O"),
        "Crashes with property damage only",
    ),
    Count("unknown_crashes", "Crashes of unknown severity (U)", _is_severity("U"), "Crashes of unknown severity"),
    Count("persons_k", "People killed", "fact.persons_k", "People killed"),
    Count("persons_a", "People with an incapacitating injury", "fact.persons_a", "People seriously injured"),
    Count(
        "persons_b",
        "People with an injury that does not incapacitate",
        "fact.persons_b",
        "People injured, evident, not incapacitating",
    ),
    Count(
        "persons_c",
        "People with an injury that was reported and is not evident",
        "fact.persons_c",
        "People possibly injured, not evident",
    ),
    Count("persons_o", "People with no indication of injury", "fact.persons_o", "People without an injury"),
    Count(
        "persons_u",
        "People of whom no injury class is published",
        "fact.persons_u",
        "People of whom no injury class is published",
    ),
    Count("injured", "People hurt or killed: K, A, B and C", _everybody("persons", "kabc"), "People hurt or killed"),
    Count(
        "ksi",
        "People killed or seriously injured: K and A",
        _everybody("persons", KSI_LETTERS.lower()),
        "People killed or seriously injured",
    ),
    *_of_groups(),
    Count(
        "hit_and_run_crashes",
        "Crashes from which somebody fled",
        "fact.is_hit_and_run::int",
        "Hit-and-run crashes",
    ),
    Count(
        "dooring_crashes",
        "Crashes in which the door of a parked vehicle was opened into somebody's way",
        "fact.is_dooring::int",
        "Dooring crashes",
    ),
    Count(
        "pdo_vehicles",
        "Motor vehicles in crashes with property damage only",
        "case when fact.severity = 'O' then fact.motor_vehicles else 0 end",
        "Motor vehicles in crashes with property damage only",
    ),
)

COUNTS: Mapping[str, Count] = {count.name: count for count in _DECLARED}
"""Everything that is counted, by name; in the same order everywhere."""

SHOWN_FIRST = ("crashes", "injury_crashes", "ksi_crashes", "fatal_crashes", "injured", "ksi", "persons_k")
"""What a report tells of every month and year, and what its tables begin with."""

IN_TOTALS = (
    *SHOWN_FIRST,
    "persons_a",
    "persons_b",
    "persons_c",
    "persons_o",
    "persons_u",
    "unknown_crashes",
    "hit_and_run_crashes",
    "dooring_crashes",
)
"""What the table of totals shows."""

COMPARED = (
    *SHOWN_FIRST,
    *(f"{group}_{what}" for group in ("pedestrians", "cyclists", *AGES) for what in ("injured", "ksi")),
    "hit_and_run_crashes",
)
"""What a report sets against earlier days."""

SHARED_WITH_CITY = ("crashes", "injured", "ksi", "persons_k")
"""Of what a report tells the place's share of the whole city."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A count per 100 crashes, and what a report calls it."""

    of: str
    words: str


RATES: Mapping[str, Rate] = {
    "injury_crashes_per_100_crashes": Rate("injury_crashes", "Crashes with anybody hurt or killed, per 100 crashes"),
    "ksi_crashes_per_100_crashes": Rate(
        "ksi_crashes", "Crashes with anybody killed or seriously injured, per 100 crashes"
    ),
    "fatal_crashes_per_100_crashes": Rate("fatal_crashes", "Fatal crashes, per 100 crashes"),
    "injured_per_100_crashes": Rate("injured", "People hurt or killed, per 100 crashes"),
    "killed_per_100_crashes": Rate("persons_k", "People killed, per 100 crashes"),
    "hit_and_run_per_100_crashes": Rate("hit_and_run_crashes", "Hit-and-run crashes, per 100 crashes"),
}
