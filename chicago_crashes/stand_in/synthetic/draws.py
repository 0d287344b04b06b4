"""Random numbers that belong to a row: named, repeatable, the same whatever else is generated.

Every row has a 64-bit key; a decision about it mixes that key with the decision's name (the finaliser of SplitMix64).
No stream is consumed, so adding a column or asking for another range of days changes no other number.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

import polars as pl

_BITS_OF_A_FLOAT = 53

Weights = Mapping[str, Mapping[str | None, float]]
"""For each group of rows, the values that occur and how often."""


def mixed(keys: pl.Series) -> pl.Series:
    """Well-spread 64-bit numbers, one for each of `keys`, different for different keys."""
    keys = (keys ^ (keys // (1 << 30))) * 0xBF58476D1CE4E5B9
    keys = (keys ^ (keys // (1 << 27))) * 0x94D049BB133111EB
    return keys ^ (keys // (1 << 31))


@cache
def salt(name: str) -> int:
    """The 64-bit number a name stands for."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")


def keys_of(parents: pl.Series, name: str, places: pl.Series) -> pl.Series:
    """Keys of the rows called `name` that stand at `places` (counted from 0) below the rows keyed `parents`."""
    return mixed((parents ^ salt(name)) + (places.cast(pl.UInt64) + 1) * 0x9E3779B97F4A7C15)


class Draws:
    """Independent random numbers for each row of a frame, told apart by the name of what they decide."""

    def __init__(self, keys: pl.Series) -> None:
        self.keys = keys

    def uniform(self, name: str) -> pl.Series:
        """Numbers in [0, 1)."""
        bits = mixed(self.keys ^ salt(name)) // (1 << (64 - _BITS_OF_A_FLOAT))
        return bits.cast(pl.Float64) * 2.0**-_BITS_OF_A_FLOAT

    def chance(self, name: str, probability: float) -> pl.Series:
        """Whether something of this probability happens."""
        return self.uniform(name) < probability

    def whole(self, name: str, lowest: int, highest: int) -> pl.Series:
        """Whole numbers from `lowest` to `highest`, both included."""
        return (self.uniform(name) * (highest - lowest + 1)).cast(pl.Int64) + lowest

    def pick(self, name: str, weights: Mapping[Any, float]) -> pl.Series:
        """One of the values, as often as its weight says; a `None` among them stands for no value."""
        cuts = pl.Series(_cuts(tuple(weights.values())), dtype=pl.Float64)
        return pl.Series(list(weights)).gather(cuts.search_sorted(self.uniform(name), side="right"))

    def pick_by(self, name: str, groups: pl.Series, weights: Mapping[str, Mapping[Any, float]]) -> pl.Series:
        """Like `pick`, with weights of its own for each group of rows; `groups` names the group of every row."""
        values: list[Any] = []
        cuts: list[float] = []
        for place, of_group in enumerate(weights.values()):
            values.extend(of_group)
            cuts.extend(place + cut for cut in (*_cuts(tuple(of_group.values())), 1.0))
        places = groups.replace_strict(list(weights), list(range(len(weights))), return_dtype=pl.Float64)
        found = pl.Series(cuts, dtype=pl.Float64).search_sorted(places + self.uniform(name), side="right")
        return pl.Series(values).gather(found)

    def quantile(self, name: str, points: Sequence[tuple[float, float]]) -> pl.Series:
        """Numbers distributed as the quantile function through `points` (share, value) says, straight in between."""
        share = self.uniform(name)
        pieces = list(pairwise(points))
        frame = share.to_frame("share").select(
            pl.coalesce(
                pl.when(pl.col("share") < right).then(low + (pl.col("share") - left) * ((high - low) / (right - left)))
                for (left, low), (right, high) in pieces
            ).alias(name)
        )
        return frame.to_series()


def _cuts(weights: tuple[float, ...]) -> list[float]:
    """Where in [0, 1) one value ends and the next begins."""
    total = sum(weights)
    return [ends / total for ends in accumulate(weights)][:-1]
