"""The report as CSV: one row for every number, which any program can take; or the crashes themselves."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from typing import Any

from chicago_crashes.answers.report.numbers import Crash

NAMES = ("name", "group", "class", "code", "first", "weekday")
"""What the rows of a list are told apart by, whichever of them they have."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""


def numbers_csv(report: Mapping[str, Any]) -> str:
    """Columns section, name, measure, value."""
    return _written(("section", "name", "measure", "value"), _rows(report))


def crashes_csv(crashes: Sequence[Crash]) -> str:
    """A row for every crash that the report counts."""
    return _written(Crash.__slots__, (astuple(crash) for crash in crashes))


def _rows(report: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    for section, content in report.items():
        yield from _of_section(section, "", content)


def _of_section(section: str, name: str, content: Any) -> Iterator[tuple[str, str, str, Any]]:
    if not isinstance(content, Mapping):
        yield from _of_value(section, name, "", content)
        return
    for measure, value in content.items():
        if isinstance(value, Mapping):
            yield from _of_section(section, measure, value)
        else:
            yield from _of_value(section, name, measure, value)


def _of_value(section: str, name: str, measure: str, value: Any) -> Iterator[tuple[str, str, str, Any]]:
    if not isinstance(value, list):
        yield section, name, measure, value
        return
    if not all(isinstance(each, Mapping) for each in value):
        yield section, name, measure, "; ".join(map(str, value))
        return
    for each in value:
        inner = "/".join(filter(None, (name, measure, _name(each))))
        yield from _of_section(section, inner, {key: value for key, value in each.items() if key not in NAMES})


def _name(listed: Mapping[str, Any]) -> str:
    if "weekday" in listed and "hour" in listed:
        return f"{listed['weekday']} {listed['hour']:02d}"
    return str(next((listed[key] for key in NAMES if key in listed), ""))


def _written(heading: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value
