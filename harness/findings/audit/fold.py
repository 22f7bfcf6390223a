"""Batch norms folded into the convolutions before them, as TensorRT's builder does before it converts weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from harness.findings.audit.blobs import Blob, from_array, whole
from harness.findings.audit.readers.onnx import Node

_DEFAULT_EPSILON = 1e-5
_PARTS = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True, slots=True)
class Fold:
    """A convolution and the batch norm behind it, by the names of their weights; ``axis``: the output channels.

    ``stays``: those of them that something else reads too, so that they are still there as given.
    """

    weight: str
    bias: str
    norm: tuple[str, str, str, str]
    epsilon: float = _DEFAULT_EPSILON
    axis: int = 0
    stays: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.weight, *self.norm, *([self.bias] if self.bias else []))


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
    inside = Counter(name for fold in folds for name in fold.names)
    return [
        replace(fold, stays=frozenset(name for name in fold.names if readers[name] > inside[name])) for fold in folds
    ]


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
    """The blobs after folding: weights scaled, biases new, the batch norms gone. One pair in memory at a time.

    A weight behind several batch norms becomes one for each of them, told apart by the norm's scale.
    """
    by_name = {blob.name: blob for blob in blobs}
    by_weight: dict[str, list[Fold]] = {}
    for fold in dict.fromkeys(folds):
        if _fits(fold, by_name):
            by_weight.setdefault(fold.weight, []).append(fold)
    usable = [fold for pairs in by_weight.values() for fold in pairs]
    stays = {name for fold in usable for name in fold.stays}
    gone = {name for fold in usable for name in fold.names} - stays
    for blob in by_name.values():
        pairs = by_weight.get(blob.name, [])
        for fold in pairs:
            shared = len(pairs) > 1 or blob.name in stays
            yield from _pair(fold, by_name, f" ({fold.norm[0]})" if shared else "")
        if blob.name not in gone:
            yield blob


def _fits(fold: Fold, blobs: Mapping[str, Blob]) -> bool:
    """All are there, one number of the norm for each output channel; not so in a grouped ConvTranspose."""
    if not {fold.weight, *fold.norm} <= blobs.keys():
        return False
    shape = blobs[fold.weight].shape
    channels = shape[fold.axis : fold.axis + 1]
    vectors = [*fold.norm, *([fold.bias] if fold.bias in blobs else [])]
    return bool(channels) and all(blobs[name].shape == channels for name in vectors)


def _pair(fold: Fold, blobs: Mapping[str, Blob], mark: str) -> Iterator[Blob]:
    gamma, beta, mean, variance = (_wide(blobs[name]) for name in fold.norm)
    weight = whole(blobs[fold.weight])
    with np.errstate(all="ignore"):
        scale = gamma / np.sqrt(variance + fold.epsilon)
        shape = [-1 if axis == fold.axis else 1 for axis in range(weight.ndim)]
        scaled = (weight * scale.reshape(shape)).astype(np.float32)
        bias = _wide(blobs[fold.bias]) if fold.bias in blobs else np.zeros_like(beta)
        shifted = (beta + (bias - mean) * scale).astype(np.float32)
    yield Blob(fold.weight + mark, scaled.shape, "float32", from_array(scaled))
    name = fold.bias or fold.weight.removesuffix(".weight") + ".bias"
    yield Blob(name + mark, shifted.shape, "float32", from_array(shifted))


def _wide(blob: Blob) -> npt.NDArray[np.float64]:
    return whole(blob).astype(np.float64)
