"""Clean raw rows: type them, repair what breaks a rule, set aside what cannot be loaded. No row disappears."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC

import polars as pl

from chicago_crashes.cleaning.parsing import EARLIEST, parsed, stated_text, timestamp_value
from chicago_crashes.cleaning.rules import AppliedRule, coordinate_status, rules, stated
from chicago_crashes.feeds import SYSTEM_FIELDS
from chicago_crashes.feeds.columns import Feed, Surrogate
from chicago_crashes.feeds.rules import SECOND_ROW, Action, quarantine_rules

DAY = "day"
ROW_KEY = "row_key"
FINDING_SCHEMA = {
    DAY: pl.Date,
    ROW_KEY: pl.String,
    "column_name": pl.String,
    "rule": pl.String,
    "value": pl.String,
    "action": pl.String,
}
QUARANTINE_SCHEMA = {
    DAY: pl.Date,
    "digest": pl.String,
    "copy": pl.Int32,
    "reason": pl.String,
    "raw_row": pl.String,
}


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of raw rows: each is either in `rows`, perhaps with `findings`, or in `quarantined`.

    `rows` holds `day`, the table's columns as declared, `coordinate_status` where the feed has places, `extra` (JSON
    text) and `source_updated_at`. `findings` and `quarantined` have the schemas of their tables in `ops`.
    """

    rows: pl.DataFrame
    findings: pl.DataFrame
    quarantined: pl.DataFrame


def clean(feed: Feed, raw: pl.DataFrame) -> Cleaned:
    """Clean the raw rows of one or several days.

    Args:
        feed: the declaration to clean by.
        raw: text columns as published, system fields, and `day`, the partition (pl.Date) each row belongs to.
    """
    numbered = _with_declared_columns(feed, raw).with_row_index("row")
    typed = _typed(feed, numbered)
    reasons = _quarantine_reasons(feed, typed)
    kept = typed.filter(reasons.is_null())
    applied = rules(feed)
    broken = kept.select(rule.broken.alias(str(place)) for place, rule in enumerate(applied))
    return Cleaned(
        rows=_repaired(feed, kept, broken, applied),
        findings=_findings(kept, broken, applied),
        quarantined=_quarantined(raw, reasons),
    )


def _with_declared_columns(feed: Feed, raw: pl.DataFrame) -> pl.DataFrame:
    """The raw frame with a null column for whatever its vintage of the feed or its channel lacks."""
    expected = (*SYSTEM_FIELDS, *feed.column_names)
    absent = [pl.lit(None, pl.String).alias(name) for name in expected if name not in raw.columns]
    return raw.with_columns(absent)


def _typed(feed: Feed, raw: pl.DataFrame) -> pl.DataFrame:
    """Every column as stated and as parsed, with the row's key, its extra columns and its time of publication."""
    texts = raw.select(
        "row",
        DAY,
        _extra(feed, raw),
        timestamp_value(pl.col(":updated_at").str.strip_suffix("Z"))
        .dt.replace_time_zone("UTC")
        .alias("source_updated_at"),
        *(stated_text(column) for column in feed.columns),
    )
    values = texts.with_columns(parsed(column) for column in feed.columns)
    originals = texts.select(pl.col(name).alias(stated(name)) for name in feed.column_names)
    typed = pl.concat([values, originals], how="horizontal")
    if feed.surrogate:
        typed = _with_surrogate(feed, feed.surrogate, typed)
    return typed.with_columns(
        pl.concat_str([pl.col(name).cast(pl.String) for name in feed.key], separator="/").alias(ROW_KEY)
    )


def _extra(feed: Feed, raw: pl.DataFrame) -> pl.Expr:
    """The published columns nobody declared, as a JSON object; null where the row has none of them."""
    unknown = [n for n in raw.columns if not n.startswith(":") and n not in {*feed.column_names, DAY, "row"}]
    if not unknown:
        return pl.lit(None, pl.String).alias("extra")
    members = pl.concat_str([_json_member(name) for name in unknown], separator=",", ignore_nulls=True)
    filled = pl.any_horizontal(pl.col(name).is_not_null() for name in unknown)
    return pl.when(filled).then(pl.concat_str(pl.lit("{"), members, pl.lit("}"))).alias("extra")


def _json_member(name: str) -> pl.Expr:
    """`"name":"text"`, or null where the row has no such column: what one row lacks must not depend on the others."""
    alone = pl.struct(_without_nul(pl.col(name)).alias(name)).struct.json_encode()
    return pl.when(pl.col(name).is_not_null()).then(alone.str.strip_prefix("{").str.strip_suffix("}"))


def _without_nul(value: pl.Expr) -> pl.Expr:
    """Text with the NUL character, which PostgreSQL cannot hold, shown as the replacement character."""
    return value.str.replace_all("\0", "\N{REPLACEMENT CHARACTER}", literal=True)


def _with_surrogate(feed: Feed, surrogate: Surrogate, typed: pl.DataFrame) -> pl.DataFrame:
    """The frame with a digest of the parts and of the row's place among rows with equal parts.

    Equal rows are ordered by what they say, so the same rows always get the same keys, in whatever order they come.
    """
    others = [name for name in feed.column_names if name not in surrogate.parts]
    ordered = typed.sort([DAY, *surrogate.parts, *others], nulls_last=True)
    place = pl.int_range(pl.len()).over([DAY, *surrogate.parts]).cast(pl.String)
    texts = [pl.col(part).cast(pl.String).fill_null("") for part in surrogate.parts]
    joined = ordered.select(pl.concat_str([*texts, place], separator="\N{INFORMATION SEPARATOR ONE}")).to_series()
    digests = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in joined]
    return ordered.with_columns(pl.Series(surrogate.name, digests, pl.String)).sort("row")


def _quarantine_reasons(feed: Feed, typed: pl.DataFrame) -> pl.Series:
    """Per row why it cannot be loaded, or null. Of loadable rows with one key, the last published one is loaded."""
    unreadable = [
        pl.when(_is_unreadable(feed, rule.column)).then(pl.lit(rule.name))
        for rule in quarantine_rules(feed)
        if rule.name != SECOND_ROW
    ]
    judged = typed.with_columns(pl.coalesce(unreadable).alias("reason"))
    published = pl.col("source_updated_at").fill_null(EARLIEST.replace(tzinfo=UTC))
    rivals = [pl.col(DAY), pl.col(ROW_KEY), pl.col("reason").is_null()]
    place = pl.int_range(pl.len()).over(rivals, order_by=[published, "row"], descending=True)
    second = pl.when(place > 0).then(pl.lit(SECOND_ROW))
    return judged.select(pl.coalesce("reason", second)).to_series()


def _is_unreadable(feed: Feed, name: str) -> pl.Expr:
    """Whether a column that a row cannot do without has no value, or one that a rule would null."""
    nulling = [rule.broken for rule in rules(feed) if rule.column == name and rule.action is Action.NULLED]
    return pl.any_horizontal(pl.col(name).is_null(), *nulling)


def _repaired(feed: Feed, kept: pl.DataFrame, broken: pl.DataFrame, applied: tuple[AppliedRule, ...]) -> pl.DataFrame:
    """The rows as the table takes them: values that break a rule nulled, places judged."""
    nulling: dict[str, list[str]] = {}
    counts = broken.sum().row(0) if broken.width else ()
    for place, rule in enumerate(applied):
        if rule.action is Action.NULLED and counts[place]:
            nulling.setdefault(rule.column, []).append(str(place))
    values = [
        pl.when(~pl.any_horizontal(nulling[name])).then(pl.col(name)).alias(name) if name in nulling else pl.col(name)
        for name in feed.column_names
    ]
    surrogate = [feed.surrogate.name] if feed.surrogate else []
    places = [coordinate_status(feed, feed.coordinates).alias("coordinate_status")] if feed.coordinates else []
    both = pl.concat([kept, broken], how="horizontal")
    return both.select(DAY, *surrogate, *values, *places, "extra", "source_updated_at")


def _findings(kept: pl.DataFrame, broken: pl.DataFrame, applied: tuple[AppliedRule, ...]) -> pl.DataFrame:
    found = [
        kept.filter(broken[str(place)]).select(
            DAY,
            ROW_KEY,
            pl.lit(rule.column).alias("column_name"),
            pl.lit(rule.name).alias("rule"),
            _without_nul(pl.col(stated(rule.column))).alias("value"),
            pl.lit(rule.action.value).alias("action"),
        )
        for place, rule in enumerate(applied)
        if broken[str(place)].any()
    ]
    return pl.concat([pl.DataFrame(schema=FINDING_SCHEMA), *found])


def _quarantined(raw: pl.DataFrame, reasons: pl.Series) -> pl.DataFrame:
    """The rows that cannot be loaded, whole, as the JSON text of what was published."""
    refused = raw.with_columns(reasons.alias("reason")).filter(pl.col("reason").is_not_null())
    texts = [_row_as_json(row) for row in refused.drop(DAY, "reason").iter_rows(named=True)]
    return (
        refused.select(
            DAY,
            pl.Series("digest", [hashlib.sha256(text.encode()).hexdigest() for text in texts], pl.String),
            "reason",
            pl.Series("raw_row", texts, pl.String),
        )
        .with_columns(pl.int_range(pl.len()).over([DAY, "digest"]).cast(pl.Int32).alias("copy"))
        .select(list(QUARANTINE_SCHEMA))
    )


def _row_as_json(row: dict[str, str | None]) -> str:
    published = {
        name: value.replace("\0", "\N{REPLACEMENT CHARACTER}") for name, value in row.items() if value is not None
    }
    return json.dumps(published, ensure_ascii=False, sort_keys=True)
