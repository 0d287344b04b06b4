"""The statements that stand in files of their own, in `sql/` beside these modules."""

from functools import cache
from importlib import resources

from psycopg import sql

FOLDER = resources.files("chicago_crashes.postgis") / "sql"


@cache
def sql_file(name: str) -> sql.SQL:
    """The statement of `sql/<name>.sql`; where the file lies in a folder, the name begins with it: `places/assign`."""
    return sql.SQL((FOLDER / f"{name}.sql").read_text())
