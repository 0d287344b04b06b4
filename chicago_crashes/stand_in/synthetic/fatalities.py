"""Synthetic Vision Zero fatalities: the killed people of the day, as the City's reviewers write them down."""

import polars as pl

from chicago_crashes.stand_in.synthetic import dirt as d
from chicago_crashes.stand_in.synthetic.draws import Draws, keys_of
from chicago_crashes.stand_in.synthetic.texts import timestamp_text

_LISTED = 0.96
"""Share of killed people the list counts; it leaves out deaths that its own definition excludes."""
_VICTIM = {
    "DRIVER": {"DRIVER": 79, "MOTORCYCLIST": 20, "SCOOTER": 1},
    "PASSENGER": {"PASSENGER": 99, "MOTORCYCLIST": 1},
    "PEDESTRIAN": {"PEDESTRIAN": 1},
    "CYCLIST": {"CYCLIST": 98, "SCOOTER": 2},
}
_PART_IN_TRAFFIC = {"PASSENGER": "PASSENGER", "PEDESTRIAN": "PEDESTRIAN", "BICYCLE": "CYCLIST"}
_CIRCUMSTANCES = {
    "UNIT 1 DISREGARDED TRAFFIC SIGNAL AND STRUCK UNIT 2. UNIT 1 DRIVER DIED.": 2,
    "UNIT 1 LOST CONTROL, LEFT THE ROADWAY AND STRUCK A FIXED OBJECT.": 3,
    "VEHICLE STRUCK PEDESTRIAN CROSSING THE ROADWAY AND FLED THE SCENE.": 3,
    'SPEEDING VEHICLE STRUCK A PARKED CAR; "NO BELT" PER WITNESS.': 1,
    None: 3,
}


FATAL = 4
"""Place of "killed" among the injury classes that people are drawn with."""


def fatalities_of(people: pl.DataFrame, crashes: pl.DataFrame) -> pl.DataFrame:
    """The listed victims among `people`, each with the place of the crash and somebody who survived it."""
    killed = people.filter(pl.col("injury") == FATAL)
    places = crashes.select("crash_record_id", "number", "street_direction", "street_name", "lat", "lon")
    listed = killed.filter(Draws(killed["key"]).chance("listed", _LISTED))
    survivors = (
        people.filter(pl.col("injury").fill_null(0) < FATAL)
        .group_by("crash_record_id")
        .agg(survivor=pl.col("person_id").min())
    )
    return listed.join(places, on="crash_record_id", how="left", maintain_order="left").join(
        survivors, on="crash_record_id", how="left", maintain_order="left"
    )


def published(victims: pl.DataFrame) -> pl.DataFrame:
    """The text columns of the feed, with `key` and `day`. Time and place differ a little from the people feed's."""
    draws = Draws(victims["key"])
    part = victims["person_type"].replace_strict(_PART_IN_TRAFFIC, default="DRIVER", return_dtype=pl.String)
    minute = pl.col("at").dt.minute()
    other_minute = pl.when(minute > 0).then(pl.col("at").dt.offset_by("-1m")).otherwise(pl.col("at").dt.offset_by("1m"))
    crash_date = pl.when(draws.chance("another minute", 0.35)).then(other_minute).otherwise("at")
    circumstances = draws.pick("circumstances", _CIRCUMSTANCES)
    at_place = pl.format("{} {} {}", "number", "street_direction", "street_name")
    return victims.with_columns(
        at=crash_date,
        latitude=(pl.col("lat") + (draws.uniform("lat") - 0.5) * 2e-4).round(8).cast(pl.String),
        longitude=(pl.col("lon") + (draws.uniform("lon") - 0.5) * 2e-4).round(8).cast(pl.String),
    ).with_columns(
        crash_date=timestamp_text("at"),
        crash_location=at_place,
        victim=draws.pick_by("victim", part, _VICTIM),
        crash_circumstances=pl.when(pl.col("at").dt.year() >= 2024).then(circumstances),
        geocoded_column=pl.format("POINT ({} {})", "longitude", "latitude"),
    )


def repeat_persons(fatalities: pl.DataFrame, dirt: d.Dirt, account: d.Account) -> pl.DataFrame:
    """Add rows that reuse a victim's person id: for a second victim of the crash, or of another crash that day."""
    is_repeated = Draws(fatalities["key"]).chance("repeated", dirt.repeated_person_id)
    fatalities = fatalities.with_columns(is_repeated=is_repeated)
    repeated = fatalities.filter(is_repeated)
    draws = Draws(keys_of(repeated["key"], "repeated", pl.zeros(repeated.height, dtype=pl.UInt64, eager=True)))
    is_same_crash = draws.chance("same crash", 0.4)
    copies = repeated.with_columns(
        key=draws.keys,
        victim=draws.pick("victim", {"PASSENGER": 2, "PEDESTRIAN": 1, "DRIVER": 1}),
        crash_date=pl.when(is_same_crash).then("crash_date").otherwise(d.another_time("at")),
        crash_location=pl.when(is_same_crash)
        .then("crash_location")
        .otherwise(
            pl.lit(
                draws.pick("place", {"W 71ST ST & FRANCISCO AVE": 1, "REPORTED BY METRA POLICE, 1431 W 107TH ST": 1})
            )
        ),
    )
    account.note("fatalities", "person_id", "repeated_person_id", copies["day"])
    return pl.concat([fatalities, copies])


def stains(dirt: d.Dirt) -> list[d.Stain]:
    """What can be wrong with a listed victim, once `repeat_persons` has said which ids are repeated."""
    two = pl.concat_str(pl.col("person_id"), pl.lit(" or "), pl.col("person_id"), pl.lit("1"))
    doubled = pl.col("crash_location").str.replace(" ", "  ", literal=True)
    alone = ~pl.col("is_repeated")
    return [
        d.Stain("blank_person_id", dirt.blank_person_id, "person_id", {"person_id": None}, alone),
        d.Stain("null_marker", dirt.unknown_person_id, "person_id", {"person_id": ("UNK",)}, alone),
        d.Stain("two_person_ids", dirt.two_person_ids, "person_id", {"person_id": two}, alone),
        d.Stain(
            "no_such_person",
            dirt.no_such_person,
            "person_id",
            {"person_id": pl.col("person_id").str.replace(r"^[OP]", "O99999")},
            alone,
        ),
        d.Stain(
            "survivor_listed",
            dirt.survivor_listed,
            "person_id",
            {"person_id": pl.col("survivor")},
            alone & pl.col("survivor").is_not_null(),
        ),
        d.Stain("whitespace", dirt.doubled_blanks, "crash_location", {"crash_location": doubled}),
        d.new_category("victim", dirt.unknown_victim, "E-BIKE RIDER"),
    ]
