"""What a request asks for: the query behind its parameters, and the format behind its address or `Accept`."""

from collections.abc import Iterable

from chicago_crashes.stand_in.datasets import Dataset
from chicago_crashes.stand_in.refusals import RefusalError, engine, front_end
from chicago_crashes.stand_in.soql import (
    CLAUSES,
    MALFORMED,
    Call,
    Name,
    Node,
    Query,
    SoqlError,
    Text,
    parse_clauses,
    parse_statement,
)

FORMATS = {
    "application/json": "json",
    "text/csv": "csv",
    "application/vnd.geo+json": "geojson",
    "application/geo+json": "geojson",
    "application/*": "json",
    "text/*": "csv",
    "*/*": "json",
}
IGNORED = ("$$app_token", "$$bom", "$$exclude_system_fields")


def query_of(parameters: Iterable[tuple[str, str]], dataset: Dataset) -> tuple[Query, bool]:
    """The query that the parameters of a request make, and whether there was none to speak of.

    Raises:
        SoqlError: a clause is not SoQL.
        RefusalError: the parameters do not go together.
    """
    clauses: dict[str, str] = {}
    filters: list[tuple[str, str]] = []
    statement: str | None = None
    for name, value in parameters:
        if name in IGNORED:
            continue
        if name == "$query":
            statement = value
        elif name in CLAUSES:
            if name in clauses:
                raise front_end(400, MALFORMED, f"{name} is given twice", {"query": value})
            clauses[name] = value
        elif name.startswith("$"):
            raise front_end(400, MALFORMED, f"This portal does not know {name}", {"query": value})
        else:
            filters.append((name, value))
    if statement is not None:
        if clauses or filters:
            others = ", ".join([*clauses, *(name for name, _ in filters)])
            raise front_end(400, MALFORMED, f"$query cannot go with {others}", {"query": statement})
        return parse_statement(statement), False
    query = parse_clauses(clauses)
    for name, value in filters:
        _add_filter(query, name, value, dataset)
    return query, not clauses and not filters


def format_of(extension: str, accept: str) -> str:
    """The format asked for, by extension or else by an `Accept` header.

    Raises:
        RefusalError: it is none that the portal speaks.
    """
    if extension in ("json", "csv", "geojson"):
        return extension
    if not extension:
        for media_type in _preferred(accept or "*/*"):
            if media_type in FORMATS:
                return FORMATS[media_type]
    raise _not_acceptable(extension or accept)


def _not_acceptable(what: str) -> RefusalError:
    return engine(406, "not-acceptable", f"The portal has nothing to offer as {what}")


def _add_filter(query: Query, name: str, value: str, dataset: Dataset) -> None:
    """AND a simple filter, `field=value`, to the query."""
    if name not in dataset.types:
        raise SoqlError("query.soql.no-such-column", f"No such column: {name}", 0, text=name, data={"column": name})
    condition: Node = Call("=", (Name(name), Text(value)))
    query.where = condition if query.where is None else Call("and", (query.where, condition))


def _preferred(accept: str) -> list[str]:
    """The media types of an `Accept` header, the most wanted first."""
    wanted = []
    for entry in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in entry.split(";"))
        weights = [parameter[2:] for parameter in parameters if parameter.startswith("q=")]
        try:
            weight = float(weights[0]) if weights else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            wanted.append((-weight, media_type))
    return [media_type for _, media_type in sorted(wanted, key=lambda entry: entry[0])]
