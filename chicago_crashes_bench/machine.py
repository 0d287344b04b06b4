"""What the numbers were measured on: machine, versions, date."""

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psycopg

PACKAGES = ("polars", "pyarrow", "psycopg", "dagster", "sqlalchemy", "dlt")


def described(database_url: str) -> dict[str, str]:
    """Machine, versions and date, by name."""
    with psycopg.connect(database_url) as connection:
        ((postgres, postgis),) = connection.execute(
            "select current_setting('server_version'), extversion from pg_extension where extname = 'postgis'"
        ).fetchall()
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{_processor()}, {os.cpu_count()} cores, {_memory()} GiB of memory, {platform.system()}",
        "database": f"PostgreSQL {postgres.split(' ')[0]}, PostGIS {postgis}, durable, on the same machine",
        "versions": f"Python {platform.python_version()}, {versions}",
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE) if cpuinfo.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
