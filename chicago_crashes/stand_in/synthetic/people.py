"""Synthetic people: who was in each unit and how badly they were hurt (typed), then the published text."""

from dataclasses import replace

import polars as pl

from chicago_crashes.stand_in.synthetic import dirt as d
from chicago_crashes.stand_in.synthetic.days import IDS_PER_DAY
from chicago_crashes.stand_in.synthetic.draws import Draws, Weights, keys_of
from chicago_crashes.stand_in.synthetic.texts import timestamp_text

_TYPE_BY_UNIT = {
    "DRIVER": "DRIVER",
    "DISABLED VEHICLE": "DRIVER",
    "NON-CONTACT VEHICLE": "NON-CONTACT VEHICLE",
    "PEDESTRIAN": "PEDESTRIAN",
    "BICYCLE": "BICYCLE",
    "NON-MOTOR VEHICLE": "NON-MOTOR VEHICLE",
    "EQUESTRIAN": "NON-MOTOR VEHICLE",
}
"""Who comes with a unit; parked, driverless and typeless units come with nobody."""
_VULNERABLE = ("PEDESTRIAN", "BICYCLE")
_INJURIES = (
    "NO INDICATION OF INJURY",
    "REPORTED, NOT EVIDENT",
    "NONINCAPACITATING INJURY",
    "INCAPACITATING INJURY",
    "FATAL",
)
"""Injury classes from the slightest to the worst; a person's injury is counted as its place here."""
_COUNTS = (
    "injuries_no_indication",
    "injuries_reported_not_evident",
    "injuries_non_incapacitating",
    "injuries_incapacitating",
    "injuries_fatal",
)

_SEATS = {
    "first": {"3": 76, "6": 8, "2": 6, "4": 4, "5": 2, "1": 3, "9": 0.6, "7": 0.4},
    "more": {"6": 32, "4": 31, "5": 13, "3": 8, "2": 4, "10": 3, "12": 3, "11": 2, "7": 2.5, "9": 1, "8": 0.5},
}
_CITY = {
    "CHICAGO": 76, "SKOKIE": 0.8, "CICERO": 0.9, "OAK LAWN": 0.7, "BERWYN": 0.7, "EVANSTON": 0.7, "CALUMET CITY": 0.7,
    "OAK PARK": 0.6, "BURBANK": 0.5, "MELROSE PARK": 0.5, "BLUE ISLAND": 0.4, "DES PLAINES": 0.4, "HAMMOND": 0.4,
    "GARY": 0.4,
    "DOLTON": 0.4, "HARVEY": 0.3, "NILES": 0.3, "PARK RIDGE": 0.3, "AURORA": 0.3, "JOLIET": 0.3, "CHICAGOF": 0.01,
    "SOUTHFEILD": 0.01, "LETZEBUERG,LUXEMBOURG": 0.003,
}  # fmt: skip
_STATE = {
    "IL": 93.5, "IN": 1.8, "XX": 1.2, "WI": 0.8, "MI": 0.5, "TX": 0.4, "FL": 0.4, "OH": 0.3, "CA": 0.3, "IA": 0.3,
    "MO": 0.3, "NY": 0.2,
}  # fmt: skip
_ZIP = {
    "60629": 5.0, "60619": 4.0, "60620": 4.0, "60617": 3.7, "60632": 3.3, "60636": 2.5, "60609": 2.9, "60649": 2.8,
    "60637": 2.5,
    "60628": 3.5, "60639": 3.6, "60651": 3.0, "60623": 3.2, "60618": 3.1, "60647": 3.1, "60608": 2.7, "60625": 2.4,
    "60644": 2.5,
    "60624": 2.3, "60641": 2.5, "60634": 2.4, "60640": 1.8, "60626": 1.5, "60657": 1.8, "60614": 1.8, "60622": 1.8,
    "60616": 1.8,
    "60638": 2.3, "60643": 2.1, "60652": 1.9, "60653": 1.3, "60615": 1.5, "60621": 1.9, "60612": 1.3, "60613": 1.3,
    "60659": 1.3,
    "60610": 1.1, "60611": 0.8, "60607": 0.8, "60605": 0.9, "60630": 1.8, "60631": 0.9, "60645": 1.4, "60646": 0.9,
    "60656": 0.9,
    "60707": 1.0, "60804": 1.5, "60402": 1.2, "98569-9412": 0.005, "T5M 0L1": 0.005,
}  # fmt: skip
_AGE = (
    (0.0, 16),
    (0.04, 18),
    (0.2, 24),
    (0.4, 31),
    (0.55, 38),
    (0.7, 47),
    (0.85, 59),
    (0.95, 70),
    (0.995, 84),
    (1.0, 97),
)
_AGE_OF_PASSENGERS = ((0.0, 0), (0.1, 6), (0.25, 14), (0.5, 26), (0.7, 37), (0.85, 53), (0.95, 67), (1.0, 92))
_LICENCE_STATE = {
    "IL": 68.5, None: 25.0, "XX": 1.7, "IN": 1.5, "WI": 0.6, "IA": 0.4, "MI": 0.4, "TX": 0.3, "FL": 0.3, "NY": 0.3,
    "OH": 0.3, "CA": 0.3, "AZ": 0.2, "VA": 0.2,
}  # fmt: skip
_LICENCE_CLASS = {
    "D": 54, None: 39, "A": 2.2, "B": 1.3, "C": 1.4, "DM": 1.2, "F": 0.15, "AM": 0.15, "P": 0.1, "CD": 0.1, "1": 0.05,
}  # fmt: skip
_EQUIPMENT: Weights = {
    "occupant": {
        "SAFETY BELT USED": 48, "USAGE UNKNOWN": 46, "NONE PRESENT": 3.2, "SAFETY BELT NOT USED": 0.7,
        "CHILD RESTRAINT - FORWARD FACING": 0.5, "CHILD RESTRAINT USED": 0.4, "CHILD RESTRAINT - REAR FACING": 0.25,
        "HELMET NOT USED": 0.2, "BOOSTER SEAT": 0.15, "CHILD RESTRAINT - TYPE UNKNOWN": 0.1,
        "DOT COMPLIANT MOTORCYCLE HELMET": 0.1,
        "SHOULD/LAP BELT USED IMPROPERLY": 0.07, "CHILD RESTRAINT NOT USED": 0.06, "HELMET USED": 0.05,
        "NOT DOT COMPLIANT MOTORCYCLE HELMET": 0.02, "STRETCHER": 0.02, "CHILD RESTRAINT USED IMPROPERLY": 0.01,
        None: 0.1,
    },
    "vulnerable": {
        "NONE PRESENT": 46, "USAGE UNKNOWN": 24, "HELMET NOT USED": 13, "BICYCLE HELMET (PEDACYCLIST INVOLVED ONLY)": 7,
        "HELMET USED": 2, "WHEELCHAIR": 0.3, None: 7.7,
    },
}  # fmt: skip
_AIRBAG = {
    "DID NOT DEPLOY": 51, "NOT APPLICABLE": 21, "DEPLOYMENT UNKNOWN": 18.5, "DEPLOYED, FRONT": 4.2,
    "DEPLOYED, COMBINATION": 3.6,
    "DEPLOYED, SIDE": 1.2, "DEPLOYED OTHER (KNEE, AIR, BELT, ETC.)": 0.1, None: 0.2,
}  # fmt: skip
_EJECTION = {
    "NONE": 93.3, "UNKNOWN": 6.2, "TOTALLY EJECTED": 0.15, "TRAPPED/EXTRICATED": 0.1, "PARTIALLY EJECTED": 0.05,
    None: 0.2,
}  # fmt: skip
_HOSPITAL: Weights = {
    "healthy": {None: 91, "REFUSED": 5, "DNA": 1.5, "NONE": 1.2, "DECLINED EMS": 0.6, "REFUSE/ON SCENE": 0.5},
    "hurt": {
        None: 33, "REFUSED": 9, "STROGER": 9, "MT SINAI": 8, "UNIVERSITY OF CHICAGO": 8, "CHRIST": 6, "NORTHWESTERN": 5,
        "ILLINOIS MASONIC": 5, "LOYOLA": 3, "LOYLA": 0.3, "WEST SUBURBAN": 4, "TRINITY": 4, "HOLY CROSS": 4,
        "SWEDISH": 2,
    },
}  # fmt: skip
_AGENCY: Weights = {
    "healthy": {None: 94.5, "CFD": 2.5, "DNA": 1.2, "REFUSED": 0.7, "NONE": 0.6, "CHICAGO FIRE": 0.5},
    "hurt": {
        None: 45, "CFD": 30, "CHICAGO FIRE DEPARTMENT": 8, "CHICAGO FIRE": 7, "CFD AMBO 50": 3, "CFD AMB 34": 3,
        "27": 1, "DNA": 2, "NONE": 1,
    },
}  # fmt: skip
_RUN_NUMBER: Weights = {
    "healthy": {None: 99.6, "NONE": 0.2, "DNA": 0.2},
    "hurt": {None: 89, "33": 3, "63": 2, "AMB#27": 1.5, "55": 2, "70": 1, "NONE": 1, "DNA": 0.5},
}
_ACTION = {
    "NONE": 35.5, "UNKNOWN": 25.4, "FAILED TO YIELD": 9.1, "OTHER": 9.0, "FOLLOWED TOO CLOSELY": 6.1,
    "IMPROPER BACKING": 3.1,
    "IMPROPER TURN": 2.7, "IMPROPER LANE CHANGE": 2.7, "IMPROPER PASSING": 2.3, "DISREGARDED CONTROL DEVICES": 1.8,
    "TOO FAST FOR CONDITIONS": 1.6, "WRONG WAY/SIDE": 0.4, "IMPROPER PARKING": 0.4, "OVERCORRECTED": 0.2,
    "EVADING POLICE VEHICLE": 0.15, "CELL PHONE USE OTHER THAN TEXTING": 0.14, "EMERGENCY VEHICLE ON CALL": 0.1,
    "TEXTING": 0.04,
    "STOPPED SCHOOL BUS": 0.01, "LICENSE RESTRICTIONS": 0.003,
}  # fmt: skip
_VISION = {
    "NOT OBSCURED": 51, "UNKNOWN": 46, "OTHER": 0.95, "MOVING VEHICLES": 0.8, "PARKED VEHICLES": 0.5,
    "WINDSHIELD (WATER/ICE)": 0.4,
    "BLINDED - SUNLIGHT": 0.15, "TREES, PLANTS": 0.06, "BUILDINGS": 0.05, "BLINDED - HEADLIGHTS": 0.02,
    "HILLCREST": 0.01,
    "BLOWING MATERIALS": 0.01, "EMBANKMENT": 0.01, "SIGNBOARD": 0.003,
}  # fmt: skip
_CONDITION = {
    "NORMAL": 65, "UNKNOWN": 32, "IMPAIRED - ALCOHOL": 0.5, "REMOVED BY EMS": 0.5, "FATIGUED/ASLEEP": 0.33,
    "OTHER": 0.3,
    "EMOTIONAL": 0.3, "ILLNESS/FAINTED": 0.15, "HAD BEEN DRINKING": 0.1, "IMPAIRED - DRUGS": 0.08,
    "IMPAIRED - ALCOHOL AND DRUGS": 0.05, "MEDICATED": 0.02,
}  # fmt: skip
_BAC = {"TEST NOT OFFERED": 98.4, "TEST REFUSED": 1.25, "TEST PERFORMED, RESULTS UNKNOWN": 0.2, "TEST TAKEN": 0.15}
_FOOT_ACTION = {
    "CROSSING - WITH SIGNAL": 22, "WITH TRAFFIC": 18, "UNKNOWN/NA": 14, "OTHER ACTION": 11, "NO ACTION": 6,
    "CROSSING - NO CONTROLS (NOT AT INTERSECTION)": 6, "CROSSING - AGAINST SIGNAL": 6, "NOT AT INTERSECTION": 4,
    "AGAINST TRAFFIC": 3, "CROSSING - CONTROLS PRESENT (NOT AT INTERSECTION)": 3, "STANDING IN ROADWAY": 3,
    "TURNING LEFT": 1,
    "PARKED VEHICLE": 0.7, "ENTER FROM DRIVE/ALLEY": 0.8, "WORKING IN ROADWAY": 0.5, "TURNING RIGHT": 0.5,
    "INTOXICATED PED/PEDAL": 0.5, "PLAYING IN ROADWAY": 0.4, "TO/FROM DISABLED VEHICLE": 0.3,
    "PLAYING/WORKING ON VEHICLE": 0.2,
    "SCHOOL BUS (WITHIN 50 FT.)": 0.02, "WAITING FOR SCHOOL BUS": 0.02,
}  # fmt: skip
_FOOT_VISIBILITY = {
    "NO CONTRASTING CLOTHING": 78, "CONTRASTING CLOTHING": 15, "OTHER LIGHT SOURCE USED": 3.5,
    "REFLECTIVE MATERIAL": 3.5,
}  # fmt: skip
_FOOT_LOCATION = {
    "IN ROADWAY": 44, "IN CROSSWALK": 34, "UNKNOWN/NA": 8, "BIKE LANE": 6, "NOT IN ROADWAY": 6, "DRIVEWAY ACCESS": 1,
    "BIKEWAY": 0.6, "SHOULDER": 0.4,
}  # fmt: skip


def people_of(units: pl.DataFrame) -> pl.DataFrame:
    """The people of `units`, one row each, with the injury that makes their crash as severe as it was drawn."""
    inhabited = units.filter(~pl.col("is_without_people")).rename({"key": "unit_key"})
    drivers = inhabited.with_columns(
        person_type=pl.col("unit_type").replace_strict(_TYPE_BY_UNIT, default=None, return_dtype=pl.String),
        seat=pl.lit(0, dtype=pl.Int64),
    ).filter(pl.col("person_type").is_not_null())
    carrying = inhabited.filter(pl.col("passengers") > 0)
    passengers = carrying.select(pl.all().repeat_by("passengers").explode(empty_as_null=False)).with_columns(
        person_type=pl.lit("PASSENGER"),
        seat=pl.int_ranges(1, carrying["passengers"] + 1, eager=True).explode(empty_as_null=False),
    )
    people = pl.concat([drivers, passengers])
    people = people.with_columns(key=keys_of(people["unit_key"], "person", people["seat"])).sort(
        "day", "crash_unit_id", "seat"
    )
    is_passenger = pl.col("person_type") == "PASSENGER"
    number = pl.col("ordinal") * IDS_PER_DAY + is_passenger.cast(pl.Int64).cum_sum().over("day")
    return people.with_columns(
        person_id=pl.when(is_passenger)
        .then(pl.format("P{}", number))
        .otherwise(pl.format("O{}", pl.col("crash_unit_id"))),
    ).pipe(_with_injuries)


def _with_injuries(people: pl.DataFrame) -> pl.DataFrame:
    """The person hit in the street, else a random one, is hurt as badly as the crash was; the others seldom are."""
    draws = Draws(people["key"])
    is_vulnerable = pl.col("person_type").is_in(_VULNERABLE)
    worst = pl.col("severity").replace_strict({"O": 0, "C": 1, "B": 2, "A": 3, "K": 4}, return_dtype=pl.Int64)
    exposure = draws.uniform("exposure") + is_vulnerable.cast(pl.Float64)
    is_hurt = draws.uniform("hurt") < pl.when(pl.col("kind").is_in(["on foot", "cycling"])).then(0.03).otherwise(0.16)
    lesser = pl.lit(draws.pick("lesser injury", {1: 49, 2: 46, 3: 4.5, 4: 0.5}))
    people = people.with_columns(exposure=exposure, worst=worst).with_columns(
        injury=pl.when(pl.col("exposure") == pl.col("exposure").max().over("crash_record_id"))
        .then("worst")
        .when(is_hurt)
        .then(pl.min_horizontal(lesser, pl.col("worst")))
        .otherwise(0)
    )
    is_unclassified = (pl.col("injury") == 0) & draws.chance("unclassified", 0.0003)
    return people.with_columns(injury=pl.when(~is_unclassified).then("injury")).drop("exposure", "worst")


def injuries_by_crash(people: pl.DataFrame) -> pl.DataFrame:
    """The injury columns of the crashes feed; a crash without people has none of them, which is not zero."""
    return people.group_by("crash_record_id").agg(
        most_severe_injury=pl.col("injury").max().replace_strict(dict(enumerate(_INJURIES)), return_dtype=pl.String),
        injuries_total=(pl.col("injury") > 0).sum(),
        **{name: (pl.col("injury") == place).sum() for place, name in enumerate(_COUNTS)},
        injuries_unknown=pl.lit(0),
    )


def published(people: pl.DataFrame) -> pl.DataFrame:
    """The text columns of the feed, with `key` and `day`."""
    draws = Draws(people["key"])
    is_driver = pl.col("person_type").is_in(["DRIVER", "NON-CONTACT VEHICLE"])
    is_passenger = pl.col("person_type") == "PASSENGER"
    is_on_foot = pl.col("person_type").is_in([*_VULNERABLE, "NON-MOTOR VEHICLE"])
    fled = pl.col("is_hit_and_run") & (pl.col("unit_no") == 1) & is_driver
    lives = people.select(~(fled & draws.chance("no home, fled", 0.7)) & draws.chance("home", 0.82)).to_series()
    health = _named(people, pl.col("injury").fill_null(0) > 0, "hurt", "healthy")
    seat = _named(people, pl.col("seat") == 1, "first", "more")
    role = _named(people, is_on_foot, "vulnerable", "occupant")
    bac = draws.pick("bac", _BAC)
    alcohol = (draws.quantile("bac value", ((0.0, 0.0), (0.2, 0.03), (0.8, 0.19), (1.0, 0.36)))).round(2)
    of_drivers = {
        "drivers_license_state": draws.pick("licence state", _LICENCE_STATE),
        "drivers_license_class": draws.pick("licence class", _LICENCE_CLASS),
    }
    of_everyone_but_passengers = {
        "driver_action": draws.pick("action", _ACTION),
        "driver_vision": draws.pick("vision", _VISION),
        "physical_condition": draws.pick("condition", _CONDITION),
        "bac_result": bac,
    }
    return people.with_columns(
        vehicle_id=pl.col("vehicle_id").cast(pl.String),
        crash_date=timestamp_text("at"),
        seat_no=pl.when(is_passenger).then(draws.pick_by("seat", seat, _SEATS)),
        city=pl.when(lives & draws.chance("city", 0.97)).then(draws.pick("city", _CITY)),
        state=pl.when(lives).then(draws.pick("state", _STATE)),
        zipcode=pl.when(lives & draws.chance("zip", 0.9)).then(draws.pick("zip", _ZIP)),
        sex=pl.when(fled & draws.chance("sex, fled", 0.55))
        .then(pl.lit("X"))
        .otherwise(draws.pick("sex", {"M": 55.5, "F": 41, "X": 1.6, None: 1.9})),
        age=_age(draws, is_passenger, fled),
        **{name: pl.when(is_driver).then(values) for name, values in of_drivers.items()},
        safety_equipment=draws.pick_by("equipment", role, _EQUIPMENT),
        airbag_deployed=pl.when(~is_on_foot).then(draws.pick("airbag", _AIRBAG)),
        ejection=pl.when(~is_on_foot).then(draws.pick("ejection", _EJECTION)),
        injury_classification=pl.col("injury").replace_strict(dict(enumerate(_INJURIES)), return_dtype=pl.String),
        hospital=draws.pick_by("hospital", health, _HOSPITAL),
        ems_agency=draws.pick_by("agency", health, _AGENCY),
        ems_run_no=draws.pick_by("run number", health, _RUN_NUMBER),
        **{name: pl.when(~is_passenger).then(values) for name, values in of_everyone_but_passengers.items()},
        pedpedal_action=pl.when(is_on_foot).then(draws.pick("foot action", _FOOT_ACTION)),
        pedpedal_visibility=pl.when(is_on_foot).then(draws.pick("foot visibility", _FOOT_VISIBILITY)),
        pedpedal_location=pl.when(is_on_foot).then(draws.pick("foot location", _FOOT_LOCATION)),
        bac_result_value=pl.when(~is_passenger & (bac == "TEST TAKEN")).then(alcohol.cast(pl.String)),
        cell_phone_use=pl.when(is_driver).then(draws.pick("phone", {None: 99.92, "Y": 0.05, "N": 0.03})),
    )


def _named(people: pl.DataFrame, condition: pl.Expr, yes: str, no: str) -> pl.Series:
    return people.select(pl.when(condition).then(pl.lit(yes)).otherwise(pl.lit(no))).to_series()


def _age(draws: Draws, is_passenger: pl.Expr, fled: pl.Expr) -> pl.Expr:
    """Unknown for most who fled and a sixth of the others; 0 for a driver means unknown too, but is published."""
    age = (
        pl.when(is_passenger)
        .then(draws.quantile("passenger age", _AGE_OF_PASSENGERS))
        .otherwise(draws.quantile("age", _AGE))
    )
    is_unknown = draws.chance("no age", 0.195) | (fled & draws.chance("no age, fled", 0.85))
    is_zero = ~is_passenger & draws.chance("age zero", 0.004)
    return pl.when(~is_unknown).then(pl.when(is_zero).then(0).otherwise(age.cast(pl.Int64)).cast(pl.String))


def stains(dirt: d.Dirt) -> list[d.Stain]:
    """What can be wrong with a published person."""
    nobody_killed = pl.col("injury").max().over("crash_record_id").fill_null(0) < len(_INJURIES) - 1
    is_judged_by_driver = (
        ((pl.col("person_type") == "DRIVER") & pl.col("injury").is_not_null()).any().over("crash_record_id")
    )
    is_spare = (pl.col("person_type") == "PASSENGER") & (pl.col("injury") == 0) & is_judged_by_driver
    has_key = pl.col("person_id").is_not_null()
    is_spare = is_spare & nobody_killed & ~pl.col("is_withheld")
    new_equipment = d.new_category("safety_equipment", dirt.unknown_category, "INFLATABLE VEST", "SMART HELMET")
    return [
        # The victims' list names the people of crashes in which somebody was killed.
        d.Stain(
            "another_unit",
            dirt.another_unit,
            "person_id",
            {"person_id": pl.col("person_id").str.replace("O", "O99999", literal=True)},
            pl.col("person_id").str.starts_with("O") & nobody_killed,
        ),
        # Without this row the crash still is as its other people make it. It cannot be loaded, so nothing else that is
        # wrong with it could be found.
        d.Stain("missing_person_id", dirt.missing_person_id, "person_id", {"person_id": None}, is_spare),
        d.Stain(
            "dated_differently",
            dirt.people_dated_differently,
            "crash_date",
            {"crash_date": d.another_time("at")},
            ~pl.col("is_withheld") & has_key,
        ),
        d.Stain(
            "another_vehicle",
            dirt.another_vehicle,
            "vehicle_id",
            {"vehicle_id": pl.concat_str(pl.lit("-"), pl.col("vehicle_id"))},
            pl.col("vehicle_id").is_not_null() & has_key,
        ),
        d.Stain("negative_age", dirt.negative_age, "age", {"age": ("-1", "-40", "-47", "-49", "-59", "-177")}, has_key),
        d.Stain("age_above_120", dirt.age_above_120, "age", {"age": ("121", "130", "150", "999")}, has_key),
        d.decimals("age", dirt.integers_with_decimals),
        d.markers("hospital", dirt.null_markers * 4),
        d.markers("ems_agency", dirt.null_markers * 6),
        d.markers("city", dirt.null_markers),
        d.blanks("city", dirt.whitespace),
        replace(new_equipment, where=pl.col("safety_equipment").is_not_null() & has_key),
    ]
