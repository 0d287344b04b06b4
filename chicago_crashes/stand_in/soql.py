"""SoQL, read: clauses become a small tree, and whatever is not SoQL is refused with the portal's own error codes.

Nothing of a clause's text leaves here but names, literals and the operators of this grammar; what they mean for a
dataset is decided in `translate`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

MALFORMED = "query.compiler.malformed"

CLAUSES = {
    "$select": "SELECT",
    "$where": "WHERE",
    "$group": "GROUP BY",
    "$having": "HAVING",
    "$order": "ORDER BY",
    "$limit": "LIMIT",
    "$offset": "OFFSET",
}
"""The parameters that together make a query, and how each begins in the statement the portal folds them into."""

DEEPEST = 30
MOST_LINKS = 60
"""How far expressions may be nested and how many operators a clause may chain, so that none exhausts the stack."""

RESERVED = {
    *("select", "distinct", "where", "group", "having", "order", "by", "limit", "offset", "as", "asc", "desc"),
    *("and", "or", "not", "is", "in", "between", "like", "null", "true", "false", "when", "then", "else", "end"),
}
COMPARISONS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<comment>--|/\*|\*/)
    |(?P<text>'(?:[^']|'')*')
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<quoted>`[^`]+`)
    |(?P<name>:?@?[A-Za-z_][A-Za-z0-9_]*)
    |(?P<chain>\|>)
    |(?P<symbol><=|>=|<>|!=|==|\|\||:\*|[-+*/%=<>(),])""",
    re.VERBOSE,
)


class SoqlError(Exception):
    """A query the portal refuses. `position` counts characters of `text` from 0; `data` goes into the envelope."""

    def __init__(self, code: str, said: str, position: int, *, text: str = "", data: Mapping[str, str] | None = None):
        super().__init__(f"{code}: {said}")
        self.code = code
        self.said = said
        self.position = position
        self.text = text
        self.data = dict(data or {})


@dataclass(frozen=True, slots=True)
class Name:
    """A column, a system field or an alias."""

    name: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A text literal; it becomes a time or a number where one is needed."""

    value: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Number:
    """A number literal as written."""

    value: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    value: bool
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Null:
    """`null`."""

    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator with its arguments; `count(*)` has none."""

    function: str
    arguments: tuple["Node", ...] = ()
    distinct: bool = False
    position: int = field(default=0, compare=False)


Node = Name | Text | Number | Boolean | Null | Call


@dataclass(frozen=True, slots=True)
class Star:
    """`*`, the columns, or `:*`, the system fields."""

    is_system: bool


@dataclass(frozen=True, slots=True)
class Selected:
    """One entry of the select list."""

    expression: Node
    alias: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """One entry of the order list; nulls come last ascending and first descending unless said otherwise."""

    expression: Node
    descending: bool
    nulls_first: bool


@dataclass(slots=True)
class Query:
    """A whole query. `text` is the statement its positions refer to."""

    text: str
    select: tuple[Star | Selected, ...] = (Star(is_system=False),)
    distinct: bool = False
    where: Node | None = None
    group: tuple[Node, ...] = ()
    having: Node | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0


def parse_clauses(clauses: Mapping[str, str]) -> Query:
    """The query that `$select`, `$where` and the others make together.

    Each clause is read by itself, so none can reach into the next.

    Raises:
        SoqlError: a clause is not SoQL.
    """
    starts: dict[str, int] = {}
    text = ""
    for parameter, keyword in CLAUSES.items():
        if parameter in clauses or parameter == "$select":
            text += f"{' ' if text else ''}{keyword} "
            starts[parameter] = len(text)
            text += clauses.get(parameter, "*")
    query = Query(text)
    for parameter, start in starts.items():
        reader = _Reader(text, start, start + len(clauses.get(parameter, "*")))
        reader.clause(CLAUSES[parameter], query)
        reader.expect_end()
    return query


def parse_statement(text: str) -> Query:
    """The query of a whole statement, as `$query` holds it.

    Raises:
        SoqlError: the statement is not SoQL, or chains statements with `|>`, which this portal does not do.
    """
    query = Query(text)
    reader = _Reader(text, 0, len(text))
    reader.expect("select")
    reader.clause("SELECT", query)
    for keyword in list(CLAUSES.values())[1:]:
        if reader.accept(*keyword.lower().split()):
            reader.clause(keyword, query)
    reader.expect_end()
    return query


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int

    @property
    def word(self) -> str:
        """What keywords and symbols are recognised by; literals and names in backticks are neither."""
        return self.text.lower() if self.kind in ("name", "symbol") else ""


T = TypeVar("T")


class _Reader:
    """Reads one stretch of a statement, token by token, with no way back."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text = text
        self._tokens = list(self._tokenise(start, end))
        self._next = 0
        self._depth = 0
        self._links = 0

    def clause(self, keyword: str, query: Query) -> None:
        """Read what follows `keyword` into `query`."""
        match keyword:
            case "SELECT":
                query.distinct = self.accept("distinct")
                query.select = self._select_list()
            case "WHERE":
                query.where = self._expression()
            case "GROUP BY":
                query.group = self._list(self._expression)
            case "HAVING":
                query.having = self._expression()
            case "ORDER BY":
                query.order = self._list(self._order)
            case "LIMIT":
                query.limit = self._count()
            case "OFFSET":
                query.offset = self._count()

    def accept(self, *words: str) -> bool:
        """Step over `words` if all of them come next."""
        following = self._tokens[self._next : self._next + len(words)]
        if [token.word for token in following] != list(words):
            return False
        self._next += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Step over `words`, which must come next."""
        if not self.accept(*words):
            raise self._unexpected(f"`{' '.join(words).upper()}'")

    def expect_end(self) -> None:
        """Nothing may come any more."""
        if self._token.kind != "end":
            raise self._unexpected("the end")

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._token
        self._next += 1
        return token

    def _tokenise(self, start: int, end: int) -> list[_Token]:
        tokens = []
        position = start
        while position < end:
            match = TOKEN.match(self._text, position, end)
            if match is None:
                raise self._unreadable(position)
            kind = str(match.lastgroup)
            if kind == "comment":
                raise self._malformed(position, f"Expected an expression, but got the comment mark `{match[0]}'")
            if kind == "chain":
                raise self._malformed(position, "Expected one statement; chained statements are not served here")
            if kind != "space":
                tokens.append(_Token(kind, match[0], position))
            position = match.end()
        return [*tokens, _Token("end", "", end)]

    def _unreadable(self, position: int) -> SoqlError:
        character = self._text[position]
        if character == "'":
            return SoqlError("query.soql.unterminated-string", "Unterminated string", position, text=self._text)
        said = f"Unexpected character: {character!r}"
        return SoqlError(
            "query.soql.unexpected-character", said, position, text=self._text, data={"character": character}
        )

    def _malformed(self, position: int, said: str) -> SoqlError:
        return SoqlError(MALFORMED, said, position, text=self._text)

    def _unexpected(self, expected: str) -> SoqlError:
        token = self._token
        got = f"`{token.text}'" if token.kind != "end" else "end of input"
        return self._malformed(token.position, f"Expected {expected}, but got {got}")

    def _list(self, entry: Callable[[], T]) -> tuple[T, ...]:
        entries = [entry()]
        while self.accept(","):
            entries.append(entry())
        return tuple(entries)

    def _select_list(self) -> tuple[Star | Selected, ...]:
        entries: list[Star | Selected] = []
        if self.accept(":*"):
            entries.append(Star(is_system=True))
            if not self.accept(","):
                return tuple(entries)
        if self.accept("*"):
            entries.append(Star(is_system=False))
            if not self.accept(","):
                return tuple(entries)
        return (*entries, *self._list(self._selected))

    def _selected(self) -> Selected:
        expression = self._expression()
        return Selected(expression, self._name() if self.accept("as") else None)

    def _order(self) -> Order:
        expression = self._expression()
        descending = self.accept("desc")
        if not descending:
            self.accept("asc")
        nulls_first = descending
        if self.accept("null") or self.accept("nulls"):
            nulls_first = self.accept("first")
            if not nulls_first:
                self.expect("last")
        return Order(expression, descending, nulls_first)

    def _count(self) -> int:
        if self._token.kind != "number" or not self._token.text.isdecimal() or len(self._token.text) > 18:
            raise self._unexpected("a whole number")
        return int(self._take().text)

    def _name(self) -> str:
        if self._token.kind == "quoted":
            return self._take().text[1:-1].lower()
        if self._token.kind != "name" or self._token.word in RESERVED:
            raise self._unexpected("a name")
        return self._take().text.lower()

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._malformed(self._token.position, f"Expected at most {DEEPEST} nested expressions")
        node = self._joined("or", lambda: self._joined("and", self._negation))
        self._depth -= 1
        return node

    def _joined(self, word: str, operand: Callable[[], Node]) -> Node:
        first = operand()
        operands = [first]
        position = self._token.position
        while self.accept(word):
            operands.append(operand())
        return first if len(operands) == 1 else Call(word, tuple(operands), position=position)

    def _negation(self) -> Node:
        position = self._token.position
        nots = 0
        while self.accept("not"):
            nots += 1
        node = self._comparison()
        return Call("not", (node,), position=position) if nots % 2 else node

    def _comparison(self) -> Node:
        left = self._sum()
        position = self._token.position
        if self._token.kind == "symbol" and self._token.text in COMPARISONS:
            operator = COMPARISONS[self._take().text]
            return Call(operator, (left, self._sum()), position=position)
        if self.accept("is", "not", "null"):
            return Call("is not null", (left,), position=position)
        if self.accept("is", "null"):
            return Call("is null", (left,), position=position)
        negated = self.accept("not")
        if self.accept("between"):
            low = self._sum()
            self.expect("and")
            found = Call("between", (left, low, self._sum()), position=position)
        elif self.accept("in"):
            self.expect("(")
            found = Call("in", (left, *self._list(self._expression)), position=position)
            self.expect(")")
        elif self.accept("like"):
            found = Call("like", (left, self._sum()), position=position)
        elif negated:
            raise self._unexpected("`BETWEEN', `IN' or `LIKE'")
        else:
            return left
        return Call("not", (found,), position=position) if negated else found

    def _sum(self) -> Node:
        return self._chain(("+", "-", "||"), lambda: self._chain(("*", "/", "%"), self._signed))

    def _chain(self, operators: tuple[str, ...], operand: Callable[[], Node]) -> Node:
        node = operand()
        while self._token.word in operators:
            token = self._take()
            node = Call(token.text, (node, operand()), position=token.position)
            self._links += 1
            if self._links > MOST_LINKS:
                raise self._malformed(token.position, f"Expected at most {MOST_LINKS} operators")
        return node

    def _signed(self) -> Node:
        position = self._token.position
        if self.accept("-"):
            if self._token.kind == "number":
                return Number(f"-{self._take().text}", position)
            return Call("unary minus", (self._primary(),), position=position)
        self.accept("+")
        return self._primary()

    def _primary(self) -> Node:
        token = self._token
        if token.kind == "text":
            self._take()
            return Text(token.text[1:-1].replace("''", "'"), token.position)
        if token.kind == "number":
            self._take()
            return Number(token.text, token.position)
        if self.accept("("):
            node = self._expression()
            self.expect(")")
            return node
        if token.word in ("true", "false"):
            self._take()
            return Boolean(token.word == "true", token.position)
        if self.accept("null"):
            return Null(token.position)
        if self.accept("case", "when"):
            return self._case(token.position)
        if token.kind not in ("name", "quoted") or token.word in RESERVED:
            raise self._unexpected("an expression")
        name = self._name()
        if token.kind == "name" and self.accept("("):
            return self._call(name, token.position)
        return Name(name, token.position)

    def _call(self, function: str, position: int) -> Call:
        if self.accept(")"):
            return Call(function, position=position)
        if function == "count" and self.accept("*"):
            self.expect(")")
            return Call("count", position=position)
        distinct = self.accept("distinct")
        arguments = self._list(self._expression)
        self.expect(")")
        return Call(function, arguments, distinct, position)

    def _case(self, position: int) -> Call:
        branches: list[Node] = []
        while True:
            condition = self._expression()
            self.expect("then")
            branches += [condition, self._expression()]
            if not self.accept("when"):
                break
        if self.accept("else"):
            branches += [Boolean(value=True), self._expression()]
        self.expect("end")
        return Call("case", tuple(branches), position=position)
