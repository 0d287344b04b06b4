"""Rows as the portal sent them, as columns of text."""

from collections.abc import Sequence
from typing import Any

import orjson
import polars as pl

from chicago_crashes.soda.errors import PortalDisagreesError


def text_frame(rows: list[dict[str, Any]], columns: Sequence[str]) -> pl.DataFrame:
    """One text column per name in `columns`, in that order; a field the row lacks is null.

    Text stays as it is, everything else becomes compact JSON (`true`, `3`, `{"type":"Point",...}`), numbers in their
    shortest form. The rows are changed in place, because a second copy of a window would double the memory it takes.

    Raises:
        PortalDisagreesError: a row has a field that is not in `columns`.
    """
    wanted = set(columns)
    for row in rows:
        if not row.keys() <= wanted:
            strange = ", ".join(sorted(row.keys() - wanted))
            raise PortalDisagreesError(f"The portal sent fields that nobody asked for: {strange}. Try again later.")
        for name, value in row.items():
            if value is not None and type(value) is not str:
                row[name] = orjson.dumps(value).decode()
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
