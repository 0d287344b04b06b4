"""Names of uploaded layers: short, plain, and no other's."""

import re
from pathlib import Path

from chicago_crashes.layers.published import PUBLISHED_LAYERS
from chicago_crashes.layers.uploads.texts import RefusedError, quoted

LONGEST = 41
RULE = f"small letters, digits and _, a letter first, at most {LONGEST} characters"

_NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST - 1}}}")
_OTHERS = re.compile(r"[^a-z0-9]+")


def require_name(name: str) -> str:
    """The name, if an uploaded layer can have it.

    Raises:
        RefusedError: it cannot.
    """
    if not _NAME.fullmatch(name):
        proposed = _slug(name)[:LONGEST].strip("_")
        use = proposed if _NAME.fullmatch(proposed) else "a name such as my_wards"
        raise RefusedError(f"{quoted(name)} cannot be the name of a layer, which takes {RULE}. Use {use}.")
    for layer in PUBLISHED_LAYERS:
        if name == layer.name or name in layer.singular:
            raise RefusedError(
                f"{quoted(name)} is what the City's own layer {layer.name} is called. Take another name, such as "
                f"my_{name}."
            )
    return name


def name_of_file(file: Path) -> str:
    """The name of the layer that a file in the folder makes: `My Wards 2.zip` makes my_wards_2.

    Raises:
        RefusedError: it makes none.
    """
    name = _slug(file.stem)
    if not _NAME.fullmatch(name):
        raise RefusedError(f"{quoted(file.name)} gives no name for a layer, which takes {RULE}. Rename the file.")
    return name


def _slug(text: str) -> str:
    return _OTHERS.sub("_", text.lower()).strip("_")
