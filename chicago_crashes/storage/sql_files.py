"""The statements that stand in files of their own, in `sql/` beside the module that runs them."""

from functools import cache
from pathlib import Path

from psycopg import sql


@cache
def sql_file(module: str, name: str) -> sql.SQL:
    """The statement of `sql/<name>.sql` beside the module whose `__file__` is given."""
    return sql.SQL((Path(module).parent / "sql" / f"{name}.sql").read_text())
