"""A release that builds endangered weights without a word: a finding of our own count."""

from __future__ import annotations

from harness.evidence.records import Advice, Finding, Severity, WeightAudit

_WHY = {
    "unsaid": "The library has the text of this warning and did not print it.",
    "mute": "The library has no such text: it cannot warn.",
    "unknown": "Whether this release could have warned is not known: there is no catalogue of its messages.",
}
_ADVICE = (
    "Look at `trt-matrix audit` for the tensors concerned; compare the outputs with FP32 before you take the "
    "silence for health"
)
_STANDINGS = tuple(f"-weights-{standing}" for standing in _WHY)
# The ids of its findings.
RULES = tuple(f"{precision}-weights-{standing}" for precision in ("fp16", "bf16") for standing in _WHY)


def silences(audits: list[WeightAudit]) -> list[Finding]:
    """One finding for each precision whose danger our own count sees and the release did not name."""
    return [_finding(audit) for audit in audits if audit.standing in _WHY]


def is_silence(rule: str) -> bool:
    """The id is of a finding made here, of any precision."""
    return rule.endswith(_STANDINGS)


def _finding(audit: WeightAudit) -> Finding:
    precision, standing = audit.precision, audit.standing
    return Finding(
        rule=f"{precision}-weights-{standing}",
        title=f"{precision.upper()} weights in danger, {standing} by the release",
        severity=Severity.ADVISORY,
        facts={
            "subnormal weights": audit.subnormal_blobs,
            "below the smallest subnormal": audit.below_blobs,
            "overflowing": audit.overflow_blobs,
            "subnormal elements": audit.subnormal_elements,
            "elements": audit.elements,
            "worst": list(audit.worst[:5]),
        },
        explanation=f"By trt-matrix's own count. {_WHY[standing]}",
        advice=[Advice(text=_ADVICE)],
    )
