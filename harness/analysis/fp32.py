"""The FP32 engine that an engine's latency is told beside."""

from __future__ import annotations

from harness.evidence.records import CellRecord
from harness.matrix.cell import Recipe

LATENCY = "latency_ms"


def fp32_latency(cell: CellRecord, **alike: object) -> float | None:
    """Milliseconds of the cell's first FP32 case that was timed and has the values that ``alike`` gives by name."""
    timed = (
        case.metrics.get(LATENCY)
        for case in cell.cases
        if case.recipe == Recipe.FP32 and all(getattr(case, name) == value for name, value in alike.items())
    )
    return next((latency for latency in timed if latency), None)
