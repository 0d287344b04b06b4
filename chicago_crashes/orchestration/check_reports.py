"""Give every day its own check result, in a run over one day and in a run over a range alike.

Dagster stores a result returned from a ranged run without a partition. So in a ranged run each day's evaluation is
logged by itself, tied to the day's newest materialisation, and the returned result sums up the range.

The events are made of Dagster's private parts. They can go when a check can return one result for each partition of a
ranged run, or when `context.log_event` takes many evaluations as one batch.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)
from dagster._core.events import DagsterEvent, DagsterEventBatchMetadata

from chicago_crashes.orchestration.check_targets import newest_materializations
from chicago_crashes.verdict import Verdict

DAYS_NAMED = 20


def report_verdicts(
    context: dg.AssetCheckExecutionContext,
    asset_key: dg.AssetKey,
    verdicts: Iterator[Verdict],
    *,
    blocking: frozenset[str],
) -> Iterator[dg.AssetCheckResult]:
    """The check results of a run, one per question."""
    by_question: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_question[verdict.question].append(verdict)
    if context.op_execution_context.has_partition_key:
        yield from (_result(asset_key, found[0]) for found in by_question.values())
        return
    targets = newest_materializations(context.instance, asset_key, context.op_execution_context.partition_keys)
    for question, found in by_question.items():
        _log_together(
            context, [_evaluation(asset_key, verdict, targets, blocking=question in blocking) for verdict in found]
        )
        yield _result_of_range(asset_key, question, found)


def _log_together(context: dg.AssetCheckExecutionContext, evaluations: Sequence[dg.AssetCheckEvaluation]) -> None:
    """Log evaluations in one batch, which Dagster offers for materialisations only, and without a log line for each."""
    step = context.op_execution_context.get_step_execution_context()
    batch = str(uuid4())
    for place, evaluation in enumerate(evaluations, start=1):
        event = DagsterEvent(
            event_type_value=dg.DagsterEventType.ASSET_CHECK_EVALUATION.value,
            job_name=step.job_name,
            step_handle=step.step.handle,
            event_specific_data=evaluation,
            message=f"{evaluation.check_name} of {evaluation.partition} {'held' if evaluation.passed else 'failed'}",
        )
        context.instance.report_dagster_event(
            event,
            context.op_execution_context.run.run_id,
            logging.DEBUG,
            batch_metadata=DagsterEventBatchMetadata(batch, is_end=place == len(evaluations)),
        )


def result_of_history(asset_key: dg.AssetKey, verdict: Verdict) -> dg.AssetCheckResult:
    """The result of a check that asks of all days at once."""
    return _result(asset_key, verdict)


def _result(asset_key: dg.AssetKey, verdict: Verdict) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=asset_key,
        check_name=verdict.question,
        passed=verdict.passed,
        severity=_severity([verdict]),
        metadata=_metadata(verdict),
        description=" ".join(verdict.reasons) or None,
    )


def _result_of_range(asset_key: dg.AssetKey, question: str, verdicts: Sequence[Verdict]) -> dg.AssetCheckResult:
    """One result over all days: sums of the counts, the failed days, examples.

    The sums are text: as numbers they would be plotted in one line with the numbers of the days, and dwarf them.
    """
    failed = [verdict for verdict in verdicts if not verdict.passed]
    metadata: dict[str, Any] = {name: _text(number) for name, number in _summed(verdicts).items()}
    metadata["days"] = _text(len(verdicts))
    if failed:
        metadata["failed_days"] = dg.MetadataValue.json([str(verdict.day) for verdict in failed[:DAYS_NAMED]])
    if reasons := [f"{verdict.day}: {reason}" for verdict in verdicts for reason in verdict.reasons][:DAYS_NAMED]:
        metadata["reasons"] = dg.MetadataValue.json(reasons)
    if examples := [example for verdict in verdicts for example in verdict.examples][:DAYS_NAMED]:
        metadata["examples"] = dg.MetadataValue.json(examples)
    return dg.AssetCheckResult(
        asset_key=asset_key,
        check_name=question,
        passed=not failed,
        severity=_severity(failed),
        metadata=metadata,
        description=f"{len(failed)} of {len(verdicts)} days failed" if failed else None,
    )


def _text(number: float) -> str:
    """A count with its thousands apart; what is not whole is a share."""
    return f"{number:,}" if isinstance(number, int) else f"{number:.2%}"


def _summed(verdicts: Sequence[Verdict]) -> dict[str, int | float]:
    sums: dict[str, int | float] = defaultdict(int)
    for verdict in verdicts:
        for name, number in verdict.numbers.items():
            sums[name] += number
    if "failure_rate" in sums:
        sums["failure_rate"] = sums["failed_rows"] / sums["rows"] if sums["rows"] else 0.0
    if "threshold" in sums:
        sums["threshold"] = max(verdict.numbers.get("threshold", 0.0) for verdict in verdicts)
    return dict(sums)


def _severity(failed: Sequence[Verdict]) -> dg.AssetCheckSeverity:
    is_fault = any(verdict.is_fault for verdict in failed)
    return dg.AssetCheckSeverity.ERROR if is_fault else dg.AssetCheckSeverity.WARN


def _evaluation(
    asset_key: dg.AssetKey,
    verdict: Verdict,
    targets: Mapping[str, AssetCheckEvaluationTargetMaterializationData],
    *,
    blocking: bool,
) -> dg.AssetCheckEvaluation:
    day = str(verdict.day)
    return dg.AssetCheckEvaluation(
        asset_key=asset_key,
        check_name=verdict.question,
        passed=verdict.passed,
        metadata=_metadata(verdict),
        severity=_severity([verdict]),
        target_materialization_data=targets.get(day),
        blocking=blocking,
        partition=day,
    )


def _metadata(verdict: Verdict) -> dict[str, dg.MetadataValue[Any]]:
    metadata: dict[str, dg.MetadataValue[Any]] = {
        name: dg.MetadataValue.int(value) if isinstance(value, int) else dg.MetadataValue.float(value)
        for name, value in verdict.numbers.items()
    }
    if verdict.reasons:
        metadata["reasons"] = dg.MetadataValue.json(list(verdict.reasons))
    if verdict.examples:
        metadata["examples"] = dg.MetadataValue.json(list(verdict.examples))
    return metadata
