"""Operations of a description as layers. Batch-norm becomes a Scale layer, as tensorrtx does it."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Sequence, Tuple

import numpy as np

from ..outcome import CaseFailed
from .graph import Graph

Operation = Mapping[str, Any]


def add(graph: Graph, operation: Operation) -> None:
    """Raises ``CaseFailed`` where the kind of operation is not known or lacks a field."""
    kind = KINDS.get(str(operation.get("kind")))
    if kind is None:
        raise CaseFailed("operation {!r} is not known to this probe".format(operation.get("kind")))
    try:
        kind(graph, operation)
    except KeyError as error:
        raise CaseFailed("operation {} lacks {}".format(operation.get("name"), error)) from error


def convolution(graph: Graph, operation: Operation) -> None:
    name, norm, slope = operation["name"], operation["norm"], operation["slope"]
    tensor = _convolved(graph, operation)
    if norm is not None:
        tensor = _scaled(graph, norm, tensor)
    if slope is not None:
        tensor = _activated(graph, name, graph.define(name + "/linear", tensor), slope)
    graph.define(name, tensor)


def max_pool(graph: Graph, operation: Operation) -> None:
    source, kind = graph.tensor(operation["source"]), graph.trt.PoolingType.MAX
    layer = graph.layer("add_pooling_nd", operation["name"], source, kind, (3, 3))
    layer.stride_nd = (2, 2)
    layer.padding_nd = (1, 1)
    graph.define(operation["name"], layer.get_output(0))


def total(graph: Graph, operation: Operation) -> None:
    one, other = (graph.tensor(name) for name in operation["sources"])
    layer = graph.layer("add_elementwise", operation["name"], one, other, graph.trt.ElementWiseOperation.SUM)
    _finish(graph, operation["name"], layer.get_output(0), relu=operation["relu"])


def concat(graph: Graph, operation: Operation) -> None:
    _finish(graph, operation["name"], joined(graph, operation["name"], operation["sources"]), relu=True)


def identity(graph: Graph, source: str) -> str:
    """A layer that changes nothing; the name of its output. TensorRT 8.6.1 then keeps one scale for each tensor."""
    name = source + "/apart"
    graph.define(name, graph.layer("add_identity", name, graph.tensor(source)).get_output(0))
    return name


def joined(graph: Graph, name: str, sources: Sequence[str], in_fp32: bool = False) -> Any:
    """Tensors side by side along their channels; ``in_fp32`` holds a builder that chooses types to that one."""
    layer = graph.layer("add_concatenation", name, [graph.tensor(source) for source in sources])
    layer.axis = 0 if graph.implicit else 1
    if in_fp32:
        layer.precision = graph.trt.DataType.FLOAT
        layer.set_output_type(0, graph.trt.DataType.FLOAT)
    return layer.get_output(0)


def upsample(graph: Graph, operation: Operation) -> None:
    """Nearest neighbour, each pixel twice: the place of an output pixel, halved and rounded down."""
    layer = graph.layer("add_resize", operation["name"], graph.tensor(operation["source"]))
    # The enum had another name before TensorRT 8.5.
    modes = getattr(graph.trt, "InterpolationMode", None) or graph.trt.ResizeMode
    layer.resize_mode = modes.NEAREST
    layer.coordinate_transformation = graph.trt.ResizeCoordinateTransformation.ASYMMETRIC
    layer.nearest_rounding = graph.trt.ResizeRoundMode.FLOOR
    layer.scales = [1.0, 2.0, 2.0] if graph.implicit else [1.0, 1.0, 2.0, 2.0]
    graph.define(operation["name"], layer.get_output(0))


KINDS: Dict[str, Callable[[Graph, Operation], None]] = {
    "Convolution": convolution,
    "MaxPool": max_pool,
    "Add": total,
    "Concat": concat,
    "Upsample": upsample,
}


def _convolved(graph: Graph, operation: Operation) -> Any:
    name, biased = operation["name"], operation["norm"] is None
    kernel, quantised = _kernel(graph, name + ".weight")
    bias = graph.weights.make(graph.weights.array(name + ".bias")) if biased else graph.weights.empty()
    layer = graph.layer(
        "add_convolution_nd",
        name,
        graph.tensor(operation["source"]),
        operation["outputs"],
        (operation["kernel"],) * 2,
        kernel if quantised is None else graph.weights.empty(),
        bias,
    )
    layer.stride_nd = (operation["stride"],) * 2
    layer.padding_nd = (operation["padding"],) * 2
    layer.num_groups = operation["groups"]
    if quantised is not None:
        layer.set_input(1, quantised)
    graph.name_weights(kernel, name + ".weight")
    if biased:
        graph.name_weights(bias, name + ".bias")
    return layer.get_output(0)


def _kernel(graph: Graph, name: str) -> Tuple[Any, Any]:
    """The weights, and the tensor that stands for them where they are quantised."""
    array = graph.weights.array(name)
    kernel = graph.weights.make(array)
    if name not in graph.description.quantised:
        return kernel, None
    return kernel, graph.through(name, graph.constant(name, array.shape, kernel), per_channel=True)


def _scaled(graph: Graph, norm: str, tensor: Any) -> Any:
    gamma, beta, mean, variance = (
        graph.weights.array("{}.{}".format(norm, part)) for part in ("weight", "bias", "running_mean", "running_var")
    )
    factor = gamma / np.sqrt(variance + np.float32(graph.description.epsilon))
    scale, shift = graph.weights.make(factor), graph.weights.make(beta - mean * factor)
    power = graph.weights.make(np.ones_like(factor))
    layer = graph.layer("add_scale", norm, tensor, graph.trt.ScaleMode.CHANNEL, shift, scale, power)
    # What the builder gets is no longer what the checkpoint holds, but the name still tells where it comes from.
    graph.name_weights(scale, norm + ".weight")
    graph.name_weights(shift, norm + ".bias")
    return layer.get_output(0)


def _activated(graph: Graph, name: str, tensor: Any, slope: float) -> Any:
    kinds = graph.trt.ActivationType
    layer = graph.layer("add_activation", name + "/activation", tensor, kinds.LEAKY_RELU if slope else kinds.RELU)
    if slope:
        layer.alpha = slope
    return layer.get_output(0)


def _finish(graph: Graph, name: str, tensor: Any, relu: bool) -> None:
    if relu:
        tensor = _activated(graph, name, graph.define(name + "/linear", tensor), 0.0)
    graph.define(name, tensor)
