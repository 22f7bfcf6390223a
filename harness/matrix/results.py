"""A plan in the shape of ``results.json``: what a run starts from, and what ``plan --json`` prints."""

from __future__ import annotations

import msgspec

from harness.evidence.records import CaseRecord, CellRecord, Outcome, Results, RunInfo, Stage, count
from harness.matrix.plan import Plan, PlannedCase, PlannedCell

# The reason of a case that will run: until it has, it is ``not-run``.
PLANNED = "planned"


def to_results(plan: Plan, run: RunInfo) -> Results:
    """Nothing is executed in it; a case that will run is ``not-run`` with the reason ``planned``."""
    # Cells share their tuples of cases where these are equal; so do the records.
    made: dict[int, list[CaseRecord]] = {}
    for cell in plan.cells:
        if id(cell.cases) not in made:
            made[id(cell.cases)] = [case_record(case) for case in cell.cases]
    cells = [cell_record(cell, made[id(cell.cases)]) for cell in plan.cells]
    run = msgspec.structs.replace(run, partial=plan.partial)
    return Results(run=run, counts=count(cells), cells=cells, notes=list(plan.notes))


def cell_record(planned: PlannedCell, cases: list[CaseRecord]) -> CellRecord:
    """The record of a cell before it ran."""
    cell = planned.cell
    return CellRecord(
        id=cell.id,
        flavour=cell.release.flavour.value,
        version=str(cell.release.version),
        cuda=cell.cuda,
        ubuntu=cell.ubuntu,
        python=cell.python,
        environment=cell.environment.value,
        source=cell.source,
        required=cell.required,
        runnable=planned.verdict.runs,
        reason=planned.verdict.reason,
        cost=planned.cost,
        cases=cases,
    )


def case_record(planned: PlannedCase) -> CaseRecord:
    """The record of a case before it ran."""
    case, verdict = planned.case, planned.verdict
    return CaseRecord(
        id=case.id,
        subject=case.subject.name,
        route=case.route.value,
        recipe=case.recipe.value,
        target=case.target,
        stage=Stage.PREFLIGHT,
        outcome=verdict.outcome or Outcome.NOT_RUN,
        reason=verdict.reason if verdict.outcome else PLANNED,
        findings=list(planned.predicted),
    )
