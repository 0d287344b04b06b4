"""Which mistakes can be made: exactly those in what decides, and none in what only people read."""

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from chicago_crashes.settings import PROJECT_ROOT
from chicago_crashes_tests.mutation.core import CORE, Part
from chicago_crashes_tests.mutation.drawing import draw, mistakes_in, possible
from chicago_crashes_tests.mutation.equivalents import Equivalent, declared, is_declared

PYTHON = '''
"""At most 3."""
LIMIT = 3

def fits(rows: int, most: int = 5_000) -> bool:
    """Whether 1 < 2."""
    logger.info("asked %s", rows > 1)
    return rows <= LIMIT and not is_late(rows, most)
'''

SQL = """
-- a and b, 1 > 2
select max(a.day) from a left join b using (day)
where a.day >= %(first)s and a.day between b.day - 1 and 'x and y'
    and {open} is not null
"""


def planted(path: str, source: str) -> list[str]:
    """The lines that mistakes put in the place of others."""
    return [
        " ".join(line[1:].strip() for line in mistake.diff(source) if line.startswith("+"))
        for mistake in mistakes_in(path, source)
    ]


def test_mistakes_in_python() -> None:
    assert sorted(planted("x.py", PYTHON)) == sorted(
        [
            "LIMIT = 4",
            "return (not (rows <= LIMIT and (not is_late(rows, most))))",
            "return (rows <= LIMIT or not is_late(rows, most))",
            "return (rows <= LIMIT)",
            "return (not is_late(rows, most))",
            "return (rows < LIMIT) and not is_late(rows, most)",
            "return rows <= LIMIT and is_late(rows, most)",
            "return rows <= LIMIT and not is_late(most, rows)",
        ]
    )


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("a = [x for x in y if x]", "a = [x for x in y]"),
        ("a = y.sort('b', descending=True)", "a = y.sort('b', descending=False)"),
        ("a = y.sort('b')", "a = y"),
        ("a = b.join(c, how='semi')", "a = b.join(c, how='anti')"),
        ("a = min(b, c)", "a = max(b, c)"),
        ("a = ~b & c", "a = (~b | c)"),
        ("a = b + c if d else e", "a = (e if d else b + c)"),
        ("for a in b:\n    c += 1", "c -= 1"),
        ("if a:\n    raise b", "pass"),
        ("if a:\n    raise b", "if (not a):"),
        ("a(b)", "pass"),
        ("def a() -> int | None:\n    return b", "return None"),
        ("a = day.raw_rows", "a = day.source_rows"),
        ("a('select b from c where d > e')", "a('select b from c where d >= e')"),
    ],
)
def test_each_kind_of_mistake_in_python(right: str, wrong: str) -> None:
    assert wrong in planted("x.py", f"{right}\n")


def test_mistakes_in_sql() -> None:
    assert sorted(planted("x.sql", SQL)) == sorted(
        [
            "select min(a.day) from a left join b using (day)",
            "select max(a.day) from a join b using (day)",
            "where a.day > %(first)s and a.day between b.day - 1 and 'x and y'",
            "where a.day >= %(first)s or a.day between b.day - 1 and 'x and y'",
            "where a.day >= %(first)s and a.day between b.day + 1 and 'x and y'",
            "where a.day >= %(first)s and a.day between b.day - 2 and 'x and y'",
            "and {open} is null",
            "or {open} is not null",
            "",
        ]
    )


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("order by a desc nulls last", "order by a asc nulls last"),
        ("order by a desc nulls last", "order by a desc nulls first"),
        ("a is distinct from b", "a is not distinct from b"),
        ("coalesce(a, b)", "coalesce(b, a)"),
        ("count(*) filter (where a = 'K')", "count(*)"),
        ("where not exists (select 1)", "where exists (select 1)"),
        ("rank() over x", "dense_rank() over x"),
        ("select union all select", "select union select"),
        ("set a = excluded.a, b = excluded.b", "set b = excluded.b"),
    ],
)
def test_each_kind_of_mistake_in_sql(right: str, wrong: str) -> None:
    assert wrong in planted("x.sql", f"{right}\n")


def test_what_is_set_is_not_compared() -> None:
    assert planted("x.sql", "update a set b = c, d = e where f = g\n") == ["update a set b = c, d = e where f <> g"]


def test_the_core_is_where_it_is_declared_and_every_mistake_in_it_can_be_read() -> None:
    """A module that moved, or a test module that is gone, is named."""
    files = [path for part in CORE for path in part.files(PROJECT_ROOT)]
    assert len(files) == len(set(files)), "each is judged once"
    assert all(part.judged_by(PROJECT_ROOT) for part in CORE)
    windows = PROJECT_ROOT / next(path for path in files if path.name == "windows.py")
    source = windows.read_text()
    for mistake in mistakes_in("windows.py", source):
        ast.parse(mistake.planted_in(source))
    with pytest.raises(ValueError, match=r"nowhere.py; say in .* where it went"):
        Part("a part", ("nowhere.py",), ()).files(PROJECT_ROOT)


def test_a_seed_draws_the_same_again_and_nothing_that_is_declared_to_change_nothing(tmp_path: Path) -> None:
    part = Part("a part", ("a.py",), ())
    (tmp_path / "chicago_crashes").mkdir()
    (tmp_path / "chicago_crashes" / "a.py").write_text(
        dedent("""\
            if a < b and c:
                d = 1
        """)
    )
    choice = possible([part], tmp_path)
    equivalent = Equivalent("chicago_crashes/a.py", "d = 1", "d = 2", "nobody looks at d")
    drawn = draw(choice, [equivalent], seed=3, sample=100)
    assert drawn == draw(choice, [equivalent], seed=3, sample=100)
    assert drawn[:2] == draw(choice, [equivalent], seed=3, sample=2)
    assert drawn != draw(choice, [equivalent], seed=4, sample=100)
    assert len(drawn) == len(choice) - 1
    assert not any("d = 2" in one.mistake.planted_in(one.source) for one in drawn)
    here, elsewhere = (
        Equivalent("x.sql", "a > 1", "a >= 1", "so it is", after=line) for line in ("where b", "where c")
    )
    source = "where b\n  a > 1\n"
    (mistake,) = (one for one in mistakes_in("x.sql", source) if one.text == ">=")
    assert is_declared(mistake, source, [here])
    assert not is_declared(mistake, source, [elsewhere])


def test_what_is_declared_to_change_nothing_says_why() -> None:
    assert all(one.reason for one in declared())
