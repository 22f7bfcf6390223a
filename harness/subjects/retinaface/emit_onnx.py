"""RetinaFace as an ONNX model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from harness.subjects.retinaface.architecture import (
    BATCH_NORM_EPSILON,
    HEADS,
    INPUT,
    VARIANCES,
    Add,
    Concat,
    Convolution,
    MaxPool,
    Network,
    Operation,
    Upsample,
    anchors,
    check_size,
)
from harness.subjects.retinaface.folding import folded
from harness.subjects.retinaface.priors import priors
from harness.subjects.retinaface.settings import Heads

OPSET = 13  # the newest that TensorRT 8.2's parser knows
DECODE = "decode/"  # prefix of what decodes, but for the outputs themselves
RAW_OUTPUTS = {"BboxHead": "loc", "ClassHead": "conf", "LandmarkHead": "landms"}
DECODED = ("boxes", "scores", "landmarks")


def in_decode(node: Any) -> bool:
    """The node belongs to the decode part, which reduced precision should stop before."""
    return str(node.name).startswith(DECODE) or node.name in DECODED


def in_heads(node: Any) -> bool:
    """The node only gathers the heads' maps into lists of anchors."""
    return node.name in RAW_OUTPUTS.values() or str(node.name).endswith(("/nhwc", "/anchors"))


def is_head(node: Any) -> bool:
    """The node is one of the convolutions that predict: what they give enters the decode part."""
    return node.op_type == "Conv" and str(node.name).split(".")[0] in RAW_OUTPUTS


def onnx_model(
    net: Network,
    weights: Mapping[str, NDArray[np.float32]],
    *,
    height: int,
    width: int,
    heads: Heads = Heads.DECODED,
    fold: bool = True,
    opset: int = OPSET,
) -> Any:
    """An ``onnx.ModelProto`` of batch 1 and input ``input`` (1, 3, height, width), FP32.

    ``fold`` puts batch-norm into the convolutions; the initialisers are then no longer those of the checkpoint.
    """
    check_size(height, width)
    graph = _Graph(folded(net, weights) if fold else weights, fold)
    for operation in net.operations:
        _emit(graph, operation)
    outputs = _raw_heads(graph, net, anchors(height, width))
    if heads is Heads.DECODED:
        outputs = _decode(graph, height, width)
    proto = helper.make_graph(
        graph.nodes,
        f"retinaface-{net.backbone.value}",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, 3, height, width])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        graph.initialisers,
    )
    model = helper.make_model(proto, opset_imports=[helper.make_opsetid("", opset)], producer_name="trt-matrix")
    model.ir_version = 8 if opset < 20 else 10
    return model


@dataclass(slots=True)
class _Graph:
    weights: Mapping[str, NDArray[np.float32]]
    fold: bool
    nodes: list[Any] = field(default_factory=list)
    initialisers: list[Any] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    def node(self, kind: str, sources: list[str], outputs: str | list[str], **attributes: object) -> str:
        names = [outputs] if isinstance(outputs, str) else outputs
        self.nodes.append(helper.make_node(kind, sources, names, name=names[0], **attributes))
        return names[0]

    def constant(self, name: str, array: NDArray[Any]) -> str:
        if name not in self.known:
            self.known.add(name)
            self.initialisers.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, name: str) -> str:
        return self.constant(name, self.weights[name])


def _emit(graph: _Graph, operation: Operation) -> None:
    match operation:
        case Convolution():
            _convolution(graph, operation)
        case MaxPool(name, source):
            graph.node("MaxPool", [source], name, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        case Add(name, sources, relu):
            _relu(graph, name, "Add", list(sources), relu=relu)
        case Concat(name, sources):
            _relu(graph, name, "Concat", list(sources), relu=True, axis=1)
        case Upsample(name, source):
            scales = graph.constant("upsample.scales", np.array([1, 1, 2, 2], np.float32))
            modes = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
            graph.node("Resize", [source, "", scales], name, **modes)


def _convolution(graph: _Graph, conv: Convolution) -> None:
    normalised = conv.norm is not None and not graph.fold
    output = conv.name if conv.slope is None else f"{conv.name}/linear"
    sources = [conv.source, graph.weight(f"{conv.name}.weight")]
    if not normalised:
        sources.append(graph.weight(f"{conv.name}.bias"))
    graph.node(
        "Conv",
        sources,
        f"{conv.name}/conv" if normalised else output,
        kernel_shape=[conv.kernel] * 2,
        strides=[conv.stride] * 2,
        pads=[conv.padding] * 4,
        group=conv.groups,
    )
    if normalised:
        parts = [graph.weight(f"{conv.norm}.{part}") for part in ("weight", "bias", "running_mean", "running_var")]
        graph.node("BatchNormalization", [f"{conv.name}/conv", *parts], output, epsilon=BATCH_NORM_EPSILON)
    if conv.slope == 0:
        graph.node("Relu", [output], conv.name)
    elif conv.slope is not None:
        graph.node("LeakyRelu", [output], conv.name, alpha=conv.slope)


def _relu(graph: _Graph, name: str, kind: str, sources: list[str], *, relu: bool, **attributes: object) -> None:
    graph.node(kind, sources, f"{name}/linear" if relu else name, **attributes)
    if relu:
        graph.node("Relu", [f"{name}/linear"], name)


def _raw_heads(graph: _Graph, net: Network, number: int) -> dict[str, list[int]]:
    """The maps of the three strides as one list of anchors, per head."""
    for head, tensors in net.heads.items():
        shape = graph.constant(f"{head}.shape", np.array([1, -1, HEADS[head]], np.int64))
        lists = []
        for tensor in tensors:
            last = graph.node("Transpose", [tensor], f"{tensor}/nhwc", perm=[0, 2, 3, 1])
            lists.append(graph.node("Reshape", [last, shape], f"{tensor}/anchors"))
        graph.node("Concat", lists, RAW_OUTPUTS[head], axis=1)
    return {RAW_OUTPUTS[head]: [1, number, numbers] for head, numbers in HEADS.items()}


def _decode(graph: _Graph, height: int, width: int) -> dict[str, list[int]]:
    places, sizes = priors(height, width)
    number = len(places)
    centre = graph.constant(f"{DECODE}centres", places[None])
    centre_scale = graph.constant(f"{DECODE}centre_scale", sizes[None] * np.float32(VARIANCES[0]))
    half = graph.constant(f"{DECODE}half_size", sizes[None] / 2)
    log_scale = graph.constant(f"{DECODE}log_scale", np.array(VARIANCES[1], np.float32))
    two = graph.constant(f"{DECODE}split", np.array([2, 2], np.int64))
    graph.node("Split", ["loc", two], [f"{DECODE}offset", f"{DECODE}log_size"], axis=2)
    moved = graph.node("Mul", [f"{DECODE}offset", centre_scale], f"{DECODE}moved")
    middle = graph.node("Add", [centre, moved], f"{DECODE}middle")
    scaled = graph.node("Mul", [f"{DECODE}log_size", log_scale], f"{DECODE}scaled")
    grown = graph.node("Exp", [scaled], f"{DECODE}grown")
    extent = graph.node("Mul", [grown, half], f"{DECODE}extent")
    low = graph.node("Sub", [middle, extent], f"{DECODE}low")
    high = graph.node("Add", [middle, extent], f"{DECODE}high")
    graph.node("Concat", [low, high], "boxes", axis=2)

    softmax = graph.node("Softmax", ["conf"], f"{DECODE}softmax", axis=2)
    face = graph.constant(f"{DECODE}face", np.array(1, np.int64))
    graph.node("Gather", [softmax, face], "scores", axis=2)

    points = graph.constant(f"{DECODE}points", np.array([1, number, 5, 2], np.int64))
    flat = graph.constant(f"{DECODE}flat", np.array([1, number, 10], np.int64))
    apart = graph.node("Reshape", ["landms", points], f"{DECODE}apart")
    point_scale = graph.constant(f"{DECODE}point_scale", sizes[None, :, None] * np.float32(VARIANCES[0]))
    point_centre = graph.constant(f"{DECODE}point_centres", places[None, :, None])
    shifted = graph.node("Mul", [apart, point_scale], f"{DECODE}shifted")
    placed = graph.node("Add", [point_centre, shifted], f"{DECODE}placed")
    graph.node("Reshape", [placed, flat], "landmarks")
    return {"boxes": [1, number, 4], "scores": [1, number], "landmarks": [1, number, 10]}
