"""The quality scores: one asset per feed with a partition per month, so that the UI plots a score month by month."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date

import dagster as dg

from chicago_crashes.alerts.recording import record_safely
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.catalogue.comparisons import comparisons_of
from chicago_crashes.feeds.quality import CITYWIDE_SINCE, LOW, VERY_LOW, LowScores, Score, low_scores
from chicago_crashes.feeds.quality_incidents import review_low_scores
from chicago_crashes.feeds.quality_scores import score_months, scores
from chicago_crashes.orchestration.description import OWNERS, table_key, table_metadata, tags
from chicago_crashes.orchestration.partitions import TIME_ZONE
from chicago_crashes.orchestration.resources import PostgisResource
from chicago_crashes.orchestration.step_checks import results_of, specs_of
from chicago_crashes.storage.tables import QUALITY_SCORES
from chicago_crashes.verdict import Check, Judgement

MONTH_FORMAT = "%Y-%m"
"""Not a day's: nobody may take a run over months for one that loads their first days."""

MONTHS_NAMED = 24
PLOTTED = ("score", "completeness", "accuracy", "consistency", "timeliness", "validity")


def month_partitions(start: date) -> dg.MonthlyPartitionsDefinition:
    """One partition per calendar month, the present one included: its days are loaded while it lasts."""
    return dg.MonthlyPartitionsDefinition(
        start_date=start.strftime(MONTH_FORMAT), timezone=TIME_ZONE, fmt=MONTH_FORMAT, end_offset=1
    )


def month_of(partition_key: str) -> date:
    """The first day of a partition."""
    return date.fromisoformat(f"{partition_key}-01")


def quality_key(feed: Feed) -> dg.AssetKey:
    """The feed's scores."""
    return dg.AssetKey(["quality", feed.name])


def _judge(low: LowScores) -> Judgement:
    named = {f"{score.month:%Y-%m}": score.score for score in low.months[:MONTHS_NAMED]}
    shown = {
        "months_judged": low.judged,
        f"months_below_{LOW}": len(low.months),
        f"months_below_{VERY_LOW}": sum(score.score < VERY_LOW for score in low.months),
        **({"lowest_score": low.lowest} if low.lowest is not None else {}),
        **({"low_scores": dg.MetadataValue.json(named)} if named else {}),
    }
    return Judgement(not low.months, shown, low.in_words if low.months else None, is_fault=low.is_very_low)


SCORE_CHECK = Check(
    "score",
    f"No month scores below {LOW} (warning) or {VERY_LOW} (error); months before {CITYWIDE_SINCE:%B %Y}, of which the "
    "data are not whole, are not judged.",
    _judge,
)


def quality_asset(feed: Feed, months: dg.MonthlyPartitionsDefinition) -> dg.AssetsDefinition:
    """The feed's scores, and the check that none is low."""
    compared_with = [other for comparison in comparisons_of(feed) for other in comparison.others]
    # Months begin before the first day there is, and the present one ends after the last.
    days_there_are = dg.TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True)

    @dg.asset(
        key=quality_key(feed),
        deps=[
            dg.AssetDep(table_key(each), partition_mapping=days_there_are)
            for each in dict.fromkeys([feed, *compared_with])
        ],
        partitions_def=months,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="quality",
        kinds={"postgres"},
        owners=OWNERS,
        tags=tags(feed),
        description=f"How good each month of {feed.table} is, from 0 to 100: completeness 30, accuracy 30, consistency "
        "20, timeliness 10, validity 10. `docs/quality.md` tells what is counted.",
        metadata=table_metadata(QUALITY_SCORES, score_months, feed=feed),
        check_specs=specs_of(quality_key(feed), [SCORE_CHECK]),
    )
    def score(context: dg.AssetExecutionContext, postgis: PostgisResource) -> Iterator[dg.MaterializeResult[None]]:
        asked = [month_of(key) for key in context.partition_keys]
        with postgis.connect() as connection:
            found = {each.month: each for each in score_months(connection, feed, min(asked), _after(max(asked)))}
            low = low_scores(scores(connection, feed))
            record_safely(lambda: review_low_scores(connection, feed, low, run_id=context.run.run_id))
        for month in asked:
            context.add_asset_metadata(_shown(found.get(month)), partition_key=month.strftime(MONTH_FORMAT))
        yield dg.MaterializeResult(check_results=results_of(quality_key(feed), [SCORE_CHECK], low))

    return score


def _after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _shown(score: Score | None) -> Mapping[str, float | str | dg.JsonMetadataValue]:
    """What the UI plots, and the counts behind it, which it does not. A month without rows has no score."""
    if score is None:
        return {"rows": "none"}
    numbers = asdict(score)
    del numbers["month"]
    plotted = {name: numbers.pop(name) for name in PLOTTED}
    return {name: value for name, value in plotted.items() if value is not None} | {
        "rows": dg.MetadataValue.json(numbers)
    }
