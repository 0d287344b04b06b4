"""The browser that shows pages to the tests: found, or installed from the system's packages when allowed.

`make` runs this before the tests. Where no browser can be had they skip the pages and say so.
"""

import shutil
import sys

from chicago_crashes.errors import CrashesError
from chicago_crashes.storage.private_cluster.system_packages import apt_commands, privilege_of_root, run_installer

NAMES = ("chromium", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu")
MISSING = "a browser is needed: Chromium on the PATH"


def find_browser() -> str | None:
    """The program of a browser that the tests can drive."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def main() -> int:
    """See to it that there is a browser, or say that pages are not tested."""
    if find_browser():
        return 0
    privilege = privilege_of_root()
    if privilege is None or not shutil.which("apt-get"):
        sys.stderr.write("There is no Chromium on the PATH: the pages are not tested.\n")
        return 0
    sys.stderr.write("Installing Chromium from the system's packages, for the tests of pages; this happens once.\n")
    try:
        for command in apt_commands(privilege, "chromium"):
            run_installer(command, "Chromium", otherwise="Until then the pages are not tested.")
    except CrashesError as error:
        sys.stderr.write(f"{error}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
