from __future__ import annotations

import pytest
from msgspec.structs import replace

from harness.evidence.records import CellRecord, Finding, Outcome, Severity
from harness.report import grid
from tests import sample


@pytest.fixture
def cell() -> CellRecord:
    return sample.rtx_cell("1.6.1", "12.9")


def square(cell: CellRecord, recipe: str) -> grid.Square:
    built = grid.build([cell])
    place = [column.recipe for column in built.columns].index(recipe)
    found = built.rows[0].squares[place]
    assert found is not None
    return found


def test_columns_go_by_route_then_recipe() -> None:
    built = grid.build(sample.results().cells)
    recipes = ["fp32", "fp16-flag", "fp16-typed"]
    assert [column.recipe for column in built.columns if column.route == "plugin"] == [*recipes, "int8-calibrated"]
    assert built.routes == [("plugin", 4), ("onnx", 6)]


def test_a_square_is_the_worst_of_its_cases(cell: CellRecord) -> None:
    cases = [replace(cell.cases[0], outcome=outcome) for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.PASSED)]
    found = square(replace(cell, cases=cases), "fp32")
    assert (found.outcome, found.share, found.words) == (Outcome.FAILED, "1 of 3", "1 failed, 2 passed")


def test_what_did_not_run_is_not_green(cell: CellRecord) -> None:
    cases = [replace(cell.cases[0], outcome=outcome) for outcome in (Outcome.PASSED, Outcome.NOT_RUN)]
    assert square(replace(cell, cases=cases), "fp32").share == "1 (1 not run)"
    assert grid.worst([]) is Outcome.NOT_RUN
    assert grid.worst([Outcome.NOT_RUN, Outcome.NOT_APPLICABLE]) is Outcome.NOT_RUN


@pytest.mark.parametrize(
    ("loaded", "red"), [("1.6.1", False), ("1.6.1.120", False), ("1.6", True), ("1.7.1", True), ("nonsense", True)]
)
def test_another_version_makes_the_whole_cell_red(cell: CellRecord, loaded: str, red: bool) -> None:
    assert cell.attestation is not None
    other = replace(cell, attestation=replace(cell.attestation, library_version=loaded))
    assert grid.shadowed(other) is red
    assert square(other, "fp32").outcome is (Outcome.FAILED if red else Outcome.PASSED)


def test_flavours_that_ran_come_first() -> None:
    cells = [sample.classic_cell("8.6.1", "12.0", "22.04"), sample.rtx_cell("1.7.1", "12.9")]
    assert [flavour for flavour, _ in grid.by_flavour(cells)] == ["tensorrt-rtx", "tensorrt"]


def test_what_no_cell_can_do_is_left_out(cell: CellRecord) -> None:
    cases = [replace(case, outcome=Outcome.NOT_APPLICABLE) if case.recipe == "fp32" else case for case in cell.cases]
    built = grid.build([replace(cell, cases=cases)])
    assert built.left_out == (grid.Column("onnx", "fp32"),)
    assert grid.Column("onnx", "fp32") not in built.columns


def test_a_case_of_an_unknown_route_has_a_column_too(cell: CellRecord) -> None:
    case = replace(cell.cases[0], route="new-route", recipe="new-recipe")
    assert grid.build([replace(cell, cases=[case])]).columns == (grid.Column("new-route", "new-recipe"),)


def test_a_square_is_waived_when_every_case_of_its_worst_outcome_is(cell: CellRecord) -> None:
    finding = Finding(rule="myelin-ssa", title="A check failed", severity=Severity.FATAL, waived_by="known before 1.7")
    failed = replace(cell.cases[0], outcome=Outcome.FAILED, findings=[finding])
    bare = replace(failed, findings=[])
    assert square(replace(cell, cases=[failed, failed]), "fp32").waived
    assert not square(replace(cell, cases=[failed, bare]), "fp32").waived
    assert not square(cell, "fp32").waived
