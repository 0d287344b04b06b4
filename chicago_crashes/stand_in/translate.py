"""SoQL, understood: a query's tree becomes one SQL statement for DuckDB, with every literal a bound parameter.

Rows are kept as the text that was published. A column that is selected is served as it is; wherever a query computes
with it, compares it or sorts by it, it is read as its type, and text that has no such value counts as null.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn, Protocol
from zoneinfo import available_timezones

from chicago_crashes.stand_in import row_ids
from chicago_crashes.stand_in.datasets import GEOSPATIAL, HIDDEN_NUMBER, SYSTEM_TYPES, Dataset, SodaType
from chicago_crashes.stand_in.functions import AGGREGATES, COMPARISONS, FUNCTIONS
from chicago_crashes.stand_in.names import resolve
from chicago_crashes.stand_in.soql import Boolean, Call, Name, Node, Null, Number, Order, Query, SoqlError, Text

DEFAULT_LIMIT = 1000
"""What the portal cuts a reply after when a query does not say `$limit`, groups included."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the reply."""

    name: str
    type: SodaType


@dataclass(frozen=True, slots=True)
class Translation:
    """A statement that yields `fields` in their order, as f0, f1, ...: text, or booleans where the type says so."""

    sql: str
    parameters: tuple[object, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class _Sql:
    """An expression. `served` is set where a stored text is to be shown instead; no type means the literal null."""

    text: str
    type: SodaType | None
    served: str | None = None


_TEXT, _NUMBER, _BOOLEAN = SodaType.TEXT, SodaType.NUMBER, SodaType.BOOLEAN

FLOATING_LITERAL = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?")
FIXED_LITERAL = re.compile(FLOATING_LITERAL.pattern + r"(Z|[+-]\d\d:?\d\d)?")


def translate(query: Query, dataset: Dataset, *, is_bare: bool = False, is_shuffled: bool = False) -> Translation:
    """The SQL of `query`.

    `is_bare` says that the request had no clause at all, so computed regions are shown as well; `is_shuffled` makes
    the order arbitrary where the query asks for none, as the portal's may be.

    Raises:
        SoqlError: the query does not fit the dataset, or does not fit itself.
    """
    return _Translator(query, dataset).translate(is_bare=is_bare, is_shuffled=is_shuffled)


class _Scope(Protocol):
    """What names and aggregates mean at one place of the query."""

    def whole(self, node: Node) -> _Sql | None:
        """The value of an expression that is known as a whole."""

    def name(self, name: Name) -> _Sql:
        """The value of a name."""

    def aggregate(self, call: Call) -> _Sql:
        """The value of an aggregate."""


class _Translator:
    def __init__(self, query: Query, dataset: Dataset) -> None:
        self._query = query
        self._dataset = dataset
        self._types = dataset.types
        self._sortable = set(dataset.times) - dataset.odd_times
        self._parameters: list[object] = []

    def translate(self, *, is_bare: bool, is_shuffled: bool) -> Translation:
        query = resolve(self._query, self._dataset, is_bare=is_bare)
        rows = _RowScope(self)
        is_grouped = bool(query.group) or any(map(_has_aggregate, [*query.fields.values(), query.having]))
        groups = _GroupScope(self, rows, query.group) if is_grouped else None
        scope: _Scope = groups or rows
        if query.having is not None and groups is None:
            self.refuse("query.soql.non-boolean-having", "HAVING needs groups", query.having)

        values = {name: self.value(node, scope) for name, node in query.fields.items()}
        condition = self._condition(query.where, rows, "where")
        kept = self._condition(query.having, scope, "having")
        sorting = [self._sorted_by(node, entry, scope) for node, entry in query.order]
        if is_shuffled and not sorting:
            sorting = ["random()"]
        elif groups is None:
            sorting.append(quoted(HIDDEN_NUMBER))
        else:
            sorting += groups.keys

        shown = ", ".join(f"{self._served(value)} as f{place}" for place, value in enumerate(values.values()))
        source = groups.source(condition) if groups else self.table
        kept_rows = kept if groups else condition
        limit = self.bind(DEFAULT_LIMIT if self._query.limit is None else self._query.limit)
        sql = " ".join(
            [
                f"select {shown} from {source}",  # noqa: S608 - the names are the dataset's, every literal is bound
                f"where {kept_rows}" if kept_rows else "",
                f"order by {', '.join(sorting)}" if sorting else "",
                f"limit {limit} offset {self.bind(self._query.offset)}",
            ]
        )
        fields = tuple(Field(name, value.type or _TEXT) for name, value in values.items())
        return Translation(sql, tuple(self._parameters), fields)

    @property
    def table(self) -> str:
        return quoted(self._dataset.id)

    def bind(self, value: object) -> str:
        """Hand `value` over beside the statement; what stands in the statement is only its place."""
        self._parameters.append(value)
        return f"${len(self._parameters)}"

    def refuse(self, code: str, said: str, node: Node, **data: str) -> NoReturn:
        """Say no, pointing at `node`."""
        raise SoqlError(code, said, node.position, text=self._query.text, data=data)

    def column(self, name: Name) -> _Sql:
        """A stored column, read as its type."""
        kind = self._types.get(name.name)
        if kind is None:
            self.refuse("query.soql.no-such-column", f"No such column: {name.name}", name, column=name.name)
        if name.name in self._dataset.regions:
            place = quoted(self._dataset.regions[name.name])
            number = f"case when {place} is not null then (1 + hash({place}) % 50)::double end"
            return _Sql(number, kind)
        stored = quoted(name.name)
        match kind:
            case SodaType.NUMBER:
                return _Sql(f"try_cast({stored} as double)", kind, stored)
            case SodaType.FLOATING:
                return _Sql(f"try_cast({stored} as timestamp)", kind, stored)
            case SodaType.ROW_ID:
                return _Sql(quoted(HIDDEN_NUMBER), kind, stored)
        return _Sql(stored, kind, None if name.name in SYSTEM_TYPES else stored)

    def value(self, node: Node, scope: _Scope, wanted: SodaType | None = None) -> _Sql:
        """The value of an expression; a text literal is read as `wanted` if it can be."""
        known = scope.whole(node)
        if known is not None:
            return known
        match node:
            case Name():
                return scope.name(node)
            case Text():
                return self._literal(node, wanted or _TEXT)
            case Number():
                return _Sql(f"{self.bind(float(node.value))}::double", _NUMBER)
            case Boolean():
                return _Sql("true" if node.value else "false", _BOOLEAN)
            case Null():
                return _Sql("null", None)
            case Call(function=function) if function in AGGREGATES:
                return scope.aggregate(node)
            case Call():
                return self._call(node, scope)

    def values_alike(self, call: Call, nodes: Sequence[Node], scope: _Scope) -> list[_Sql]:
        """The values of `nodes`, which must all be of one type; text literals follow the others."""
        values = {place: self.value(node, scope) for place, node in enumerate(nodes) if not isinstance(node, Text)}
        types = [value.type for value in values.values() if value.type]
        wanted = types[0] if types else _TEXT
        for place, node in enumerate(nodes):
            if place not in values:
                values[place] = self.value(node, scope, wanted)
            self._expect(values[place], wanted, call, node)
        return [values[place] for place in range(len(nodes))]

    def _call(self, call: Call, scope: _Scope) -> _Sql:
        if call.distinct:
            self.no_such_function(call)
        arguments = call.arguments
        match call.function:
            case "and" | "or":
                conditions = [self.value(node, scope) for node in arguments]
                for condition, node in zip(conditions, arguments, strict=True):
                    self._expect(condition, _BOOLEAN, call, node)
                return _Sql(f"({f' {call.function} '.join(each.text for each in conditions)})", _BOOLEAN)
            case "is null" | "is not null":
                value = self.value(arguments[0], scope)
                return _Sql(f"({value.served or value.text} {call.function})", _BOOLEAN)
            case operator if operator in (*COMPARISONS, "between", "in"):
                return self._comparison(call, scope)
            case "coalesce" if arguments:
                values = self.values_alike(call, arguments, scope)
                return _Sql(f"coalesce({', '.join(each.text for each in values)})", _type_of(values))
            case "case" if arguments and len(arguments) % 2 == 0:
                return self._case(call, scope)
        return self._fixed(call, scope)

    def _comparison(self, call: Call, scope: _Scope) -> _Sql:
        texts = self._texts_of_times(call, scope)
        if not texts:
            values = self.values_alike(call, call.arguments, scope)
            self._expect_comparable(values[0], call)
            texts = [value.text for value in values]
        value, *others = texts
        match call.function:
            case "between":
                compared = f"between {others[0]} and {others[1]}"
            case "in":
                compared = f"in ({', '.join(others)})"
            case operator:
                compared = f"{operator} {others[0]}"
        return _Sql(f"({value} {compared})", _BOOLEAN)

    def _texts_of_times(self, call: Call, scope: _Scope) -> list[str]:
        """A column of times and the literals it is compared with, as texts that sort as the times do; none otherwise.

        Reading every text of a dataset as a time takes most of the time of a query that asks for one day.
        """
        column, *literals = call.arguments
        if not isinstance(scope, _RowScope) or not isinstance(column, Name) or column.name not in self._sortable:
            return []
        moments = [_moment(each.value, FLOATING_LITERAL) if isinstance(each, Text) else None for each in literals]
        texts = [each.isoformat(timespec="milliseconds") for each in moments if each and not each.microsecond % 1000]
        return [quoted(column.name), *map(self.bind, texts)] if len(texts) == len(literals) else []

    def _case(self, call: Call, scope: _Scope) -> _Sql:
        conditions = [self.value(node, scope) for node in call.arguments[::2]]
        for condition, node in zip(conditions, call.arguments[::2], strict=True):
            self._expect(condition, _BOOLEAN, call, node)
        results = self.values_alike(call, call.arguments[1::2], scope)
        branches = " ".join(
            f"when {condition.text} then {result.text}" for condition, result in zip(conditions, results, strict=True)
        )
        return _Sql(f"(case {branches} end)", _type_of(results))

    def _fixed(self, call: Call, scope: _Scope) -> _Sql:
        """A function of fixed types; how many arguments there are says which of its forms is meant."""
        forms = FUNCTIONS.get(call.function, ())
        signature = next((each for each in forms if len(each.takes) == len(call.arguments)), None)
        if signature is None:
            self.no_such_function(call)
        values = [self.value(node, scope, kind) for node, kind in zip(call.arguments, signature.takes, strict=True)]
        for node, value, kind in zip(call.arguments, values, signature.takes, strict=True):
            self._expect(value, kind, call, node)
        if signature.takes == (SodaType.FIXED, _TEXT):
            self._expect_zone(call.arguments[1])
        return _Sql(signature.template.format(*(value.text for value in values)), signature.gives)

    def _literal(self, text: Text, kind: SodaType) -> _Sql:
        """A text literal, read as `kind` if its form allows; otherwise it stays text and fits nothing but text."""
        match kind:
            case SodaType.NUMBER if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text.value):
                return _Sql(f"{self.bind(float(text.value))}::double", kind)
            case SodaType.FLOATING if (moment := _moment(text.value, FLOATING_LITERAL)) is not None:
                return _Sql(f"{self.bind(moment)}::timestamp", kind)
            case SodaType.FIXED if (moment := _moment(text.value, FIXED_LITERAL)) is not None:
                return _Sql(f"{self.bind(moment)}::timestamp", kind)
            case SodaType.ROW_ID if (number := row_ids.decoded(text.value, self._dataset.id, "row-")) is not None:
                return _Sql(f"{self.bind(number)}::ubigint", kind)
            case SodaType.ROW_VERSION if row_ids.decoded(text.value, self._dataset.id, "rv-") is not None:
                return _Sql(self.bind(text.value), kind)
        return _Sql(f"{self.bind(text.value)}::varchar", _TEXT)

    def _condition(self, node: Node | None, scope: _Scope, clause: str) -> str:
        if node is None:
            return ""
        value = self.value(node, scope)
        if value.type is not _BOOLEAN:
            said = f"Cannot {'filter' if clause == 'where' else 'keep groups'} by an expression of type `{value.type}'"
            self.refuse(f"query.soql.non-boolean-{clause}", said, node)
        return value.text

    def _sorted_by(self, node: Node, entry: Order, scope: _Scope) -> str:
        value = self.value(node, scope)
        if value.type in GEOSPATIAL or value.type is _BOOLEAN:
            said = f"Cannot order by an expression of type `{value.type}'"
            self.refuse("query.soql.un-orderable-order", said, node)
        direction = "desc" if entry.descending else "asc"
        return f"{value.text} {direction} nulls {'first' if entry.nulls_first else 'last'}"

    def _served(self, value: _Sql) -> str:
        """An expression as the reply shows it."""
        if value.served:
            return value.served
        match value.type:
            case SodaType.NUMBER:
                return f"portal_number({value.text})"
            case SodaType.FLOATING:
                return f"strftime({value.text}, '%Y-%m-%dT%H:%M:%S.%g')"
            case SodaType.FIXED:
                return f"strftime({value.text}, '%Y-%m-%dT%H:%M:%S.%gZ')"
            case SodaType.ROW_ID:
                return f'(select ":id" from {self.table} as named where named."{HIDDEN_NUMBER}" = {value.text})'  # noqa: S608
        return value.text

    def _expect(self, value: _Sql, kind: SodaType, call: Call, node: Node) -> None:
        if value.type not in (kind, None):
            said = f"Type mismatch for {call.function}, is {value.type}"
            self.refuse("query.soql.type-mismatch", said, node, function=call.function, type=str(value.type))

    def _expect_comparable(self, value: _Sql, call: Call) -> None:
        if value.type in GEOSPATIAL:
            self._expect(value, _TEXT, call, call)

    def _expect_zone(self, node: Node) -> None:
        if not isinstance(node, Text) or node.value not in available_timezones():
            said = "Type mismatch for date_trunc, is no time zone"
            self.refuse("query.soql.type-mismatch", said, node, function="date_trunc", type="text")

    def no_such_function(self, call: Call) -> NoReturn:
        """Say that there is no such function of so many arguments."""
        name = f"{call.function}/{len(call.arguments)}"
        self.refuse("query.soql.no-such-function", f"No such function {name}", call, function=name)


class _RowScope:
    """Before grouping: names are columns, and there are no aggregates."""

    def __init__(self, translator: _Translator) -> None:
        self._translator = translator

    def whole(self, _: Node) -> _Sql | None:
        return None

    def name(self, name: Name) -> _Sql:
        return self._translator.column(name)

    def aggregate(self, call: Call) -> _Sql:
        return self._translator.refuse(
            "query.soql.aggregate-in-ungrouped-context",
            f"Aggregate function `{call.function}' in an ungrouped context",
            call,
            function=call.function,
        )


class _GroupScope:
    """After grouping: what was grouped by is known as a whole, and aggregates are computed one level below."""

    def __init__(self, translator: _Translator, rows: _RowScope, group: tuple[Node, ...]) -> None:
        self._translator = translator
        self._rows = rows
        self._inner: list[str] = []
        self._known: dict[Node, _Sql] = {}
        for node in group:
            value = translator.value(node, rows)
            if value.type in GEOSPATIAL and not isinstance(node, Name):
                translator.refuse("query.soql.non-groupable-group", "Cannot group by that", node)
            self._known[node] = self._compute(value.text, value.type)
        self.keys = [value.text for value in self._known.values()]

    def whole(self, node: Node) -> _Sql | None:
        return self._known.get(node)

    def name(self, name: Name) -> _Sql:
        self._translator.column(name)
        return self._translator.refuse(
            "query.soql.column-not-in-group-bys", f"Column not in group bys: {name.name}", name, column=name.name
        )

    def aggregate(self, call: Call) -> _Sql:
        self._known[call] = self._compute(*self._aggregated(call))
        return self._known[call]

    def source(self, condition: str) -> str:
        """The grouped rows, as something to select from."""
        inner = ", ".join(f"{text} as v{place}" for place, text in enumerate(self._inner)) or "1"
        where = f" where {condition}" if condition else ""
        by = f" group by {', '.join(str(place + 1) for place in range(len(self.keys)))}" if self.keys else ""
        return f"(select {inner} from {self._translator.table}{where}{by})"  # noqa: S608 - no text of the query is in it

    def _compute(self, text: str, kind: SodaType | None) -> _Sql:
        self._inner.append(text)
        return _Sql(f"v{len(self._inner) - 1}", kind)

    def _aggregated(self, call: Call) -> tuple[str, SodaType | None]:
        translator = self._translator
        if call.function == "count" and not call.arguments:
            return "count(*)::double", _NUMBER
        if len(call.arguments) != 1:
            translator.no_such_function(call)
        value = translator.value(call.arguments[0], self._rows)
        what = value.text
        match call.function:
            case "count" | "count_distinct":
                is_distinct = call.distinct or call.function == "count_distinct"
                counted = what if is_distinct else value.served or what
                return f"count({'distinct ' if is_distinct else ''}{counted})::double", _NUMBER
            case "min" | "max" if value.type is not _BOOLEAN and value.type not in GEOSPATIAL:
                return f"{call.function}({what})", value.type
            case "sum" | "avg" | "median" if value.type in (_NUMBER, None):
                return f"{call.function}({'distinct ' if call.distinct else ''}{what})::double", _NUMBER
        return translator.refuse(
            "query.soql.type-mismatch",
            f"Type mismatch for {call.function}, is {value.type}",
            call.arguments[0],
            function=call.function,
            type=str(value.type),
        )


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def _type_of(values: Iterable[_Sql]) -> SodaType | None:
    return next((value.type for value in values if value.type), None)


def _has_aggregate(node: Node | None) -> bool:
    return isinstance(node, Call) and (node.function in AGGREGATES or any(map(_has_aggregate, node.arguments)))


def _moment(text: str, form: re.Pattern[str]) -> datetime | None:
    """A time literal; with an offset or without, as far as `form` allows, it comes back without one."""
    if not form.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
