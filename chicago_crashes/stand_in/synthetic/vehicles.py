"""Synthetic units: which units a crash has (typed, for the people to build on), then the published text."""

import polars as pl

from chicago_crashes.stand_in.synthetic import dirt as d
from chicago_crashes.stand_in.synthetic.days import IDS_PER_DAY
from chicago_crashes.stand_in.synthetic.draws import Draws, keys_of
from chicago_crashes.stand_in.synthetic.texts import flags, timestamp_text

WITHOUT_VEHICLE = ("PEDESTRIAN", "BICYCLE", "NON-MOTOR VEHICLE", "EQUESTRIAN")
"""Units that are no motor vehicle: they, and the few without a type, have no vehicle id and no motor columns."""

_FIRST_VEHICLE_OF_DAY = IDS_PER_DAY // 2
"""Vehicle ids run apart from unit ids, so that a join of the one with the other finds nothing."""

_SECOND_UNIT = {"PEDESTRIAN": "PEDESTRIAN", "PEDALCYCLIST": "BICYCLE", "PARKED MOTOR VEHICLE": "PARKED"}
_OTHER_UNITS = {
    "DRIVER": 94.8,
    "DRIVERLESS": 2.4,
    "PARKED": 2.1,
    None: 0.30,
    "NON-MOTOR VEHICLE": 0.15,
    "NON-CONTACT VEHICLE": 0.1,
    "DISABLED VEHICLE": 0.05,
    "EQUESTRIAN": 0.002,
}
_PASSENGERS = {0: 82.2, 1: 12.9, 2: 3.35, 3: 1.28, 4: 0.43, 5: 0.10, 6: 0.05, 8: 0.02, 14: 0.01, 25: 0.003, 40: 0.002}

_MODELS = {
    "CHEVROLET|MALIBU": 3.6, "CHEVROLET|EQUINOX": 2.9, "CHEVROLET|IMPALA": 2.6, "CHEVROLET|SILVERADO": 1.6,
    "CHEVROLET|CRUZE": 1.5, "TOYOTA|CAMRY": 3.6, "TOYOTA|COROLLA": 2.9, "TOYOTA|PRIUS": 1.1, "TOYOTA|RAV4": 1.5,
    "TOYOTA MOTOR COMPANY, LTD.|Sienna (van)": 0.9, "TOYOTA MOTOR COMPANY, LTD.|CAMRY": 0.8, "FORD|EXPLORER": 2.8,
    "FORD|ESCAPE": 2.2, "FORD|FUSION": 2.1, "FORD|F150": 2.4, "FORD|OTHER (EXPLAIN IN NARRATIVE)": 1.6,
    "NISSAN|ALTIMA": 3.4, "NISSAN|ROGUE": 2.7, "NISSAN|SENTRA": 2.1, "HONDA|ACCORD": 3.0, "HONDA|CIVIC": 2.9,
    "HONDA|CR-V": 2.2, "DODGE|CHARGER": 1.5, "DODGE|JOURNEY": 1.0, "DODGE|CARAVAN": 1.1, "HYUNDAI|ELANTRA": 1.9,
    "HYUNDAI|SONATA": 1.6, "HYUNDAI|TUCSON": 0.7, "JEEP|GRAND CHEROKEE": 2.5, "JEEP|CHEROKEE": 1.1, "JEEP|COMPASS": 0.6,
    "KIA|OPTIMA / K5": 1.0, "KIA|SOUL": 0.8, "VOLKSWAGEN|JETTA": 1.3, "VOLKSWAGEN|PASSAT": 0.6,
    "CHRYSLER|TOWN & COUNTRY": 1.0, "CHRYSLER|300": 0.8, "BUICK|LACROSSE": 0.8, "SUBARU|FORESTER": 0.9, "MAZDA|3": 0.8,
    "BMW|X3": 0.9, "MERCEDES-BENZ|C300": 0.8, "LEXUS|RX350": 0.7, "ACURA|TL": 0.6, "INFINITI|G35": 0.6, "AUDI|A4": 0.5,
    "GENERAL MOTORS CORPORATION (GMC)|TERRAIN": 0.9, "CADILLAC|ESCALADE": 0.6, "LINCOLN|MKZ": 0.5, "TESLA|MODEL 3": 0.4,
    "FREIGHTLINER CORPORATION|FREIGHTLINER CORP.": 0.8, "NEW FLYER|OTHER (EXPLAIN IN NARRATIVE)": 0.6,
    "INTERNATIONAL HARVESTER|TRUCK": 0.5, "OTHER (EXPLAIN IN NARRATIVE)|OTHER (EXPLAIN IN NARRATIVE)": 5.0,
    "HARLEY-DAVIDSON|OTHER (EXPLAIN IN NARRATIVE)": 0.3, "VOLVO|S60": 0.4, "MITSUBISHI|OUTLANDER": 0.4,
}  # fmt: skip
_PLATE_STATE = {
    "IL": 81.4, None: 8.9, "XX": 2.1, "IN": 1.75, "WI": 0.55, "TX": 0.5, "FL": 0.45, "MI": 0.45, "OH": 0.35, "MO": 0.2,
    "AZ": 0.2, "CA": 0.2, "IA": 0.2, "VA": 0.2, "TN": 0.15, "GA": 0.15, "NJ": 0.12, "NB": 0.01,
}  # fmt: skip
_DEFECT = {
    "NONE": 55.2, "UNKNOWN": 43.1, "OTHER": 0.48, "BRAKES": 0.33, "TIRES": 0.12, "STEERING": 0.1, "WHEELS": 0.05,
    "ENGINE/MOTOR": 0.04, "LIGHTS": 0.03, "SUSPENSION": 0.03, "FUEL SYSTEM": 0.02, "WINDOWS": 0.02, "SIGNALS": 0.01,
    "TRAILER COUPLING": 0.01, "CARGO": 0.01, "RESTRAINT SYSTEM": 0.01, "EXHAUST": 0.003,
}  # fmt: skip
_TYPE = {
    "PASSENGER": 61.7, "SPORT UTILITY VEHICLE (SUV)": 15.5, "UNKNOWN/NA": 9.2, "VAN/MINI-VAN": 4.8, "PICKUP": 3.2,
    "TRUCK - SINGLE UNIT": 1.7, "OTHER": 1.2, "BUS OVER 15 PASS.": 1.1, "TRACTOR W/ SEMI-TRAILER": 0.85,
    "BUS UP TO 15 PASS.": 0.25, "MOTORCYCLE (OVER 150CC)": 0.24, "SINGLE UNIT TRUCK WITH TRAILER": 0.18,
    "OTHER VEHICLE WITH TRAILER": 0.1, "TRACTOR W/O SEMI-TRAILER": 0.2, "MOPED OR MOTORIZED BICYCLE": 0.05,
    "ALL-TERRAIN VEHICLE (ATV)": 0.015, "AUTOCYCLE": 0.02, "MOTOR DRIVEN CYCLE": 0.02, "FARM EQUIPMENT": 0.006,
    "3-WHEELED MOTORCYCLE (2 REAR WHEELS)": 0.005, "RECREATIONAL OFF-HIGHWAY VEHICLE (ROV)": 0.004, "SNOWMOBILE": 0.001,
}  # fmt: skip
_USE = {
    "PERSONAL": 63.3, "UNKNOWN/NA": 19.5, "NOT IN USE": 5.1, "OTHER": 3.0, "TAXI/FOR HIRE": 1.4,
    "RIDESHARE SERVICE": 1.2,
    "COMMERCIAL - SINGLE UNIT": 1.6, "CTA": 0.8, "POLICE": 0.7, "COMMERCIAL - MULTI-UNIT": 0.6,
    "CONSTRUCTION/MAINTENANCE": 0.5, "OTHER TRANSIT": 0.3, "SCHOOL BUS": 0.3, "TOW TRUCK": 0.2, "AMBULANCE": 0.12,
    "FIRE": 0.1,
    "STATE OWNED": 0.06, "DRIVER EDUCATION": 0.06, "MASS TRANSIT": 0.05, "LAWN CARE/LANDSCAPING": 0.05,
    "AGRICULTURE": 0.02,
    "CAMPER/RV - SINGLE UNIT": 0.01, "HOUSE TRAILER": 0.005, "MILITARY": 0.005, "CAMPER/RV - TOWED/MULTI-UNIT": 0.003,
}  # fmt: skip
_DIRECTION = {"N": 23.0, "S": 22.6, "W": 20.4, "E": 20.0, "UNKNOWN": 9.2, "SE": 1.3, "NW": 1.3, "SW": 1.1, "NE": 1.1}
_MANEUVER = {
    "moving": {
        "STRAIGHT AHEAD": 53.0, "UNKNOWN/NA": 9.1, "SLOW/STOP IN TRAFFIC": 9.0, "TURNING LEFT": 7.1, "BACKING": 4.9,
        "TURNING RIGHT": 4.1, "PASSING/OVERTAKING": 2.8, "CHANGING LANES": 2.3, "OTHER": 2.6,
        "ENTERING TRAFFIC LANE FROM PARKING": 1.5, "MERGING": 0.8, "U-TURN": 0.7, "STARTING IN TRAFFIC": 0.7,
        "LEAVING TRAFFIC LANE TO PARK": 0.6, "AVOIDING VEHICLES/OBJECTS": 0.6, "SKIDDING/CONTROL LOSS": 0.5,
        "ENTER FROM DRIVE/ALLEY": 0.5, "SLOW/STOP - LEFT TURN": 0.5, "SLOW/STOP - RIGHT TURN": 0.4,
        "PARKED IN TRAFFIC LANE": 0.3,
        "NEGOTIATING A CURVE": 0.2, "DRIVING WRONG WAY": 0.2, "SLOW/STOP - LOAD/UNLOAD": 0.15, "DISABLED": 0.02,
        "TURNING ON RED": 0.05, "DIVERGING": 0.03,
    },
    "standing": {"PARKED": 97.0, "PARKED IN TRAFFIC LANE": 1.4, "DRIVERLESS": 0.6, "DISABLED": 0.2, "UNKNOWN/NA": 0.8},
}  # fmt: skip
_CONTACT = {
    "FRONT": 15.6, "OTHER": 11.1, "REAR-LEFT": 11.0, "UNKNOWN": 9.5, "REAR": 9.2, "SIDE-LEFT": 7.6, "SIDE-RIGHT": 7.6,
    "FRONT-RIGHT": 7.2, "FRONT-LEFT": 7.0, "REAR-RIGHT": 5.2, "TOTAL (ALL AREAS)": 4.1, "ROOF": 1.8, "NONE": 1.3,
    "UNDER CARRIAGE": 0.9, None: 0.8,
}  # fmt: skip
_AREAS = {
    "00": (0.0326, 0.0047), "01": (0.2569, 0.0120), "02": (0.1596, 0.0081), "03": (0.0925, 0.0044),
    "04": (0.0947, 0.0044),
    "05": (0.1470, 0.0059), "06": (0.1509, 0.0062), "07": (0.1335, 0.0060), "08": (0.1506, 0.0082),
    "09": (0.0526, 0.0028),
    "10": (0.0756, 0.0041), "11": (0.1478, 0.0092), "12": (0.1488, 0.0063), "99": (0.1070, 0.0042),
}  # fmt: skip
"""Shares of Y and of N for each area of the vehicle diagram."""
_TOWED_BY = {
    None: 26, "PRIVATE TOW": 11, "PRIVATE": 10, "private": 8, "CITY OF CHICAGO": 8, "city of chicago": 5,
    "STREETS AND SANITATION": 5, "PRIVATE TOW    ATI": 2, "D&D TOWING": 3, "personal": 2, ".": 1,
}  # fmt: skip
_TOWED_TO = {
    None: 55, "DOTY": 6, "400 E LOWER WACKER": 6, "103/doty": 4, "TBD": 4, "701 N SACRAMENTO": 6, "residence": 4,
    "130  s doty": 3, "POUND 2": 4, "`": 0.5,
}  # fmt: skip

_COMMERCIAL_SHARE = 0.0092
_OF_COMMERCIAL_UNITS: dict[str, dict[str | None, float]] = {
    "commercial_src": {"SIDE OF TRUCK": 33, "DRIVER": 29, "PAPERS": 11, "LOG BOOK": 6, None: 21},
    "gvwr": {"3": 17, "80000": 9, "2": 8, "1": 6, "26000": 5, "80,000": 3, "08000": 1, "18000.00": 1, None: 45},
    "carrier_name": {
        "US MAX LOGISTICS INC": 9, "CHICAGO TRANSIT AUTHORITY": 12, "COMMONWEALTH EDISON": 5,
        "REEDY'S TRANSPORT LLC": 5, "Lakeshore Recycling": 9, "SUPERIOR CARGO HAUL INC": 9, "SHEPHERD LEASING LLC": 8,
        None: 5,
    },
    "carrier_state": {"IL": 66, "IN": 9, "WI": 4, "TX": 2, "MI": 2, "IA": 1, "PA": 1, None: 15},
    "carrier_city": {
        "CHICAGO": 38, "CICERO": 6, "HAMMOND": 6, "VILLA PARK": 4, "JOLIET": 6, "NOBLESVILLE": 2, "DAVENPORT": 1,
        None: 20,
    },
    "hazmat_placards_i": {"N": 1.5, "Y": 0.8, None: 97.7},
    "hazmat_name": {"GASOLINE": 0.5, "PROPANE": 0.3, "CORROSIVE": 0.3, "FLAMMABLE LIQUID": 0.3, None: 98.6},
    "un_no": {"1203": 1.2, "1075": 0.6, "1993": 0.8, None: 97.4},
    "hazmat_present_i": {"N": 82, "Y": 0.2, None: 18},
    "hazmat_report_i": {"N": 80, "Y": 0.1, None: 20},
    "hazmat_report_no": {"1": 0.01, None: 99.99},
    "mcs_report_i": {"N": 80, "Y": 0.1, None: 20},
    "mcs_report_no": {"47783026": 0.02, "8253": 0.02, None: 99.96},
    "hazmat_vio_cause_crash_i": {"N": 82, "Y": 0.1, None: 18},
    "mcs_vio_cause_crash_i": {"N": 80, "Y": 0.2, None: 20},
    "wide_load_i": {"Y": 0.6, "N": 0.4, None: 99},
    "trailer1_width": {"0-96": 13, "97-102": 5, ">102": 3, None: 79},
    "trailer2_width": {"0-96": 1.4, ">102": 0.5, "97-102": 0.5, None: 97.6},
    "trailer1_length": {"53": 12, "48": 2, "40": 2, "28": 1, "20": 1, None: 82},
    "trailer2_length": {"53": 0.3, "28": 0.2, "60": 0.1, None: 99.4},
    "total_vehicle_length": {"70": 6, "53": 4, "40": 3, "60": 3, "25": 2, "999": 0.02, None: 82},
    "axle_cnt": {"5": 11, "2": 11, "3": 8, "6": 2, "4": 2, None: 66},
    "vehicle_config": {
        "TRACTOR/SEMI-TRAILER": 37, "SINGLE UNIT TRUCK, 2 AXLES, 6 TIRES": 19, "BUS": 15, "TRUCK/TRACTOR": 8,
        "SINGLE UNIT TRUCK, 3 OR MORE AXLES": 7, "TRUCK/TRAILER": 4, "UNKNOWN HEAVY TRUCK": 3, "TRACTOR/DOUBLES": 1,
        None: 6,
    },
    "cargo_body_type": {
        "VAN/ENCLOSED BOX": 40, "OTHER": 20, "BUS": 14, "FLATBED": 7, "DUMP": 5, "TANK": 2, "GARBAGE/REFUSE": 3,
        "CONCRETE MIXER": 1, "AUTO TRANSPORTER": 1, None: 7,
    },
    "load_type": {
        "OTHER": 48, "UNKNOWN": 34, "CONSTRUCTION EQUIPMENT": 3, "BUILDING MATERIALS": 2, "STEEL COILS": 0.5,
        "FARM EQUIPMENT": 0.2, None: 12,
    },
    "hazmat_out_of_service_i": {"N": 78, "Y": 0.1, None: 22},
    "mcs_out_of_service_i": {"N": 80, "Y": 0.3, None: 20},
    "hazmat_class": {
        "MISCELLANEOUS": 6.6, "FLAMMABLE OR COMBUSTIBLE LIQUID": 0.5, "GASES": 0.2, "EXPLOSIVES": 0.15,
        "CORROSIVE": 0.1, None: 92,
    },
}  # fmt: skip
_NUMBERED_COMMERCIAL = {"usdot_no": (0.52, 7), "ccmc_no": (0.1, 6), "ilcc_no": (0.06, 6), "idot_permit_no": (0.05, 7)}
"""Free numbers of a carrier: the share of commercial units that have one, and its digits (zeros in front stay)."""


def units_of(crashes: pl.DataFrame) -> pl.DataFrame:
    """The units of `crashes`, one row each: everything the people and the published row depend on."""
    counts = crashes["num_units"]
    unit_no = pl.int_ranges(1, counts + 1, eager=True).explode(empty_as_null=False)
    kept = (
        "day", "ordinal", "key", "crash_record_id", "at", "first_crash_type", "kind", "severity", "num_units",
        "notified",
        "is_towing", "is_hit_and_run", "is_without_people", "is_withheld",
    )  # fmt: skip
    units = crashes.select(pl.col(kept).repeat_by("num_units").explode(empty_as_null=False)).rename(
        {"key": "crash_key"}
    )
    units = units.with_columns(unit_no=unit_no, key=keys_of(units["crash_key"], "unit", unit_no))
    draws = Draws(units["key"])
    second = pl.col("first_crash_type").replace_strict(_SECOND_UNIT, default=None, return_dtype=pl.String)
    more_parked = (second == "PARKED") & draws.chance("parked as well", 0.85)
    unit_type = (
        pl.when(pl.col("unit_no") == 1)
        .then(pl.lit("DRIVER"))
        .when(((pl.col("unit_no") == 2) & second.is_not_null()) | more_parked)
        .then(second)
        .otherwise(draws.pick("unit_type", _OTHER_UNITS))
    )
    return (
        units.with_columns(unit_type=unit_type)
        .with_columns(is_motor=~pl.col("unit_type").is_in(WITHOUT_VEHICLE).fill_null(value=True))
        .with_columns(
            passengers=pl.when(pl.col("unit_type") == "DRIVER").then(draws.pick("passengers", _PASSENGERS)).otherwise(0)
            * (~pl.col("is_without_people")).cast(pl.Int64)
        )
        .with_columns(
            crash_unit_id=pl.col("ordinal") * IDS_PER_DAY + pl.int_range(1, pl.len() + 1).over("day"),
            vehicle_id=pl.when("is_motor").then(
                pl.col("ordinal") * IDS_PER_DAY
                + _FIRST_VEHICLE_OF_DAY
                + pl.col("is_motor").cast(pl.Int64).cum_sum().over("day")
            ),
        )
    )


def published(units: pl.DataFrame) -> pl.DataFrame:
    """The text columns of the feed, with `key` and `day`."""
    draws = Draws(units["key"])
    motor = pl.col("is_motor")
    stands = pl.col("unit_type").is_in(["PARKED", "DRIVERLESS"])
    movement = units.select(
        pl.when(stands.fill_null(value=False)).then(pl.lit("standing")).otherwise(pl.lit("moving"))
    ).to_series()
    fled = pl.col("is_hit_and_run") & (pl.col("unit_no") == 1)
    make_and_model = draws.pick("make and model", _MODELS).str.split("|")
    towed = pl.when("is_towing").then(flags(draws, "towed_i", 0.43, 0.025))
    is_towed = towed == "Y"
    is_commercial = draws.chance("commercial", _COMMERCIAL_SHARE) & units["is_motor"]
    columns: dict[str, pl.Expr] = {
        "make": pl.lit(make_and_model.list.get(0)),
        "model": pl.lit(make_and_model.list.get(1)),
        "lic_plate_state": pl.lit(draws.pick("plate", _PLATE_STATE)),
        "vehicle_year": _vehicle_year(draws, fled),
        "vehicle_defect": pl.lit(draws.pick("defect", _DEFECT)),
        "vehicle_type": pl.lit(draws.pick("type", _TYPE)),
        "vehicle_use": pl.lit(draws.pick("use", _USE)),
        "travel_direction": pl.lit(draws.pick("direction", _DIRECTION)),
        "maneuver": pl.lit(draws.pick_by("maneuver", movement, _MANEUVER)),
        "towed_i": towed,
        "fire_i": pl.lit(flags(draws, "fire_i", 0.0005, 0.0004)),
        "occupant_cnt": pl.when(stands).then(0).otherwise(pl.col("passengers") + 1).cast(pl.String),
        "exceed_speed_limit_i": pl.lit(flags(draws, "exceed_speed_limit_i", 0.0006, 0.0002)),
        "towed_by": pl.when(is_towed).then(draws.pick("towed_by", _TOWED_BY)),
        "towed_to": pl.when(is_towed).then(draws.pick("towed_to", _TOWED_TO)),
        "first_contact_point": pl.lit(draws.pick("contact", _CONTACT)),
        "cmrc_veh_i": pl.when(is_commercial).then(pl.lit("Y")).otherwise(flags(draws, "cmrc_veh_i", 0.003, 0.0065)),
        **{
            f"area_{area}_i": pl.lit(flags(draws, f"area_{area}_i", yes / 0.977, no / 0.977))
            for area, (yes, no) in _AREAS.items()
        },
    }
    return units.with_columns(
        crash_unit_id=pl.col("crash_unit_id").cast(pl.String),
        crash_date=timestamp_text("at"),
        unit_no=pl.col("unit_no").cast(pl.String),
        num_passengers=pl.when(pl.col("passengers") > 0).then(pl.col("passengers").cast(pl.String)),
        vehicle_id=pl.col("vehicle_id").cast(pl.String),
        **{name: pl.when(motor).then(value) for name, value in columns.items()},
        **_commercial_columns(is_commercial, draws),
    )


def _vehicle_year(draws: Draws, fled: pl.Expr) -> pl.Expr:
    """Nine years old in the middle, at most next year's model; 1900, a placeholder, is legal."""
    age = draws.quantile(
        "vehicle age", ((0.0, -1.99), (0.03, 0), (0.25, 4), (0.5, 8.5), (0.75, 13), (0.95, 20), (0.998, 30), (1.0, 60))
    )
    year = pl.col("at").dt.year() - age.floor().cast(pl.Int64).clip(lower_bound=-1)
    is_unknown = draws.chance("no year", 0.092) | (fled & draws.chance("no year, fled", 0.5))
    placeholder = draws.chance("year 1900", 0.0005)
    return pl.when(~is_unknown).then(pl.when(placeholder).then(1900).otherwise(year).cast(pl.String))


def _commercial_columns(is_commercial: pl.Series, draws: Draws) -> dict[str, pl.Expr]:
    columns: dict[str, pl.Expr] = {
        name: pl.when(is_commercial).then(draws.pick(name, weights)) for name, weights in _OF_COMMERCIAL_UNITS.items()
    }
    for name, (share, digits) in _NUMBERED_COMMERCIAL.items():
        number = draws.whole(name, 1, 10**digits - 1).cast(pl.String).str.zfill(digits)
        columns[name] = pl.when(is_commercial & draws.chance(f"has {name}", share)).then(number)
    columns["cmv_id"] = pl.when(is_commercial).then(draws.whole("cmv_id", 1, 2_000_000).cast(pl.String))
    return columns


def stains(dirt: d.Dirt) -> list[d.Stain]:
    """What can be wrong with a published unit."""
    motor = pl.col("vehicle_id").is_not_null()
    impossible = (
        "9999",
        "2099",
        "9900",
        "9418",
        "8001",
        "7604",
        "6016",
        "5555",
        "3217",
        "2999",
        "2349",
        "2207",
        "2103",
        "2077",
    )
    flag_columns = (
        "hazmat_present_i",
        "hazmat_report_i",
        "mcs_report_i",
        "hazmat_vio_cause_crash_i",
        "mcs_vio_cause_crash_i",
    )
    quoted = '"ALLISON\'S FIBERGLASS MFG., INC (PORT ORANGE., FLORIDA)."'
    return [
        d.Stain(
            "dated_differently",
            dirt.vehicles_dated_differently,
            "crash_date",
            {"crash_date": d.another_time("at")},
            ~pl.col("is_withheld"),
        ),
        d.Stain("unit_number_zero", dirt.unit_number_zero, "unit_no", {"unit_no": ("0",)}),
        d.Stain("unit_number_huge", dirt.unit_number_huge, "unit_no", {"unit_no": ("3778035",)}),
        d.Stain("impossible_year", dirt.impossible_vehicle_year, "vehicle_year", {"vehicle_year": impossible}, motor),
        d.decimals("vehicle_year", dirt.integers_with_decimals),
        d.Stain("axle_count_huge", dirt.axle_count_huge, "axle_cnt", {"axle_cnt": ("26009",)}, motor),
        d.Stain("quoted_make", dirt.quoted_make, "make", {"make": (quoted,)}, motor),
        d.Stain("null_marker", dirt.unknown_make, "make", {"make": ("UNKNOWN",)}, motor),
        d.Stain("null_marker", dirt.unknown_model, "model", {"model": ("UNKNOWN",)}, motor),
        d.blanks("model", dirt.whitespace),
        d.markers("towed_by", dirt.null_markers * 4),
        d.markers("towed_to", dirt.unknown_towed_to),
        d.markers("usdot_no", dirt.null_markers * 4),
        d.new_category("vehicle_type", dirt.unknown_category, "STAND-UP E-SCOOTER", "AUTONOMOUS SHUTTLE"),
        *(d.unknown_flag(column, dirt.unknown_flag) for column in flag_columns),
    ]
