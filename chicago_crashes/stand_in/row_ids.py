"""The text forms of `:id` and `:version`: a hidden number behind a keyed permutation, written in 32 letters.

The portal sorts and compares by the hidden number, and the text says nothing of its order.
"""

import re
from functools import cache
from hashlib import blake2b

import polars as pl

ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"
SEPARATORS = "-._~"
FORM = re.compile(rf"([{ALPHABET}]{{4}})([{SEPARATORS}])([{ALPHABET}]{{4}})([{SEPARATORS}])([{ALPHABET}]{{4}})")

WORD = 2**64
FIRST_FACTOR, SECOND_FACTOR = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03
"""Odd, so multiplying by them modulo 2**64 can be undone."""
HALF = 2**32


def encoded(numbers: pl.Series, key: str, prefix: str) -> pl.Series:
    """The texts of hidden numbers, all at once."""
    before, after = _keys(key)
    mixed = pl.DataFrame({"n": numbers.cast(pl.UInt64)}).select(_mixed(pl.col("n"), before, after)).to_series()
    pairs, separators = _letter_pairs(), pl.Series(list(SEPARATORS))
    parts = pl.DataFrame(
        [
            pairs.gather(mixed // 2**54 % 1024).alias("1"),
            pairs.gather(mixed // 2**44 % 1024).alias("2"),
            separators.gather(mixed // 2**42 % 4).alias("3"),
            pairs.gather(mixed // 2**32 % 1024).alias("4"),
            pairs.gather(mixed // 2**22 % 1024).alias("5"),
            separators.gather(mixed // 2**20 % 4).alias("6"),
            pairs.gather(mixed // 2**10 % 1024).alias("7"),
            pairs.gather(mixed % 1024).alias("8"),
        ]
    )
    return parts.select(pl.concat_str(pl.lit(prefix), *"12345678")).to_series()


def decoded(text: str, key: str, prefix: str) -> int | None:
    """The hidden number of a text; `None` if the text is of no such form."""
    form = FORM.fullmatch(text.removeprefix(prefix)) if text.startswith(prefix) else None
    if form is None:
        return None
    mixed = 0
    for place, part in enumerate(form.groups(), 1):
        for letter in part:
            mixed = mixed * 4 + SEPARATORS.index(letter) if place % 2 == 0 else mixed * 32 + ALPHABET.index(letter)
    before, after = _keys(key)
    number = mixed ^ after
    number ^= number >> 32
    number = number * pow(SECOND_FACTOR, -1, WORD) % WORD
    number ^= number >> 32
    number = number * pow(FIRST_FACTOR, -1, WORD) % WORD
    return number ^ before


def _mixed(number: pl.Expr, before: int, after: int) -> pl.Expr:
    """Multiply and fold, twice: one-to-one, and neighbours end up far apart. Unsigned columns wrap at 2**64."""
    number = (number ^ pl.lit(before, pl.UInt64)) * pl.lit(FIRST_FACTOR, pl.UInt64)
    number = number ^ (number // HALF)
    number = number * pl.lit(SECOND_FACTOR, pl.UInt64)
    number = number ^ (number // HALF)
    return number ^ pl.lit(after, pl.UInt64)


@cache
def _keys(key: str) -> tuple[int, int]:
    digest = blake2b(key.encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8]), int.from_bytes(digest[8:])


@cache
def _letter_pairs() -> pl.Series:
    return pl.Series([first + second for first in ALPHABET for second in ALPHABET])
