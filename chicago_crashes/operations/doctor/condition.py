"""The condition of one thing: well, worth a look, or broken; and what to do."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from chicago_crashes.errors import CrashesError
from chicago_crashes.secrets import without_secrets


class State(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Condition:
    """How one thing is, in words, and what to do about it unless it is well."""

    name: str
    state: State
    says: str
    remedy: str = ""


def ok(name: str, says: str) -> Condition:
    """A thing that is well."""
    return Condition(name, State.OK, says)


def warning(name: str, says: str, remedy: str) -> Condition:
    """A thing that works, and that somebody should look at."""
    return Condition(name, State.WARNING, says, remedy)


def problem(name: str, says: str, remedy: str) -> Condition:
    """A thing that does not work."""
    return Condition(name, State.PROBLEM, says, remedy)


def examined(name: str, look: Callable[[], Iterable[Condition]]) -> Iterator[Condition]:
    """The conditions that a look finds; if the look itself fails, that is the condition."""
    try:
        found = list(look())
    except CrashesError as error:
        found = [problem(name, str(error), "Do as the message says, then run `chicago-crashes doctor` again.")]
    except Exception as error:  # noqa: BLE001 - one broken thing must not hide the others, and it is told
        says = f"It could not be examined: {type(error).__name__}: {str(error).strip()}"
        found = [problem(name, says, "Mend what the message names, then run `chicago-crashes doctor` again.")]
    for condition in found:
        yield Condition(
            condition.name, condition.state, _line(condition.says), _line(condition.remedy) if condition.remedy else ""
        )


def unexamined(names: Iterable[str], because: str) -> Iterator[Condition]:
    """Conditions nobody can know as long as something else is broken."""
    for name in names:
        yield warning(name, f"Not examined, because {because}.", "Mend that first.")


def _line(text: str) -> str:
    return " ".join(without_secrets(text).split())
