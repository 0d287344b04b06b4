"""What the operating system says about processes."""

import os
import subprocess
from pathlib import Path

PROC = Path("/proc")


def command_line(pid: int) -> str:
    """The command line of a living process, empty if there is none of that number."""
    if not PROC.exists():
        return subprocess.run(  # noqa: S603 - only a number is put in
            ["/bin/ps", "-o", "args=", "-p", str(pid)], check=False, capture_output=True, text=True
        ).stdout.strip()
    try:
        return (PROC / str(pid) / "cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def in_use(pid: int) -> bool:
    """Whether a process of that number exists, even as a zombie or as another user's."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def processes_in(directory: Path) -> list[int]:
    """The processes that work in a directory, as all of PostgreSQL's do in their data; needs Linux to find any."""
    found = []
    for entry in PROC.glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == directory:
                found.append(int(entry.name))
        except OSError:  # it ended meanwhile, or belongs to another user and so is no process of this server
            continue
    return found
