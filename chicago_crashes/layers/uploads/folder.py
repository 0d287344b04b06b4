"""The folder of uploaded layers: each file in it is a layer, with what was said of it beside it.

`my_wards.geojson` makes the layer my_wards; `my_wards.toml`, if there is one, holds its title, its fields and so on.
Names that begin with a dot are files that are still being copied.
"""

import hashlib
import json
import shutil
import stat
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from chicago_crashes.layers.uploads.names import name_of_file
from chicago_crashes.layers.uploads.reading import SUFFIXES
from chicago_crashes.layers.uploads.texts import RefusedError, quoted
from chicago_crashes.layers.uploads.upload import Wishes
from chicago_crashes.settings import PROJECT_ROOT

WISHES_SUFFIX = ".toml"
LARGEST_WISHES = 20_000
WISHES = tuple(field.name for field in fields(Wishes))


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A layer's file in the folder."""

    path: Path

    @property
    def wishes_path(self) -> Path:
        """Where what was said of it is, if anything was."""
        return self.path.with_suffix(WISHES_SUFFIX)

    def stamp(self) -> str:
        """Changes whenever the file, or what was said of it, is written."""
        return " ".join(_stamp(path) for path in (self.path, self.wishes_path))

    def digest(self) -> str:
        """The SHA-256 of the file and of what was said of it."""
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            for chunk in iter(lambda: file.read(1 << 20), b""):
                digest.update(chunk)
        if self.wishes_path.is_file():
            digest.update(b"\0" + self.wishes_path.read_bytes()[:LARGEST_WISHES])
        return digest.hexdigest()

    def wishes(self) -> Wishes:
        """What was said of it.

        Raises:
            RefusedError: it cannot be understood.
        """
        try:
            text = self.wishes_path.read_bytes()[:LARGEST_WISHES].decode() if self.wishes_path.is_file() else ""
            found = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RefusedError(
                f"{quoted(self.wishes_path.name)} is no TOML: {error}. Mend it, or delete it."
            ) from error
        for name, value in found.items():
            if name not in WISHES or not isinstance(value, str):
                raise RefusedError(
                    f"{quoted(self.wishes_path.name)} cannot say {quoted(name)} so: texts for {', '.join(WISHES)} were "
                    "expected. Mend it, or delete it."
                )
        return Wishes(**found)


class LayersFolder:
    """The folder `CRASHES_LAYERS_FOLDER`; relative to the project's own."""

    def __init__(self, folder: str | Path) -> None:
        self.path = PROJECT_ROOT / folder

    def files(self) -> dict[str, list[LayerFile]]:
        """The files of each layer, by its name; a layer should have one."""
        found: dict[str, list[LayerFile]] = {}
        for path in self._candidates():
            try:
                found.setdefault(name_of_file(path), []).append(LayerFile(path))
            except RefusedError:
                continue
        return found

    def nameless(self) -> list[str]:
        """What is wrong with the names of files that can make no layer."""
        told = []
        for path in self._candidates():
            try:
                name_of_file(path)
            except RefusedError as error:
                told.append(str(error))
        return told

    def file(self, name: str) -> LayerFile:
        """The file of a layer.

        Raises:
            RefusedError: there is none, or several.
        """
        found = self.files().get(name, [])
        if len(found) > 1:
            told = " and ".join(quoted(each.path.name) for each in found)
            raise RefusedError(f"{told} would both be the layer {name}. Rename one of them, or delete it.")
        if not found:
            raise RefusedError(
                f"There is no file of the layer {name} in {self.path}. Put it there, or delete the layer."
            )
        return found[0]

    @contextmanager
    def put(self, name: str, file: Path, wishes: Wishes) -> Iterator[LayerFile]:
        """Put a file into the folder as that of a layer; if the block fails, all is as it was before."""
        self.path.mkdir(parents=True, exist_ok=True)
        placed = LayerFile(self.path / f"{name}{file.suffix.lower()}")
        coming = self.path / f".{placed.path.name}.coming"
        shutil.copyfile(file, coming)
        aside = self._put_aside(name)
        try:
            if any(asdict(wishes).values()):
                placed.wishes_path.write_text(_toml(wishes))
            coming.replace(placed.path)
            yield placed
        except BaseException:
            for path in (coming, placed.path, placed.wishes_path):
                path.unlink(missing_ok=True)
            for path, kept in aside.items():
                kept.replace(path)
            raise
        for kept in aside.values():
            kept.unlink()

    def remove(self, name: str) -> None:
        """Delete the files of a layer, if there are any."""
        for file in self.files().get(name, []):
            file.path.unlink(missing_ok=True)
            file.wishes_path.unlink(missing_ok=True)

    def _put_aside(self, name: str) -> dict[Path, Path]:
        aside = {}
        for file in self.files().get(name, []):
            for path in (file.path, file.wishes_path):
                if path.exists():
                    aside[path] = path.rename(path.with_name(f".{path.name}.before"))
        return aside

    def _candidates(self) -> list[Path]:
        """The files that may be layers. Links are not: they lead wherever they like."""
        if not self.path.is_dir():
            return []
        return [
            path
            for path in sorted(self.path.iterdir())
            if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and stat.S_ISREG(path.lstat().st_mode)
        ]


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except FileNotFoundError:
        return "none"
    return f"{status.st_size} {status.st_mtime_ns}"


def _toml(wishes: Wishes) -> str:
    """A TOML file of texts; JSON writes those as TOML reads them."""
    said = {name: value for name, value in asdict(wishes).items() if value is not None}
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in said.items())
