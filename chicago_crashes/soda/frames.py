"""A reply's rows as columns of text."""

import logging
from collections.abc import Collection, Sequence
from typing import Any

import orjson
import polars as pl

from chicago_crashes.soda.bodies import Body, rows_of
from chicago_crashes.soda.errors import PortalDisagreesError
from chicago_crashes.soda.lines import NotPlainError, frame_of_lines

logger = logging.getLogger(__name__)


def text_frame(body: Body, columns: Sequence[str], points: Collection[str] = ()) -> pl.DataFrame:
    """One text column per name in `columns`, in that order; a field the row lacks is null.

    Text stays as it is, everything else becomes compact JSON (`true`, `3`, `{"type":"Point",...}`), numbers in their
    shortest form. `points` names the columns whose values are usually points; it changes nothing but the speed.

    Raises:
        UnreadableError: the body is no whole list of rows.
        PortalDisagreesError: a row has a field that is not in `columns`.
    """
    try:
        return frame_of_lines(body.pieces(), columns, points)
    except NotPlainError as reason:
        logger.debug("A reply is read value by value: %s", reason)
        return frame_of_rows(rows_of(body), columns)


def frame_of_rows(rows: list[dict[str, Any]], columns: Sequence[str]) -> pl.DataFrame:
    """The same, value by value: slow, and able to read or refuse whatever came.

    The rows are changed in place, because a second copy of a window would double the memory it takes.
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
