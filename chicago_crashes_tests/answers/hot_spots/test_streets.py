"""The City's index on streets: which segment a crash belongs to, which segments are a street, and the arithmetic."""

import polars as pl
import pytest
from shapely import to_wkb
from shapely.geometry import MultiLineString

from chicago_crashes.answers.hot_spots.parameters import SegmentParameters
from chicago_crashes.answers.hot_spots.streets import house_numbers, nearest_segments, ranked, streets_of

Ends = tuple[tuple[float, float], tuple[float, float]]
ANY_LENGTH = SegmentParameters(shortest_segment_feet=0, shortest_street_feet=0)


def lines(**segments: tuple[str, Ends]) -> pl.DataFrame:
    geometries = {key: MultiLineString([ends]) for key, (_, ends) in segments.items()}
    return house_numbers(
        pl.DataFrame(
            {
                "line": list(segments),
                "street": [street for street, _ in segments.values()],
                "l_f_add": ["0"] * len(segments),
                "l_t_add": ["198"] * len(segments),
                "r_f_add": ["101"] * len(segments),
                "r_t_add": ["none"] * len(segments),
                "feet": [geometry.length for geometry in geometries.values()],
                "geometry": [to_wkb(geometry, hex=True) for geometry in geometries.values()],
            }
        )
    )


def places(*placed: tuple[float, float, str | None], **counts: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "x_feet": [float(x) for x, _, _ in placed],
            "y_feet": [float(y) for _, y, _ in placed],
            "street": [street for _, _, street in placed],
            **{letter: [counts.get(letter, 0)] * len(placed) for letter in "kabcou"},
        },
        schema_overrides={"street": pl.String},
    )


CROSSING = lines(
    a=("W MADISON ST", ((0, 0), (1000, 0))),
    b=("N STATE ST", ((1000, 0), (1000, 1000))),
    c=("W MADISON ST", ((1000, 0), (2000, 0))),
)


@pytest.mark.parametrize(
    ("x", "y", "street", "expected"),
    [
        (500, 40, "W MADISON ST", ["a"]),
        (500, 40, "N ELSEWHERE AVE", ["a"]),
        (980, 30, "W MADISON ST", ["b"]),
        (1000, 0, "N STATE ST", ["b"]),
        (1000, 0, "W MADISON ST", ["a"]),
        (1000, 0, "N ELSEWHERE AVE", ["a"]),
        (1000, 0, None, ["a"]),
        (500, 100, "W MADISON ST", ["a"]),
        (500, 100.5, "W MADISON ST", []),
        (-100.5, 0, "W MADISON ST", []),
    ],
)
def test_a_crash_belongs_to_the_nearest_segment_within_reach(
    x: float, y: float, street: str | None, expected: list[str]
) -> None:
    """At the corner all three are as near: the street that the report names decides, then the key."""
    found = nearest_segments(places((x, y, street)), CROSSING, reach_feet=100)
    assert found["line"].to_list() == expected


def test_a_street_is_what_touches_and_has_the_same_name() -> None:
    found = streets_of(
        lines(
            d=("W MADISON ST", ((1000, 0), (2000, 0))),
            a=("W MADISON ST", ((0, 0), (1000, 0))),
            b=("N STATE ST", ((1000, 0), (1000, 900))),
            c=("W MADISON ST", ((5000, 0), (6000, 0))),
            e=("W MADISON ST", ((6000.2, 0.3), (7000, 0))),
            f=("", ((0, 0), (0, 100))),
        )
    )
    assert dict(found.sort("line").iter_rows()) == {"a": "a", "b": "b", "c": "c", "d": "a", "e": "c"}


def test_the_index_by_hand() -> None:
    """A mile of 5,280 feet in two segments: 1 K, 2 A, 3 B and 4 C crashes on the first 1,320, 1 A on the rest.

    The first: (5 x (1 + 2) + 3 + 4) / 0.25 = 88 a mile; the second: 5 / 0.75 = 6.67; the street: 27 / 1 = 27.
    """
    mile = lines(
        a=("W MADISON ST", ((0, 0), (1320, 0))),
        b=("W MADISON ST", ((1320, 0), (5280, 0))),
        c=("N EMPTY ST", ((9000, 0), (9000, 999))),
    )
    crashes = pl.concat(
        [places((600, 10, "W MADISON ST"), k=1, a=2, b=3, c=4, o=50, u=1), places((3000, 0, None), a=1)]
    )
    rows, members = ranked(crashes, mile, ANY_LENGTH)
    by_key = {(row["kind"], row["of"]): row for row in rows.iter_rows(named=True)}
    assert by_key.keys() == {("segment", "a"), ("segment", "b"), ("street", "a")}, "none without crashes"
    assert by_key["segment", "a"] == {
        "kind": "segment",
        "of": "a",
        "street": "W MADISON ST",
        "label": "W MADISON ST 101–198",
        "segments": 1,
        "miles": 0.25,
        "crashes": 61,
        "k_crashes": 1,
        "a_crashes": 2,
        "bc_crashes": 7,
        "city_index": 22,
        "index_per_mile": 88,
        "rank": 1,
    }
    assert by_key["segment", "b"]["index_per_mile"] == pytest.approx(5 / 0.75)
    assert by_key["segment", "b"]["rank"] == 2
    whole = by_key["street", "a"]
    assert (whole["segments"], whole["miles"], whole["crashes"], whole["index_per_mile"]) == (2, 1, 62, 27)
    assert set(members.iter_rows()) == {
        ("segment", "a", "a"),
        ("segment", "b", "b"),
        ("street", "a", "a"),
        ("street", "a", "b"),
    }


def test_what_is_too_short_is_counted_and_not_ranked() -> None:
    short = lines(a=("W TINY CT", ((0, 0), (50, 0))), b=("W LONG ST", ((0, 500), (3000, 500))))
    crashes = places((10, 0, None), (900, 500, None), k=1)
    rows, _ = ranked(crashes, short, SegmentParameters())
    ranks = {(row["kind"], row["of"]): (row["rank"], row["crashes"]) for row in rows.iter_rows(named=True)}
    assert ranks == {
        ("segment", "a"): (None, 1),
        ("segment", "b"): (1, 1),
        ("street", "a"): (None, 1),
        ("street", "b"): (1, 1),
    }


def test_no_crash_is_on_two_segments() -> None:
    scattered = places(*((x, y, None) for x in range(-50, 2100, 50) for y in range(-150, 1150, 50)), o=1)
    rows, _ = ranked(scattered, CROSSING, ANY_LENGTH)
    near = nearest_segments(scattered, CROSSING, reach_feet=100)
    on_segments = rows.filter(kind="segment")["crashes"].sum()
    assert on_segments == near.height == rows.filter(kind="street")["crashes"].sum()
    assert 0 < on_segments < scattered.height


def test_corridors_of_the_city_by_the_formula() -> None:
    """INDEX_5 over segments is that over their street, weighed by miles: sums of crashes over sums of miles."""
    street = lines(**{f"s{n:02}": ("N WESTERN AVE", ((0, 500 * n), (0, 500 * n + 500))) for n in range(43)})
    crashes = pl.concat(places((0, 500 * n + 250, None), k=n % 2, a=n % 5, b=n % 3, c=1, o=9) for n in range(43))
    rows, _ = ranked(crashes, street, ANY_LENGTH)
    assert rows.filter(kind="segment").height == 43
    for row in rows.iter_rows(named=True):
        weighed = 5 * (row["k_crashes"] + row["a_crashes"]) + row["bc_crashes"]
        assert row["index_per_mile"] == pytest.approx(weighed / row["miles"])
    (whole,) = rows.filter(kind="street").iter_rows(named=True)
    assert whole["k_crashes"] == sum(n % 2 for n in range(43))
    assert whole["a_crashes"] == sum(n % 5 for n in range(43))
    assert whole["bc_crashes"] == sum(n % 3 + 1 for n in range(43))
    assert whole["miles"] == pytest.approx(43 * 500 / 5280)
