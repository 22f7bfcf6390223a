"""A GitHub Actions job matrix: one job per cell, in chunks of the 256 that one matrix may have."""

from __future__ import annotations

import msgspec

from harness.evidence.records import Outcome
from harness.matrix.cell import EnvironmentKind
from harness.matrix.plan import Plan, PlannedCell
from harness.versions import Flavour

CHUNK = 256


def job_matrix(plan: Plan) -> str:
    """Lines for ``$GITHUB_OUTPUT``: ``chunks=N``, then ``matrix_0={"include": [...]}`` and so on.

    Every cell that some machine could run is in it, whatever this host has; a cell of which the release can do no
    case is not.
    """
    jobs = [_job(cell) for cell in plan.cells if _possible(cell)]
    chunks = [jobs[start : start + CHUNK] for start in range(0, len(jobs), CHUNK)]
    lines = [f"chunks={len(chunks)}"]
    lines += [f"matrix_{number}={msgspec.json.encode({'include': c}).decode()}" for number, c in enumerate(chunks)]
    return "\n".join(lines)


def _possible(cell: PlannedCell) -> bool:
    return any(case.verdict.outcome is not Outcome.NOT_APPLICABLE for case in cell.cases)


def _job(planned: PlannedCell) -> dict[str, str | bool | None]:
    cell = planned.cell
    return {
        "cell": cell.id,
        "flavour": cell.release.flavour.value,
        "version": str(cell.release.version),
        "cuda": cell.cuda,
        "ubuntu": cell.ubuntu,
        "python": cell.python,
        "environment": cell.environment.value,
        "docker": cell.environment is EnvironmentKind.DOCKER,
        "gpu": cell.release.flavour is Flavour.TENSORRT,
        "required": cell.required,
    }
