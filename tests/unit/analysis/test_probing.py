from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.analysis.probing import Condition, Notebook, Remembered
from harness.analysis.search import Result
from harness.evidence.records import Finding, Severity
from tests import nights

PREDICTED = Finding(rule="int8-plugin-scale", title="X", severity=Severity.FATAL, predicted=True)


@pytest.mark.parametrize(
    ("condition", "fields", "result"),
    [
        (Condition(), {"outcome": "failed"}, Result.BAD),
        (Condition(), {"outcome": "warned"}, Result.GOOD),
        (Condition(), {"outcome": "not-run"}, Result.SKIPPED),
        (Condition(outcome="warned"), {"outcome": "warned"}, Result.BAD),
        (Condition(outcome="warned"), {"outcome": "failed"}, Result.GOOD),
        (Condition(finding="int8-*"), {"findings": [nights.finding("int8-plugin-scale")]}, Result.BAD),
        (Condition(finding="int8-*"), {"findings": [PREDICTED]}, Result.GOOD),
        (Condition(finding="int8-*", outcome="failed"), {"findings": [nights.finding("int8-x")]}, Result.GOOD),
        (Condition(above=("fp16.below_blobs", 73)), {"audit": [nights.audit(74)]}, Result.BAD),
        (Condition(above=("fp16.below_blobs", 73)), {"audit": [nights.audit(73)]}, Result.GOOD),
        (Condition(above=("fp16.below_blobs", 73)), {}, Result.SKIPPED),
    ],
)
def test_judges_a_case(condition: Condition, fields: dict[str, Any], result: Result) -> None:
    assert condition.judge(nights.case(**fields)) is result


def test_a_condition_says_what_it_asks() -> None:
    assert str(Condition()) == "any failure"
    assert str(Condition("a", "failed", ("b", 2))) == "finding a and outcome failed and b above 2"


def test_a_notebook_outlives_a_stop(tmp_path: Path) -> None:
    probe = Remembered(point="cell", result=Result.BAD, run="run")
    Notebook(tmp_path, "about").add(probe)
    path = Notebook(tmp_path, "about").path
    path.write_bytes(path.read_bytes() + b'{"point": "cut sh')
    again = Notebook(tmp_path, "about")
    assert again.probes == [probe]
    assert again.memory(distrust=False).verdict("cell") is Result.BAD
    assert again.runs_of("cell") == ["run"]


def test_runs_that_could_not_run_are_no_evidence_beside_one_that_did(tmp_path: Path) -> None:
    book = Notebook(tmp_path, "sha", "lane", "case", "finding x")
    book.add(Remembered(point="cell", result=Result.BAD, run="ran"))
    book.add(Remembered(point="cell", result=Result.SKIPPED, run="could-not"))
    book.add(Remembered(point="other", result=Result.SKIPPED, run="could-not"))
    assert book.runs_of("cell") == ["ran"]
    assert book.runs_of("other") == ["could-not"]


def test_another_search_has_another_notebook(tmp_path: Path) -> None:
    Notebook(tmp_path, "a", "b").add(Remembered(point="cell", result=Result.BAD, run="run"))
    assert Notebook(tmp_path, "ab").probes == []


def test_a_notebook_can_forget(tmp_path: Path) -> None:
    book = Notebook(tmp_path, "about")
    book.add(Remembered(point="cell", result=Result.BAD, run="run"))
    book.forget()
    assert Notebook(tmp_path, "about").probes == []
