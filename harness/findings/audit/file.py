"""The audit of a file. Loads NumPy: a run starts it as a process of its own, see ``worker``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.errors import InputError
from harness.findings.audit.blobs import Blob
from harness.findings.audit.count import BF16, FP16, Precision, Tally
from harness.findings.audit.model import BlobAudit, FileAudit, PrecisionCount
from harness.findings.audit.readers import onnx
from harness.neutral import one_line

_READERS = {".onnx": onnx.read}


def audit_file(path: Path, precisions: Sequence[Precision] = (FP16, BF16)) -> FileAudit:
    """Count a model's weights. Raises InputError."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"{one_line(str(path))}: no weights are read from such a file; give one of {', '.join(_READERS)}"
        )
    return audit_blobs(reader(path), precisions, file=path.name)


def audit_blobs(blobs: Iterable[Blob], precisions: Sequence[Precision], *, file: str) -> FileAudit:
    return FileAudit(
        file=file,
        precisions=[precision.name for precision in precisions],
        blobs=[audit_blob(blob, precisions) for blob in blobs],
    )


def audit_blob(blob: Blob, precisions: Sequence[Precision]) -> BlobAudit:
    tally = Tally(tuple(precisions))
    for words in blob.pieces():
        tally.add(words)
    return BlobAudit(
        name=blob.name,
        shape=list(blob.shape),
        dtype=blob.dtype,
        elements=tally.elements,
        zeros=tally.zeros,
        infinities=tally.infinities,
        nans=tally.nans,
        counts={
            name: PrecisionCount(subnormal=count.subnormal, below=count.below, overflow=count.overflow)
            for name, count in tally.counts.items()
        },
        exponents=_exponents(tally),
    )


def _exponents(tally: Tally) -> dict[int, int]:
    """By power of two; FP32's own subnormals stand at -127, zeros and what is not finite nowhere."""
    numbers = tally.exponents[:255].tolist()
    numbers[0] -= tally.zeros
    return {exponent - 127: number for exponent, number in enumerate(numbers) if number}
