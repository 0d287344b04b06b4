"""Row ids are the hidden number in disguise, and lead back to it."""

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chicago_crashes.stand_in.row_ids import decoded, encoded


def text_of(number: int, key: str = "85ca-t3if", prefix: str = "row-") -> str:
    return str(encoded(pl.Series([number], dtype=pl.UInt64), key, prefix)[0])


@given(st.integers(0, 2**64 - 1), st.text(max_size=9))
def test_every_number_comes_back(number: int, key: str) -> None:
    text = text_of(number, key)
    assert re.fullmatch(r"row-[2-9a-km-np-z]{4}[-._~][2-9a-km-np-z]{4}[-._~][2-9a-km-np-z]{4}", text)
    assert decoded(text, key, "row-") == number


def test_the_text_says_nothing_of_the_order() -> None:
    texts = encoded(pl.Series(range(10_000), dtype=pl.UInt64), "85ca-t3if", "row-")
    assert texts.n_unique() == 10_000
    rising = (texts.shift(-1) > texts).sum()
    assert 4_800 < rising < 5_200


def test_every_dataset_has_its_own_disguise() -> None:
    assert text_of(1, "85ca-t3if") != text_of(1, "68nd-jvt3")


@pytest.mark.parametrize(
    "text",
    ["", "row-", "row-aaaa.aaaa", "rv-aaaa.aaaa.aaaa", "row-aaaa.aaaa.aaal", "row-aaaa.aaaa.aaaaa", "aaaa.aaaa.aaaa"],
)
def test_other_texts_have_no_number(text: str) -> None:
    assert decoded(text, "85ca-t3if", "row-") is None
