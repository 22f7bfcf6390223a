"""What a run would do: cells and cases with a verdict each, before anything is downloaded."""

from __future__ import annotations

from dataclasses import dataclass

from harness.evidence.records import Cost, Finding, Outcome
from harness.matrix.cell import Case, Cell


@dataclass(frozen=True, slots=True)
class Verdict:
    """Preflight's word on a cell or a case: ``None`` lets it run, else the outcome that stands already."""

    outcome: Outcome | None = None
    reason: str = ""

    @property
    def runs(self) -> bool:
        return self.outcome is None


RUNS = Verdict()


@dataclass(frozen=True, slots=True)
class PlannedCase:
    case: Case
    verdict: Verdict = RUNS
    predicted: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """A cell that cannot run here keeps its cases, each with a verdict."""

    cell: Cell
    cases: tuple[PlannedCase, ...]
    verdict: Verdict = RUNS
    cost: Cost | None = None

    @property
    def runs(self) -> bool:
        """At least one case will run."""
        return self.verdict.runs and any(case.verdict.runs for case in self.cases)


@dataclass(frozen=True, slots=True)
class Plan:
    """``partial``: cases of the matrix were left out on purpose, so that they are missing says nothing."""

    cells: tuple[PlannedCell, ...]
    notes: tuple[str, ...] = ()
    partial: bool = False
