"""Links from an asset to the code behind it: the step, what it does, the declaration of its feed."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg

from chicago_crashes.feeds import Feed
from chicago_crashes.settings import PROJECT_ROOT

DECLARATIONS = PROJECT_ROOT / "chicago_crashes" / "feeds"


def links_to_code(
    step: Callable[..., Any], way: Callable[..., Any], code_url: str, *, feed: Feed | None = None
) -> dg.CodeReferencesMetadataValue:
    """The places in the code; below `code_url`, if there is one, and otherwise the files of this machine."""
    places: list[tuple[str, Path, int]] = [("the step", *_place(step)), ("what it does", *_place(way))]
    if feed is not None:
        places.append(("the declaration of the feed", DECLARATIONS / f"{feed.name}.py", 1))
    return dg.CodeReferencesMetadataValue(
        code_references=[
            dg.UrlCodeReference(url=f"{code_url.rstrip('/')}/{file.relative_to(PROJECT_ROOT)}#L{line}", label=label)
            if code_url
            else dg.LocalFileCodeReference(file_path=str(file), line_number=line, label=label)
            for label, file, line in places
        ]
    )


def _place(function: Callable[..., Any]) -> tuple[Path, int]:
    return Path(inspect.getfile(function)), inspect.getsourcelines(function)[1]
