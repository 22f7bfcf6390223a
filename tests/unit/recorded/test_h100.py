"""What TensorRT 8.6.1 said on an H100, replayed: see tests/recorded/8.6.1-h100."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.evidence.read import read_attestation, read_case
from harness.evidence.records import Outcome
from harness.findings.audit.count import FP16, Tally
from harness.findings.classify import classify_file

CELL = "evidence/trt8.6.1-cuda12.0-prefix"

# The number that a weight named so was given, in each network of the recording.
PLANTED = {
    "normal-min": 2.0**-14,
    "below-normal-min": float(np.nextafter(np.float32(2.0**-14), np.float32(0))),
    "rounds-up-to-normal": 2.0**-14 * (1 - 2.0**-13),
    "sub-15": 2.0**-15,
    "sub-20": 2.0**-20,
    "smallest-sub": 2.0**-24,
    "between-24-25": 2.0**-24 * 0.75,
    "tie-25": 2.0**-25,
    "above-tie-25": 2.0**-25 * 1.01,
    "below-25": 2.0**-26,
    "tiny": 1e-20,
    "fp32-denormal": 1e-40,
    "negative-sub": -(2.0**-16),
    "zero": 0.0,
    "max": 65504.0,
    "rounds-to-max": 65519.0,
    "rounds-to-inf": 65520.0,
    "huge": 1e30,
}
RULES = ("fp16-subnormal-summary", "fp16-below-subnormal-summary", "fp16-overflow-summary")


def named(log: Path) -> dict[str, set[str]]:
    """The weights that TensorRT named, by rule."""
    found = {}
    for finding in classify_file(log).findings:
        names = finding.facts.get("names")
        found[finding.rule] = {str(name) for name in names} if isinstance(names, list) else set()
    return found


def counted(number: float) -> tuple[bool, bool, bool]:
    tally = Tally((FP16,))
    tally.add(np.array([number], np.float32).view(np.uint32))
    count = tally.counts["fp16"]
    return count.subnormal > count.below, count.below > 0, count.overflow > 0


@pytest.mark.parametrize(("network", "prefix", "role"), [("kernel", "k_", ".weight"), ("bias", "b_", ".bias")])
def test_the_audit_counts_what_tensorrt_names(recorded: Path, network: str, prefix: str, role: str) -> None:
    said = named(recorded / "fp16" / f"{network}.log")
    for place, rule in enumerate(RULES):
        ours = {f"{prefix}{label}{role}" for label, number in PLANTED.items() if counted(number)[place]}
        assert said[rule] == ours


def test_tensorrt_counts_after_folding(recorded: Path) -> None:
    """A scale layer behind a convolution is multiplied into its weights first; only the product counts."""
    said = named(recorded / "fp16" / "folding.log")
    assert said[RULES[0]] == {f"f_{name} + s_{name}.weight" for name in ("normal-becomes-sub", "stays-sub")}
    assert said[RULES[1]] == {"f_normal-becomes-below + s_normal-becomes-below.weight"}


def test_one_element_is_enough_and_a_weight_can_be_on_both_lists(recorded: Path) -> None:
    said = named(recorded / "fp16" / "amount.log")
    assert said[RULES[0]] == {"a_both.weight", "a_sub_one.weight", "a_sub_half.weight", "a_sub_all.weight"}
    assert said[RULES[1]] == {"a_both.weight", "a_below_one.weight", "a_below_half.weight", "a_below_all.weight"}


@pytest.mark.parametrize("name", ["exp-st-plain", "exp-st-3in"])
def test_a_calibrated_build_that_ends_in_a_plain_plugin_has_no_scale_assertion(recorded: Path, name: str) -> None:
    log = (recorded / "plugin" / f"{name}.log").read_text()
    assert "Calibration completed" in log
    assert "scales.size() == 1" not in log


def test_the_gpu_and_the_stand_in_are_attested(recorded: Path) -> None:
    found = read_attestation(recorded / "run-1" / CELL)
    assert found is not None
    assert found.library_version == "8.6.1"
    assert found.gpus == ["NVIDIA H100 80GB HBM3 (sm90)"]
    assert found.notes == [
        "libnvinfer_plugin.so.8 is a stand-in without NVIDIA's plugins: the prefix has no such library"
    ]


@pytest.mark.parametrize(
    ("case", "outcome", "words"),
    [
        ("run-2/{}/retinaface-mnet025-320.onnx.fp32.device", Outcome.PASSED, ""),
        ("run-1/{}/retinaface-mnet025-320.onnx.int8-qdq.device", Outcome.FAILED, "chooseHigherPrecision"),
        ("run-1/{}/retinaface-mnet025-320.onnx.fp16-flag.device", Outcome.TIMED_OUT, "ran past 300 s"),
        ("run-1/{}/retinaface-mnet025-320.host-decode.fp32.device", Outcome.FAILED, "incompatible constructor"),
        ("run-1/{}/negative-control", Outcome.PASSED, "refused as it must be"),
    ],
)
def test_outcomes_are_read_as_they_were(recorded: Path, case: str, outcome: Outcome, words: str) -> None:
    found = read_case(recorded / case.format(CELL))
    assert found.outcome is outcome
    assert words in found.reason
