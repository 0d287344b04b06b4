"""`python -m chicago_crashes_tests.soak`: the long campaign, on a private PostGIS of its own."""

import argparse
import logging
import secrets
import sys

from chicago_crashes_tests.soak.campaign import SoakError, run_campaign
from chicago_crashes_tests.soak.private import private_database, say


def main() -> int:
    """Run the campaign that the command line asks for; 0 only if everything agreed after every round."""
    parser = argparse.ArgumentParser(prog="python -m chicago_crashes_tests.soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31), help="take the same decisions again")
    parser.add_argument("--without-dagster", action="store_true", help="only the ways below Dagster")
    asked = parser.parse_args()
    logging.disable(logging.ERROR)  # every fault is reported, and there are thousands of them
    say(f"seed {asked.seed}")
    with private_database() as (url, folder):
        try:
            totals = run_campaign(
                rounds=asked.rounds,
                seed=asked.seed,
                database_url=url,
                folder=folder,
                say=say,
                through_dagster=not asked.without_dagster,
            )
        except SoakError as error:
            say(f"FAILED {error}")
            say(f"again: python -m chicago_crashes_tests.soak --seed {asked.seed} --rounds {asked.rounds}")
            return 1
    say(f"seed {asked.seed}\n{totals}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
