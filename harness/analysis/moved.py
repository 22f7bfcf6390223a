"""What a comparison found, as sentences of a triage."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harness.analysis.changes import Change, Comparison, Kind
from harness.analysis.statements import Statement, alike, grouped

NUMBERS = (Kind.COUNT, Kind.ACCURACY, Kind.LATENCY, Kind.BUILD_TIME, Kind.ENGINE, Kind.OTHER, Kind.INCOMPARABLE)


def changed(found: Comparison, kinds: Sequence[Kind]) -> list[Statement]:
    return grouped(
        (
            f"{_direction(change)}{change.text}{_origin(change)}",
            f"{change.cell} / {change.case}",
            change.proof_after,
            False,
        )
        for kind in kinds
        for change in found.changes
        if change.kind is kind
    )


def moved_numbers(found: Comparison) -> list[Statement]:
    """Sentences that differ in numbers alone are one; of layers it tells that they are others, not which."""
    plain = [
        msgspec.structs.replace(change, text=_OTHER_LAYERS) if change.name == "structure" else change
        for change in found.changes
    ]
    told = alike(changed(msgspec.structs.replace(found, changes=plain), NUMBERS))
    return sorted(told, key=lambda each: (not each.text.startswith("worse"), -len(each.cases)))


_OTHER_LAYERS = "the engine has other layers, or layers of another type (`trt-matrix compare` lists them)"


def _origin(change: Change) -> str:
    """The audit counts the weights as they are given to the builder: no release changes them."""
    of_weights = change.kind is Kind.COUNT and change.name.partition(".")[0] in ("fp16", "bf16")
    return " (the model's weights differ between the two runs; this is not the release)" if of_weights else ""


def _direction(change: Change) -> str:
    if change.waived:
        return f"waived ({change.waived}): "
    return "worse: " if change.worse and change.kind in NUMBERS else ""
