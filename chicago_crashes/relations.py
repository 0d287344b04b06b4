"""The relations between columns and tables: what rows say of one another must agree, and what they name must exist.

A relation is declared here and judged by the database: the file `postgis/sql/<feed>_<question>.sql` has a column of
each relation's name for every row, true where it holds, false where it is broken, null where it does not apply.
"""

from dataclasses import dataclass

from chicago_crashes.feeds import Feed, feed_named
from chicago_crashes.feeds.rules import Action, Question, Rule

CRASHES, PEOPLE, VEHICLES, FATALITIES = (feed_named(name) for name in ("crashes", "people", "vehicles", "fatalities"))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The relations of one question about one feed's rows, judged together; `others` are the feeds they also read."""

    feed: Feed
    question: Question
    others: tuple[Feed, ...]
    relations: tuple[Rule, ...]

    @property
    def statement(self) -> str:
        """The name of its SQL file."""
        return f"{self.feed.name}_{self.question}"


def _consistent(name: str, columns: tuple[str, ...], threshold: float, meaning: str) -> Rule:
    return Rule(name, columns, Question.CONSISTENT, Action.CHECKED, threshold, meaning)


def _connected(name: str, columns: tuple[str, ...], threshold: float, meaning: str) -> Rule:
    return Rule(name, columns, Question.CONNECTED, Action.CHECKED, threshold, meaning)


RARE = 0.001
"""Relations that hold for all rows the City publishes, or for all but one in thousands."""

OF_ONE_CRASH = 0.005
"""On a day of 600 rows the three of one crash: one late crash is no reason to warn."""

CRASHES_CONSISTENT = Comparison(
    CRASHES,
    Question.CONSISTENT,
    (PEOPLE, VEHICLES),
    (
        _consistent(
            "injuries_add_up",
            (
                "injuries_total",
                "injuries_fatal",
                "injuries_incapacitating",
                "injuries_non_incapacitating",
                "injuries_reported_not_evident",
            ),
            RARE,
            "injuries_total is the sum of the fatal, incapacitating, non-incapacitating and not evident injuries.",
        ),
        _consistent(
            "hour_of_date", ("crash_hour", "crash_date"), RARE, "crash_hour is the hour of crash_date, 0 to 23."
        ),
        _consistent(
            "weekday_of_date",
            ("crash_day_of_week", "crash_date"),
            RARE,
            "crash_day_of_week is the weekday of crash_date, 1 for Sunday.",
        ),
        _consistent("month_of_date", ("crash_month", "crash_date"), RARE, "crash_month is the month of crash_date."),
        _consistent(
            "units_counted",
            ("num_units", "crash_vehicles.crash_record_id"),
            RARE,
            "num_units is the number of the crash's rows in crash_vehicles.",
        ),
        _consistent(
            "worst_injury_of_people",
            ("most_severe_injury", "crash_people.injury_classification"),
            RARE,
            "most_severe_injury is the worst injury_classification of the crash's people; null if none has any.",
        ),
        _consistent(
            "fatal_people_counted",
            ("injuries_fatal", "crash_people.injury_classification"),
            RARE,
            "injuries_fatal is the number of the crash's people whose injury_classification is FATAL.",
        ),
        _consistent(
            "unknown_injuries_without_people",
            ("injuries_total", "crash_people.crash_record_id"),
            RARE,
            "injuries_total is null only where the crash has no people: null is not zero.",
        ),
    ),
)
PEOPLE_CONNECTED = Comparison(
    PEOPLE,
    Question.CONNECTED,
    (CRASHES, VEHICLES),
    (
        _connected("crash_exists", ("crash_record_id",), OF_ONE_CRASH, "The person's crash is in crashes."),
        _connected(
            "dated_like_crash",
            ("crash_date", "crashes.crash_date"),
            OF_ONE_CRASH,
            "crash_date is that of the person's crash.",
        ),
        _connected(
            "unit_exists",
            ("person_id", "crash_vehicles.crash_unit_id"),
            RARE,
            "A person O<n> belongs to the unit whose crash_unit_id is n, in the same crash.",
        ),
        _connected(
            "vehicle_exists",
            ("vehicle_id", "crash_vehicles.vehicle_id"),
            RARE,
            "vehicle_id is the vehicle_id of a unit of the same crash.",
        ),
    ),
)
VEHICLES_CONNECTED = Comparison(
    VEHICLES,
    Question.CONNECTED,
    (CRASHES,),
    (
        _connected("crash_exists", ("crash_record_id",), OF_ONE_CRASH, "The unit's crash is in crashes."),
        _connected(
            "dated_like_crash",
            ("crash_date", "crashes.crash_date"),
            OF_ONE_CRASH,
            "crash_date is that of the unit's crash.",
        ),
    ),
)
FATALITIES_CONSISTENT = Comparison(
    FATALITIES,
    Question.CONSISTENT,
    (PEOPLE,),
    (
        _consistent(
            "person_exists",
            ("person_id", "crash_people.person_id"),
            0.05,
            "A victim with one person_id is among the people of a crash of that day, or of the day before or after.",
        ),
        _consistent(
            "person_died",
            ("person_id", "crash_people.injury_classification"),
            0.05,
            "The injury_classification of that person is FATAL.",
        ),
    ),
)

COMPARISONS = (CRASHES_CONSISTENT, PEOPLE_CONNECTED, VEHICLES_CONNECTED, FATALITIES_CONSISTENT)


def comparisons_of(feed: Feed) -> tuple[Comparison, ...]:
    """The comparisons about the feed's rows."""
    return tuple(comparison for comparison in COMPARISONS if comparison.feed == feed)
