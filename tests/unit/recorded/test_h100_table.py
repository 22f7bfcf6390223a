"""The whole table of ways round the scale assertion, as the product printed it on the GPU machine: ``run-7``."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.analysis import remedies
from harness.evidence.records import CaseRecord, Outcome, Results
from harness.report import remedies_text, results_file
from tests.unit.recorded.cases import by_name, judged_again, stored

PROBLEM = "retinaface-mnet025-320.plugin.int8-calibrated.device"
FAILED = {
    "as it is": "plugin-scale-assert",
    "implicit batch": "plugin-scale-assert",
    "the older plugin interface": "plugin-scale-assert",
    "what enters Decode kept in FP32": "plugin-scale-assert",
}


@pytest.fixture(scope="module")
def results(recorded: Path) -> Results:
    return results_file.read(recorded / "run-7" / "results.json")


@pytest.fixture(scope="module")
def again(recorded: Path) -> dict[str, CaseRecord]:
    """The same run, judged from its evidence by the rules of today. Outputs of most cases are not kept."""
    return judged_again(recorded / "run-7")


def rows(results: Results) -> dict[str, remedies.Tried]:
    return {row.remedy: row for row in remedies.tried(results, PROBLEM, "retinaface-mnet025-320*")}


def test_every_way_came_to_its_end(results: Results) -> None:
    found = rows(results)
    assert len(found) == 21
    assert not results.run.interrupted
    failed = {way: row.reason for way, row in found.items() if row.outcome is Outcome.FAILED}
    assert failed.items() >= FAILED.items()
    assert sorted(way.split(", ")[-1] for way in failed if way not in FAILED) == [
        "explicit Q/DQ across Decode",
        "explicit Q/DQ that stops before Decode",
    ]


def test_what_runs_finds_all_faces_and_is_ranked_by_speed(results: Results) -> None:
    ran = [row for row in rows(results).values() if row.outcome in (Outcome.PASSED, Outcome.WARNED)]
    assert len(ran) == 15
    assert {row.ap50 for row in ran} == {1.0}
    times = [row.latency_ms or 0.0 for row in ran]
    assert times == sorted(times)
    assert all(row.latency_ratio for row in ran)
    assert max(map(len, remedies_text.as_text(list(rows(results).values())).splitlines())) <= 80


def test_ways_that_stay_in_int8_are_faster_than_fp32(results: Results) -> None:
    found = rows(results)
    for way in (
        "decode on the host",
        "an identity layer between head and plugin",
        "the ONNX route, without the plugin",
    ):
        ratio = found[way].latency_ratio
        assert ratio is not None
        assert 0.8 < ratio < 0.9
    explicit = found["explicit Q/DQ that stops before Decode"].latency_ratio
    assert explicit is not None
    assert explicit > 1.2


def test_the_rules_of_today_say_the_same_of_each_case(results: Results, again: dict[str, CaseRecord]) -> None:
    for name, case in by_name(results).items():
        assert again[name].outcome is case.outcome, name
    for case in again.values():
        assert "unknown-error" not in {finding.rule for finding in case.findings}, case.id


def test_quantised_heads_are_what_the_onnx_file_fails_by(recorded: Path, again: dict[str, CaseRecord]) -> None:
    failed = again["retinaface-mnet025-320.onnx.int8-qdq"]
    assert [finding.rule for finding in failed.findings if finding.severity == "fatal"] == ["qdq-heads-assert"]
    cases = stored(recorded / "run-8")
    left = cases["retinaface-mnet025-320-heads.onnx.int8-qdq.fp32edge"]
    assert left.outcome is Outcome.PASSED
    assert left.metrics["ap50_loss"] == 0.0
    assert cases["retinaface-mnet025-320.onnx.int8-qdq"].outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("log", "fails"),
    [
        ("001-whole", True),
        ("003-whole-fp16", True),
        ("012-without-after-Relu", False),
        ("021-dd6-1", True),
        ("pair-002-ssh1-apart", True),
        ("pair-005-cut-three", False),
        ("pair-009-boxes-scores", False),
        ("pair-010-all-but-heads", False),
    ],
)
def test_one_pair_of_quantisation_is_the_difference(recorded: Path, log: str, fails: bool) -> None:
    """``dd6-1`` has one Q/DQ pair, on what the three heads of a level read; ``all-but-heads`` all the others."""
    text = (recorded / "qdq" / f"{log}.log").read_text(encoding="utf-8")
    assert ("chooseHigherPrecision" in text) is fails
    assert ("Engine generation completed" in text) is not fails


def test_interrupted_runs_are_told_as_such(recorded: Path) -> None:
    assert msgspec.json.decode((recorded / "run-8" / "results.json").read_bytes())["run"]["interrupted"]
