"""Synthetic crashes: first what happened (typed, for the units and people to build on), then the published text."""

import hashlib

import polars as pl

from chicago_crashes.stand_in.synthetic import dirt as d
from chicago_crashes.stand_in.synthetic.days import existing, times_of
from chicago_crashes.stand_in.synthetic.draws import Draws, Weights, keys_of
from chicago_crashes.stand_in.synthetic.places import places_of
from chicago_crashes.stand_in.synthetic.texts import flags, timestamp_text

LATE_AFTER_MINUTES = 7 * 24 * 60
"""A crash the police hear of after more than a week is reported late."""

_FIRST_CRASH_TYPE = {
    "PARKED MOTOR VEHICLE": 22.6,
    "REAR END": 21.6,
    "SIDESWIPE SAME DIRECTION": 15.1,
    "TURNING": 14.2,
    "ANGLE": 10.8,
    "FIXED OBJECT": 4.6,
    "PEDESTRIAN": 2.7,
    "PEDALCYCLIST": 1.9,
    "SIDESWIPE OPPOSITE DIRECTION": 1.4,
    "REAR TO FRONT": 1.1,
    "OTHER OBJECT": 1.0,
    "HEAD ON": 0.85,
    "REAR TO SIDE": 0.7,
    "OTHER NONCOLLISION": 0.35,
    "REAR TO REAR": 0.25,
    "ANIMAL": 0.08,
    "OVERTURNED": 0.06,
    "TRAIN": 0.01,
}
_KIND = {
    "PEDESTRIAN": "on foot",
    "PEDALCYCLIST": "cycling",
    "FIXED OBJECT": "alone",
    "OTHER OBJECT": "alone",
    "ANIMAL": "alone",
    "OVERTURNED": "alone",
    "OTHER NONCOLLISION": "alone",
    "TRAIN": "alone",
}
"""How people were on the way in crashes that are unlike most, where vehicles meet."""
_UNITS = {
    "alone": {1: 93.0, 2: 5.5, 3: 1.2, 4: 0.3},
    "together": {1: 1.0, 2: 91.2, 3: 6.0, 4: 1.2, 5: 0.35, 6: 0.18, 7: 0.07, 8: 0.03, 12: 0.01, 18: 0.003},
    "on foot": {2: 95.0, 3: 4.2, 4: 0.8},
    "cycling": {2: 97.0, 3: 2.7, 4: 0.3},
}
_SEVERITY = {
    "alone": {"O": 77.9, "B": 12.6, "C": 5.0, "A": 3.9, "K": 0.60},
    "together": {"O": 88.86, "B": 5.966, "C": 4.0, "A": 1.135, "K": 0.038},
    "on foot": {"O": 13.0, "B": 52.0, "C": 21.0, "A": 12.7, "K": 1.30},
    "cycling": {"O": 23.0, "B": 53.0, "C": 17.5, "A": 6.2, "K": 0.30},
}
"""Worst injury of a crash on the KABCO scale; over all crashes the shares are those of 2018-2025."""

_WEATHER: Weights = {
    "winter": {
        "CLEAR": 66, "SNOW": 12, "RAIN": 6, "CLOUDY/OVERCAST": 4.5, "UNKNOWN": 7, "FREEZING RAIN/DRIZZLE": 0.9,
        "SLEET/HAIL": 0.9, "BLOWING SNOW": 0.7, "OTHER": 0.5, "FOG/SMOKE/HAZE": 0.4, "SEVERE CROSS WIND GATE": 0.03,
    },
    "summer": {
        "CLEAR": 82.5, "RAIN": 9.8, "UNKNOWN": 4.8, "CLOUDY/OVERCAST": 2.4, "OTHER": 0.3, "FOG/SMOKE/HAZE": 0.15,
        "BLOWING SAND, SOIL, DIRT": 0.01, "SEVERE CROSS WIND GATE": 0.02,
    },
}  # fmt: skip
_LIGHTING: Weights = {
    "day": {"DAYLIGHT": 94, "UNKNOWN": 4, "DUSK": 0.7, "DAWN": 0.5, "DARKNESS": 0.4, "DARKNESS, LIGHTED ROAD": 0.4},
    "dawn": {"DAWN": 44, "DAYLIGHT": 28, "DARKNESS, LIGHTED ROAD": 16, "DARKNESS": 6, "UNKNOWN": 5, "DUSK": 1},
    "dusk": {"DUSK": 40, "DAYLIGHT": 28, "DARKNESS, LIGHTED ROAD": 22, "DARKNESS": 5, "UNKNOWN": 4, "DAWN": 1},
    "night": {"DARKNESS, LIGHTED ROAD": 77, "DARKNESS": 13, "UNKNOWN": 7, "DUSK": 1.5, "DAWN": 1, "DAYLIGHT": 0.5},
}
_SUNRISE = (7, 6, 7, 6, 5, 5, 5, 6, 6, 7, 6, 7)
_SUNSET = (16, 17, 18, 19, 19, 20, 20, 19, 18, 18, 16, 16)

_SURFACE: Weights = {
    "dry": {
        "DRY": 90,
        "UNKNOWN": 5.5,
        "WET": 3.8,
        "ICE": 0.2,
        "SNOW OR SLUSH": 0.25,
        "OTHER": 0.2,
        "SAND, MUD, DIRT": 0.03,
    },
    "wet": {"WET": 94, "DRY": 2.5, "UNKNOWN": 3, "ICE": 0.3, "OTHER": 0.2},
    "white": {"SNOW OR SLUSH": 68, "WET": 19, "ICE": 7.5, "DRY": 3, "UNKNOWN": 2.5},
    "unknown": {"UNKNOWN": 74, "DRY": 21, "WET": 4, "OTHER": 1},
}
_SURFACE_BY_WEATHER = {
    "RAIN": "wet",
    "SNOW": "white",
    "BLOWING SNOW": "white",
    "FREEZING RAIN/DRIZZLE": "white",
    "SLEET/HAIL": "white",
    "UNKNOWN": "unknown",
}
_CONTROL = {
    "NO CONTROLS": 56.5, "TRAFFIC SIGNAL": 27.6, "STOP SIGN/FLASHER": 9.9, "UNKNOWN": 4.2, "OTHER": 0.65,
    "LANE USE MARKING": 0.15, "YIELD": 0.15, "OTHER REG. SIGN": 0.12, "OTHER WARNING SIGN": 0.1,
    "PEDESTRIAN CROSSING SIGN": 0.08,
    "RAILROAD CROSSING GATE": 0.07, "DELINEATORS": 0.05, "SCHOOL ZONE": 0.05, "POLICE/FLAGMAN": 0.04,
    "FLASHING CONTROL SIGNAL": 0.04, "RR CROSSING SIGN": 0.02, "OTHER RAILROAD CROSSING": 0.02, "NO PASSING": 0.01,
    "BICYCLE CROSSING SIGN": 0.01,
}  # fmt: skip
_DEVICE: Weights = {
    "none": {"NO CONTROLS": 96, "FUNCTIONING PROPERLY": 1.5, "UNKNOWN": 2, "OTHER": 0.5},
    "some": {
        "FUNCTIONING PROPERLY": 82, "UNKNOWN": 12.5, "NO CONTROLS": 2.8, "OTHER": 1.2, "FUNCTIONING IMPROPERLY": 0.9,
        "NOT FUNCTIONING": 0.5, "WORN REFLECTIVE MATERIAL": 0.05, "MISSING": 0.05,
    },
}  # fmt: skip
_TRAFFICWAY = {
    "NOT DIVIDED": 43, "DIVIDED - W/MEDIAN (NOT RAISED)": 16, "ONE-WAY": 12.6, "FOUR WAY": 7, "PARKING LOT": 6.8,
    "DIVIDED - W/MEDIAN BARRIER": 5.6, "OTHER": 2.7, "ALLEY": 1.65, "T-INTERSECTION": 1.3, "UNKNOWN": 1.2,
    "CENTER TURN LANE": 0.75, "DRIVEWAY": 0.35, "RAMP": 0.33, "UNKNOWN INTERSECTION TYPE": 0.34,
    "FIVE POINT, OR MORE": 0.15,
    "Y-INTERSECTION": 0.15, "TRAFFIC ROUTE": 0.1, "NOT REPORTED": 0.08, "ROUNDABOUT": 0.04, "L-INTERSECTION": 0.02,
}  # fmt: skip
_ALIGNMENT = {
    "STRAIGHT AND LEVEL": 97.6, "STRAIGHT ON GRADE": 1.2, "CURVE, LEVEL": 0.7, "STRAIGHT ON HILLCREST": 0.25,
    "CURVE ON GRADE": 0.17, "CURVE ON HILLCREST": 0.05,
}  # fmt: skip
_DEFECT = {
    "NO DEFECTS": 81, "UNKNOWN": 17.3, "WORN SURFACE": 0.4, "OTHER": 0.55, "RUT, HOLES": 0.6, "SHOULDER DEFECT": 0.25,
    "DEBRIS ON ROADWAY": 0.08,
}  # fmt: skip
_CAUSE = {
    "UNABLE TO DETERMINE": 39, "FAILING TO YIELD RIGHT-OF-WAY": 11, "FOLLOWING TOO CLOSELY": 9.6, "NOT APPLICABLE": 5.3,
    "IMPROPER OVERTAKING/PASSING": 5, "FAILING TO REDUCE SPEED TO AVOID CRASH": 4.2, "IMPROPER BACKING": 3.9,
    "IMPROPER LANE USAGE": 3.5, "DRIVING SKILLS/KNOWLEDGE/EXPERIENCE": 3.4, "IMPROPER TURNING/NO SIGNAL": 3.3,
    "DISREGARDING TRAFFIC SIGNALS": 2.0, "WEATHER": 1.5,
    "OPERATING VEHICLE IN ERRATIC, RECKLESS, CARELESS, NEGLIGENT OR AGGRESSIVE MANNER": 1.3,
    "DISREGARDING STOP SIGN": 1.1,
    "DISTRACTION - FROM INSIDE VEHICLE": 0.7, "EQUIPMENT - VEHICLE CONDITION": 0.6, "PHYSICAL CONDITION OF DRIVER": 0.6,
    "VISION OBSCURED (SIGNS, TREE LIMBS, BUILDINGS, ETC.)": 0.6,
    "UNDER THE INFLUENCE OF ALCOHOL/DRUGS (USE WHEN ARREST IS EFFECTED)": 0.5, "DRIVING ON WRONG SIDE/WRONG WAY": 0.5,
    "DISTRACTION - FROM OUTSIDE VEHICLE": 0.4, "EXCEEDING AUTHORIZED SPEED LIMIT": 0.3,
    "EXCEEDING SAFE SPEED FOR CONDITIONS": 0.25, "ROAD ENGINEERING/SURFACE/MARKING DEFECTS": 0.25,
    "ROAD CONSTRUCTION/MAINTENANCE": 0.2, "DISREGARDING OTHER TRAFFIC SIGNS": 0.2,
    "EVASIVE ACTION DUE TO ANIMAL, OBJECT, NONMOTORIST": 0.2, "CELL PHONE USE OTHER THAN TEXTING": 0.12,
    "DISREGARDING ROAD MARKINGS": 0.12, "HAD BEEN DRINKING (USE WHEN ARREST IS NOT MADE)": 0.1, "ANIMAL": 0.08,
    "TURNING RIGHT ON RED": 0.07, "RELATED TO BUS STOP": 0.04, "TEXTING": 0.04, "DISREGARDING YIELD SIGN": 0.03,
    "DISTRACTION - OTHER ELECTRONIC DEVICE (NAVIGATION DEVICE, DVD PLAYER, ETC.)": 0.05, "OBSTRUCTED CROSSWALKS": 0.01,
    "PASSING STOPPED SCHOOL BUS": 0.01, "BICYCLE ADVANCING LEGALLY ON RED LIGHT": 0.01,
    "MOTORCYCLE ADVANCING LEGALLY ON RED LIGHT": 0.003,
}  # fmt: skip
_SECOND_CAUSE = {**_CAUSE, "NOT APPLICABLE": 41.0, "UNABLE TO DETERMINE": 36.0, "WEATHER": 1.1}
_SPEED_LIMIT = {
    "30": 797_197, "25": 71_350, "35": 68_136, "20": 45_782, "15": 38_317, "10": 25_997, "40": 10_424, "45": 6_945,
    "5": 5_541,
    "55": 1_100, "3": 260, "50": 245, "39": 125, "60": 60, "24": 30, "65": 28, "33": 25, "34": 15, "70": 4,
}  # fmt: skip
_LANES = {None: 89.55, "2": 4.8, "4": 2.6, "1": 1.7, "3": 0.75, "6": 0.4, "5": 0.15, "8": 0.05}
_LAG = ((0.0, 0), (0.5, 14), (0.75, 100), (0.90, 1_296), (0.97, 3_024), (1.0, LATE_AFTER_MINUTES - 61))
_LATE_LAG = ((0.0, LATE_AFTER_MINUTES + 61), (0.45, 13_104), (0.94, 60_480), (1.0, 266_400))
_FLAGS = {
    "intersection_related_i": (0.2235, 0.0115),
    "private_property_i": (0.040, 0.005),
    "photos_taken_i": (0.0128, 0.0010),
    "statements_taken_i": (0.0215, 0.0020),
}
_SEVERITY_TEXT = {
    "K": "FATAL",
    "A": "INCAPACITATING INJURY",
    "B": "NONINCAPACITATING INJURY",
    "C": "REPORTED, NOT EVIDENT",
    "O": "NO INDICATION OF INJURY",
}


def crashes_of(days: pl.DataFrame, *, seed: int, dirt: d.Dirt | None) -> pl.DataFrame:
    """What happened on `days`, one row for each crash: everything its units, people and published row depend on."""
    places = pl.int_ranges(0, days["crashes"], eager=True).explode(empty_as_null=False)
    crashes = days.select("day", "ordinal", "day_key", n="crashes").select(
        pl.all().repeat_by("n").explode(empty_as_null=False)
    )
    crashes = crashes.with_columns(key=keys_of(crashes["day_key"], "crash", places), place=places)
    draws = Draws(crashes["key"])
    first_crash_type = draws.pick("first_crash_type", _FIRST_CRASH_TYPE)
    kind = first_crash_type.replace_strict(_KIND, default="together")
    severity = draws.pick_by("severity", kind, _SEVERITY)
    is_late = draws.chance("late_notification", dirt.late_notification if dirt else 0)
    lag = pl.when(is_late).then(draws.quantile("late lag", _LATE_LAG)).otherwise(draws.quantile("lag", _LAG))
    at = pl.col("at")
    return (
        crashes.with_columns(
            crash_record_id=_record_ids(seed, crashes["ordinal"], crashes["place"]),
            at=times_of(crashes["day"], draws),
            first_crash_type=first_crash_type,
            kind=kind,
            severity=severity,
            num_units=draws.pick_by("num_units", kind, _UNITS),
            is_towing=(severity != "O") | draws.chance("tow", 0.145),
            is_hit_and_run=draws.chance("hit_and_run", 0.31),
            is_late=is_late,
            is_without_people=draws.chance("without people", dirt.crashes_without_people if dirt else 0),
            is_withheld=draws.chance("withheld", dirt.orphaned_crashes if dirt else 0),
        )
        .with_columns(notified=existing(at + pl.duration(minutes=lag.cast(pl.Int64), time_unit="ms")))
        .hstack(places_of(draws))
    )


def _record_ids(seed: int, ordinals: pl.Series, places: pl.Series) -> pl.Series:
    rows = zip(ordinals, places, strict=True)
    ids = [hashlib.sha512(f"crash {seed} {ordinal} {place}".encode()).hexdigest() for ordinal, place in rows]
    return pl.Series(ids, dtype=pl.String)


def published(crashes: pl.DataFrame, injuries: pl.DataFrame) -> pl.DataFrame:
    """The text columns of the feed (with `key` and `day`), given what `people.injuries_by_crash` counted."""
    draws = Draws(crashes["key"])
    at = crashes["at"]
    month = at.dt.month()
    season = month.is_in([12, 1, 2, 3]).replace_strict({True: "winter", False: "summer"}, return_dtype=pl.String)
    weather = draws.pick_by("weather", season, _WEATHER)
    surface = weather.replace_strict(_SURFACE_BY_WEATHER, default="dry")
    control = draws.pick("control", _CONTROL)
    is_work_zone = draws.chance("work zone", 0.005)
    is_cycling = crashes["kind"] == "cycling"
    has_control_number = (at.dt.year() * 100 + month >= 202604) & draws.chance("control number", 0.4)
    digits = pl.lit(draws.whole("control number digits", 100_000_000, 999_999_999).cast(pl.String))
    counted = crashes.select("crash_record_id").join(injuries, on="crash_record_id", how="left", maintain_order="left")
    columns: dict[str, pl.Expr | pl.Series | str] = {
        "crash_date_est_i": flags(draws, "crash_date_est_i", 0.062, 0.010),
        "crash_date": timestamp_text("at"),
        "posted_speed_limit": draws.pick("speed", _SPEED_LIMIT),
        "traffic_control_device": control,
        "device_condition": draws.pick_by(
            "device",
            (control == "NO CONTROLS").replace_strict({True: "none", False: "some"}, return_dtype=pl.String),
            _DEVICE,
        ),
        "weather_condition": weather,
        "lighting_condition": draws.pick_by("lighting", _light(at), _LIGHTING),
        "trafficway_type": draws.pick("trafficway", _TRAFFICWAY),
        "lane_cnt": draws.pick("lanes", _LANES),
        "alignment": draws.pick("alignment", _ALIGNMENT),
        "roadway_surface_cond": draws.pick_by("surface", surface, _SURFACE),
        "road_defect": draws.pick("defect", _DEFECT),
        "report_type": draws.pick(
            "report", {"NOT ON SCENE (DESK REPORT)": 54, "ON SCENE": 43.7, None: 2, "AMENDED": 0.3}
        ),
        "crash_type": pl.when("is_towing")
        .then(pl.lit("INJURY AND / OR TOW DUE TO CRASH"))
        .otherwise(pl.lit("NO INJURY / DRIVE AWAY")),
        "hit_and_run_i": pl.when("is_hit_and_run").then(pl.lit("Y")).otherwise(flags(draws, "hit_and_run_i", 0, 0.015)),
        "damage": draws.pick("damage", {"OVER $1,500": 63, "$501 - $1,500": 26, "$500 OR LESS": 11}),
        "date_police_notified": timestamp_text("notified"),
        "prim_contributory_cause": draws.pick("cause", _CAUSE),
        "sec_contributory_cause": draws.pick("second cause", _SECOND_CAUSE),
        "street_no": pl.col("number").cast(pl.String),
        "beat_of_occurrence": pl.col("beat").cast(pl.String),
        "dooring_i": pl.when(is_cycling).then(flags(draws, "dooring_i", 0.12, 0.05)),
        "work_zone_i": pl.when(is_work_zone).then(pl.lit("Y")),
        "work_zone_type": pl.when(is_work_zone).then(
            draws.pick("zone", {"CONSTRUCTION": 70, None: 14, "UNKNOWN": 7, "MAINTENANCE": 5, "UTILITY": 4})
        ),
        "workers_present_i": pl.when(is_work_zone).then(flags(draws, "workers_present_i", 0.26, 0.02)),
        "num_units": pl.col("num_units").cast(pl.String),
        "most_severe_injury": counted["most_severe_injury"],
        **{name: counted[name].cast(pl.String) for name in injuries.columns if name.startswith("injuries_")},
        "crash_hour": pl.col("at").dt.hour().cast(pl.String),
        "crash_day_of_week": (pl.col("at").dt.weekday() % 7 + 1).cast(pl.String),
        "crash_month": pl.col("at").dt.month().cast(pl.String),
        "latitude": _degrees("lat"),
        "longitude": _degrees("lon"),
        "location": pl.format("POINT ({} {})", pl.col("lon").cast(pl.String), pl.col("lat").cast(pl.String)),
        "idot_control_no": pl.when(has_control_number).then(digits),
        **{name: flags(draws, name, yes, no) for name, (yes, no) in _FLAGS.items()},
    }
    return crashes.with_columns(**columns)


def _degrees(column: str) -> pl.Expr:
    """Nine digits after the point until 2023, ten from 2024, as published."""
    value = pl.col(column)
    return pl.when(pl.col("at").dt.year() < 2024).then(value.round(9)).otherwise(value.round(10)).cast(pl.String)


def _light(at: pl.Series) -> pl.Series:
    hour, month = at.dt.hour().cast(pl.Int64), at.dt.month()
    sunrise = month.replace_strict(dict(enumerate(_SUNRISE, 1)), return_dtype=pl.Int64)
    sunset = month.replace_strict(dict(enumerate(_SUNSET, 1)), return_dtype=pl.Int64)
    light = (
        pl.when(hour == sunrise)
        .then(pl.lit("dawn"))
        .when(hour == sunset)
        .then(pl.lit("dusk"))
        .when((hour > sunrise) & (hour < sunset))
        .then(pl.lit("day"))
        .otherwise(pl.lit("night"))
    )
    return pl.select(light).to_series()


def stains(dirt: d.Dirt) -> list[d.Stain]:
    """What can be wrong with a published crash."""
    place = ("latitude", "longitude", "location")
    return [
        *_contradictions(dirt),
        d.Stain("missing_coordinates", dirt.missing_coordinates, "location", dict.fromkeys(place)),
        d.Stain(
            "zero_coordinates",
            dirt.zero_coordinates,
            "location",
            {
                "latitude": ("0",),
                "longitude": ("0",),
                "location": ("POINT (0 0)",),
                "street_no": tuple(str(number) for number in range(700, 714)),
                "street_direction": ("S",),
                "street_name": ("DAMEN AVE",),
                "beat_of_occurrence": ("1225", "1231"),
            },
        ),
        *_points_out_of_bounds(dirt.coordinates_out_of_bounds),
        d.Stain("speed_limit_zero", dirt.speed_limit_zero, "posted_speed_limit", {"posted_speed_limit": ("0",)}),
        d.Stain("speed_limit_99", dirt.speed_limit_99, "posted_speed_limit", {"posted_speed_limit": ("99",)}),
        d.Stain("lane_count_zero", dirt.lane_count_zero, "lane_cnt", {"lane_cnt": ("0",)}),
        d.Stain(
            "lane_count_is_street_number",
            dirt.lane_count_is_street_number,
            "lane_cnt",
            {"lane_cnt": ("1,191,625", "433,634", "299,679", "218,474", "902")},
        ),
        d.decimals("num_units", dirt.integers_with_decimals),
        d.blanks("street_name", dirt.whitespace),
        d.markers("street_name", dirt.unknown_street),
        d.blanks("weather_condition", dirt.whitespace_in_category),
        d.new_category("traffic_control_device", dirt.unknown_category, "HAWK BEACON", "SPEED FEEDBACK SIGN"),
    ]


_INJURY_COUNTS = (
    "injuries_total",
    "injuries_fatal",
    "injuries_incapacitating",
    "injuries_non_incapacitating",
    "injuries_reported_not_evident",
    "injuries_no_indication",
    "injuries_unknown",
)


def _contradictions(dirt: d.Dirt) -> list[d.Stain]:
    """Crashes that contradict themselves, their units or their people, each in one way only.

    Those about injuries are accounted under one column, so that none hides another.
    """
    total, worst = pl.col("injuries_total"), pl.col("most_severe_injury")
    another = pl.when(worst == "FATAL").then(pl.lit("NO INDICATION OF INJURY")).otherwise(pl.lit("FATAL"))
    one_more_killed = {name: d.one_more(name) for name in ("injuries_fatal", "injuries_total")}
    return [
        d.Stain(
            "injuries_off_by_one",
            dirt.injuries_off_by_one,
            "injuries_total",
            {"injuries_total": d.one_more("injuries_total")},
            total.is_not_null(),
        ),
        d.Stain("killed_miscounted", dirt.killed_miscounted, "injuries_total", one_more_killed, total.is_not_null()),
        d.Stain(
            "unknown_injuries",
            dirt.unknown_injuries,
            "injuries_total",
            dict.fromkeys(_INJURY_COUNTS),
            total.is_not_null(),
        ),
        d.Stain(
            "another_severity",
            dirt.another_severity,
            "most_severe_injury",
            {"most_severe_injury": another},
            worst.is_not_null(),
        ),
        d.Stain("another_hour", dirt.another_hour, "crash_hour", {"crash_hour": d.next_in_turn("crash_hour", 0, 23)}),
        d.Stain(
            "another_weekday",
            dirt.another_weekday,
            "crash_day_of_week",
            {"crash_day_of_week": d.next_in_turn("crash_day_of_week", 1, 7)},
        ),
        d.Stain(
            "another_month", dirt.another_month, "crash_month", {"crash_month": d.next_in_turn("crash_month", 1, 12)}
        ),
        d.Stain("units_miscounted", dirt.units_miscounted, "num_units", {"num_units": d.one_more("num_units")}),
    ]


def _points_out_of_bounds(rate: float) -> list[d.Stain]:
    points = (("40.6331249", "-89.3985283"), ("41.525031", "-88.0817251"), ("42.0450722", "-87.4876969"))
    return [
        d.Stain(
            "coordinates_out_of_bounds",
            rate / len(points),
            "location",
            {"latitude": (lat,), "longitude": (lon,), "location": (f"POINT ({lon} {lat})",)},
        )
        for lat, lon in points
    ]
