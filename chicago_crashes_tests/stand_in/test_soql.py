"""SoQL is read by its grammar; what is not SoQL is refused where it stops being SoQL."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chicago_crashes.stand_in.soql import (
    MALFORMED,
    Boolean,
    Call,
    Name,
    Null,
    Number,
    Order,
    Selected,
    SoqlError,
    Star,
    Text,
    parse_clauses,
    parse_statement,
)


def where(text: str) -> object:
    return parse_clauses({"$where": text}).where


def refused(**clauses: str) -> SoqlError:
    with pytest.raises(SoqlError) as caught:
        parse_clauses({f"${name}": text for name, text in clauses.items()})
    return caught.value


def test_without_clauses_all_columns_are_meant() -> None:
    query = parse_clauses({})
    assert query.select == (Star(is_system=False),)
    assert (query.where, query.group, query.order, query.limit, query.offset) == (None, (), (), None, 0)


def test_a_select_list() -> None:
    query = parse_clauses({"$select": ":*, *, count(*) AS n, `odd name`, upper(x)"})
    assert query.select == (
        Star(is_system=True),
        Star(is_system=False),
        Selected(Call("count"), "n"),
        Selected(Name("odd name"), None),
        Selected(Call("upper", (Name("x"),)), None),
    )


@pytest.mark.parametrize("text", ["*,:*", "a,*", "a,:*", "a b", "a,", "", "a as", "a as 'b'", "count(*", "a as select"])
def test_what_is_no_select_list(text: str) -> None:
    assert refused(select=text).code == MALFORMED


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a = 'x'", Call("=", (Name("a"), Text("x")))),
        ("a == 1", Call("=", (Name("a"), Number("1")))),
        ("a <> -1.5", Call("!=", (Name("a"), Number("-1.5")))),
        ("A >= 1e3", Call(">=", (Name("a"), Number("1e3")))),
        ("a = 'it''s'", Call("=", (Name("a"), Text("it's")))),
        ("a is null", Call("is null", (Name("a"),))),
        ("a IS NOT NULL", Call("is not null", (Name("a"),))),
        ("a between 1 and 2", Call("between", (Name("a"), Number("1"), Number("2")))),
        ("a not in ('x', null)", Call("not", (Call("in", (Name("a"), Text("x"), Null())),))),
        ("a like '%x'", Call("like", (Name("a"), Text("%x")))),
        ("not not a", Name("a")),
        ("case(a, 1, true, 2)", Call("case", (Name("a"), Number("1"), Boolean(value=True), Number("2")))),
        (
            "case when a then 1 else 2 end",
            Call("case", (Name("a"), Number("1"), Boolean(value=True), Number("2"))),
        ),
        (":@computed_region_x > 1", Call(">", (Name(":@computed_region_x"), Number("1")))),
        ("count(distinct a)", Call("count", (Name("a"),), distinct=True)),
    ],
)
def test_expressions(text: str, tree: object) -> None:
    assert where(text) == tree


def test_operators_bind_as_they_should() -> None:
    assert where("a or b and not c = 1 + 2 * 3 - 4") == Call(
        "or",
        (
            Name("a"),
            Call(
                "and",
                (
                    Name("b"),
                    Call(
                        "not",
                        (
                            Call(
                                "=",
                                (
                                    Name("c"),
                                    Call(
                                        "-",
                                        (
                                            Call("+", (Number("1"), Call("*", (Number("2"), Number("3"))))),
                                            Number("4"),
                                        ),
                                    ),
                                ),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    )
    assert where("(a or b) and c") == Call("and", (Call("or", (Name("a"), Name("b"))), Name("c")))


def test_orders_put_nulls_where_the_portal_does() -> None:
    order = parse_clauses({"$order": "a, b desc, c asc null first, d desc nulls last"}).order
    assert order == (
        Order(Name("a"), descending=False, nulls_first=False),
        Order(Name("b"), descending=True, nulls_first=True),
        Order(Name("c"), descending=False, nulls_first=True),
        Order(Name("d"), descending=True, nulls_first=False),
    )


def test_a_whole_statement() -> None:
    query = parse_statement("SELECT a, count(*) WHERE b = 1 GROUP BY a HAVING count(*) > 1 ORDER BY a LIMIT 3 OFFSET 4")
    assert query.group == (Name("a"),)
    assert query.order == (Order(Name("a"), descending=False, nulls_first=False),)
    assert (query.limit, query.offset) == (3, 4)
    assert parse_statement("select distinct a").distinct


@pytest.mark.parametrize(
    "statement",
    ["", "a", "select", "select a where", "select a limit 1 where b", "select a |> select b", "select a; select b"],
)
def test_what_is_no_statement(statement: str) -> None:
    with pytest.raises(SoqlError):
        parse_statement(statement)


@pytest.mark.parametrize("text", ["-1", "x", "1.5", "1e3", "", "9" * 30, "1 offset 2", "1;"])
def test_what_is_no_limit(text: str) -> None:
    refused(limit=text)
    refused(offset=text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a = 'x", "query.soql.unterminated-string"),
        ("a = 'x'; drop table t", "query.soql.unexpected-character"),
        ('a = "x"', "query.soql.unexpected-character"),
        ("a = 'x' -- and b", MALFORMED),
        ("a = /* x */ 1", MALFORMED),
        ("a = 1 limit 5", MALFORMED),
        ("a = 1) or (b = 1", MALFORMED),
        ("a = 1 group by b", MALFORMED),
        ("a in (select b)", MALFORMED),
        ("a in ()", MALFORMED),
        ("a between 1", MALFORMED),
        ("a not 1", MALFORMED),
        ("a is 1", MALFORMED),
        ("a =", MALFORMED),
        ("= 1", MALFORMED),
        ("a b", MALFORMED),
        ("(" * 1000 + "a" + ")" * 1000, MALFORMED),
        ("1" + "+1" * 1000, MALFORMED),
        ("a = $1", "query.soql.unexpected-character"),
        ("a = \x00", "query.soql.unexpected-character"),
    ],
)
def test_hostile_conditions(text: str, code: str) -> None:
    assert refused(where=text).code == code


def test_an_error_points_into_the_folded_statement() -> None:
    error = refused(select="a", where="b ! 1")
    assert error.text == "SELECT a WHERE b ! 1"
    assert error.text[error.position] == "!"


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(SoqlError):
        parse_clauses({"$select": text, "$where": text, "$order": text})


@given(st.text(max_size=40).filter(lambda text: "\x00" not in text))
def test_any_text_can_be_a_literal(text: str) -> None:
    literal = "'" + text.replace("'", "''") + "'"
    assert where(f"a = {literal}") == Call("=", (Name("a"), Text(text)))
