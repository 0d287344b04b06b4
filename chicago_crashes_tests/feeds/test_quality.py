"""Which scores are low, and what is said of them."""

from datetime import date

from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.feeds.catalogue.rules import value_rules
from chicago_crashes.feeds.quality import (
    ACCURACY,
    COMPLETENESS,
    CONSISTENCY,
    INACCURATE,
    INVALID,
    TIMELINESS,
    VALIDITY,
    Score,
    lost_points,
    low_scores,
)


def scored(month: date, score: float) -> Score:
    return Score(
        month=month,
        score=score,
        completeness=21.3,
        accuracy=30.0,
        consistency=2.0,
        timeliness=None,
        validity=10.0,
        published=1040,
        stored=1000,
        incomplete=20,
        inaccurate=0,
        inconsistent=180,
        late=0,
        invalid=0,
    )


def test_the_parts_are_a_hundred_points() -> None:
    assert COMPLETENESS + ACCURACY + CONSISTENCY + TIMELINESS + VALIDITY == 100


def test_every_feed_has_essential_columns_and_every_rule_on_values_a_part() -> None:
    for feed in FEEDS:
        assert feed.essential
        assert set(feed.essential) <= set(feed.column_names)
        assert {rule.name for rule in value_rules(feed)} <= {*INACCURATE, *INVALID}
    assert not set(INACCURATE) & set(INVALID)


def test_low_is_below_85_and_very_low_below_70() -> None:
    months = [date(2024, month, 1) for month in (1, 2, 3)]
    assert low_scores([scored(month, 85.0) for month in months]).months == []
    low = low_scores([scored(month, score) for month, score in zip(months, (84.9, 90.0, 70.0), strict=True)])
    assert [score.month for score in low.months] == [months[2], months[0]]
    assert (low.judged, low.lowest, low.is_very_low) == (3, 70.0, False)
    assert low_scores([scored(months[0], 69.9)]).is_very_low


def test_months_before_the_data_were_citywide_are_not_judged() -> None:
    early, first = scored(date(2017, 8, 1), 10.0), scored(date(2017, 9, 1), 90.0)
    low = low_scores([early, first])
    assert (low.judged, low.months, low.lowest) == (1, [], 90.0)
    assert low_scores([early]).lowest is None


def test_it_is_said_what_the_points_were_lost_by() -> None:
    score = scored(date(2024, 2, 1), 66.6)
    assert lost_points(score) == (
        "consistency 2 of 20 (180 of 1,040 rows fail); completeness 21.3 of 30 (60 of 1,040 rows fail)"
    )
    assert low_scores([score]).in_words.startswith(
        "1 of 1 months score below 85. The lowest is 2024-02 with 66.6: consistency 2 of 20"
    )
