"""Runs of parts of one matrix as one run."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from harness.errors import UsageError
from harness.evidence.merge import merge
from harness.evidence.records import CellRecord, Outcome, Results, count
from tests import sample


def part(run_id: str, ran: dict[str, Outcome], started: str = "2026-11-23T08:00:00Z") -> Results:
    """A run of two cells of one case each, in which the cells of ``ran`` ended so and the others did not run."""
    cells = [cell(name, ran.get(name, Outcome.NOT_RUN)) for name in ("a", "b")]
    whole = sample.assemble(cells, run_id=run_id)
    return replace(whole, run=replace(whole.run, started=started, partial=True), counts=count(cells))


def cell(name: str, outcome: Outcome) -> CellRecord:
    made = sample.rtx_cell("1.6.1", "12.9")
    return replace(made, id=name, cases=[replace(made.cases[0], outcome=outcome)])


def test_each_case_comes_from_the_run_that_executed_it() -> None:
    merged = merge([part("one", {"a": Outcome.PASSED}), part("two", {"b": Outcome.FAILED})], "new", "trt-matrix merge")
    assert [each.cases[0].outcome for each in merged.results.cells] == [Outcome.PASSED, Outcome.FAILED]
    assert merged.cells == {"a": "one", "b": "two"}
    assert (merged.results.run.id, merged.results.counts.executed, merged.results.counts.planned) == ("new", 2, 2)
    assert merged.results.notes[0].startswith("merged from 2 runs: one (")


def test_of_two_that_executed_it_the_later_one_counts() -> None:
    early = part("early", {"a": Outcome.FAILED}, "2026-11-23T08:00:00Z")
    late = part("late", {"a": Outcome.PASSED}, "2026-11-23T09:00:00Z")
    merged = merge([late, early], "new", "")
    assert merged.results.cells[0].cases[0].outcome is Outcome.PASSED
    assert merged.results.run.started == "2026-11-23T08:00:00Z"


def test_cases_of_one_cell_may_come_from_two_runs() -> None:
    one, two = part("one", {"a": Outcome.PASSED}), part("two", {"a": Outcome.PASSED})
    case = replace(two.cells[0].cases[0], id="other")
    two = replace(two, cells=[replace(two.cells[0], cases=[case])])
    merged = merge([one, two], "new", "")
    assert {merged.cases["a", each.id] for each in merged.results.cells[0].cases} == {"one", "two"}


def test_another_matrix_is_refused() -> None:
    other = part("two", {})
    other = replace(other, run=replace(other.run, matrix_sha256="0" * 64))
    with pytest.raises(UsageError, match="run two is not of the matrix file of run one"):
        merge([part("one", {}), other], "new", "")


def test_the_same_run_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="named twice"):
        merge([part("one", {}), part("one", {})], "new", "")
