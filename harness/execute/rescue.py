"""The results of a run that did not come to its end, from its plan and the evidence that it left."""

from __future__ import annotations

import msgspec

from harness.evidence.layout import RunFolder
from harness.evidence.read import read_attestation
from harness.evidence.records import CaseRecord, CellRecord, Comparison, Outcome, Results, count
from harness.execute.job import comparisons
from harness.execute.record import from_evidence
from harness.matrix.results import PLANNED

STOPPED = "the run was stopped before it began"
CUT_OFF = "the run was stopped while it ran"


def rescue(planned: Results, run: RunFolder) -> Results:
    """Not judged yet. Only what left evidence was executed; ``interrupted`` is set and ``finished`` stays empty."""
    cells = [_cell(cell, run) for cell in planned.cells]
    info = msgspec.structs.replace(planned.run, interrupted=True)
    return msgspec.structs.replace(planned, run=info, cells=cells, counts=count(cells))


def _cell(cell: CellRecord, run: RunFolder) -> CellRecord:
    folder = run.cell(cell.id)
    compared = comparisons(folder)
    found = msgspec.structs.replace(
        cell, cases=[_case(cell.id, case, run, compared.get(case.id)) for case in cell.cases]
    )
    if not folder.is_dir():
        return found
    return msgspec.structs.replace(found, attestation=read_attestation(folder), evidence=run.relative(folder))


def _case(cell_id: str, case: CaseRecord, run: RunFolder, comparison: Comparison | None) -> CaseRecord:
    if case.outcome is not Outcome.NOT_RUN or case.reason != PLANNED:
        return case
    folder = run.case(cell_id, case.id)
    if not (folder / "events.jsonl").is_file():
        return msgspec.structs.replace(case, reason=STOPPED)
    repeat = f"trt-matrix run --only '{cell_id}::{case.id}'"
    base = msgspec.structs.replace(case, findings=[], comparison=comparison, repeat=repeat)
    return from_evidence(base, folder, run, cut_off=CUT_OFF)
