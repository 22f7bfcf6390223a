"""The audit of a file. Loads NumPy: a run starts it as a process of its own, see ``worker``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from harness.errors import InputError
from harness.findings.audit.blobs import Blob
from harness.findings.audit.count import BF16, FP16, Precision, Tally
from harness.findings.audit.fold import folded, of_graph, of_names
from harness.findings.audit.model import BlobAudit, FileAudit, PrecisionCount
from harness.findings.audit.readers import onnx, other
from harness.neutral import one_line

_WEIGHED = ("Conv", "ConvTranspose", "Gemm")
_ENDINGS = (".onnx", ".wts", ".safetensors", ".npz", ".pth", ".pt")


def audit_file(path: Path, precisions: Sequence[Precision] = (FP16, BF16)) -> FileAudit:
    """Count a model's weights, as given and with batch norms folded. Raises InputError."""
    ending = path.suffix.lower()
    if path.is_dir():
        raise InputError(f"{one_line(str(path))}: is a folder; give the file itself")
    if ending not in _ENDINGS:
        raise InputError(f"{one_line(str(path))}: no weights are read from such a file; give {', '.join(_ENDINGS)}")
    reader = onnx.read if ending == ".onnx" else other.read
    audit = audit_blobs(reader(path), precisions, file=path.name)
    if ending == ".onnx":
        nodes = onnx.nodes(path)
        audit = msgspec.structs.replace(audit, layers=layer_names(nodes))
        folds = of_graph(nodes)
    else:
        folds = of_names({blob.name: tuple(blob.shape) for blob in audit.blobs})
    if not folds:
        return audit
    return msgspec.structs.replace(
        audit,
        folded=[audit_blob(blob, precisions) for blob in folded(reader(path), folds)],
        notes=[f"{len(folds)} batch norms folded into the convolutions before them"],
    )


def layer_names(nodes: Iterable[onnx.Node]) -> dict[str, list[str]]:
    """By blob: ``NODE.weight`` and ``NODE.bias`` of the nodes whose weights TensorRT names after them."""
    names: dict[str, list[str]] = {}
    for node in nodes:
        if not node.name or node.operation not in _WEIGHED or len(node.inputs) < 2:
            continue
        weight = node.inputs[1]
        # Where folding a batch norm makes a bias, ``folded`` calls it so.
        bias = node.inputs[2] if len(node.inputs) > 2 else f"{weight.removesuffix('.weight')}.bias"
        for blob, role in ((weight, "weight"), (bias, "bias")):
            if blob != f"{node.name}.{role}":
                names.setdefault(blob, []).append(f"{node.name}.{role}")
    return names


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
