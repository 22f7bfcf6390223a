"""The heads as they are, for decoding on the host."""

from __future__ import annotations

from typing import Any

from .description import Head
from .graph import Graph


def mark(graph: Graph) -> None:
    """An output (1, anchors, numbers) per head, FP32, in the order of the ONNX model's: stride, row, column, anchor."""
    for head in graph.description.heads:
        layer = graph.layer(
            "add_concatenation", head.output + "/gathered", [_listed(graph, head, m) for m in head.maps]
        )
        layer.axis = 0 if graph.implicit else 1
        tensor = graph.define(head.output, layer.get_output(0))
        mark_output(graph, head.output, tensor)


def mark_output(graph: Graph, name: str, tensor: Any) -> None:
    """FP32 whatever the recipe, so that one set of expected values serves all."""
    if graph.weights.narrow:
        tensor.name = name + "/narrow"
        tensor = graph.cast(name + "/fp32", tensor, graph.trt.DataType.FLOAT)
    tensor.name = name
    graph.network.mark_output(tensor)


def _listed(graph: Graph, head: Head, name: str) -> Any:
    """A map (1, anchors x numbers, H, W) as a list of anchors."""
    layer = graph.layer("add_shuffle", name + "/anchors", graph.tensor(name))
    layer.first_transpose = (1, 2, 0) if graph.implicit else (0, 2, 3, 1)
    layer.reshape_dims = (-1, head.numbers) if graph.implicit else (1, -1, head.numbers)
    return layer.get_output(0)
