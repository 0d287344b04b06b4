"""From the words people use to the area they mean: wards and ward, beat 111 and 0111, any case."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from chicago_crashes.answers.report.places import Area
from chicago_crashes.errors import PermanentError
from chicago_crashes.layers.published import PUBLISHED_LAYERS

MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class KnownArea:
    """An area as the database has it."""

    layer: str
    area: str
    label: str


def find_area(layer: str, area: str, known: Sequence[KnownArea]) -> Area:
    """The area that is meant.

    Raises:
        PermanentError: none is, or more than one; the message names what comes near.
    """
    by_layer: dict[str, list[KnownArea]] = {}
    for each in known:
        by_layer.setdefault(each.layer, []).append(each)
    if not by_layer:
        raise PermanentError("No boundary layer is loaded yet. Run `chicago-crashes layer refresh`.")
    name = _layer_meant(layer, by_layer)
    return Area(name, _area_meant(name, area, by_layer[name]))


def _layer_meant(said: str, by_layer: Mapping[str, object]) -> str:
    word = _joined(said)
    # What stands further to the right counts more: a layer's own name more than what people say for another.
    meant = (
        {form: name for form, name in _other_words().items() if name in by_layer}
        | {_singular(_joined(name)): name for name in by_layer}
        | {_joined(name): name for name in by_layer}
    )
    if word in meant:
        return meant[word]
    near = list(dict.fromkeys(meant[form] for form in get_close_matches(word, meant, n=3, cutoff=0.6)))
    raise PermanentError(
        f"There is no layer {said!r}. "
        + (f"Did you mean {_either(near)}? " if near else "")
        + f"Layers with areas: {_listed(sorted(by_layer))}. `chicago-crashes layer list` tells more."
    )


def _joined(name: str) -> str:
    """In small letters, with an underscore between words."""
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


def _singular(name: str) -> str:
    return f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")


def _other_words() -> dict[str, str]:
    """What people say for the City's layers."""
    return {form: layer.name for layer in PUBLISHED_LAYERS for word in layer.singular for form in (word, f"{word}s")}


def _area_meant(layer: str, said: str, areas: Sequence[KnownArea]) -> str:
    if not said:
        if len(areas) == 1:
            return areas[0].area
        raise PermanentError(f"Which of the {len(areas)} areas of {layer}? Write {layer}:{areas[0].area}, for example.")
    for matches in (
        [each for each in areas if each.area.casefold() == said.casefold()],
        [each for each in areas if _plain(each.label) == _plain(said)],
        [each for each in areas if _plain(said) in (_plain(each.area), _without_zeros(each.area))],
        [each for each in areas if _without_zeros(said) in (_without_zeros(each.area), _without_zeros(each.label))],
    ):
        if len(matches) == 1:
            return matches[0].area
        if matches:
            named = _listed([f"{layer}:{each.area} ({each.label})" for each in matches])
            raise PermanentError(f"{said!r} may be any of several areas: {named}. Name one by its key.")
    raise PermanentError(f"There is no area {said!r} in {layer}. {_near(layer, said, areas)}")


def _near(layer: str, said: str, areas: Sequence[KnownArea]) -> str:
    words = {_plain(word): each for each in areas for word in (each.area, each.label)}
    near = list(dict.fromkeys(words[word].label for word in get_close_matches(_plain(said), words, n=3, cutoff=0.6)))
    if near:
        return f"Did you mean {_either([f'{layer}:{label}' for label in near])}?"
    return f"Its areas: {_listed([each.label for each in areas])}."


def _plain(text: str) -> str:
    """Without case, blanks and punctuation, so that O'Hare, OHARE and o hare are one."""
    return re.sub(r"[\W_]+", "", text.casefold())


def _without_zeros(text: str) -> str:
    plain = _plain(text)
    return plain.lstrip("0") or plain


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")


def _either(names: Sequence[str]) -> str:
    return " or ".join(names)
