"""The demo: a month of generated data behind a stand-in portal, in a database and a raw lake of its own.

Nothing generated ever reaches the database or the lake of the real data.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.operations.workplace import some_database
from chicago_crashes.settings import PROJECT_ROOT, settings
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import DOCUMENTED_DIRT, Dirt, generate
from chicago_crashes.stand_in.synthetic.layers import offer_layers
from chicago_crashes.storage.schema import migrate

FIRST_DAY, LAST_DAY = date(2024, 1, 1), date(2024, 1, 31)
DATABASE = "crashes_demo"
FOLDER = PROJECT_ROOT / ".local" / "demo"
REPORT = FOLDER / "report.html"
PLACE = "ward:35"
SEED = 7


@contextmanager
def demo_workplace() -> Iterator[None]:
    """The platform set up for the demo: database, lake and portal of its own, as long as the context lasts."""
    with some_database() as url, serving(synthetic_store(FIRST_DAY, LAST_DAY, SEED, DOCUMENTED_DIRT)) as portal:
        demo_url = _database_beside(url)
        migrate.upgrade(demo_url)
        overrides = {
            "CRASHES_DATABASE_URL": demo_url,
            "CRASHES_PORTAL_URL": portal.url,
            "CRASHES_RAW_URL": str(FOLDER / "raw"),
            "CRASHES_LAYERS_FOLDER": str(FOLDER / "layers"),
            "CRASHES_REQUESTS_PER_HOUR": "100000",
            "CRASHES_START_DATE": FIRST_DAY.isoformat(),
        }
        with _environment(overrides):
            yield


def synthetic_store(first: date, last: date, seed: int, dirt: Dirt | None) -> PortalStore:
    """A portal's content, generated: the days from `first` to `last`, and the layers of the invented city."""
    store = PortalStore()
    offer_layers(store)
    for batch in generate(first, last, seed=seed, dirt=dirt):
        for feed in FEEDS:
            store.publish(feed.dataset_id, batch.frames[feed.name])
    return store


def _database_beside(url: str) -> str:
    """The URL of the demo's database on the same server, made if it is missing."""
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            known = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
            if known is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    except psycopg.errors.InsufficientPrivilege as error:
        raise PermanentError(
            f"The demo keeps its generated data in a database of its own, and may not create it: {error}. "
            f"Create a database named {DATABASE}, or unset CRASHES_DATABASE_URL to use the private cluster."
        ) from error
    return make_url(url).set(database=DATABASE).render_as_string(hide_password=False)


@contextmanager
def _environment(overrides: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in overrides}
    os.environ.update(overrides)
    settings.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        settings.cache_clear()
