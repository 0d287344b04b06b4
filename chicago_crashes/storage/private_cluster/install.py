"""Finding a PostgreSQL that has PostGIS, and installing one from the system's package manager when allowed.

Nothing here starts a server or knows where data lives; that is `cluster`.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from chicago_crashes.errors import CrashesError, PermanentError
from chicago_crashes.settings import PROJECT_ROOT
from chicago_crashes.storage.private_cluster.system_packages import apt_commands, privilege_of_root, run_installer

OLDEST_MAJOR = 15
PROGRAMS = ("initdb", "pg_ctl", "postgres", "pg_config")
USUAL_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
DEBIAN_CLUSTER_OVERRIDE = Path("/etc/postgresql-common/createcluster.d/chicago-crashes.conf")
OTHER_WAYS = (
    "Or start PostGIS in a container with `docker compose -f docker/compose.yaml up -d postgis`, "
    "or set CRASHES_DATABASE_URL to a PostGIS database you already have."
)


def ensure_postgis(major: int | None = None) -> Path:
    """The `bin` directory of a PostgreSQL with PostGIS, installed first if that is missing and permitted.

    Args:
        major: the PostgreSQL version that is needed, when an existing data directory prescribes it.
    """
    if found := find_postgis(major):
        return found
    lock_file = PROJECT_ROOT / ".local" / "install.lock"
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock_file):
        found = find_postgis(major)
        if not found:
            sys.stderr.write("Installing PostgreSQL with PostGIS from the system's packages; this happens once.\n")
            _install(major)
            found = find_postgis(major)
    if not found:
        raise PermanentError(
            f"PostGIS was installed, but no PostgreSQL {major or f'{OLDEST_MAJOR} or newer'} that offers the extension "
            f"was found in {', '.join(USUAL_PLACES)} or through pg_config on PATH. {OTHER_WAYS}"
        )
    return found


def find_postgis(major: int | None = None) -> Path | None:
    """The `bin` directory of an installed PostgreSQL that offers the PostGIS extension, newest version first."""
    usable = [
        (version, directory)
        for directory in _server_directories()
        if (version := _major_version(directory)) >= OLDEST_MAJOR
        and major in (None, version)
        and _offers_postgis(directory)
    ]
    return max(usable)[1] if usable else None


def _server_directories() -> set[Path]:
    places = {place for pattern in USUAL_PLACES for place in Path("/").glob(pattern.lstrip("/"))}
    if on_path := shutil.which("pg_config"):
        places.add(Path(_output_of([on_path, "--bindir"])))
    return {place for place in places if all(os.access(place / program, os.X_OK) for program in PROGRAMS)}


def _major_version(directory: Path) -> int:
    match = re.search(r"\d+", _output_of([str(directory / "pg_config"), "--version"]))
    return int(match.group()) if match else 0


def _offers_postgis(directory: Path) -> bool:
    share = Path(_output_of([str(directory / "pg_config"), "--sharedir"]))
    return (share / "extension" / "postgis.control").exists()


def _output_of(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - our own list


def _install(major: int | None) -> None:
    if shutil.which("apt-get"):
        _install_with_apt(major)
    elif brew := shutil.which("brew"):
        _run([brew, "install", "--quiet", "postgis"])
    else:
        raise PermanentError(
            "PostgreSQL with PostGIS is missing, and this system has neither apt-get nor Homebrew to install it with. "
            f"Install PostgreSQL {major or f'{OLDEST_MAJOR} or newer'} with its server programs and PostGIS 3 "
            f"(for example `dnf install postgresql-server postgis`), then run this command again. {OTHER_WAYS}"
        )


def _install_with_apt(major: int | None) -> None:
    privilege = privilege_of_root()
    if privilege is None:
        raise PermanentError(
            "PostgreSQL with PostGIS is missing, and installing it needs root (you are not root, and sudo would ask "
            f"for a password). Run `sudo apt-get install {_debian_package(major)}`, then this command again. "
            f"{OTHER_WAYS}"
        )
    with _no_default_cluster(privilege):
        for command in apt_commands(privilege, _debian_package(major)):
            _run(command)


def _debian_package(major: int | None) -> str:
    """PostGIS for the newest server already here, or the release's own pair of server and PostGIS."""
    installed = [version for place in _server_directories() if (version := _major_version(place)) >= OLDEST_MAJOR]
    wanted = major or max(installed, default=None)
    return f"postgresql-{wanted}-postgis-3" if wanted else "postgresql-postgis"


@contextmanager
def _no_default_cluster(privilege: Sequence[str]) -> Iterator[None]:
    """Keep Debian's packages from creating and starting a server of their own while ours are installed."""
    _run([*privilege, "mkdir", "-p", str(DEBIAN_CLUSTER_OVERRIDE.parent)])
    _run([*privilege, "tee", str(DEBIAN_CLUSTER_OVERRIDE)], "create_main_cluster = false\n")
    try:
        yield
    finally:
        _run([*privilege, "rm", "-f", str(DEBIAN_CLUSTER_OVERRIDE)])


def _run(command: Sequence[str], text: str | None = None) -> None:
    run_installer(command, "PostGIS", text=text, otherwise=OTHER_WAYS)


def main() -> int:
    """See to it that PostGIS is there, or say what to do; `make` calls this before anything needs it."""
    try:
        ensure_postgis()
    except CrashesError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
