"""Installing from the system's package manager, when that is allowed without asking anybody."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence

from chicago_crashes.errors import TransientError


def privilege_of_root() -> list[str] | None:
    """What to put before a command so that it runs as root: nothing for root, sudo if it asks for no password."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], check=False, capture_output=True).returncode == 0:  # noqa: S603
        return [sudo, "-n"]
    return None


def apt_commands(privilege: Sequence[str], package: str) -> Iterator[list[str]]:
    """The commands that install a package of Debian's, or of a system made from it."""
    apt = [*privilege, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    yield [*apt, "update"]
    yield [*apt, "install", "-y", "--no-install-recommends", package]


def run_installer(command: Sequence[str], what: str, *, text: str | None = None, otherwise: str = "") -> None:
    """Run a command that installs `what`.

    Raises:
        TransientError: it failed; the message has its last words, and `otherwise`, what can be done instead.
    """
    finished = subprocess.run(  # noqa: S603 - the commands are ours, never the user's text
        command,
        check=False,
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if finished.returncode:
        last_lines = "\n".join(finished.stdout.strip().splitlines()[-8:])
        raise TransientError(
            f"{what} could not be installed: `{' '.join(command)}` ended with status {finished.returncode} and said:\n"
            f"{last_lines}\nCheck the network and the package sources, then run this command again. {otherwise}"
        )
