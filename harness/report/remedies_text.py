"""The remedies that were tried, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate

from harness.analysis.remedies import Tried
from harness.neutral import one_line

_HEAD = ("release", "way", "outcome", "AP", "ms", "/FP32", "MB", "still")
_WIDTHS = (9, 15, 11, None, None, None, None, 12)


def as_text(rows: Sequence[Tried]) -> str:
    """One line a case; the first is the problem itself. A dash stands for what was not measured."""
    if not rows:
        return "no case of this subject ran"
    cells = [_cells(row) for row in rows]
    # A column that nobody has a number for would only make the others narrow.
    kept = [place for place in range(len(_HEAD)) if place < 3 or any(line[place] not in ("-", "") for line in cells)]
    return tabulate(
        [[line[place] for place in kept] for line in cells],
        headers=[_HEAD[place] for place in kept],
        maxcolwidths=[_WIDTHS[place] for place in kept],
        tablefmt="simple",
        disable_numparse=True,
    )


def _cells(row: Tried) -> list[str]:
    outcome = f"{row.outcome.value.upper()}: {one_line(row.reason)[:60]}" if row.reason else row.outcome.value
    return [
        row.release.replace("tensorrt-rtx", "RTX") + (f" ({row.alike}x)" if row.alike > 1 else ""),
        f"> {row.remedy}" if row.is_problem else row.remedy,
        outcome,
        _number(row.ap50, "{:.3f}"),
        _number(row.latency_ms, "{:.3f}"),
        _number(row.latency_ratio, "{:.2f}"),
        _number(row.engine_bytes / 1e6 if row.engine_bytes else None, "{:.1f}"),
        "" if row.is_problem else ", ".join(row.left),
    ]


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
