from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from harness.evidence.records import Host, Outcome, Results, RunInfo, Stage
from harness.matrix.plan import Plan
from harness.matrix.results import PLANNED, to_results


@pytest.fixture
def results(planned: Callable[..., Plan], base: str, bare: Host, run_info: Callable[[], RunInfo]) -> Results:
    return to_results(planned(base, bare), run_info())


def test_nothing_in_a_plan_is_executed(results: Results) -> None:
    counts = results.counts
    assert (counts.planned, counts.executed, counts.conclusive, counts.cells_executed) == (8, 0, 0, 0)
    assert counts.by_outcome == {"not-run": 4, "not-applicable": 4}


def test_a_case_that_will_run_is_planned(results: Results) -> None:
    case = results.cells[0].cases[0]
    assert (case.id, case.outcome, case.reason) == ("face.onnx.fp32.sm86", Outcome.NOT_RUN, PLANNED)
    assert case.stage is Stage.PREFLIGHT


def test_a_case_that_cannot_says_why(results: Results) -> None:
    case = results.cells[0].cases[2]
    assert (case.outcome, case.reason) == (Outcome.NOT_APPLICABLE, "TensorRT-RTX has no BuilderFlag.FP16")


def test_is_read_back_as_results(results: Results) -> None:
    assert msgspec.json.decode(msgspec.json.encode(results), type=Results) == results
