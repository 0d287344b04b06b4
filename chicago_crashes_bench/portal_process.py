"""`python -m chicago_crashes_bench.portal_process`: the stand-in portal in a process of its own, changed on request.

It says its address in a line, then does what each line it reads asks for, and ends with its input.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import date

from chicago_crashes.feeds.catalogue import feed_named
from chicago_crashes.stand_in import mutations
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import generate
from chicago_crashes_bench.sizes import CRASHES_A_DAY, NEW_ROWS

CRASHES_OF_A_FULL_DAY = 600
"""Enough for a usual day's rows of every feed to be taken from."""


def main() -> int:
    """Serve what the command line asks for until the input ends."""
    parser = argparse.ArgumentParser(prog="python -m chicago_crashes_bench.portal_process", description=__doc__)
    parser.add_argument("first", type=date.fromisoformat)
    parser.add_argument("last", type=date.fromisoformat)
    parser.add_argument("feeds", nargs="+")
    asked = parser.parse_args()
    store = PortalStore()
    for batch in generate(asked.first, asked.last, rows_per_day=CRASHES_A_DAY):
        for name in asked.feeds:
            store.publish(feed_named(name).dataset_id, batch.frames[name])
    with serving(store) as portal:
        _say({"url": portal.url})
        for line in sys.stdin:
            _say(_do(store, json.loads(line)))
    return 0


def _do(store: PortalStore, order: dict[str, object]) -> dict[str, int]:
    match order:
        case {"amend": list(ids), "feed": str(name), "changes": dict(changes)}:
            rows = [mutations.amend(store, feed_named(name), {":id": row_id}, changes) for row_id in ids]
            return {"amended": sum(rows)}
        case {"add_day": str(day)}:
            return _add_day(store, date.fromisoformat(day))
    raise ValueError(order)


def _add_day(store: PortalStore, day: date) -> dict[str, int]:
    (batch,) = generate(day, day, rows_per_day=CRASHES_OF_A_FULL_DAY)
    for name, count in NEW_ROWS.items():
        mutations.publish_more(store, feed_named(name), batch.frames[name].head(count))
    return {name: min(count, batch.frames[name].height) for name, count in NEW_ROWS.items()}


def _say(said: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
