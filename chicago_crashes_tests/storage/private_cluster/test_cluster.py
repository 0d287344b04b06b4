"""The private cluster: a real one, made, killed and started again in temporary folders."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from socket import SO_REUSEADDR, SOL_SOCKET, socket
from urllib.parse import urlsplit

import psycopg
import pytest

from chicago_crashes.errors import PermanentError
from chicago_crashes.settings import settings
from chicago_crashes.storage.private_cluster import cluster


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home that most tests here share; under root its parents are closed to the server's user."""
    home = tmp_path_factory.mktemp("checkout") / ".local"
    yield home
    cluster.destroy(home)


@pytest.fixture
def url(home: Path) -> str:
    return cluster.start(home, durable=False)


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def server_pid(home: Path) -> int:
    return int((home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])


def test_start_gives_a_database_with_postgis(url: str) -> None:
    assert ask(url, "SELECT ST_AsText(ST_Point(-87.6, 41.9))") == "POINT(-87.6 41.9)"
    assert ask(url, "SHOW timezone") == "UTC"
    assert urlsplit(url).path == "/crashes"


def test_second_start_changes_nothing(home: Path, url: str) -> None:
    pid = server_pid(home)
    assert cluster.start(home, durable=False) == url
    assert server_pid(home) == pid


def test_listens_on_loopback_only_and_asks_for_the_password(url: str) -> None:
    assert ask(url, "SELECT current_setting('listen_addresses') || current_setting('unix_socket_directories')") == (
        "127.0.0.1"
    )
    address = urlsplit(url)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://crashes:wrong@127.0.0.1:{address.port}/crashes")


def test_nobody_else_can_read_the_cluster(home: Path, url: str) -> None:
    directory = (home / "postgres").resolve()
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "password").stat().st_mode) == 0o600
    assert urlsplit(url).password == (directory / "password").read_text()


def test_restart_keeps_data_and_url(home: Path, url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    cluster.stop(home)
    assert not cluster.is_running(home)
    assert cluster.start(home, durable=False) == url
    assert ask(url, "SELECT answer FROM kept") == 42


def test_starts_again_after_a_kill(home: Path, url: str) -> None:
    os.kill(server_pid(home), signal.SIGKILL)
    assert cluster.start(home, durable=False) == url
    assert cluster.is_running(home)


def test_starts_when_another_program_has_the_number_in_a_stale_pid_file(home: Path, url: str) -> None:
    pid_file = home / "postgres" / "data" / "postmaster.pid"
    left_behind = pid_file.read_text().splitlines()
    cluster.stop(home)
    owner = (home / "postgres").stat()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        pid_file.write_text("\n".join([str(stranger.pid), *left_behind[1:]]))
        os.chown(pid_file, owner.st_uid, owner.st_gid)
        assert cluster.start(home, durable=False) == url
        stranger.communicate(b"\n")


def test_chooses_another_port_when_its_own_is_taken(home: Path, url: str) -> None:
    cluster.stop(home)
    with closing(socket()) as stranger:
        stranger.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", urlsplit(url).port))
        stranger.listen()
        moved = cluster.start(home, durable=False)
    assert urlsplit(moved).port != urlsplit(url).port
    assert ask(moved, "SELECT 1") == 1


def test_running_stops_only_what_it_started(home: Path, url: str) -> None:
    with cluster.running(home, durable=False) as seen:
        assert seen == url
    assert cluster.is_running(home)
    cluster.stop(home)
    with cluster.running(home, durable=False) as seen:
        assert ask(seen, "SELECT 1") == 1
    assert not cluster.is_running(home)


def test_two_homes_do_not_collide_and_callers_may_race(home: Path, url: str, tmp_path: Path) -> None:
    other = tmp_path / ".local"
    with ThreadPoolExecutor(4) as pool:
        urls = set(pool.map(lambda _: cluster.start(other, durable=False), range(4)))
    try:
        assert len(urls) == 1
        assert urls != {url}
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE only_here ()")
        assert ask(urls.pop(), "SELECT to_regclass('only_here')") is None
        assert cluster.is_running(home)
    finally:
        place = (other / "postgres").resolve()
        cluster.destroy(other)
    assert not place.exists()
    assert not (other / "postgres").is_symlink()
    assert not cluster.is_running(other)


def test_destroying_nothing_is_no_error(tmp_path: Path) -> None:
    cluster.destroy(tmp_path / ".local")
    assert not cluster.is_running(tmp_path / ".local")


def test_a_failed_start_says_what_the_server_said_but_not_the_password(home: Path, url: str) -> None:
    cluster.stop(home)
    configuration = home / "postgres" / "data" / "postgresql.conf"
    sound = configuration.read_text()
    configuration.write_text(f"{sound}\nno_such_setting = on\n")
    try:
        with pytest.raises(PermanentError, match="no_such_setting") as failure:
            cluster.start(home, durable=False)
        assert str(urlsplit(url).password) not in str(failure.value)
    finally:
        configuration.write_text(sound)


def test_a_configured_database_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRASHES_DATABASE_URL", "postgresql://reader@db.example/crashes")
    settings.cache_clear()
    try:
        assert cluster.database_url() == "postgresql://reader@db.example/crashes"
    finally:
        settings.cache_clear()
