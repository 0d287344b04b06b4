"""Dagster's home on one machine: its folder, its schema in the database, and the environment its processes need."""

import os
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL, make_url

from chicago_crashes.errors import PermanentError, TransientError
from chicago_crashes.settings import PROJECT_ROOT

SCHEMA = "dagster"
HOME = PROJECT_ROOT / ".local" / "dagster"
CONFIGURATION = PROJECT_ROOT / "dagster.yaml"
ENV_FILE = PROJECT_ROOT / ".env"
FIRST_LINE = "# --- written by chicago-crashes at every start; your own lines belong outside of these two"
LAST_LINE = "# --- end of what chicago-crashes writes"


def prepare(database_url: str, home: Path = HOME) -> dict[str, str]:
    """Make Dagster's schema and home where they are missing, and return the environment for its processes."""
    make_schema(database_url)
    return make_home(home)


def make_home(home: Path = HOME) -> dict[str, str]:
    """Make Dagster's home where it is missing, and return the environment that leads to it."""
    home.mkdir(parents=True, exist_ok=True)
    link = home / "dagster.yaml"
    if not (link.is_symlink() and link.resolve() == CONFIGURATION):
        link.unlink(missing_ok=True)
        link.symlink_to(CONFIGURATION)
    return {
        "DAGSTER_HOME": str(home.absolute()),
        # One event a day and table: written one by one, they cost more than the loading of a day.
        "DAGSTER_EVENT_BATCH_SIZE": "1000",
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }


def make_schema(database_url: str) -> None:
    """Create the schema that holds Dagster's tables, if it is missing."""
    url = make_url(database_url)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(plain, connect_timeout=10) as connection:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    except psycopg.errors.UniqueViolation:
        return  # another process made it in the same moment, which IF NOT EXISTS does not see
    except psycopg.errors.InsufficientPrivilege as error:
        raise PermanentError(
            f"The user {url.username} may not create the schema {SCHEMA} that Dagster keeps its runs in. Let an owner "
            f"of the database {url.database} run: CREATE SCHEMA {SCHEMA} AUTHORIZATION {url.username}"
        ) from error
    except psycopg.OperationalError as error:
        raise TransientError(f"The database {url.render_as_string()} does not answer: {error}") from error


def storage_url(database_url: str) -> str:
    """The URL for Dagster's own storage: the same database, the schema `dagster`, the driver Dagster works with."""
    url: URL = make_url(database_url)
    # An event that a power cut takes away is bookkeeping; waiting for the disk at each of thousands is not worth it.
    ours = f"-csearch_path={SCHEMA} -csynchronous_commit=off"
    options = " ".join([*url.normalized_query.get("options", ()), ours])
    return (
        url.set(drivername="postgresql+psycopg2")
        .update_query_dict({"options": options})
        .render_as_string(hide_password=False)
    )


def write_env_file(environment: dict[str, str], path: Path = ENV_FILE) -> None:
    """Put the environment into `.env`, from where a plain `dagster dev` takes it; other lines there stay."""
    ours = [FIRST_LINE, *(f"{name}={value}" for name, value in environment.items()), LAST_LINE]
    _write_private(path, [*_lines_of_the_user(path), *ours])


def forget(path: Path = ENV_FILE) -> None:
    """Take our lines out of `.env` again, and delete the file if nothing else is in it."""
    theirs = _lines_of_the_user(path)
    if theirs:
        _write_private(path, theirs)
    else:
        path.unlink(missing_ok=True)


def _lines_of_the_user(path: Path) -> list[str]:
    if not path.exists():
        return []
    lines = path.read_text().splitlines()
    if FIRST_LINE not in lines or LAST_LINE not in lines:
        return lines
    return lines[: lines.index(FIRST_LINE)] + lines[lines.index(LAST_LINE) + 1 :]


def _write_private(path: Path, lines: list[str]) -> None:
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)
    with open(temporary, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.writelines(f"{line}\n" for line in lines)
    temporary.replace(path)


if __name__ == "__main__":
    write_env_file(make_home())
