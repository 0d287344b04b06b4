"""What the names in a query stand for: stars become columns, aliases what they were given for, fields get a name.

What is left is a query whose every name is a column or a system field of the dataset, or of nothing at all.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chicago_crashes.stand_in.datasets import Dataset
from chicago_crashes.stand_in.soql import MALFORMED, Call, Name, Node, Null, Order, Query, Selected, SoqlError, Star

DEEPEST = 120
MOST_NODES = 20_000
"""Aliases of aliases grow fast; the portal's own limits are unknown, ours keep the reader off the stack's end."""

WORDS = {
    "=": "eq", "!=": "neq", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte",
    "+": "plus", "-": "minus", "*": "times", "/": "divide", "%": "modulo", "||": "concat",
}  # fmt: skip
"""What an operator is called in a field name the portal makes up."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A query without stars and aliases; `fields` says what each field of the reply is, in order."""

    fields: Mapping[str, Node]
    where: Node | None
    group: tuple[Node, ...]
    having: Node | None
    order: tuple[tuple[Node, Order], ...]


def resolve(query: Query, dataset: Dataset, *, is_bare: bool) -> Resolved:
    """The query with its names resolved; a bare one shows the computed regions as well.

    Raises:
        SoqlError: a name was given twice, or stands for itself.
    """
    expander = _Expander(query, dataset)
    fields = expander.fields(is_bare=is_bare)
    group = tuple(map(expander.expanded, query.group))
    return Resolved(
        fields,
        None if query.where is None else expander.expanded(query.where),
        tuple(dict.fromkeys(fields.values())) if query.distinct and not group else group,
        None if query.having is None else expander.expanded(query.having),
        tuple((expander.expanded(entry.expression), entry) for entry in query.order),
    )


def implicit_name(node: Node) -> str:
    """The field name the portal makes up for an expression."""
    if isinstance(node, Name):
        return node.name
    return re.sub(r"[^a-z0-9_]+", "_", "_".join(_words(node)).lower()).strip("_") or "expression"


class _Expander:
    def __init__(self, query: Query, dataset: Dataset) -> None:
        self._query = query
        self._dataset = dataset
        self._types = dataset.types
        self._nodes = 0
        self._given = {
            entry.alias: entry.expression for entry in query.select if isinstance(entry, Selected) and entry.alias
        }
        self._fields: dict[str, Node] = {}

    def fields(self, *, is_bare: bool) -> dict[str, Node]:
        """What each field of the reply is."""
        for entry in self._query.select:
            if isinstance(entry, Star):
                names = self._dataset.system_names if entry.is_system else self._dataset.column_names
                self._fields |= {name: Name(name) for name in names}
            else:
                self._add(entry)
        if is_bare:
            self._fields |= {name: Name(name) for name in self._dataset.regions}
        return self._fields

    def expanded(self, node: Node) -> Node:
        """An expression outside of the select list: there, a field's name stands for the field before the column."""
        return self._expand(node, self._fields, ())

    def _add(self, entry: Selected) -> None:
        name = entry.alias or implicit_name(entry.expression)
        if name in self._fields and not entry.alias and not isinstance(entry.expression, Name):
            name = next(
                numbered for number in range(1, MOST_NODES) if (numbered := f"{name}_{number}") not in self._fields
            )
        if name in self._fields:
            raise self._refused("query.soql.duplicate-alias", f"Duplicate alias: {name}", entry.expression, alias=name)
        aliases = {alias: node for alias, node in self._given.items() if alias not in self._types}
        self._fields[name] = self._expand(entry.expression, aliases, (name,) if entry.alias else ())

    def _expand(self, node: Node, aliases: Mapping[str, Node], within: tuple[str, ...], depth: int = 0) -> Node:
        self._nodes += 1
        if depth > DEEPEST or self._nodes > MOST_NODES:
            raise self._refused(MALFORMED, "Expected a query of less depth", node)
        match node:
            case Name(name=name) if name in aliases:
                if aliases is self._fields:
                    return self._fields[name]
                if name in within:
                    code = "query.soql.circular-alias-definition"
                    raise self._refused(code, f"Circular alias definition: {name}", node, alias=name)
                return self._expand(aliases[name], aliases, (*within, name), depth + 1)
            case Call():
                arguments = tuple(self._expand(each, aliases, within, depth + 1) for each in node.arguments)
                return Call(node.function, arguments, node.distinct, node.position)
        return node

    def _refused(self, code: str, said: str, node: Node, **data: str) -> SoqlError:
        return SoqlError(code, said, node.position, text=self._query.text, data=data)


def _words(node: Node) -> Iterator[str]:
    match node:
        case Name(name=name):
            yield name.lstrip(":")
        case Call():
            yield WORDS.get(node.function, node.function.replace(" ", "_"))
            if node.distinct:
                yield "distinct"
            for argument in node.arguments:
                yield from _words(argument)
        case Null():
            yield "null"
        case _:
            yield str(node.value)
