"""The fatalities feed: the Vision Zero list of people killed in traffic crashes.

Column names are the portal's own (data.cityofchicago.org/d/gzaz-isa6), which describes none of them. The feed has no
usable key: `person_id` is blank for some victims and repeats for others.
"""

from datetime import timedelta

from chicago_crashes.feeds.catalogue.columns import (
    Cadence,
    Coordinates,
    Feed,
    Surrogate,
    category,
    latitude,
    longitude,
    point,
    text,
    timestamp,
)
from chicago_crashes.feeds.catalogue.questions import Question
from chicago_crashes.feeds.catalogue.relations import Relations, consistent

COLUMNS = (
    text(
        "person_id",
        "Identifier of the victim in the People dataset where there is one; blank for some, repeated for others",
        header="Person_ID",
    ),
    timestamp("crash_date", "Date and time of the crash", header="Crash_Date"),
    text("crash_location", "Address or description of the place", header="Crash_Location"),
    category(
        "victim",
        "How the victim took part in traffic",
        "CYCLIST",
        "DRIVER",
        "MOTORCYCLIST",
        "PASSENGER",
        "PEDESTRIAN",
        "SCOOTER",
        header="Victim",
    ),
    text("crash_circumstances", "What happened, in a sentence", max_length=4000, header="Crash_Circumstances"),
    longitude("Longitude of the place", header="Longitude"),
    latitude("Latitude of the place", header="Latitude"),
    point("geocoded_column", "The place as a point", header="Location"),
)

RELATIONS = (
    Relations(
        Question.CONSISTENT,
        ("people",),
        (
            consistent(
                "person_exists",
                ("person_id", "crash_people.person_id"),
                0.05,
                "A victim with one person_id is among the people of a crash of that day, or of the day before or after.",
            ),
            consistent(
                "person_died",
                ("person_id", "crash_people.injury_classification"),
                0.05,
                "The injury_classification of that person is FATAL.",
            ),
        ),
    ),
)

AS_CASES_ARE_SETTLED = Cadence(
    schedule="fatalities_refresh",
    job="load_fatality_days",
    cron="0 7 * * 1",
    days=183,
    told="Every Monday, because the list is edited as cases are settled: the last 183 days",
    late_after=timedelta(days=8),
    stale_after=timedelta(days=15),
)

FATALITIES = Feed(
    name="fatalities",
    dataset_id="gzaz-isa6",
    title="Traffic Crashes - Vision Zero Chicago Traffic Fatalities",
    description="One row per person killed in a traffic crash, as reviewed for Vision Zero; edited as cases are settled.",
    table="vision_zero_fatalities",
    key=("fatality_id",),
    columns=COLUMNS,
    indexes=(("person_id",), ("crash_date",)),
    surrogate=Surrogate(
        "fatality_id",
        "Stable identifier made from person, date and place; equal victims of one crash are numbered",
        parts=("person_id", "crash_date", "crash_location"),
    ),
    coordinates=Coordinates(point="geocoded_column"),
    essential=("victim", "latitude"),
    cadence=AS_CASES_ARE_SETTLED,
    relations=RELATIONS,
    # Most weeks nobody is killed, and cases settle late.
    quiet_for=None,
)
