"""What every test may ask for: a real PostGIS server, and fresh databases on it.

One server serves the whole test session, all xdist workers included. The process that the user started names its
folder and removes it at the end; whichever worker needs a database first starts it. `CRASHES_TESTS_SERVER` names the
folder of a server that somebody else starts and removes, for many short sessions.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from filelock import FileLock
from psycopg import sql

from chicago_crashes.settings import settings
from chicago_crashes.storage.private_cluster import cluster
from chicago_crashes.storage.schema import migrate

pytest_plugins = ("chicago_crashes_tests.emptied_database",)

TEMPLATE = "crashes_template"
SERVER_HOME = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.register_profile("untimed", deadline=None)  # how fast a machine is proves nothing
    hypothesis.settings.load_profile("untimed")
    config.stash[SERVER_HOME] = Path(_handed_over(config) or tempfile.mkdtemp(prefix="crashes-tests-"))


def _handed_over(config: pytest.Config) -> str | None:
    """The folder of a server that is not ours to remove."""
    of_worker: str | None = getattr(config, "workerinput", {}).get("postgis_home")
    return of_worker or os.environ.get("CRASHES_TESTS_SERVER")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that mostly wait for Dagster's daemon, so that they wait beside the others."""
    items.sort(key=lambda item: item.get_closest_marker("waits") is None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let Hypothesis make its tables of Unicode before any test draws a text.

    It makes them once in a checkout, which takes seconds, and would call the test that draws first too slow.
    """
    if any(item.get_closest_marker("hypothesis") for item in session.items):
        hypothesis.find(hypothesis.strategies.text(), lambda _: True)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the shared server lives."""
    node.workerinput["postgis_home"] = str(node.config.stash[SERVER_HOME])


def pytest_unconfigure(config: pytest.Config) -> None:
    if _handed_over(config):
        return
    home = config.stash[SERVER_HOME]
    cluster.destroy(home)
    shutil.rmtree(home)


@pytest.fixture(autouse=True)
def _settings_of_another_test_are_forgotten() -> None:
    """Settings are read once in a process, and a test that sets one would get those that a test before it read."""
    settings.cache_clear()


@pytest.fixture(scope="session")
def postgis_server(pytestconfig: pytest.Config) -> str:
    """URL of an empty database on the server that all tests share; make your own with `make_database`."""
    home = pytestconfig.stash[SERVER_HOME]
    home.chmod(0o755)
    return cluster.start(home, durable=False)


@pytest.fixture(scope="session")
def template_database(postgis_server: str, pytestconfig: pytest.Config) -> str:
    """Name of the migrated database that fresh ones are copied from, prepared once for all workers."""
    with FileLock(pytestconfig.stash[SERVER_HOME] / "template.lock"):
        if not _exists(postgis_server, TEMPLATE):
            unfinished = f"{TEMPLATE}_unfinished"
            _execute(postgis_server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", unfinished)
            _execute(postgis_server, "CREATE DATABASE {}", unfinished)
            prepare_template(_url_of(postgis_server, unfinished))
            _execute(postgis_server, "ALTER DATABASE {} RENAME TO {}", unfinished, TEMPLATE)
    return TEMPLATE


def prepare_template(url: str) -> None:
    """Bring an empty database to the state that tests start from."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    migrate.upgrade(url)


@contextmanager
def _databases(server: str, template: str) -> Iterator[Callable[[], str]]:
    made: list[str] = []

    def make() -> str:
        made.append(f"test_{uuid.uuid4().hex}")
        _execute(server, "CREATE DATABASE {} TEMPLATE {}", made[-1], template)
        return _url_of(server, made[-1])

    yield make
    for name in made:
        _execute(server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def make_database(postgis_server: str, template_database: str) -> Iterator[Callable[[], str]]:
    """A function that creates a fresh, migrated database and returns its URL; all are dropped after the test."""
    with _databases(postgis_server, template_database) as make:
        yield make


@pytest.fixture
def copy_database(postgis_server: str) -> Iterator[Callable[[str], str]]:
    """A function that copies a database nobody is connected to and returns the copy's URL; dropped after the test."""
    with ExitStack() as stack:
        yield lambda url: stack.enter_context(_databases(postgis_server, url.rpartition("/")[2]))()


@pytest.fixture(scope="module")
def module_database_url(postgis_server: str, template_database: str) -> Iterator[str]:
    """URL of a fresh, migrated database for all tests of a module, which must only read what one of them loads."""
    with _databases(postgis_server, template_database) as make:
        yield make()


@pytest.fixture
def database_url(make_database: Callable[[], str]) -> str:
    """URL of a fresh, migrated database."""
    return make_database()


def _exists(server: str, name: str) -> bool:
    with psycopg.connect(server) as connection:
        return connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _execute(server: str, statement: str, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _url_of(server: str, name: str) -> str:
    return f"{server.rpartition('/')[0]}/{name}"
