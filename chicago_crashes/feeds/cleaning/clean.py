"""Clean raw rows: type them, repair what breaks a rule, set aside what cannot be loaded. No row disappears."""

import hashlib
import json
from dataclasses import dataclass

import polars as pl

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import SYSTEM_FIELDS
from chicago_crashes.feeds.catalogue.columns import Feed, Surrogate
from chicago_crashes.feeds.catalogue.rules import SECOND_ROW, SECOND_ROW_ELSEWHERE, Action, quarantine_rules
from chicago_crashes.feeds.cleaning.keys import ROW_KEY, row_key
from chicago_crashes.feeds.cleaning.parsing import parsed, stated_text
from chicago_crashes.feeds.cleaning.rules import AppliedRule, coordinate_status, rules, stated
from chicago_crashes.soda.system_times import UTC_TIME, UnreadableTimeError, utc_times

DAY, ROW = "our:day", "our:row"
"""Columns beside the published ones, whose names never have a colon within."""

RECORD_DAY, REASON, RIVAL_DAY, TOUCHED = "day", "reason", "rival_day", "source_updated_at"
FINDING_SCHEMA = {
    RECORD_DAY: pl.Date,
    ROW_KEY: pl.String,
    "column_name": pl.String,
    "rule": pl.String,
    "value": pl.String,
    "action": pl.String,
}
QUARANTINE_SCHEMA = {
    RECORD_DAY: pl.Date,
    "digest": pl.String,
    "copy": pl.Int32,
    REASON: pl.String,
    ROW_KEY: pl.String,
    RIVAL_DAY: pl.Date,
    TOUCHED: UTC_TIME,
    "raw_row": pl.String,
}


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of raw rows: each is either in `rows`, perhaps with `findings`, or in `quarantined`.

    `rows` holds `DAY`, the table's columns as declared, `coordinate_status` where the feed has places, `extra` (JSON
    text) and `source_updated_at`; no two of them share a key. `findings` and `quarantined` have the schemas of their
    tables in `ops`.
    """

    rows: pl.DataFrame
    findings: pl.DataFrame
    quarantined: pl.DataFrame
    raw: pl.DataFrame
    places: pl.Series
    """Where each of `rows` is in `raw`, should it have to be set aside after all."""

    def without(self, feed: Feed, gone: pl.Series, rival_days: pl.Series) -> "Cleaned":
        """The same, but those of `rows` that are `gone` are in quarantine, each for the row of its rival's day."""
        losers = self.rows.filter(gone).select(
            DAY,
            row_key(feed),
            TOUCHED,
            pl.lit(SECOND_ROW_ELSEWHERE).alias(REASON),
            pl.Series(RIVAL_DAY, rival_days.filter(gone), pl.Date),
        )
        keys = losers.select(pl.col(DAY).alias(RECORD_DAY), ROW_KEY)
        waiting = _waiting_for(self.quarantined, losers)
        set_aside = _quarantined(self.raw[self.places.filter(gone)], losers)
        return Cleaned(
            rows=self.rows.filter(~gone),
            findings=self.findings.join(keys, on=[RECORD_DAY, ROW_KEY], how="anti", maintain_order="left"),
            quarantined=_copies_numbered(pl.concat([waiting, set_aside])),
            raw=self.raw,
            places=self.places.filter(~gone),
        )


def clean(feed: Feed, raw: pl.DataFrame) -> Cleaned:
    """Clean the raw rows of one or several days.

    Args:
        feed: the declaration to clean by.
        raw: text columns as published, system fields, and `DAY`, the partition (pl.Date) each row belongs to.

    Raises:
        PermanentError: a row's `:updated_at` says no time.
    """
    numbered = _with_declared_columns(feed, raw).with_row_index(ROW)
    typed = _typed(feed, numbered)
    judged = _judged(feed, typed)
    is_kept = judged[REASON].is_null()
    kept = typed.filter(is_kept)
    applied = rules(feed)
    broken = kept.select(rule.broken.alias(str(place)) for place, rule in enumerate(applied))
    return Cleaned(
        rows=_repaired(feed, kept, broken, applied),
        findings=_findings(kept, broken, applied),
        quarantined=_copies_numbered(_quarantined(raw.filter(~is_kept), judged.filter(~is_kept))),
        raw=raw,
        places=kept[ROW],
    )


def _with_declared_columns(feed: Feed, raw: pl.DataFrame) -> pl.DataFrame:
    """The raw frame with a null column for whatever its vintage of the feed or its channel lacks."""
    expected = (*SYSTEM_FIELDS, *feed.column_names)
    absent = [pl.lit(None, pl.String).alias(name) for name in expected if name not in raw.columns]
    return raw.with_columns(absent)


def _typed(feed: Feed, raw: pl.DataFrame) -> pl.DataFrame:
    """Every column as stated and as parsed, with the row's key, its extra columns and its time of publication."""
    texts = raw.select(
        ROW,
        DAY,
        _extra(feed, raw),
        _times(feed, raw).alias(TOUCHED),
        *(stated_text(column) for column in feed.columns),
    )
    values = texts.with_columns(parsed(column) for column in feed.columns)
    originals = texts.select(pl.col(name).alias(stated(name)) for name in feed.column_names)
    typed = pl.concat([values, originals], how="horizontal")
    if feed.surrogate:
        typed = _with_surrogate(feed, feed.surrogate, typed)
    return typed.with_columns(row_key(feed))


def _times(feed: Feed, raw: pl.DataFrame) -> pl.Series:
    """When the portal touched each row last; null in a file, which does not say."""
    try:
        return utc_times(raw[":updated_at"])
    except UnreadableTimeError as error:
        (day,) = raw.filter(pl.col(":updated_at") == error.text)[DAY].head(1)
        raise PermanentError(
            f"{feed.name} {day}: a row has the :updated_at {error}. Nothing of the day was loaded. Load it again with "
            "--refetch; if the portal still sends it, its times have a new form: please report it."
        ) from error


def _extra(feed: Feed, raw: pl.DataFrame) -> pl.Expr:
    """The published columns nobody declared, as a JSON object; null where the row has none of them."""
    unknown = [n for n in raw.columns if not n.startswith(":") and n not in {*feed.column_names, DAY, ROW}]
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
    return ordered.with_columns(pl.Series(surrogate.name, digests, pl.String)).sort(ROW)


def _judged(feed: Feed, typed: pl.DataFrame) -> pl.DataFrame:
    """Per row its day, key and time, why it cannot be loaded, or null, and the day of the row that is in its place."""
    unreadable = [
        pl.when(_is_unreadable(feed, rule.column)).then(pl.lit(rule.name))
        for rule in quarantine_rules(feed)
        if rule.name not in (SECOND_ROW, SECOND_ROW_ELSEWHERE)
    ]
    judged = typed.select(ROW, DAY, ROW_KEY, TOUCHED, pl.coalesce(unreadable).alias(REASON))
    loadable = judged.filter(pl.col(REASON).is_null())
    shared = loadable.filter(loadable[ROW_KEY].is_duplicated())
    if shared.is_empty():
        return judged.with_columns(pl.lit(None, pl.Date).alias(RIVAL_DAY))
    found = judged.join(_second_rows(shared), on=ROW, how="left", maintain_order="left")
    return found.with_columns(pl.coalesce(REASON, "second").alias(REASON)).drop("second")


def _second_rows(shared: pl.DataFrame) -> pl.DataFrame:
    """Those of rows with shared keys that are not loaded: all but the one the portal touched last.

    Of rows touched at one time the one of the later day is loaded; on one day, the one that came last.
    """
    ordered = shared.sort(ROW_KEY, TOUCHED, DAY, ROW, nulls_last=False)
    is_last_of_day = pl.col(ROW) == pl.col(ROW).last().over(ROW_KEY, DAY)
    winners_day = pl.col(DAY).last().over(ROW_KEY)
    return (
        ordered.select(
            ROW,
            pl.when(is_last_of_day).then(pl.lit(SECOND_ROW_ELSEWHERE)).otherwise(pl.lit(SECOND_ROW)).alias("second"),
            pl.when(is_last_of_day).then(winners_day).otherwise(DAY).alias(RIVAL_DAY),
            (is_last_of_day & (pl.col(DAY) == winners_day)).alias("is_loaded"),
        )
        .filter(~pl.col("is_loaded"))
        .drop("is_loaded")
    )


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
    return both.select(DAY, *surrogate, *values, *places, "extra", TOUCHED)


def _findings(kept: pl.DataFrame, broken: pl.DataFrame, applied: tuple[AppliedRule, ...]) -> pl.DataFrame:
    found = [
        kept.filter(broken[str(place)]).select(
            pl.col(DAY).alias(RECORD_DAY),
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


def _quarantined(refused: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    """The rows that cannot be loaded, whole, as the JSON text of what was published."""
    texts = [_row_as_json(row) for row in refused.drop(DAY).iter_rows(named=True)]
    return judged.with_columns(
        pl.col(DAY).alias(RECORD_DAY),
        pl.Series("digest", [hashlib.sha256(text.encode()).hexdigest() for text in texts], pl.String),
        pl.lit(0, pl.Int32).alias("copy"),
        pl.Series("raw_row", texts, pl.String),
    ).select(list(QUARANTINE_SCHEMA))


def _waiting_for(quarantined: pl.DataFrame, losers: pl.DataFrame) -> pl.DataFrame:
    """The quarantine, in which rows that wait for one of the losers wait for its rival instead."""
    rivals = losers.select(ROW_KEY, pl.col(RIVAL_DAY).alias("rival"))
    found = quarantined.join(rivals, on=ROW_KEY, how="left", maintain_order="left")
    waits = (pl.col(REASON) == SECOND_ROW_ELSEWHERE) & pl.col("rival").is_not_null()
    return found.with_columns(pl.when(waits).then("rival").otherwise(RIVAL_DAY).alias(RIVAL_DAY)).drop("rival")


def _copies_numbered(quarantined: pl.DataFrame) -> pl.DataFrame:
    """Equal rows of a day told apart; the same, whichever other days are cleaned with it."""
    return quarantined.with_columns(pl.int_range(pl.len()).over(RECORD_DAY, "digest").cast(pl.Int32).alias("copy"))


def _row_as_json(row: dict[str, str | None]) -> str:
    published = {
        name: value.replace("\0", "\N{REPLACEMENT CHARACTER}") for name, value in row.items() if value is not None
    }
    return json.dumps(published, ensure_ascii=False, sort_keys=True)
