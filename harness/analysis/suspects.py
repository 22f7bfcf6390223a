"""What else the records say changed where something changed: the suspects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.analysis.timelines import Night, Seen

WEIGHTS = "the model's weights (their own audit differs)"


def changed_with(before: Seen, after: Seen, nights: Sequence[Night]) -> Iterator[str]:
    """What the records say changed between two nights; the suspects for a step between them."""
    if before.cell.id != after.cell.id:
        yield f"release {before.cell.version} → {after.cell.version}"
    old, new = before.cell.attestation, after.cell.attestation
    if old and new:
        same_release = before.cell.version == after.cell.version
        for words, one, two in (
            ("image digest", old.image_digest, new.image_digest),
            ("driver", old.driver, new.driver),
            ("GPU", ", ".join(old.gpus), ", ".join(new.gpus)),
            ("library's hash", old.library_sha256, new.library_sha256) if same_release else ("", "", ""),
        ):
            if one != two:
                yield f"{words} {_short(one)} → {_short(two)}"
    earlier, later = nights[before.night].info, nights[after.night].info
    if earlier.harness != later.harness:
        yield f"trt-matrix {earlier.harness} → {later.harness}"
    if earlier.matrix_sha256 != later.matrix_sha256:
        yield "matrix file"
    if _weights(before) and _weights(after) and _weights(before) != _weights(after):
        yield WEIGHTS
    elif before.case.key != after.case.key and before.cell.id == after.cell.id:
        yield "inputs of the case (its key: model, weights, calibration data, recipe or environment)"


def _weights(seen: Seen) -> list[tuple[str, int, int, int, int]]:
    """What the audit counts depends on the weights alone, not on the release."""
    return [
        (a.precision, a.elements, a.subnormal_elements, a.below_elements, a.overflow_elements) for a in seen.case.audit
    ]


def _short(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:19]}…"
