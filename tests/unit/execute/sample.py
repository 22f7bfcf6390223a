"""A cell with three cases, and a kind of environment that plays a probe by a script."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.environments import Ending, Limits, OnLine, Prepared, Progress
from harness.errors import EnvironmentUnavailable
from harness.evidence.records import Cost
from harness.matrix.cell import Case, Cell, EnvironmentKind, Recipe, Route, Subject
from harness.matrix.plan import Plan, PlannedCase, PlannedCell
from harness.versions import Release

CELL = Cell(
    release=Release.parse("tensorrt-rtx 1.7.1"),
    cuda="12.9",
    ubuntu=None,
    python="3.11",
    environment=EnvironmentKind.WHEELS,
    source="wheels",
)
SUBJECT = Subject(
    "face",
    "retinaface",
    (Route.ONNX,),
    (Recipe.FP32, Recipe.FP16_TYPED),
    {"backbone": "mobilenet0.25", "size": 320, "weights": "seed:7"},
)
CASE = Case(SUBJECT, Route.ONNX, Recipe.FP32, "sm86")
CASES = (CASE, Case(SUBJECT, Route.ONNX, Recipe.FP16_TYPED, "sm86"), Case(SUBJECT, Route.ONNX, Recipe.FP32, "sm89"))


def plan(*cells: Cell) -> Plan:
    return Plan(tuple(PlannedCell(cell, tuple(PlannedCase(case) for case in CASES)) for cell in cells or (CELL,)))


Script = Callable[[Path, str], None]


def passes(folder: Path, case_id: str) -> None:
    """Leave the evidence of a case that was built."""
    tell(
        folder / case_id, {"event": "stage", "stage": "build"}, {"event": "outcome", "outcome": "passed", "reason": ""}
    )


def tell(folder: Path, *events: Mapping[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))


@dataclass
class ScriptedKind:
    """Leaves what ``script`` writes; counts what it was asked to run."""

    script: Script = passes
    ending: Ending = field(default_factory=lambda: Ending(0))
    unavailable: str = ""
    asked: list[list[str]] = field(default_factory=list)

    def missing(self, cell: Cell) -> str:
        return ""

    def digest(self, cell: Cell) -> str:
        return "digest"

    def cost(self, cell: Cell, cache: Path) -> Cost:
        return Cost()

    def provision(self, cell: Cell, cache: Path, progress: Progress) -> Prepared:
        if self.unavailable:
            raise EnvironmentUnavailable(self.unavailable)
        return Prepared(cell, "digest", (), "module")

    def run_probe(
        self,
        prepared: Prepared,
        *,
        job: Path,
        evidence: Path,
        inputs: tuple[Path, ...],
        limits: Limits,
        on_line: OnLine,
        tokens: Path | None,
    ) -> Ending:
        ids = [case["id"] for case in json.loads(job.read_bytes())["cases"]]
        self.asked.append(ids)
        for case_id in ids:
            self.script(evidence, case_id)
            on_line(json.dumps({"event": "outcome", "case": case_id, "outcome": "passed"}))
        return self.ending
