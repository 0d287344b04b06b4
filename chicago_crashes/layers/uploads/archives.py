"""A zip file nobody vouches for: judged by its table of contents before a byte of it is unpacked.

Only the parts of one shapefile are ever unpacked, under names of our own.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from chicago_crashes.layers.uploads.limits import MEGABYTE, Limits
from chicago_crashes.layers.uploads.texts import RefusedError, quoted

PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
"""What of a shapefile is read."""

NESTED = frozenset({".zip", ".kmz", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz", ".zst"})

JUNK_FOLDER = "__MACOSX"
JUNK = re.compile(r"(?i)\.DS_Store|\._.*|Thumbs\.db|desktop\.ini")
"""What operating systems leave in archives; it is nobody's data."""

METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
CHUNK = 1 << 20

_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x07"
_LONGEST_COMMENT = 65_535
_BYTES_PER_ENTRY = 1_000
"""Of the table of contents: its fixed part and a long name."""

Members = Mapping[str, zipfile.ZipInfo]


def unpack_shapefiles(archive: Path, folder: Path, limits: Limits) -> Mapping[str, Path]:
    """Unpack every shapefile of the archive; returns where each `.shp` is now, by the name it had.

    Raises:
        RefusedError: the archive is damaged, dangerous, too large, or holds no shapefile.
    """
    _require_short_table(archive, limits)
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _wanted(opened.infolist(), limits)
            shapefiles = _shapefiles(members)
            unpacked = {}
            for place, (name, parts) in enumerate(shapefiles.items()):
                for suffix, member in parts.items():
                    _unpack(opened, member, folder / f"shapefile_{place}{suffix}")
                unpacked[name] = folder / f"shapefile_{place}.shp"
            return unpacked
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, struct.error) as error:
        raise RefusedError(f"The zip file is damaged: {error}. Make it anew.") from error


def _require_short_table(archive: Path, limits: Limits) -> None:
    """The table of contents is read whole when the archive is opened, so its size is looked at before."""
    size = archive.stat().st_size
    with archive.open("rb") as file:
        file.seek(max(0, size - _LONGEST_COMMENT - 42))
        tail = file.read()
    place = tail.rfind(_END)
    if place < 0 or len(tail) < place + 22:
        raise RefusedError("It is no zip file, or its end is missing. Make it anew.")
    if tail[:place].rfind(_END_64) >= 0:
        raise RefusedError("It is a zip file of the kind for more than 4 GB. Make one without Zip64.")
    (table,) = struct.unpack_from("<I", tail, place + 12)
    if table > limits.members * _BYTES_PER_ENTRY:
        raise _too_many(limits)


def _too_many(limits: Limits, members: int | None = None) -> RefusedError:
    return RefusedError(
        f"The zip file holds {f'{members:,}' if members else 'too many'} members; at most {limits.members} are taken. "
        "Put only the shapefile's own files (.shp, .shx, .dbf, .prj, .cpg) into it."
    )


def _wanted(members: Iterable[zipfile.ZipInfo], limits: Limits) -> list[zipfile.ZipInfo]:
    members = list(members)
    if len(members) > limits.members:
        raise _too_many(limits, len(members))
    for member in members:
        _require_harmless(member, limits)
    _require_size(members, limits)
    kept = [member for member in members if not member.is_dir() and not _is_junk(member)]
    names = [_path(member).as_posix().lower() for member in kept]
    for name in names:
        if names.count(name) > 1:
            raise RefusedError(f"The zip file holds {quoted(name)} twice. Make it anew.")
    return kept


def _require_harmless(member: zipfile.ZipInfo, limits: Limits) -> None:
    name = quoted(member.filename)
    path = _path(member)
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", path.as_posix()):
        raise RefusedError(f"The zip file would write outside its own folder: {name}. It is not opened any further.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise RefusedError(f"The zip file holds a symbolic link: {name}. Put the file itself into it.")
    if member.flag_bits & 0x1:
        raise RefusedError(f"The zip file is encrypted ({name}). Make one without a password.")
    if path.suffix.lower() in NESTED and not _is_junk(member):
        raise RefusedError(f"The zip file holds another archive: {name}. Unpack that, and zip the shapefile itself.")
    if member.compress_type not in METHODS:
        raise RefusedError(f"The zip file compresses {name} in an unusual way. Make it with the usual one (deflate).")
    if member.file_size > limits.freely_compressed_bytes and (
        member.file_size > limits.compression_ratio * max(member.compress_size, 1)
    ):
        raise RefusedError(
            f"The zip file blows up when unpacked: {name} from {member.compress_size:,} to {member.file_size:,} bytes, "
            f"more than {limits.compression_ratio} times. No map does; it is not unpacked."
        )


def _require_size(members: Iterable[zipfile.ZipInfo], limits: Limits) -> None:
    unzipped = sum(member.file_size for member in members)
    if unzipped > limits.unzipped_bytes:
        raise RefusedError(
            f"Unpacked, the zip file would have {unzipped / MEGABYTE:,.1f} MB; at most "
            f"{limits.unzipped_bytes / MEGABYTE:,.1f} MB are taken. Simplify the map, or split it."
        )


def _shapefiles(members: Iterable[zipfile.ZipInfo]) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """The parts of each shapefile, by its name. Which of one name in several folders is meant is not guessed."""
    by_stem: dict[str, dict[str, zipfile.ZipInfo]] = {}
    named: dict[str, str] = {}
    for member in members:
        path = _path(member)
        suffix = path.suffix.lower()
        if suffix not in PARTS:
            continue
        stem = path.with_suffix("").as_posix().lower()
        by_stem.setdefault(stem, {})[suffix] = member
        if suffix == ".shp":
            if path.stem in named.values():
                raise RefusedError(f"The zip file holds two shapefiles called {quoted(path.stem)}. Put one into it.")
            named[stem] = path.stem
    if not named:
        raise RefusedError(
            "The zip file holds no shapefile (.shp). A GeoJSON or a GeoPackage is taken as it is, without a zip file."
        )
    found = {}
    for stem, name in named.items():
        _require_parts(name, by_stem[stem])
        found[name] = by_stem[stem]
    return found


def _require_parts(name: str, parts: Mapping[str, zipfile.ZipInfo]) -> None:
    missing = [suffix for suffix in (".shx", ".dbf") if suffix not in parts]
    if missing:
        raise RefusedError(
            f"The shapefile {quoted(name)} lacks its {' and '.join(missing)}. A shapefile is several files; zip "
            ".shp, .shx, .dbf and .prj together."
        )


def _unpack(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    written = 0
    with opened.open(member) as source, target.open("xb") as file:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > member.file_size:
                raise RefusedError(f"The zip file lies about the size of {quoted(member.filename)}. Make it anew.")
            file.write(chunk)
    if written != member.file_size:
        raise RefusedError(f"The zip file ends within {quoted(member.filename)}. Make it anew.")


def _path(member: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(member.filename.replace("\\", "/"))


def _is_junk(member: zipfile.ZipInfo) -> bool:
    path = _path(member)
    return JUNK_FOLDER in path.parts or bool(JUNK.fullmatch(path.name))
