"""How severe a crash is: the letters of the KABCO scale, and what a crash of each weighs where crashes are ranked.

`KSI_LETTERS` says which severities count as killed or seriously injured. The statistics are declared with it in
`marts.counts`; `crash_facts.is_ksi` is set in `facts/sql/insert.sql`.

Two sets of weights are used side by side, because rankings depend on the choice and people should see how much.

`CITY_WEIGHTS` are those of the City's High Crash Corridors: five for a crash that killed or seriously injured, one for
any other injury. The City divides their sum by the miles of the corridor.

`EPDO_WEIGHTS` turn crashes into as many with property damage only (equivalent property damage only): the weight of a
severity is its cost over the cost of property damage. A fatal crash alone would weigh 1,104, and one death, which is
mostly chance, would decide every ranking of small places. So the weight of K is capped to that of the pool of K and A:
both weigh what a crash of either costs on average, by the numbers of crashes in `POOLED_CRASHES`:

    (980 x 11,258,495 + 15,037 x 1,089,524) / (980 + 15,037) = 1,711,712 dollars; / 10,196 = 167.88

Costs are those of one person hurt and one vehicle damaged, so a weight stands for the crash's worst injury and not for
everybody in it. Crashes of unknown severity weigh nothing; they are counted apart.
"""

from collections.abc import Mapping

from chicago_crashes.answers.costs import DEFAULT_COST_TABLE, CostClass, cost_table

KABCO: Mapping[str, str] = {
    "K": "killed",
    "A": "incapacitating injury",
    "B": "injury that does not incapacitate",
    "C": "injury reported, not evident",
    "O": "no indication of injury",
    "U": "unknown: no injuries are published",
}
"""The letters of the scale from worst to least, and what each means; U is the platform's own."""

INJURY_LETTERS = "KABC"
KSI_LETTERS = "KA"

CITY_WEIGHTS: Mapping[str, float] = {"K": 5, "A": 5, "B": 1, "C": 1, "O": 0, "U": 0}
"""INDEX_5 of the City's High Crash Corridors (2016): 5 x (K + A crashes) + B and C crashes."""

POOLED_CRASHES: Mapping[str, int] = {"K": 980, "A": 15_037}
"""Crashes of Chicago in 2018 to 2025 by severity, as published in August 2026; fixed, so that weights stay the same."""

WEIGHT_DECIMALS = 2


def uncapped_weights(table: str = DEFAULT_COST_TABLE) -> Mapping[str, float]:
    """EPDO weights in which a death weighs what it costs, to show beside the others what the cap does."""
    dollars = cost_table(table).dollars
    damage = dollars[CostClass.PDO] if CostClass.PDO in dollars else dollars[CostClass.O]
    weights = {letter: round(dollars[CostClass(letter)] / damage, WEIGHT_DECIMALS) for letter in INJURY_LETTERS}
    return {**weights, "O": 1, "U": 0}


def capped_weights(table: str = DEFAULT_COST_TABLE) -> Mapping[str, float]:
    """EPDO weights in which K and A weigh what a crash of either costs on average."""
    dollars = cost_table(table).dollars
    damage = dollars[CostClass.PDO] if CostClass.PDO in dollars else dollars[CostClass.O]
    pool = sum(crashes * dollars[CostClass(letter)] for letter, crashes in POOLED_CRASHES.items())
    pooled = round(pool / sum(POOLED_CRASHES.values()) / damage, WEIGHT_DECIMALS)
    return {**uncapped_weights(table), "K": pooled, "A": pooled}


EPDO_WEIGHTS: Mapping[str, float] = capped_weights()
"""K and A 167.88, B 22.03, C 10.91, O 1, U 0."""
