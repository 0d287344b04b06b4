"""A stored row's key as one text: the database makes the same text as cleaning does."""

import polars as pl
import psycopg
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from chicago_crashes.feeds.catalogue import PEOPLE
from chicago_crashes.feeds.cleaning.keys import row_key, row_key_of
from chicago_crashes.feeds.row_keys import stored_row_key
from chicago_crashes_tests.feeds.cleaning.test_keys import PAIRS


@given(st.lists(PAIRS, min_size=1, max_size=40))
def test_database_and_cleaning_agree(shared_database: str, pairs: list[tuple[str, str]]) -> None:
    columns = dict(zip(PEOPLE.key, map(list, zip(*pairs, strict=True)), strict=True))
    query = sql.SQL(
        "select array_agg({} order by place) from unnest(%s::text[], %s::text[]) with ordinality"
        " as stored (crash_record_id, person_id, place)"
    ).format(stored_row_key(PEOPLE))
    with psycopg.connect(shared_database) as connection:
        found = connection.execute(query, list(columns.values())).fetchone()

    expected = [row_key_of(PEOPLE, dict(zip(PEOPLE.key, pair, strict=True))) for pair in pairs]
    assert found == (expected,)
    assert pl.DataFrame(columns).select(row_key(PEOPLE)).to_series().to_list() == expected
