"""Mistakes in Python: another comparison or bound, a step or a condition forgotten, arguments the wrong way round.

Left out is what only people read (messages, logs, docstrings), what only the type checker reads, and numbers of a
thousand and more, which tune speed and memory.
"""

import ast
import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import accumulate, pairwise

from chicago_crashes_tests.mutation.mistakes import LOOKALIKES, Mistake
from chicago_crashes_tests.mutation.sql_mistakes import mistakes_in_sql

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
CALLED_INSTEAD = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "first": "last",
    "last": "first",
    "is_null": "is_not_null",
    "is_not_null": "is_null",
    "starts_with": "ends_with",
    "union": "intersection",
    "any_horizontal": "all_horizontal",
    "all_horizontal": "any_horizontal",
}
FORGOTTEN_STEPS = {
    *("filter", "sort", "unique", "drop_nulls", "fill_null", "head", "reverse", "abs", "round"),
    *("strip", "strip_chars", "lower", "upper", "to_lowercase", "to_uppercase"),
}
"""Methods that leave a value of the same kind behind when they are forgotten."""
TEXTS = {"semi": "anti", "anti": "semi", "first": "last", "last": "first"}
UNMISTAKABLE = {
    *("connection", "feed", "lake", "portal", "client", "run_id", "params", "parts"),
    *("_connection", "_feed", "_lake", "_portal"),
}
"""Names of arguments that the type checker would not let stand in another's place."""
TUNING = 1_000
SQL = re.compile(r"\s*\(*(select|insert|update|delete|with|stored\.|and |or )")
QUOTED = re.compile(r"(?P<quote>\"\"\"|'''|\"|')(?P<text>.*)(?P=quote)", re.DOTALL)

Change = tuple[ast.expr | ast.stmt, ast.AST, str]
"""A part of the module, what stands there by mistake, and the kind of mistake."""


def mistakes_in_python(path: str, source: str) -> list[Mistake]:
    """The mistakes that can be made in a module, in the order of its text."""
    places = _Places(source)
    found: set[Mistake] = set()
    for node in _read(ast.parse(source)):
        for part, instead, kind in _changes(node):
            found.add(Mistake(path, *places.of(part), _written(instead), kind))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(_mistakes_in_text(path, source, *places.of(node)))
    return sorted(found, key=lambda mistake: (mistake.start, mistake.end, mistake.text))


class _Places:
    """Where the parts of a module are in its text; the parser counts lines, and columns in bytes."""

    def __init__(self, source: str) -> None:
        self._lines = source.splitlines(keepends=True)
        self._starts = [0, *accumulate(map(len, self._lines))]

    def of(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """The offsets at which a part begins and ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())


def _read(node: ast.AST) -> Iterator[ast.AST]:
    """The node and what is in it, without what only people and the type checker read."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.JoinedStr() | ast.Import() | ast.ImportFrom():
            return
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="logger")))):
            return
        case ast.FunctionDef(name="__str__") | ast.Call(func=ast.Name(id="zip")):
            return
    yield node
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns", "decorator_list"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _read(child)


def _written(node: ast.AST) -> str:
    text = ast.unparse(node)
    return f"({text})" if isinstance(node, ast.BoolOp | ast.Compare | ast.BinOp | ast.UnaryOp | ast.IfExp) else text


def _mistakes_in_text(path: str, source: str, start: int, end: int) -> list[Mistake]:
    """Mistakes in SQL, if the text is SQL and written in one piece."""
    quoted = QUOTED.fullmatch(source[start:end])
    if not quoted or "\\" in quoted["text"] or not SQL.match(quoted["text"]):
        return []
    return mistakes_in_sql(path, quoted["text"], offset=start + quoted.start("text"))


def _changes(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.stmt):
        yield from _changed_statements(node)
    if isinstance(node, ast.Call):
        yield from _changed_calls(node)
    elif isinstance(node, ast.expr):
        yield from _changed_operators(node)
        yield from _changed_constants(node)
        yield from _changed_comprehensions(node)
        if isinstance(node, ast.Attribute) and node.attr in LOOKALIKES:
            yield node, ast.Attribute(node.value, LOOKALIKES[node.attr]), "another name"


def _changed_statements(node: ast.stmt) -> Iterator[Change]:
    match node:
        case ast.Expr():
            yield node, ast.Pass(), "call forgotten"
        case ast.Raise():
            yield node, ast.Pass(), "error not raised"
        case ast.Continue():
            yield node, ast.Break(), "loop left"
        case ast.Break():
            yield node, ast.Continue(), "loop not left"
        case ast.AugAssign(target=target, op=operator, value=value) if type(operator) in ARITHMETIC:
            yield node, ast.AugAssign(target, ARITHMETIC[type(operator)](), value), "arithmetic"
        case ast.If(test=test):
            yield test, _denied(test), "condition the other way round"
        case ast.FunctionDef(returns=ast.expr() as returns):
            yield from _changed_returns(node, ast.unparse(returns))


def _changed_returns(function: ast.FunctionDef, returns: str) -> Iterator[Change]:
    """Another answer that the type checker would let pass."""
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            if returns == "bool" and not isinstance(node.value, ast.Constant):
                yield node.value, _denied(node.value), "answer the other way round"
            elif returns.endswith("| None") and ast.unparse(node.value) != "None":
                yield node.value, ast.Constant(None), "no answer"


def _changed_operators(node: ast.expr) -> Iterator[Change]:
    match node:
        case ast.Compare(left=left, ops=operators, comparators=others):
            for place, operator in enumerate(operators):
                changed = [*operators[:place], COMPARISONS[type(operator)](), *operators[place + 1 :]]
                yield node, ast.Compare(left, changed, others), "comparison"
        case ast.BoolOp(op=operator, values=values):
            yield node, ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values), "and, or"
            for value in values:
                rest = [other for other in values if other is not value]
                yield node, rest[0] if len(rest) == 1 else ast.BoolOp(operator, rest), "condition forgotten"
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
            yield node, operand, "not"
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in ARITHMETIC:
            yield node, ast.BinOp(left, ARITHMETIC[type(operator)](), right), "arithmetic"
        case ast.IfExp(test=test, body=body, orelse=other):
            yield node, ast.IfExp(test, other, body), "condition the other way round"


def _changed_constants(node: ast.expr) -> Iterator[Change]:
    match node:
        case ast.Constant(value=bool(value)):
            yield node, ast.Constant(not value), "true, false"
        case ast.Constant(value=int(number)) if number < TUNING:
            yield node, ast.Constant(number + 1), "number"
        case ast.Constant(value=float(number)):
            yield node, ast.Constant(number * 2), "number"


def _changed_comprehensions(node: ast.expr) -> Iterator[Change]:
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        for place, generator in enumerate(node.generators):
            if generator.ifs:
                changed = deepcopy(node)
                changed.generators[place].ifs.pop()
                yield node, changed, "condition forgotten"


def _changed_calls(node: ast.Call) -> Iterator[Change]:
    match node.func:
        case ast.Name(id=name) if name in CALLED_INSTEAD:
            yield node.func, ast.Name(CALLED_INSTEAD[name]), "another call"
        case ast.Attribute(value=value, attr=name) if name in CALLED_INSTEAD and not node.args:
            yield node.func, ast.Attribute(value, CALLED_INSTEAD[name]), "another call"
        case ast.Attribute(value=value, attr=name) if name in FORGOTTEN_STEPS:
            yield node, value, "step forgotten"
    named = ast.unparse(node.func)
    for place, (first, second) in enumerate(pairwise(node.args if named != "isinstance" else [])):
        if _may_be_confused(first) and _may_be_confused(second):
            swapped = [*node.args[:place], second, first, *node.args[place + 2 :]]
            yield node, ast.Call(node.func, swapped, node.keywords), "arguments swapped"
    for keyword in node.keywords:
        match keyword.value:
            case ast.Constant(value=str(text)) if keyword.arg in ("how", "keep") and text in TEXTS:
                yield keyword.value, ast.Constant(TEXTS[text]), "another option"


def _may_be_confused(argument: ast.expr) -> bool:
    """Whether it looks like its neighbour; the type checker would see most others."""
    named = isinstance(argument, ast.Name | ast.Attribute | ast.BinOp)
    return named and ast.unparse(argument).rpartition(".")[2] not in UNMISTAKABLE


def _denied(test: ast.expr) -> ast.expr:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)
