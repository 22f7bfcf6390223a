from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import Exit, NothingSelected, UsageError
from harness.evidence.records import Host, Outcome, RunInfo
from harness.matrix.plan import Plan
from harness.matrix.results import to_results
from harness.matrix.select import Selection, failed_cases, select


@pytest.fixture
def plan(planned: Callable[..., Plan], base: str, bare: Host) -> Plan:
    """Two cells of four cases each: fp32 and fp16-flag for sm86 and sm89."""
    return planned(base, bare)


def ids(plan: Plan) -> list[str]:
    return [f"{cell.cell.id[6:11]}:{case.case.id.partition('onnx.')[2]}" for cell in plan.cells for case in cell.cases]


@pytest.mark.parametrize(
    ("expression", "number"),
    [
        ("", 8),
        ("fp32", 4),
        ("FP32 and sm86", 2),
        ("1.6.1 or sm89", 6),
        ("not (1.6.1 or sm89)", 2),
        ("not not fp32", 4),
        ("1.6.1 and not fp32 or 1.7.1 and fp32", 4),
        ("trtrtx1.7.1-cuda12.9-wheels::face.onnx.fp32.sm86", 1),
    ],
)
def test_expressions(plan: Plan, expression: str, number: int) -> None:
    chosen = select(plan, Selection(expression))
    assert len(ids(chosen)) == number
    assert chosen.partial == (number < 8)


@pytest.mark.parametrize("expression", ["and", "a or", "(a", "a)", "a b", "not", "()", "((((" * 40])
def test_a_wrong_expression_is_a_usage_error(plan: Plan, expression: str) -> None:
    with pytest.raises(UsageError, match="write words with and, or, not and parentheses"):
        select(plan, Selection(expression))


@given(st.text(alphabet="ab()n otrd\x1b", max_size=40))
def test_any_expression_selects_or_says_why(text: str) -> None:
    with pytest.raises((UsageError, NothingSelected)) as caught:
        select(Plan(()), Selection(text))
    assert str(caught.value).isprintable()


def test_only_takes_cells_and_cases(plan: Plan) -> None:
    cell = "trtrtx1.6.1-cuda12.9-wheels"
    assert len(ids(select(plan, Selection(only=(cell,))))) == 4
    both = (f"{cell}::face.onnx.fp32.sm86", "trtrtx1.7.1-cuda12.9-wheels::face.onnx.fp32.sm89")
    assert ids(select(plan, Selection(only=both))) == ["1.6.1:fp32.sm86", "1.7.1:fp32.sm89"]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("trtrtx1.7.1-cuda12.8-wheels", "near to it: trtrtx1.7.1-cuda12.9-wheels"),
        ("trtrtx1.7.1-cuda12.9-wheels::face.onnx.fp23.sm86", "near to it: face.onnx.fp32.sm86"),
        ("\x1b[31m", r"cell '\\x1b\[31m' is not in the matrix"),
    ],
)
def test_an_unknown_id_names_the_nearest(plan: Plan, wanted: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        select(plan, Selection(only=(wanted,)))


def test_an_empty_selection_is_its_own_exit_code(plan: Plan) -> None:
    with pytest.raises(NothingSelected) as caught:
        select(plan, Selection("nothing-like-this"))
    assert caught.value.exit_code is Exit.NOTHING_SELECTED


def test_selectors_are_joined_by_and(plan: Plan) -> None:
    chosen = select(plan, Selection("sm86", ("trtrtx1.6.1-cuda12.9-wheels",)))
    assert ids(chosen) == ["1.6.1:fp32.sm86", "1.6.1:fp16-flag.sm86"]


def test_failures_of_the_last_run(plan: Plan, tmp_path: Path, run_info: Callable[[], RunInfo]) -> None:
    results = to_results(plan, run_info())
    case = results.cells[1].cases[0]
    outcomes = [Outcome.FAILED, Outcome.PASSED, Outcome.CRASHED, Outcome.NOT_APPLICABLE]
    cases = [msgspec.structs.replace(case, id=f"c{n}", outcome=outcome) for n, outcome in enumerate(outcomes)]
    cell = msgspec.structs.replace(results.cells[1], id="cell", cases=cases)
    path = tmp_path / "results.json"
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(results, cells=[cell])))
    assert failed_cases(path) == {"cell::c0", "cell::c2"}


def test_failed_keeps_just_those(plan: Plan) -> None:
    failed = frozenset({"trtrtx1.7.1-cuda12.9-wheels::face.onnx.fp32.sm86"})
    assert ids(select(plan, Selection(failed=failed))) == ["1.7.1:fp32.sm86"]


def test_nothing_failed_says_so(plan: Plan) -> None:
    with pytest.raises(NothingSelected, match="nothing failed in the last run"):
        select(plan, Selection(failed=frozenset()))


def test_no_earlier_run(tmp_path: Path) -> None:
    with pytest.raises(NothingSelected, match="there is no earlier run"):
        failed_cases(tmp_path / "results.json")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": [{}]}', "\x00"])
def test_a_damaged_result_is_said_to_be_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="unreadable"):
        failed_cases(path)
