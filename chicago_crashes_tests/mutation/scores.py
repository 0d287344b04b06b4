"""What came of it: how many mistakes of each part were noticed, and which were not."""

from collections.abc import Sequence
from dataclasses import dataclass

from chicago_crashes_tests.mutation.judging import Judgement

BAR = 0.9


@dataclass(frozen=True, slots=True)
class Score:
    """Mistakes of a part, or of all."""

    name: str
    planted: int
    noticed: int

    @property
    def share(self) -> float:
        """The share that was noticed; nothing planted, nothing missed."""
        return self.noticed / self.planted if self.planted else 1.0


def score(name: str, judgements: Sequence[Judgement]) -> Score:
    """The score of these."""
    return Score(name, len(judgements), sum(one.noticed is not None for one in judgements))


def scores_by_module(judgements: Sequence[Judgement]) -> list[Score]:
    """The score of each module; the SQL files of a folder together."""
    of_modules: dict[str, list[Judgement]] = {}
    for one in judgements:
        assert one.task.drawn is not None
        path = one.task.drawn.mistake.path
        module = f"{path.rpartition('/')[0]}/*.sql" if path.endswith(".sql") else path
        of_modules.setdefault(f"{one.task.drawn.part.name}|{module}", []).append(one)
    return [score(name, of_module) for name, of_module in sorted(of_modules.items())]


def survivors(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Those nobody noticed."""
    return [one for one in judgements if one.noticed is None]


def told(judgement: Judgement) -> str:
    """A mistake and its fate, for the terminal."""
    fate = f"noticed by {judgement.noticed}" if judgement.noticed else "NOT NOTICED"
    text = f"{judgement.task.drawn}: {fate} ({judgement.seconds:.0f} s)"
    return text if judgement.noticed else "\n".join([text, *(f"    {line}" for line in _diff(judgement))])


def _diff(judgement: Judgement) -> list[str]:
    drawn = judgement.task.drawn
    return drawn.mistake.diff(drawn.source) if drawn else []


def document(judgements: Sequence[Judgement], *, commit: str, seed: int, drawn_from: int, minutes: float) -> str:
    """docs/mutation-testing.md."""
    total = score("all", judgements)
    rows = [
        f"| {one.name.replace('|', ' | ')} | {one.planted} | {one.noticed} | {one.share:.0%} |"
        for one in scores_by_module(judgements)
    ]
    left = [
        "\n".join([f"`{one.task.drawn}`", "", "```diff", *_diff(one), "```", ""])
        for one in sorted(survivors(judgements), key=lambda one: str(one.task.drawn))
    ]
    return DOCUMENT.format(
        commit=commit,
        seed=seed,
        drawn_from=f"{drawn_from:,}",
        minutes=f"{minutes:.0f}",
        planted=total.planted,
        noticed=total.noticed,
        share=f"{total.share:.1%}",
        bar=f"{BAR:.0%}",
        rows="\n".join(rows),
        survivors="\n".join(left) or "None.\n",
    )


DOCUMENT = """\
# Planted mistakes

Do the tests notice when the core goes wrong? `make mutants` draws small mistakes at random from the core (another
comparison, a bound off by one, a condition or a step forgotten, two arguments swapped, another join), plants one at a
time in a copy of the project, and runs the tests that judge the module. It writes this page, and fails below {bar}.

| what | was |
|---|---|
| commit | {commit} |
| seed | {seed} |
| planted | {planted} of {drawn_from} that can be made |
| noticed | {noticed}, {share} |
| took | {minutes} minutes |

| part | module | planted | noticed | score |
|---|---|---|---|---|
{rows}

A mistake counts as noticed if a test fails that passes without it, or if a test does not end. What changes nothing
anyone could notice is declared with its reason in `chicago_crashes_tests/mutation/equivalents.toml` and is not planted.
`chicago_crashes_tests/mutation/core.py` declares what the core is and which tests judge it.

`make mutants SEED=7` draws the same mistakes again, `SAMPLE=300` more of them, `BUDGET=60` takes up to an hour,
`ONLY=merge` plants in parts or paths that contain the word and leaves this page alone.

## Not noticed

{survivors}"""
