"""The results as people read them: tables for the terminal, a document for the repository."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from chicago_crashes_bench.growth import TOLERATED, Growth
from chicago_crashes_bench.results import Kind, Measurement

COLUMNS = ("measure", "size", "ours", "baseline", "ratio", "bar", "verdict")
GROWTH_COLUMNS = ("measure", "time per row at each size", "steepening", "growth")
COLOURS = {"met": "[green]met[/green]", "missed": "[red]missed[/red]"}


def cells(measurement: Measurement) -> tuple[str, ...]:
    """A measurement as the texts of a table's row."""
    return (
        measurement.measure,
        measurement.size,
        str(measurement.ours),
        str(measurement.baseline or ""),
        _ratio(measurement),
        measurement.bar_in_words,
        measurement.verdict,
    )


def _ratio(measurement: Measurement) -> str:
    if measurement.ratio is None:
        return ""
    is_faster = measurement.bar is not None and measurement.bar.kind is Kind.TIMES_FASTER
    return f"{measurement.ratio:.1f} × faster" if is_faster else f"{measurement.ratio:.2f} ×"


def growth_cells(growth: Growth) -> tuple[str, ...]:
    """A growth as the texts of a table's row."""
    costs = ", ".join(f"{cost:,.1f} µs at {rows:,}" for rows, cost in growth.microseconds_per_row)
    steepening = "" if growth.steepening is None else f"{growth.steepening:.2f} ×"
    return growth.measure, costs, steepening, growth.verdict


def result_table(measurements: Sequence[Measurement], title: str) -> Table:
    """All measurements, for the terminal."""
    table = Table(*COLUMNS[:2], title=title, title_justify="left")
    for name in COLUMNS[2:]:
        table.add_column(name, justify="left" if name in ("bar", "verdict") else "right", no_wrap=name == "verdict")
    for measurement in measurements:
        *texts, verdict = cells(measurement)
        table.add_row(*texts, COLOURS.get(verdict, verdict))
    return table


def growth_table(growths: Sequence[Growth]) -> Table:
    """How all of it grows, for the terminal."""
    table = Table(*GROWTH_COLUMNS, title="Growth", title_justify="left")
    for growth in growths:
        *texts, verdict = growth_cells(growth)
        table.add_row(*texts, f"[red]{verdict}[/red]" if verdict.startswith("worse") else verdict)
    return table


def document(
    machine: Mapping[str, str], measurements: Sequence[Measurement], growths: Sequence[Growth], picture: str
) -> str:
    """docs/performance.md."""
    met = [measurement.is_met for measurement in measurements if measurement.bar is not None]
    return DOCUMENT.format(
        machine=_markdown(("what", "was"), list(machine.items())),
        met=sum(bool(each) for each in met),
        bars=len(met),
        results=_markdown(COLUMNS, [cells(measurement) for measurement in measurements]),
        picture=picture,
        tolerated=TOLERATED,
        growths=_markdown(GROWTH_COLUMNS, [growth_cells(growth) for growth in growths]),
    )


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


DOCUMENT = """# Performance

How fast the platform is, as its users feel it: against baselines that ran in the same invocation, on the same machine,
server and rows. `make bench` writes this page and its plot, `make bench QUICK=1` prints a reduced version within three
minutes; `.venv/bin/python -m chicago_crashes_bench --only NAME --write` takes a measure again by itself. All of it
works in a database server, a raw lake and a Dagster home of its own, which are gone when it ends.

{machine}

{met} of {bars} bars are met.

{results}

![How much of what each bar allows is used]({picture})

## Growth

What one row costs at each size. The steepening is what a further row costs between the two largest sizes, by what it
costs between the two smallest: fixed costs are not in it. Above {tolerated:g} the growth is worse than linear.

{growths}

## What is measured

- **Lake to tables** is cleaning, merging, history and indexes of the raw files into an empty database, in runs of as
  many days as a backfill takes. Its baseline is one COPY of the finished rows, from a CSV file that was written before,
  into an empty table with the same columns, constraints and indexes, in the same database. *Again* is the same load
  once more: days that were merged from the same files are known by their digests. *Every row compared* is the same load
  told to merge them nevertheless; what the server logs then is its bookkeeping of temporary tables. Sizes up to 100,000
  rows are measured twice and the fastest counts.
- **Portal to lake** fetches, verifies and writes replies of the stand-in portal that were recorded before and come from
  memory. Its baseline unpacks and parses the same bytes with orjson, makes one Polars frame of each reply and writes it
  as one Parquet file. Both are measured twice and the fastest counts.
- **Full history** is `chicago-crashes load` as a process of its own: all feeds from the stand-in portal through Dagster
  to checked tables whose rows were then counted against the portal, day by day. The row-by-row baseline takes cleaned
  rows of all feeds in their true proportion, asks SQLAlchemy's session for each by key, adds or changes it and commits
  every 1,000 rows, into identical tables. The dlt baseline fetches pages of 50,000 rows from the same portal and merges
  them by key, loading with COPY, without child tables, with large buffers and two normalising processes. Both rates are
  extrapolated to the whole.
- **Memory** is the resident memory of the largest process of the load, looked at five times a second.
- **Orchestration** backfills assets that do nothing but report every day, as the platform's do, launched as the
  platform launches its runs.
- **Nothing changed** is what the change sensor does every hour.
- **Crashes to areas** is the assignment of crashes to four layers of areas with realistic borders: areas cut, places
  assigned, everything indexed; the line below it includes finding the places of all crashes. Its
  baseline is one plain `ST_Contains` join per layer, by the crashes' spatial index, that writes a key and an area; both
  must find the same area for every crash.
- **Answers** is `chicago-crashes answers` over the whole history, and again after a usual day was refreshed; the bar is
  for the assets' own seconds, the whole command beside it starts Python and Dagster first.
- **Location report** is `report_of_point` as the database answers it, for circles of 500 feet around random places of
  crashes; the plan must go by both indexes.
- **A usual day** is `chicago-crashes refresh` after a new day came, and a crash, a person and a vehicle were amended on
  each of 60 days all over the history.
"""
