"""Where crashes happen: addresses on Chicago's grid, the coordinates they stand for, and a police beat.

State and Madison is the origin of the grid. A mile is 800 numbers, except that the first three miles south are
1,200, 1,000 and 900 numbers long. Streets are listed with the stretches that lie inside the city.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from chicago_crashes.stand_in.synthetic.draws import Draws

_ORIGIN_LATITUDE, _ORIGIN_LONGITUDE = 41.8820, -87.6278
_MILE_NORTH, _MILE_EAST = 0.014485, 0.01943


@dataclass(frozen=True, slots=True)
class Stretch:
    """House numbers `first` to `last` of a street in one direction, at `across` on the other axis (north, east > 0)."""

    street: str
    direction: str
    across: int
    first: int
    last: int


def _north_south(
    street: str, across: int, *, south: tuple[int, int] | None, north: tuple[int, int] | None
) -> list[Stretch]:
    return [
        Stretch(street, direction, across, *numbers)
        for direction, numbers in (("S", south), ("N", north))
        if numbers is not None
    ]


def _east_west(
    street: str, across: int, *, west: tuple[int, int] | None, east: tuple[int, int] | None = None
) -> list[Stretch]:
    return [
        Stretch(street, direction, across, *numbers)
        for direction, numbers in (("W", west), ("E", east))
        if numbers is not None
    ]


STRETCHES = (
    *_north_south("WESTERN AVE", -2400, south=(1, 8600), north=(1, 7100)),
    *_north_south("PULASKI RD", -4000, south=(1, 8600), north=(1, 6300)),
    *_north_south("CICERO AVE", -4790, south=(4500, 6400), north=(1, 5900)),
    *_north_south("HALSTED ST", -800, south=(1, 12200), north=(1, 3700)),
    *_north_south("KEDZIE AVE", -3200, south=(1, 8600), north=(1, 6300)),
    *_north_south("ASHLAND AVE", -1600, south=(1, 9500), north=(1, 6300)),
    *_north_south("CALIFORNIA AVE", -2800, south=(1, 7100), north=(1, 7100)),
    *_north_south("DAMEN AVE", -2000, south=(1, 8700), north=(1, 5400)),
    *_north_south("COTTAGE GROVE AVE", 800, south=(6000, 9400), north=None),
    *_north_south("STATE ST", 0, south=(1, 12600), north=(1, 1100)),
    *_north_south("MICHIGAN AVE", 100, south=(1, 12600), north=(1, 900)),
    *_north_south("INDIANA AVE", 200, south=(1300, 12600), north=None),
    *_north_south("DR MARTIN LUTHER KING JR DR", 400, south=(2300, 11400), north=None),
    *_north_south("WENTWORTH AVE", -200, south=(2200, 9400), north=None),
    *_north_south("STONY ISLAND AVE", 1600, south=(5700, 9500), north=None),
    *_north_south("JEFFERY BLVD", 2000, south=(6700, 9500), north=None),
    *_north_south("COMMERCIAL AVE", 3000, south=(8300, 9500), north=None),
    *_north_south("EXCHANGE AVE", 2900, south=(8000, 9500), north=None),
    *_north_south("RACINE AVE", -1200, south=(1200, 9400), north=(1, 3800)),
    *_north_south("MORGAN ST", -1000, south=(1, 9400), north=(1, 800)),
    *_north_south("WELLS ST", -200, south=(1, 500), north=(1, 1800)),
    *_north_south("LAKE SHORE DR", 440, south=(1, 1200), north=(1, 300)),
    *_north_south("CENTRAL PARK AVE", -3600, south=(1, 5900), north=(1, 5500)),
    *_north_south("KOSTNER AVE", -4400, south=(1, 1100), north=(1, 4800)),
    *_north_south("LARAMIE AVE", -5200, south=(1, 1000), north=(1, 5400)),
    *_north_south("CENTRAL AVE", -5600, south=(5600, 6300), north=(1, 5900)),
    *_north_south("AUSTIN AVE", -6000, south=(5600, 6300), north=(1700, 5900)),
    *_north_south("NARRAGANSETT AVE", -6400, south=(5600, 6300), north=(1700, 5800)),
    *_north_south("OAK PARK AVE", -6800, south=(5600, 6300), north=(1700, 5800)),
    *_north_south("SACRAMENTO AVE", -3000, south=(1, 7100), north=(1, 6400)),
    *_north_south("KIMBALL AVE", -3400, south=None, north=(2400, 6100)),
    *_north_south("BROADWAY", -800, south=None, north=(3000, 3600)),
    *_east_west("MADISON ST", 0, west=(1, 5900)),
    *_east_west("WASHINGTON BLVD", 100, west=(500, 5900)),
    *_east_west("GRAND AVE", 530, west=(1, 1500)),
    *_east_west("CHICAGO AVE", 800, west=(1, 5900)),
    *_east_west("DIVISION ST", 1200, west=(1, 5900)),
    *_east_west("NORTH AVE", 1605, west=(1, 6300)),
    *_east_west("ARMITAGE AVE", 2000, west=(300, 5900)),
    *_east_west("FULLERTON AVE", 2400, west=(400, 7100)),
    *_east_west("DIVERSEY AVE", 2800, west=(500, 7100)),
    *_east_west("BELMONT AVE", 3200, west=(500, 7900)),
    *_east_west("ADDISON ST", 3600, west=(700, 7900)),
    *_east_west("IRVING PARK RD", 4000, west=(700, 7400)),
    *_east_west("MONTROSE AVE", 4400, west=(900, 6500)),
    *_east_west("LAWRENCE AVE", 4800, west=(1000, 5500)),
    *_east_west("FOSTER AVE", 5200, west=(1100, 5900)),
    *_east_west("PETERSON AVE", 6000, west=(1600, 4300)),
    *_east_west("DEVON AVE", 6390, west=(1300, 3100)),
    *_east_west("TOUHY AVE", 7190, west=(1500, 2900)),
    *_east_west("JACKSON BLVD", -300, west=(1, 5500)),
    *_east_west("HARRISON ST", -600, west=(1, 4600)),
    *_east_west("ROOSEVELT RD", -1190, west=(1, 4500)),
    *_east_west("CERMAK RD", -2200, west=(1, 4500), east=(1, 300)),
    *_east_west("31ST ST", -3100, west=(1, 4300), east=(1, 500)),
    *_east_west("35TH ST", -3500, west=(1, 3900), east=(1, 500)),
    *_east_west("PERSHING RD", -3890, west=(1, 2400), east=(1, 700)),
    *_east_west("47TH ST", -4700, west=(1, 4500), east=(1, 1200)),
    *_east_west("51ST ST", -5100, west=(1, 4600), east=(1, 1300)),
    *_east_west("GARFIELD BLVD", -5500, west=(1, 2400), east=(1, 500)),
    *_east_west("59TH ST", -5900, west=(1, 5900), east=(1, 500)),
    *_east_west("63RD ST", -6300, west=(1, 6300), east=(1, 1500)),
    *_east_west("67TH ST", -6700, west=(1, 3900), east=(1, 1900)),
    *_east_west("71ST ST", -7100, west=(1, 3900), east=(1, 2400)),
    *_east_west("79TH ST", -7900, west=(1, 3900), east=(1, 2800)),
    *_east_west("87TH ST", -8690, west=(1, 2300), east=(1, 2800)),
    *_east_west("95TH ST", -9500, west=(1, 1600), east=(1, 2200)),
    *_east_west("103RD ST", -10300, west=(1, 2300), east=(1, 700)),
    *_east_west("111TH ST", -11100, west=(1, 2300), east=(1, 600)),
    *_east_west("115TH ST", -11500, west=(1, 1500), east=(1, 500)),
    *_east_west("119TH ST", -11890, west=(1, 1000), east=(1, 300)),
)

DISTRICTS = (
    (1, 41.865, -87.625), (2, 41.809, -87.610), (3, 41.772, -87.596), (4, 41.702, -87.561), (5, 41.683, -87.616),
    (6, 41.743, -87.635), (7, 41.775, -87.653), (8, 41.779, -87.728), (9, 41.820, -87.665), (10, 41.847, -87.711),
    (11, 41.883, -87.721), (12, 41.878, -87.669), (14, 41.919, -87.692), (15, 41.884, -87.760), (16, 41.973, -87.833),
    (17, 41.966, -87.724), (18, 41.907, -87.639), (19, 41.948, -87.664), (20, 41.980, -87.678), (22, 41.705, -87.673),
    (24, 42.005, -87.683), (25, 41.922, -87.760),
)  # fmt: skip
"""Police districts and about where their middle is."""
BEATS_OF_EVERY_DISTRICT = (11, 12, 13, 14, 21, 22, 23, 24, 31, 32, 33, 34)
"""Beats of a district by the place they have around its middle: from south-west to north-east, row by row."""
BEAT_IN_THE_MIDDLE = 15
DISTRICTS_WITH_A_BEAT_IN_THE_MIDDLE = 10
"""So many districts, the first of them, have one beat more."""
LONGITUDES_OF_BEATS = (-0.008, 0.0, 0.008)
LATITUDES_OF_BEATS = (0.0, 0.007)
"""Where one beat ends and the next begins, as degrees east and north of the district's middle."""
MIDDLE = (0.004, 0.0035)
"""How far the beat in the middle reaches to the east and west, and to the north and south."""
LONGITUDE_PER_LATITUDE = 0.745
"""How long a degree of longitude is here, where one of latitude is 1."""


def places_of(draws: Draws) -> pl.DataFrame:
    """An address (number, direction, street), its coordinates (rounded as the portal rounds them) and its beat."""
    table = pl.DataFrame(
        [(s.street, s.direction, s.across, s.first, s.last) for s in STRETCHES],
        schema=["street_name", "street_direction", "across", "first", "last"],
        orient="row",
    )
    spans = {place: float(s.last - s.first) for place, s in enumerate(STRETCHES)}
    chosen = table[draws.pick("stretch", spans)]
    number = pl.col("first") + (pl.col("along") * (pl.col("last") - pl.col("first"))).cast(pl.Int64)
    is_along_north_south = pl.col("street_direction").is_in(["N", "S"])
    signed = pl.when(pl.col("street_direction").is_in(["S", "W"])).then(-pl.col("number")).otherwise(pl.col("number"))
    north = pl.when(is_along_north_south).then(signed).otherwise("across")
    east = pl.when(is_along_north_south).then("across").otherwise(signed)
    return (
        chosen.with_columns(along=draws.uniform("number"))
        .with_columns(number=number)
        .with_columns(
            lat=(_ORIGIN_LATITUDE + _MILE_NORTH * _miles_north(north) + (draws.uniform("north of it") - 0.5) * 2e-4),
            lon=(_ORIGIN_LONGITUDE + _MILE_EAST * east / 800 + (draws.uniform("east of it") - 0.5) * 2e-4),
        )
        .with_columns(pl.col("lat", "lon").round(12))
        .with_columns(beat=_beat())
        .select("number", "street_direction", "street_name", "lat", "lon", "beat")
    )


def coordinates_of(north: Sequence[int], east: Sequence[int]) -> list[tuple[float, float]]:
    """Longitude and latitude of points on the grid, given in house numbers from its origin."""
    frame = pl.DataFrame({"north": north, "east": east}, schema={"north": pl.Int64, "east": pl.Int64})
    degrees = frame.select(
        lon=(_ORIGIN_LONGITUDE + _MILE_EAST * pl.col("east") / 800).round(9),
        lat=(_ORIGIN_LATITUDE + _MILE_NORTH * _miles_north(pl.col("north"))).round(9),
    )
    return list(degrees.iter_rows())


def _miles_north(number: pl.Expr) -> pl.Expr:
    south = -number
    return (
        pl.when(number >= 0)
        .then(number / 800)
        .when(south <= 1200)
        .then(number / 1200)
        .when(south <= 2200)
        .then(-1 - (south - 1200) / 1000)
        .when(south <= 3100)
        .then(-2 - (south - 2200) / 900)
        .otherwise(-3 - (south - 3100) / 800)
    )


def _beat() -> pl.Expr:
    """The nearest district, and one of its beats by where the place is around the district's middle."""
    distances = [
        (pl.col("lat") - lat) ** 2 + ((pl.col("lon") - lon) * LONGITUDE_PER_LATITUDE) ** 2 for _, lat, lon in DISTRICTS
    ]
    nearest = pl.concat_list(distances).list.arg_min().cast(pl.Int64)
    north = pl.col("lat") - _of_district(nearest, [lat for _, lat, _ in DISTRICTS])
    east = pl.col("lon") - _of_district(nearest, [lon for _, _, lon in DISTRICTS])
    row = pl.sum_horizontal((north >= edge).cast(pl.Int64) for edge in LATITUDES_OF_BEATS)
    column = pl.sum_horizontal((east >= edge).cast(pl.Int64) for edge in LONGITUDES_OF_BEATS)
    around = (row * (len(LONGITUDES_OF_BEATS) + 1) + column).replace_strict(dict(enumerate(BEATS_OF_EVERY_DISTRICT)))
    is_middle = (nearest < DISTRICTS_WITH_A_BEAT_IN_THE_MIDDLE) & (east.abs() <= MIDDLE[0]) & (north.abs() <= MIDDLE[1])
    beat = pl.when(is_middle).then(pl.lit(BEAT_IN_THE_MIDDLE)).otherwise(around)
    return _of_district(nearest, [number for number, _, _ in DISTRICTS]) * 100 + beat.cast(pl.Int64)


def _of_district(place: pl.Expr, values: Sequence[float]) -> pl.Expr:
    return place.replace_strict(dict(enumerate(values)))
