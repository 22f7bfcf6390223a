from __future__ import annotations

import pytest

from harness.analysis.releases import lane_of
from harness.errors import UsageError
from harness.evidence.records import Outcome
from harness.matrix.cell import Case, Cell, EnvironmentKind, Recipe, Route, Subject
from harness.matrix.plan import RUNS, PlannedCase, PlannedCell, Verdict
from harness.versions import Release

SUBJECT = Subject("model", "onnx", (Route.ONNX,), (Recipe.FP32,))
MISSING = Verdict(Outcome.NOT_RUN, "no GPU")


def planned(version: str, cuda: str = "12.9", verdict: Verdict = RUNS) -> PlannedCell:
    cell = Cell(Release.parse(f"tensorrt-rtx {version}"), cuda, None, "3.11", EnvironmentKind.WHEELS, "wheels")
    cases = tuple(PlannedCase(Case(SUBJECT, Route.ONNX, recipe, "sm86")) for recipe in (Recipe.FP32, Recipe.INT8_QDQ))
    return PlannedCell(cell, cases, verdict)


CELLS = [planned("1.7.1"), planned("1.5.0"), planned("1.10.0", verdict=MISSING), planned("1.6.1", "13.0")]


def test_a_lane_is_in_the_order_of_releases() -> None:
    lane = lane_of(CELLS, "model.onnx.fp32.sm86")
    assert lane.name == "trtrtx-cuda12-wheels"
    assert [str(cell.release.version) for cell in lane.cells] == ["1.5.0", "1.7.1", "1.10.0"]
    assert lane.runnable == {"trtrtx1.5.0-cuda12.9-wheels", "trtrtx1.7.1-cuda12.9-wheels"}


def test_another_lane_can_be_asked_for() -> None:
    assert lane_of(CELLS, "*.fp32.*", "trtrtx-cuda13-wheels").name == "trtrtx-cuda13-wheels"


@pytest.mark.parametrize(
    ("case", "cell", "words"),
    [("*", "", "means 2 cases"), ("nothing", "", "is no case"), ("*.fp32.*", "trt8*", "no cell 'trt8")],
)
def test_what_cannot_be_searched_is_said(case: str, cell: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        lane_of(CELLS, case, cell)
