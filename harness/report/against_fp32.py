"""What a case's engine gave against the FP32 model, for people."""

from __future__ import annotations

from harness.evidence.records import CaseRecord, Limit, OutputDifference

_OF_OUTPUTS = ("cosine.", "max_abs_error.", "mean_abs_error.")


def own_metrics(case: CaseRecord) -> dict[str, float]:
    """The metrics but for those that the table of outputs shows."""
    if case.comparison is None or not case.comparison.outputs:
        return case.metrics
    return {name: value for name, value in case.metrics.items() if not name.startswith(_OF_OUTPUTS)}


def limit_of(case: CaseRecord, metric: str) -> str:
    """``at least 0.99``; empty where a metric has no limit."""
    limits = case.comparison.limits if case.comparison else []
    return next((_words(limit) for limit in limits if limit.metric == metric), "")


def worst_place(output: OutputDifference) -> str:
    """``sample 3, [0, 17, 2]: 0.5 for 0.25``."""
    if not output.worst:
        return ""
    sample, *place = output.worst
    return f"sample {sample}, {place}: {_number(output.value)} for {_number(output.expected)}"


def _words(limit: Limit) -> str:
    parts = [("at least", limit.least), ("at most", limit.most)]
    return ", ".join(f"{word} {value:g}" for word, value in parts if value is not None)


def _number(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.5g}"
