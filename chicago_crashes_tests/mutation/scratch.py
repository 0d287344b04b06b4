"""Copies of the project in which mistakes are planted; the work tree is never touched."""

import compileall
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

from chicago_crashes_tests.mutation.drawing import Drawn


@dataclass(frozen=True, slots=True)
class Scratch:
    """One copy, in which one mistake at a time is planted."""

    folder: Path

    @contextmanager
    def planted(self, drawn: Drawn | None) -> Iterator[None]:
        """The mistake is in the copy, if there is one."""
        if drawn is None:
            yield
            return
        file = self.folder / drawn.mistake.path
        file.write_text(drawn.mistake.planted_in(drawn.source))
        try:
            yield
        finally:
            file.write_text(drawn.source)


def make_scratch(root: Path, folder: Path) -> Scratch:
    """Copy what Git knows of the project, as it is in the work tree now.

    What Python compiles is marked with a digest of its source: two mistakes planted within a second are two modules.
    """
    for name in listed(root):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target)
    for package in ("chicago_crashes", "chicago_crashes_tests"):
        compileall.compile_dir(folder / package, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return Scratch(folder)


def listed(root: Path) -> list[str]:
    """The files of the project: those Git has, and new ones it does not ignore."""
    return [name for name in _git(root, "ls-files", "-co", "--exclude-standard").splitlines() if (root / name).exists()]


def commit(root: Path) -> str:
    """The commit of the work tree, and whether something has changed since."""
    changed = " with changes" if _git(root, "status", "--porcelain") else ""
    return _git(root, "rev-parse", "--short", "HEAD").strip() + changed


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True).stdout
