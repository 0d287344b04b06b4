"""`python -m chicago_crashes_tests.soak`: the long campaign, on a private PostGIS of its own."""

import argparse
import logging
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chicago_crashes.local import cluster
from chicago_crashes.postgis import migrate
from chicago_crashes_tests.soak.campaign import SoakError, run_campaign


def main() -> int:
    """Run the campaign that the command line asks for; 0 only if everything agreed after every round."""
    parser = argparse.ArgumentParser(prog="python -m chicago_crashes_tests.soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31), help="take the same decisions again")
    parser.add_argument("--without-dagster", action="store_true", help="only the ways below Dagster")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)  # every fault is reported, and there are thousands of them
    _say(f"seed {asked.seed}")
    with private_database() as (url, folder):
        try:
            totals = run_campaign(
                rounds=asked.rounds,
                seed=asked.seed,
                database_url=url,
                folder=folder,
                say=_say,
                through_dagster=not asked.without_dagster,
            )
        except SoakError as error:
            _say(f"FAILED {error}")
            _say(f"again: python -m chicago_crashes_tests.soak --seed {asked.seed} --rounds {asked.rounds}")
            return 1
    _say(f"seed {asked.seed}\n{totals}")
    return 0


@contextmanager
def private_database() -> Iterator[tuple[str, Path]]:
    """A migrated database on a server of its own, and a folder; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="crashes-soak-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        try:
            url = cluster.start(folder, durable=False)
            migrate.upgrade(url)
            yield url, folder
        finally:
            cluster.destroy(folder)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
