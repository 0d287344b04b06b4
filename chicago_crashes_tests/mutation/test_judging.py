"""What becomes of planted mistakes: noticed, not noticed, or too slow; and what is told of it."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from textwrap import dedent

import pytest

from chicago_crashes_tests.mutation.core import Part
from chicago_crashes_tests.mutation.drawing import Drawn
from chicago_crashes_tests.mutation.judging import Judgement, Task, judge
from chicago_crashes_tests.mutation.mistakes import Mistake
from chicago_crashes_tests.mutation.scores import Score, document, score, scores_by_module, survivors, told
from chicago_crashes_tests.mutation.scratch import Scratch

SOURCE = "LIMIT = 3\n"
TEST = "from limits import LIMIT\n\n\ndef test_the_limit():\n    assert LIMIT < 4\n"
PART = Part("limits", ("limits.py",), ("test_limits",))

# Later versions of Python warn of forks beside threads, which the forked process here never needs.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def planted(text: str) -> Drawn:
    """Another text in the place of the limit."""
    return Drawn(PART, Mistake("limits.py", 8, 9, text, "number"), SOURCE)


@pytest.fixture
def scratches(tmp_path: Path) -> list[Scratch]:
    copies = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "limits.py").write_text(SOURCE)
        (tmp_path / name / "test_limits.py").write_text(TEST)
        copies.append(Scratch(tmp_path / name))
    return copies


def judged(scratches: Sequence[Scratch], *drawn: Drawn | None, seconds: float = 100) -> dict[str, Judgement]:
    """What became of each, by the text that was planted.

    Libraries that other tests use do not bear a fork, so a fresh process judges, as it is for the command.
    """
    tasks = [Task(one, ("test_limits.py",), seconds) for one in drawn]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        found = fresh.submit(_found, tasks, scratches).result()
    return {one.task.drawn.mistake.text if one.task.drawn else "": one for one in found}


def _found(tasks: Sequence[Task], scratches: Sequence[Scratch]) -> list[Judgement]:
    return list(judge(tasks, scratches, scratches[0].folder.parent))


def test_each_mistake_is_judged_by_itself_and_taken_back(scratches: list[Scratch]) -> None:
    found = judged(scratches, None, planted("4"), planted("2"), planted("9"), planted("("))

    assert {text: one.noticed for text, one in found.items()} == {
        "": None,
        "4": "test_limits.py::test_the_limit",
        "2": None,
        "9": "test_limits.py::test_the_limit",
        "(": "test_limits.py",
    }
    assert [(scratch.folder / "limits.py").read_text() for scratch in scratches] == [SOURCE, SOURCE]


def test_what_never_ends_is_noticed(scratches: list[Scratch]) -> None:
    found = judged(scratches, planted("3\nwhile True: pass"), seconds=0.1)

    assert [one.noticed for one in found.values()] == ["(took too long)"]


def test_scores_and_survivors(scratches: list[Scratch]) -> None:
    judgements = list(judged(scratches, planted("4"), planted("2")).values())

    assert score("all", judgements).share == 0.5
    assert score("none", []).share == 1
    assert scores_by_module(judgements) == [Score("limits|limits.py", 2, 1)]
    (survivor,) = survivors(judgements)
    lines = told(survivor).splitlines()
    assert lines[0].startswith("limits.py:1 number: NOT NOTICED (")
    assert lines[1:] == ["    -LIMIT = 3", "    +LIMIT = 2"]
    page = document(judgements, commit="abc", seed=7, drawn_from=1234, minutes=2.4)
    assert "| planted | 2 of 1,234 that can be made |" in page
    assert "| limits | limits.py | 2 | 1 | 50% |" in page
    assert "`limits.py:1 number`\n\n```diff\n-LIMIT = 3\n+LIMIT = 2\n```" in page
    assert dedent(page) == page
