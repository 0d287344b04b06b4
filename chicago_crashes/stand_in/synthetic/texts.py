"""How the portal writes values: everything is text, and no value is null."""

import polars as pl

from chicago_crashes.stand_in.synthetic.draws import Draws


def timestamp_text(column: str) -> pl.Expr:
    """A floating timestamp, "2024-01-15T10:02:00.000": local wall time without a zone."""
    return pl.col(column).dt.to_string("%Y-%m-%dT%H:%M:%S.000")


def flags(draws: Draws, name: str, yes: float, no: float) -> pl.Series:
    """Y with the chance `yes`, N with the chance `no`, otherwise nothing."""
    return draws.pick(name, {"Y": yes, "N": no, None: 1 - yes - no})
