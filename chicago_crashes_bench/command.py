"""`python -m chicago_crashes_bench.command`: `chicago-crashes` as it is, with the Dagster home that DAGSTER_HOME names.

The command itself always takes the project's, which is the user's.
"""

import os
from functools import partial
from pathlib import Path

from chicago_crashes.cli import main
from chicago_crashes.orchestration import dagster_home


def with_own_dagster_home() -> None:
    """Let the platform in this process take the Dagster home of the environment."""
    own = partial(dagster_home.prepare, home=Path(os.environ["DAGSTER_HOME"]))
    dagster_home.prepare = own


if __name__ == "__main__":
    with_own_dagster_home()
    main()
