from __future__ import annotations

from harness.findings.classify import classify_text

BLOCK = (
    "[TRT] [W] Weights [name={name}] had the following issues when converted to FP16:\n"
    "[TRT] [W]  - Subnormal FP16 values detected. \n"
    "[TRT] [W]  - Values less than smallest positive FP16 Subnormal value detected. "
    "Converting to FP16 minimum subnormalized value. \n"
    "[TRT] [W] If this is not the desired behavior, please modify the weights or retrain with regularization "
    "to reduce the magnitude of the weights. \n"
)


def test_repeated_blocks_count_once_per_weight() -> None:
    log = "".join(BLOCK.format(name=name) for name in ("a.weight", "b.weight", "a.weight"))
    facts = {finding.rule: finding.facts for finding in classify_text(log).findings}
    assert facts["fp16-subnormal-perweight"] == {"weights": 2, "names": ["a.weight", "b.weight"], "occurrences": 3}
    assert set(facts) == {"fp16-subnormal-perweight", "fp16-below-subnormal-perweight"}


def test_names_follow_their_count() -> None:
    log = (
        "[W] - 2 weights are affected by this issue: Detected subnormal FP16 values.\n"
        "[V]   List of affected weights: a.weight, b + PWN(c, d).weight\n"
    )
    (finding,) = classify_text(log).findings
    assert finding.facts == {"weights": 2, "names": ["a.weight", "b + PWN(c, d).weight"]}


def test_two_builds_keep_both_counts() -> None:
    line = "[W] - {} weights are affected by this issue: Detected subnormal FP16 values.\n"
    (finding,) = classify_text(line.format(100) + line.format(90)).findings
    assert (finding.facts["weights"], finding.facts["counts"]) == (100, [100, 90])
