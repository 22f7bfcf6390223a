"""Recall, precision and first causes on the labelled logs; `benchmarks/labelled.py` prints the confusion table."""

from __future__ import annotations

import pytest

from benchmarks.labelled import HALVES, MARK, PAGE, tables
from harness.findings.classify import classify_text
from harness.findings.rules import by_id
from tests.labelled.logs import Labelled, labelled, render

# Threads of the sealed part that were drawn for another part as well, told in docs/findings.md: not wholly unseen.
SHARED = {
    "https://github.com/NVIDIA/TensorRT-LLM/issues/1838",
    "https://github.com/NVIDIA/TensorRT/issues/3060",
    "https://github.com/dusty-nv/jetson-inference/issues/1548",
    "https://github.com/blakeblackshear/frigate/issues/7582",
}
LOGS = [pytest.param(log, id=f"{half}-{log.name}") for half in HALVES for log in labelled(half)]


@pytest.mark.parametrize("log", LOGS)
def test_labelled_log(log: Labelled) -> None:
    classified = classify_text(render(log))
    assert sorted({finding.rule for finding in classified.findings}) == sorted(log.expect)
    assert classified.first_cause == log.first


def test_the_set_is_large_enough() -> None:
    logs = [*labelled("known"), *labelled("heldout")]
    assert len(labelled("real")) >= 15
    assert len(logs) >= 100
    assert sum(not log.expect for log in logs) >= 20


@pytest.mark.parametrize(
    ("part", "size", "clean", "shared"),
    [("holdout", 100, 20, SHARED), ("holdout-2", 60, 15, set()), ("holdout-3", 120, 45, set())],
)
def test_a_sealed_part_is_sound(part: str, size: int, clean: int, shared: set[str]) -> None:
    """Its labels name rules, its threads stand in no other part but for those told, and each log renders."""
    sealed = labelled(part)
    assert len(sealed) >= size
    assert sum(not log.expect for log in sealed) >= clean
    assert len({log.name for log in sealed}) == len(sealed)
    others = {log.source for half in HALVES if half != part for log in labelled(half)}
    assert others & {log.source for log in sealed if log.source} == shared
    for log in sealed:
        assert set(log.expect) <= {*by_id(), "unknown-error"}
        assert log.first in {*log.expect, ""}
        assert render(log)


def test_the_tables_of_the_page_are_the_measured_ones() -> None:
    assert PAGE.read_text().partition(MARK)[2] == tables()
