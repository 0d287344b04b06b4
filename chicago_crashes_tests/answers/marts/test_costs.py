"""Costs: the figures are the same in code and database, and every sum here is worked out by hand."""

import psycopg
import pytest

from chicago_crashes.answers.costs import COST_TABLES, DEFAULT_COST_TABLE, CostClass, CostTable, cost_table
from chicago_crashes.answers.marts import counting
from chicago_crashes.answers.severity import CITY_WEIGHTS, EPDO_WEIGHTS, KABCO, uncapped_weights
from chicago_crashes.errors import PermanentError
from chicago_crashes_tests.answers.marts.city import add_crash, load_days, refresh_all
from chicago_crashes_tests.feeds.loading import Connection, rows_of

LINES = "select class, unit, count, unit_dollars, subtotal from crash_cost_lines(%s, 1, 2, 3, 4, 5, 6)"
COST = "select crash_cost(%s, k => 1, a => 2, b => 3, c => 4, o => 5, pdo_vehicles => 6)"


def test_the_table_holds_what_is_declared(db: Connection) -> None:
    declared = [
        (table.name, priced.value, priced.unit, dollars, table.dollars_of, table.source)
        for table in COST_TABLES
        for priced, dollars in table.dollars.items()
    ]
    stored = rows_of(db, "select cost_table, class, unit, dollars, dollars_of, source from unit_costs")
    assert sorted(stored) == sorted(declared)


@pytest.mark.parametrize("table", COST_TABLES, ids=lambda table: table.name)
def test_no_table_prices_the_same_damage_twice(table: CostTable) -> None:
    assert cost_table(table.name) is table
    assert {"K", "A", "B", "C"} < set(table.dollars)
    assert len({CostClass.O, CostClass.PDO} & set(table.dollars)) == 1
    assert "secondary sources" in table.source


def test_fhwa_prices_people_and_damaged_vehicles(db: Connection) -> None:
    assert rows_of(db, LINES, "fhwa_2024_comprehensive") == [
        ("K", "person", 1, 11_258_495, 11_258_495),
        ("A", "person", 2, 1_089_524, 2_179_048),
        ("B", "person", 3, 224_597, 673_791),
        ("C", "person", 4, 111_281, 445_124),
        ("PDO", "vehicle", 6, 10_196, 61_176),
    ]
    assert rows_of(db, COST, "fhwa_2024_comprehensive") == [(14_617_634,)]


def test_usdot_prices_people_without_an_injury_and_no_vehicles(db: Connection) -> None:
    assert rows_of(db, LINES, "usdot_2023") == [
        ("K", "person", 1, 13_200_000, 13_200_000),
        ("A", "person", 2, 1_254_700, 2_509_400),
        ("B", "person", 3, 246_900, 740_700),
        ("C", "person", 4, 118_000, 472_000),
        ("O", "person", 5, 5_300, 26_500),
    ]
    assert rows_of(db, COST, "usdot_2023") == [(16_948_600,)]


@pytest.mark.parametrize(
    ("table", "dollars"),
    [
        # 1,606,644 + 2 x 172,179 + 3 x 44,490 + 4 x 25,933 + 6 x 6,269
        ("fhwa_2024_economic", 2_225_818),
        # 1,869,000 + 2 x 162,000 + 3 x 42,000 + 4 x 26,000 + 6 x 6,100
        ("nsc_2022_economic", 2_459_600),
    ],
)
def test_the_economic_tables(db: Connection, table: str, dollars: int) -> None:
    assert rows_of(db, COST, table) == [(dollars,)]


def test_nothing_costs_nothing_and_the_unknown_is_unknown(db: Connection) -> None:
    assert rows_of(db, "select crash_cost('usdot_2023', 0, 0, 0, 0, 0, 0)") == [(0,)]
    assert rows_of(db, "select crash_cost('usdot_2023', null, 0, 0, 0, 0, 0)") == [(None,)]


def test_sums_beyond_four_bytes_are_right(db: Connection) -> None:
    assert rows_of(db, "select crash_cost('usdot_2023', 100000, 0, 0, 0, 0, 0)") == [(1_320_000_000_000,)]


@pytest.mark.parametrize("query", [COST, LINES])
def test_an_unknown_table_is_refused_and_the_known_are_named(db: Connection, query: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="no cost table named 'fhwa'") as refused:
        rows_of(db, query, "fhwa")
    assert refused.value.diag.message_hint == (
        "Choose one of: fhwa_2024_comprehensive, fhwa_2024_economic, nsc_2022_economic, usdot_2023."
    )
    with pytest.raises(PermanentError, match="Choose one of: fhwa_2024_comprehensive, fhwa_2024_economic, usdot"):
        cost_table("fhwa")
    with pytest.raises(PermanentError, match="no cost table fhwa"):
        counting.unit_costs(db, "fhwa")


def test_people_and_crashes_of_unknown_severity_are_counted_and_cost_nothing(db: Connection) -> None:
    """Two vehicles of a crash with damage only cost 20,392 dollars; three of one of unknown severity nothing."""
    add_crash(db, "2024-05-01", "O", persons_o=2, persons_u=1)
    add_crash(db, "2024-05-01", "U", persons_u=4, motor_vehicles=3)
    load_days(db, "2024-05-01", "2024-05-01")
    refresh_all(db)
    assert rows_of(db, "select unknown_crashes, persons_u, pdo_vehicles, cost from citywide_daily") == [
        (1, 5, 2, 20_392)
    ]


def test_the_marts_cost_what_the_function_says(db: Connection) -> None:
    for severity in "KABCOU":
        add_crash(db, "2024-05-01", severity, persons_o=1, motor_vehicles=3)
    load_days(db, "2024-05-01", "2024-05-01")
    refresh_all(db)
    assert rows_of(
        db,
        "select cost, crash_cost(%s, persons_k, persons_a, persons_b, persons_c, persons_o, pdo_vehicles)"
        " from citywide_daily",
        DEFAULT_COST_TABLE,
    ) == [(12_714_485, 12_714_485)]  # 11,258,495 + 1,089,524 + 224,597 + 111,281 + 3 x 10,196


def test_weights_worked_out_by_hand() -> None:
    """K and A: (980 x 11,258,495 + 15,037 x 1,089,524) / 16,017 / 10,196; B: 224,597 / 10,196; C: 111,281 / 10,196."""
    assert EPDO_WEIGHTS == {"K": 167.88, "A": 167.88, "B": 22.03, "C": 10.91, "O": 1, "U": 0}
    assert uncapped_weights() == {"K": 1104.21, "A": 106.86, "B": 22.03, "C": 10.91, "O": 1, "U": 0}
    # 13,200,000, 1,254,700, 246,900 and 118,000 / 5,300
    assert uncapped_weights("usdot_2023") == {"K": 2490.57, "A": 236.74, "B": 46.58, "C": 22.26, "O": 1, "U": 0}
    assert CITY_WEIGHTS == {"K": 5, "A": 5, "B": 1, "C": 1, "O": 0, "U": 0}
    assert list(KABCO) == list(EPDO_WEIGHTS) == list(CITY_WEIGHTS)
