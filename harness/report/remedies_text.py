"""The remedies that were tried, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate

from harness.analysis.remedies import Tried
from harness.neutral import one_line

_HEAD = ("release", "way", "outcome", "AP", "ms", "of FP32", "MB", "still")
_WIDEST = 44


def as_text(rows: Sequence[Tried]) -> str:
    """One line a case; the first is the problem itself. A dash stands for what was not measured."""
    if not rows:
        return "no case of this subject ran"
    return tabulate([_cells(row) for row in rows], headers=_HEAD, tablefmt="simple", disable_numparse=True)


def as_markdown(rows: Sequence[Tried]) -> str:
    return tabulate([_cells(row) for row in rows], headers=_HEAD, tablefmt="github", disable_numparse=True)


def _cells(row: Tried) -> list[str]:
    way = row.remedy if len(row.remedy) <= _WIDEST else row.remedy[: _WIDEST - 3] + "..."
    outcome = f"{row.outcome.value.upper()}: {one_line(row.reason)[:60]}" if row.reason else row.outcome.value
    return [
        row.release,
        f"> {way}" if row.is_problem else way,
        outcome,
        _number(row.ap50, "{:.3f}"),
        _number(row.latency_ms, "{:.3f}"),
        _number(row.latency_ratio, "{:.2f}"),
        _number(row.engine_bytes / 1e6 if row.engine_bytes else None, "{:.1f}"),
        "" if row.is_problem else ", ".join(row.left),
    ]


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
