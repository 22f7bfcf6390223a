"""The results of a run that did not come to its end, from its plan and the evidence that it left."""

from __future__ import annotations

from pathlib import Path

import msgspec

from harness.evidence.layout import RunFolder
from harness.evidence.read import read_attestation
from harness.evidence.records import CaseRecord, CellRecord, Comparison, Outcome, Results, count
from harness.execute import repeat
from harness.execute.job import comparisons
from harness.execute.record import from_evidence
from harness.matrix.results import PLANNED

STOPPED = "the run was stopped before it began"
CUT_OFF = "the run was stopped while it ran"


def rescue(planned: Results, run: RunFolder) -> Results:
    """Not judged yet. Only what left evidence was executed; ``interrupted`` is set and ``finished`` stays empty."""
    cells = [_cell(cell, run, planned.run.matrix) for cell in planned.cells]
    info = msgspec.structs.replace(planned.run, interrupted=True)
    return msgspec.structs.replace(planned, run=info, cells=cells, counts=count(cells))


def _cell(cell: CellRecord, run: RunFolder, matrix: str) -> CellRecord:
    folder = run.cell(cell.id)
    compared = comparisons(folder)
    cases = [
        _case(case, run, folder, compared.get(case.id), repeat.command(cell.id, case.id, matrix, run.path.parent))
        for case in cell.cases
    ]
    found = msgspec.structs.replace(cell, cases=cases)
    if not folder.is_dir():
        return found
    return msgspec.structs.replace(found, attestation=read_attestation(folder), evidence=run.relative(folder))


def _case(case: CaseRecord, run: RunFolder, cell: Path, comparison: Comparison | None, repeated: str) -> CaseRecord:
    if case.outcome is not Outcome.NOT_RUN or case.reason != PLANNED:
        return case
    folder = cell / case.id
    if not (folder / "events.jsonl").is_file():
        return msgspec.structs.replace(case, reason=STOPPED)
    base = msgspec.structs.replace(case, findings=[], comparison=comparison, repeat=repeated)
    return from_evidence(base, folder, run, cut_off=CUT_OFF)
