"""Batch norms folded into the convolutions before them, as TensorRT's builder does before it converts weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.findings.audit.blobs import Blob, from_array, whole
from harness.findings.audit.readers.onnx import Node

_DEFAULT_EPSILON = 1e-5
_PARTS = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True, slots=True)
class Fold:
    """A convolution and the batch norm behind it, by the names of their weights; ``axis``: the output channels."""

    weight: str
    bias: str
    norm: tuple[str, str, str, str]
    epsilon: float = _DEFAULT_EPSILON
    axis: int = 0


def of_graph(nodes: Sequence[Node]) -> list[Fold]:
    """The pairs of a graph: a batch norm that alone reads what a convolution makes."""
    makers = {output: node for node in nodes for output in node.outputs[:1]}
    readers: dict[str, int] = {}
    for node in nodes:
        for name in node.inputs:
            readers[name] = readers.get(name, 0) + 1
    folds = []
    for node in nodes:
        maker = makers.get(node.inputs[0]) if node.operation == "BatchNormalization" and len(node.inputs) == 5 else None
        convolution = maker and maker.operation in ("Conv", "ConvTranspose") and len(maker.inputs) > 1
        if maker and convolution and readers[node.inputs[0]] == 1:
            bias = maker.inputs[2] if len(maker.inputs) > 2 else ""
            norm = (node.inputs[1], node.inputs[2], node.inputs[3], node.inputs[4])
            axis = 1 if maker.operation == "ConvTranspose" else 0
            folds.append(Fold(maker.inputs[1], bias, norm, node.numbers.get("epsilon", _DEFAULT_EPSILON), axis))
    return folds


def of_names(shapes: Mapping[str, tuple[int, ...]]) -> list[Fold]:
    """The pairs of a state dict, which has no graph: each batch norm and the last convolution before it that fits."""
    folds = []
    last = ""
    for name, shape in shapes.items():
        stem = name.removesuffix(".running_mean")
        norm = tuple(f"{stem}.{part}" for part in _PARTS)
        if len(shape) == 4 and name.endswith(".weight"):
            last = name
        elif stem != name and last and set(norm) <= set(shapes) and shapes[last][0] == shape[0]:
            bias = last.removesuffix("weight") + "bias"
            folds.append(Fold(last, bias if bias in shapes else "", (norm[0], norm[1], norm[2], norm[3])))
            last = ""
    return folds


def folded(blobs: Iterable[Blob], folds: Sequence[Fold]) -> Iterator[Blob]:
    """The blobs after folding: weights scaled, biases new, the batch norms gone. One pair in memory at a time."""
    by_name = {blob.name: blob for blob in blobs}
    usable = [fold for fold in folds if _fits(fold, by_name)]
    gone = {name for fold in usable for name in (*fold.norm, fold.bias)}
    by_weight = {fold.weight: fold for fold in usable}
    for blob in by_name.values():
        if fold := by_weight.get(blob.name):
            yield from _pair(fold, by_name)
        elif blob.name not in gone:
            yield blob


def _fits(fold: Fold, blobs: Mapping[str, Blob]) -> bool:
    """All are there, one number of the norm for each output channel; not so in a grouped ConvTranspose."""
    if not {fold.weight, *fold.norm} <= blobs.keys():
        return False
    shape = blobs[fold.weight].shape
    channels = shape[fold.axis : fold.axis + 1]
    vectors = [*fold.norm, *([fold.bias] if fold.bias in blobs else [])]
    return bool(channels) and all(blobs[name].shape == channels for name in vectors)


def _pair(fold: Fold, blobs: Mapping[str, Blob]) -> Iterator[Blob]:
    gamma, beta, mean, variance = (_wide(blobs[name]) for name in fold.norm)
    weight = whole(blobs[fold.weight])
    with np.errstate(all="ignore"):
        scale = gamma / np.sqrt(variance + fold.epsilon)
        shape = [-1 if axis == fold.axis else 1 for axis in range(weight.ndim)]
        scaled = (weight * scale.reshape(shape)).astype(np.float32)
        bias = _wide(blobs[fold.bias]) if fold.bias in blobs else np.zeros_like(beta)
        shifted = (beta + (bias - mean) * scale).astype(np.float32)
    yield Blob(fold.weight, scaled.shape, "float32", from_array(scaled))
    name = fold.bias or fold.weight.removesuffix(".weight") + ".bias"
    yield Blob(name, shifted.shape, "float32", from_array(shifted))


def _wide(blob: Blob) -> npt.NDArray[np.float64]:
    return whole(blob).astype(np.float64)
