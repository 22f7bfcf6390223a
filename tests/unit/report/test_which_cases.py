from __future__ import annotations

from msgspec.structs import replace

from harness.report.causes import causes
from harness.report.which_cases import which_cases
from tests import sample


def test_each_word_stands_once_and_many_models_are_counted() -> None:
    cell = sample.rtx_cell("1.6.1", "12.9")
    case = cell.cases[0]
    places = [(cell, replace(case, subject=f"model-{number}")) for number in range(5)]
    words = f"{case.recipe} by {case.route}, for {case.target}, of model-0, model-1, model-2 and 2 other models"
    assert which_cases(places) == words
    assert which_cases(places[:1]).endswith("of model-0")


def test_the_gpu_at_hand_is_not_named() -> None:
    cell = sample.rtx_cell("1.6.1", "12.9")
    case = replace(cell.cases[0], target="device", subject="mine")
    assert which_cases([(cell, case)]) == f"{case.recipe} by {case.route}, of mine"


def test_a_cause_quotes_the_log() -> None:
    quoted = [cause for cause in causes([sample.rtx_cell("1.6.1", "12.9")]) if cause.quote]
    assert quoted
    assert all(cause.quote and cause.quote.text and cause.quote.file.startswith("evidence/") for cause in quoted)
