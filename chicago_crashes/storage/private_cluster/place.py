"""Where a private cluster lives, which user it belongs to, and how programs run and files are written as that user.

PostgreSQL refuses to run as root. A cluster made by root therefore belongs to the system's user `postgres`; when that
user cannot reach the checkout, the cluster's directory is elsewhere and the checkout holds a link to it.
"""

import logging
import os
import pwd
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from chicago_crashes.errors import PermanentError

logger = logging.getLogger(__name__)

SERVER_USER = "postgres"
PLACE_FOR_ROOT = Path("/var/lib/chicago-crashes")


@dataclass(frozen=True)
class Place:
    """The directory of one private cluster, and the files in it."""

    directory: Path

    @property
    def data(self) -> Path:
        """The PostgreSQL data directory."""
        return self.directory / "data"

    @property
    def password_file(self) -> Path:
        """The password of the cluster's only role."""
        return self.directory / "password"

    @property
    def port_file(self) -> Path:
        """The port, kept as long as nobody else takes it."""
        return self.directory / "port"

    @property
    def log_file(self) -> Path:
        """What the server says."""
        return self.directory / "server.log"

    def password(self) -> str:
        """The password, which only the owner can read."""
        return self.password_file.read_text()

    def port(self) -> int | None:
        """The port of the last start."""
        try:
            return int(self.port_file.read_text())
        except FileNotFoundError:
            return None

    def run(self, *command: str | int | Path) -> subprocess.CompletedProcess[str]:
        """Run a program as the owner, without our environment: PG* variables would change what it does."""
        owner = _other_owner(self.directory)
        return subprocess.run(  # noqa: S603 - the commands are ours, never the user's text
            [str(part) for part in command],
            check=False,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            user=owner.st_uid if owner else None,
            group=owner.st_gid if owner else None,
            extra_groups=[] if owner else None,
        )

    def write(self, path: Path, text: str) -> None:
        """Replace a file of the cluster in one step; only the owner may read it."""
        temporary = path.with_name(f"{path.name}.new")
        temporary.unlink(missing_ok=True)
        with open(temporary, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(text)
        if owner := _other_owner(self.directory):
            os.chown(temporary, owner.st_uid, owner.st_gid)
        temporary.replace(path)


def entry_of(home: Path) -> Path:
    """`home/postgres`: the cluster's directory, or the link to it."""
    return home / "postgres"


def find(home: Path) -> Place | None:
    """The place of the cluster of a home, if it has been made."""
    entry = entry_of(home)
    if not entry.is_dir():
        return None
    place = Place(entry.resolve())
    if os.geteuid() not in (0, place.directory.stat().st_uid):
        raise PermanentError(
            f"The private PostGIS in {entry} was made by another user of this machine. Run the command as that user, "
            "let that user run `make clean`, or set CRASHES_DATABASE_URL."
        )
    return place


def find_or_make(home: Path) -> Place:
    """The place of the cluster of a home, made if there is none."""
    if found := find(home):
        return found
    entry = entry_of(home)
    if entry.is_symlink():
        logger.warning("The private PostGIS that %s pointed to is gone; a new one is made", entry)
        entry.unlink()
    entry.mkdir(mode=0o700)
    if os.geteuid() == 0 and not _handed_to_server_user(entry):
        entry.rmdir()
        entry.symlink_to(_place_for_root(home))
    return Place(entry.resolve())


def _place_for_root(home: Path) -> Path:
    PLACE_FOR_ROOT.mkdir(mode=0o711, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix=f"{home.absolute().parent.name}-", dir=PLACE_FOR_ROOT))
    if not _handed_to_server_user(directory):
        directory.rmdir()
        raise PermanentError(
            f"The user {SERVER_USER}, as which PostgreSQL runs when you are root, can use neither {home} nor "
            f"{PLACE_FOR_ROOT}. Run this command as an ordinary user, or set CRASHES_DATABASE_URL."
        )
    return directory


def _handed_to_server_user(directory: Path) -> bool:
    """Give root's directory to the server's user, and ask whether that user can use it."""
    try:
        user = pwd.getpwnam(SERVER_USER)
    except KeyError as error:
        raise PermanentError(
            f"PostgreSQL does not run as root, and this system has no user {SERVER_USER} to run it as. "
            "Run this command as an ordinary user, or set CRASHES_DATABASE_URL."
        ) from error
    try:
        os.chown(directory, user.pw_uid, user.pw_gid)
    except PermissionError:  # network and shared folders refuse it even to root; another place is then tried
        return False
    return Place(directory).run("test", "-x", directory, "-a", "-w", directory).returncode == 0


def _other_owner(directory: Path) -> os.stat_result | None:
    """The owner whom root has to become; everyone else is the owner already."""
    return directory.stat() if os.geteuid() == 0 else None
