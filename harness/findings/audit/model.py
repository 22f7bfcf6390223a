"""What an audit of weights is, as it is stored beside the model; read without NumPy."""

from __future__ import annotations

from collections import Counter

import msgspec

from harness.evidence.records import WeightAudit

FORMAT = 3
_WORST = 10


class PrecisionCount(msgspec.Struct, frozen=True, kw_only=True):
    """Elements of a blob. ``subnormal`` counts 0 < |w| < smallest normal, those ``below`` included."""

    subnormal: int = 0
    below: int = 0
    overflow: int = 0


class BlobAudit(msgspec.Struct, frozen=True, kw_only=True):
    """``exponents`` maps the exponent (power of two) to a number of elements; zeros are not in it."""

    name: str
    shape: list[int]
    dtype: str
    elements: int
    zeros: int
    infinities: int
    nans: int
    counts: dict[str, PrecisionCount]
    exponents: dict[int, int] = {}


class FileAudit(msgspec.Struct, frozen=True, kw_only=True):
    """``effects``: by precision, in a sentence, what the conversion does to the model's outputs.

    ``layers``: by blob, what TensorRT calls it where that differs: after the node of the graph that reads it.
    """

    format: int = FORMAT
    file: str
    precisions: list[str]
    blobs: list[BlobAudit]
    folded: list[BlobAudit] = []
    notes: list[str] = []
    effects: dict[str, str] = {}
    layers: dict[str, list[str]] = {}


def records(audit: FileAudit) -> list[WeightAudit]:
    """As the report has it: one record a precision. Where batch norms were folded, of the folded weights."""
    blobs = audit.folded or audit.blobs
    found = [_record(precision, blobs) for precision in audit.precisions]
    return [msgspec.structs.replace(each, effect=audit.effects.get(each.precision, "")) for each in found]


def _record(precision: str, blobs: list[BlobAudit]) -> WeightAudit:
    counts = [(blob, blob.counts[precision]) for blob in blobs]
    return WeightAudit(
        precision=precision,
        blobs=len(blobs),
        elements=sum(blob.elements for blob in blobs),
        subnormal_blobs=sum(count.subnormal > 0 for _, count in counts),
        subnormal_elements=sum(count.subnormal for _, count in counts),
        below_blobs=sum(count.below > 0 for _, count in counts),
        below_elements=sum(count.below for _, count in counts),
        overflow_blobs=sum(count.overflow > 0 for _, count in counts),
        overflow_elements=sum(count.overflow for _, count in counts),
        worst=[blob.name for blob in worst(blobs, precision)],
        exponents=_exponents(blobs),
    )


def _exponents(blobs: list[BlobAudit]) -> dict[str, int]:
    """Elements of all blobs by exponent, the smallest first."""
    total = Counter[int]()
    for blob in blobs:
        total.update(blob.exponents)
    zeros = sum(blob.zeros for blob in blobs)
    return {str(exponent): total[exponent] for exponent in sorted(total)} | ({"zero": zeros} if zeros else {})


def worst(blobs: list[BlobAudit], precision: str, most: int = _WORST) -> list[BlobAudit]:
    """Blobs with the largest share of elements that the precision cannot hold, the worst first."""

    def badness(blob: BlobAudit) -> tuple[float, float]:
        count = blob.counts[precision]
        return (count.overflow + count.below) / blob.elements, count.subnormal / blob.elements

    hit = [blob for blob in blobs if blob.elements and any(badness(blob))]
    return sorted(hit, key=badness, reverse=True)[:most]
