"""The run's cases as compact JSON for the page's script.

A big run repeats itself: texts, findings and audits stand once in a table and cases hold their places in it. Where a
text names its own cell or case, that name is replaced by a mark, so that ten thousand such texts are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from harness.evidence.records import CaseRecord, CellRecord, Comparison, Outcome, Stage
from harness.neutral import neutral
from harness.report.excerpts import excerpt
from harness.report.grid import worst

# Neutralised text holds no control characters, so these can stand for a cell's and a case's id.
CELL, CASE = "\x01", "\x02"
_EXCERPT_BUDGET = 1_500_000
_OUTCOMES = tuple(Outcome)
_STAGES = tuple(Stage)


class Table:
    """Values by their place; what is the same but for the names of its own cell and case has one place."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._places: dict[bytes, int] = {}

    def place(self, value: Any, cell: str = "", case: str = "") -> int:
        key = msgspec.json.encode(value)
        # JSON holds no raw control bytes, so these cannot be mistaken for a part of the value.
        for name, byte in ((case, b"\x02"), (cell, b"\x01")):
            if name:
                key = key.replace(msgspec.json.encode(name)[1:-1], byte)
        if key not in self._places:
            self._places[key] = len(self.values)
            self.values.append(_without_names(msgspec.to_builtins(value), cell, case))
        return self._places[key]


def embedded(cells: Sequence[CellRecord], run_dir: Path) -> str:
    """The cases for the page's script."""
    return in_script(payload(cells, run_dir))


def in_script(value: Any) -> str:
    """JSON that may stand inside a ``<script>`` element: no ``<``, ``>``, ``&``, U+2028 or U+2029 in it."""
    text = msgspec.json.encode(value).decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def payload(cells: Sequence[CellRecord], run_dir: Path) -> dict[str, Any]:
    """``texts``, ``tables`` and, per cell, one list of values per case in the order of ``fields``."""
    table = Table()
    excerpts = _excerpts(cells, run_dir)
    return {
        "fields": list(_FIELDS),
        "outcomes": _OUTCOMES,
        "stages": _STAGES,
        "cells": {cell.id: [_row(cell, case, table, excerpts) for case in cell.cases] for cell in cells},
        "table": table.values,
    }


_FIELDS = (
    *("id", "outcome", "stage", "reason", "seconds", "steps", "bytes", "sha256", "layers", "precisions"),
    *("findings", "audit", "metrics", "comparison", "evidence", "reused", "repeat", "excerpt"),
)


def _row(cell: CellRecord, case: CaseRecord, table: Table, excerpts: dict[tuple[str, str], str | None]) -> list[Any]:
    def shared(value: object) -> int | None:
        """Place in the table of a value with this case's own names taken out; ``None`` for an empty one."""
        return table.place(value, cell.id, case.id) if value else None

    log = excerpts.get((cell.id, case.id), "")
    return [
        table.place(case.id),
        _OUTCOMES.index(case.outcome),
        _STAGES.index(case.stage),
        shared(case.reason),
        case.duration_s,
        shared(case.steps_s),
        case.engine_bytes,
        case.engine_sha256,
        case.layers,
        shared(case.layer_precisions),
        [shared(finding) for finding in case.findings],
        [shared(audit) for audit in case.audit],
        shared(case.metrics),
        shared(_shown(case.comparison)),
        shared(case.evidence),
        shared(case.reused_from),
        shared(case.repeat),
        -1 if log is None else shared(log),
    ]


def _shown(comparison: Comparison | None) -> Comparison | None:
    """Nothing to show where nothing was executed."""
    return comparison if comparison and (comparison.outputs or comparison.note) else None


def _without_names(value: Any, cell: str, case: str) -> Any:
    if isinstance(value, str):
        harmless = neutral(value)
        return harmless.replace(case, CASE).replace(cell, CELL) if cell else harmless
    if isinstance(value, dict):
        return {
            neutral(name): _without_names(inner, cell, case)
            for name, inner in value.items()
            if inner not in ("", [], {})
        }
    if isinstance(value, list):
        return [_without_names(inner, cell, case) for inner in value]
    return value


def _excerpts(cells: Sequence[CellRecord], run_dir: Path) -> dict[tuple[str, str], str | None]:
    """Log excerpts, of the worst cases first, until the page is full; ``None`` for one that was left out."""
    ran = [(cell, case) for cell in cells for case in cell.cases if case.evidence and case.outcome.executed]
    ran.sort(key=lambda place: _OUTCOMES.index(worst([place[1].outcome])))
    found: dict[tuple[str, str], str | None] = {}
    left = _EXCERPT_BUDGET
    for cell, case in ran:
        text = excerpt(run_dir, case) if left > 0 else None
        left -= len(text or "")
        found[cell.id, case.id] = text
    return found
