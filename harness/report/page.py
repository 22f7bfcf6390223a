"""The page of a run: one HTML file that opens from disk with no network."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

from harness import __version__, templates
from harness.evidence.records import BAD, CellRecord, Outcome, Results, RunInfo
from harness.report import causes, grid, replayed, scored, weights
from harness.report.payload import embedded
from harness.report.units import binary_size, seconds, short_hash
from harness.wording import number

# What one page can hold of rows that also show without its script; the script makes the others.
_MOST_STATIC_ROWS = 500
_OPEN_CAUSES = 3


def html(results: Results, run_dir: Path) -> str:
    """The whole page. Log excerpts are read from the run's folder."""
    folder = templates.folder("reports/templates")
    style = (folder / "page.css").read_text(encoding="utf-8")
    script = (folder / "page.js").read_text(encoding="utf-8")
    return templates.render(
        folder,
        "run.html",
        results=results,
        run=results.run,
        counts=results.counts,
        grids=grid.by_flavour(results.cells),
        causes=causes.causes(results.cells),
        predictions=causes.predictions(results.cells),
        replayed=[replayed.replay(cell) for cell in results.replayed],
        score=scored.sentence(results.cells),
        weights=weights.rows(results.cells),
        not_run=causes.reasons_not_run(results.cells),
        static_rows=_static_rows(results.cells),
        open_causes=_OPEN_CAUSES,
        outcomes=tuple(Outcome),
        shadowed=grid.shadowed,
        waived_words=grid.waived_words,
        row_outcomes=lambda cell: [case.outcome for case in cell.cases],
        counted=grid.counted,
        title_of=grid.title_of,
        took=_took(results.run),
        number=number,
        binary_size=binary_size,
        seconds=seconds,
        short_hash=short_hash,
        version=__version__,
        style=templates.trusted(style),
        script=templates.trusted(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
        data=templates.trusted(embedded(results.cells, run_dir)),
    )


def _static_rows(cells: list[CellRecord]) -> dict[str, list[Any]]:
    """The cases that went badly, by cell: they must be readable without the script."""
    left = _MOST_STATIC_ROWS
    rows: dict[str, list[Any]] = {}
    for cell in cells:
        bad = [case for case in cell.cases if case.outcome in BAD or case.outcome is Outcome.WARNED]
        rows[cell.id] = bad[:left]
        left -= len(rows[cell.id])
    return rows


def _took(run: RunInfo) -> str:
    """Its two times are in whole seconds."""
    try:
        took = (datetime.fromisoformat(run.finished) - datetime.fromisoformat(run.started)).total_seconds()
    except ValueError:  # a plan has not finished
        return ""
    return f"{took:.0f} s" if 1 <= took < 60 else seconds(took) if took else "less than 1 s"


def _hash(text: str) -> str:
    """For the page's content security policy: only this very style and script may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
