from __future__ import annotations

import pytest

from harness.evidence.records import WeightAudit
from harness.findings.classify import classify_text
from harness.findings.standing import standing
from harness.matrix.cell import Recipe
from harness.versions import Release


def audit(precision: str = "fp16", subnormal: int = 5) -> WeightAudit:
    return WeightAudit(
        precision=precision,
        blobs=1,
        elements=9,
        subnormal_blobs=1,
        subnormal_elements=subnormal,
        below_blobs=0,
        below_elements=0,
        overflow_blobs=0,
        overflow_elements=0,
    )


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("8.0.1", "mute"),
        ("8.2.3", "mute"),
        ("8.4.3", "unsaid"),
        ("8.6.1", "unsaid"),
        ("8.6.1.6", "unsaid"),
        ("10.15.1", "unsaid"),
        ("9.1", "unknown"),
        ("tensorrt-rtx 1.7.1", "unsaid"),
    ],
)
def test_silence(release: str, expected: str) -> None:
    found = standing(audit(), release=Release.parse(release), recipe=Recipe.FP16_FLAG, findings=[])
    assert found == expected


def test_said() -> None:
    findings = classify_text("[W] - 1 weights are affected by this issue: Detected subnormal FP16 values.").findings
    assert standing(audit(), release=Release.parse("8.6.1"), recipe=Recipe.FP16_FLAG, findings=findings) == "said"


def test_bf16_is_mute_in_8_6() -> None:
    found = standing(audit("bf16"), release=Release.parse("8.6.1"), recipe=Recipe.BF16_TYPED, findings=[])
    assert found == "mute"


def test_no_weight_in_danger() -> None:
    found = standing(audit(subnormal=0), release=Release.parse("8.0.1"), recipe=Recipe.FP16_FLAG, findings=[])
    assert found == "not-concerned"


def test_another_recipe_is_not_concerned() -> None:
    assert standing(audit(), release=Release.parse("8.0.1"), recipe=Recipe.FP32, findings=[]) == "not-concerned"
