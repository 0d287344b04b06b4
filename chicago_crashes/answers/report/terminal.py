"""The report for a terminal: a few tables that tell the most, and all caveats."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from chicago_crashes.answers.marts.counts import IN_TOTALS
from chicago_crashes.answers.report import words

BAR_WIDTH = 24
FEWEST_MONTHS_AS_YEARS = 37
"""Of so many months the years are shown instead."""


def tables(report: Mapping[str, Any]) -> RenderableType:
    """Everything there is to print."""
    return Group(*_parts(report))


def _parts(report: Mapping[str, Any]) -> Iterator[RenderableType]:
    place, asked = report["place"], report["range"]
    yield Text(f"{words.kind(place)}: {words.heading(place)}", style="bold")
    yield Text(
        f"{words.day(asked['first'])} to {words.day(asked['last'])}, {asked['days']:,} days, "
        f"{asked['days_loaded']:,} of them loaded; data up to {words.day(report['data_as_of']['newest_day'])}"
    )
    for caveat in report["caveats"]:
        yield Text(f"! {caveat['words']}", style="yellow")
    yield _totals(report)
    yield _people(report)
    for comparison in report["comparisons"]:
        yield _comparison(comparison)
    yield _causes(report)
    yield _circumstances(report)
    yield _periods(report)
    yield _cost(report["cost"])


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left", overflow="fold")
    return table


def _totals(report: Mapping[str, Any]) -> Table:
    table = _table("Totals", "", "here", "per 100 crashes", "city, per 100 crashes", "share of the city")
    totals, city, share = report["totals"], report["city"], report["rates"]["share_of_city"]
    for name in IN_TOTALS:
        table.add_row(
            words.COUNTS[name],
            words.number(totals[name]),
            words.number(_per_100(totals, name), 1),
            words.number(_per_100(city, name), 1),
            words.percent(share.get(name), 2) if name in share else "",
        )
    return table


def _per_100(counts: Mapping[str, int] | None, name: str) -> float | None:
    return 100 * counts[name] / counts["crashes"] if counts and counts["crashes"] else None


def _people(report: Mapping[str, Any]) -> Table:
    table = _table("Who was hurt", "", "killed", "serious (A)", "evident (B)", "possible (C)", "share of KSI", "city")
    for each in report["people"]:
        table.add_row(
            words.GROUPS[each["group"]],
            *(words.number(each[letter]) for letter in "kabc"),
            words.percent(each["share_of_ksi"]),
            words.percent(each["city_share_of_ksi"]),
        )
    return table


def _comparison(comparison: Mapping[str, Any]) -> RenderableType:
    title = (
        f"{words.COMPARISONS[comparison['name']]}: {comparison['current_first']} to {comparison['current_last']} "
        f"against {comparison['earlier_first']} to {comparison['earlier_last']}"
    )
    if not comparison["is_comparable"]:
        return Text(f"{title}\nNot compared: {comparison['why_not']}", style="italic")
    table = _table(title, "", "then", "now", "change", "city's change")
    for each in comparison["counts"]:
        if each["current"] or each["earlier"]:
            table.add_row(
                words.COUNTS[each["name"]],
                words.number(each["earlier"]),
                words.number(each["current"]),
                words.change(each["change"]),
                words.change(each["city_change"]),
            )
    return table


def _causes(report: Mapping[str, Any]) -> Table:
    table = _table("Primary causes", "", "crashes", "share", "KSI crashes")
    for each in report["causes"]:
        table.add_row(
            escape(words.sentence(each["name"])),
            words.number(each["crashes"]),
            words.percent(each["share"]),
            words.number(each["ksi_crashes"]),
            style="dim" if each["name"] in words.SAYS_NOTHING else None,
        )
    others = report["other_causes"]
    if others["causes"]:
        table.add_row(f"{others['causes']} other causes", words.number(others["crashes"]), "", "", style="dim")
    return table


def _circumstances(report: Mapping[str, Any]) -> Table:
    table = _table("Circumstances", "", "crashes", "share of known", "KSI crashes")
    for each in report["circumstances"]:
        table.add_row(
            words.CIRCUMSTANCES[each["name"]],
            words.number(each["crashes"]),
            words.percent(each["share"]),
            words.number(each["ksi_crashes"]),
        )
    return table


def _periods(report: Mapping[str, Any]) -> Table:
    by_month = len(report["months"]) < FEWEST_MONTHS_AS_YEARS
    table = _table("Months" if by_month else "Years", "", "days", "crashes", "", "hurt or killed", "KSI", "killed")
    table.columns[3].justify = "left"
    periods = report["months"] if by_month else report["years"]
    most = words.most_crashes(periods)
    for period in periods:
        table.add_row(
            period["first"][:7] if by_month else period["first"][:4],
            words.number(period["days_loaded"]),
            words.number(period["crashes"]),
            "█" * round(BAR_WIDTH * (period["crashes"] or 0) / most),
            words.number(period["injured"]),
            words.number(period["ksi"]),
            words.number(period["persons_k"]),
            style="dim" if words.is_short(period) else None,
        )
    return table


def _cost(cost: Mapping[str, Any]) -> Table:
    table = _table(f"Cost by {cost['cost_table']}, dollars of {cost['dollars_of']}", "", "count", "each", "subtotal")
    for line in cost["lines"]:
        table.add_row(
            f"{words.CLASSES[line['class']]} ({line['class']}, per {line['unit']})",
            words.number(line["count"]),
            words.dollars(line["unit_dollars"]),
            words.dollars(line["subtotal"]),
        )
    table.add_row("Together", "", "", words.dollars(cost["total"]), style="bold")
    table.caption = (
        f"Not priced: {cost['unknown_people']:,} people of unknown injury, {cost['unknown_crashes']:,} crashes of "
        f"unknown severity. {cost['source']}"
    )
    table.caption_justify = "left"
    return table
