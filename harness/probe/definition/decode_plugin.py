"""The Decode plugin behind the heads, through either of the two plugin interfaces."""

from __future__ import annotations

from typing import Any, List, Tuple

import numpy as np

from ..outcome import CaseFailed, NotApplicable
from . import layers
from .graph import Graph

NAME = "Decode_TRT"
V2, V3 = "1", "2"  # the versions that the library registers: IPluginV2IOExt and IPluginV3
OUTPUT = "detections"


def version(network: Any, older: bool) -> str:
    """The interface to take: the newer where the release has it and ``older`` is not asked for.

    Raises ``NotApplicable`` where the release takes no plugin at all.
    """
    if hasattr(network, "add_plugin_v3") and not older:
        return V3
    if not hasattr(network, "add_plugin_v2"):
        raise NotApplicable("INetworkDefinition.add_plugin_v2 is missing")
    return V2


def mark(graph: Graph, chosen: str, in_fp32: bool = False, apart: bool = False) -> None:
    """One output (1, anchors, 15), FP32: box, score, landmarks in pixels; zeros where the score is too low.

    The library that holds the plugin is loaded already. ``in_fp32``: the builder may not choose another type for the
    plugin's inputs. ``apart``: an identity layer stands between each head and the plugin.
    """
    inputs = [_joined(graph, level, in_fp32, apart) for level in range(len(graph.description.heads[0].maps))]
    plugin = _create(graph, chosen)
    arguments: Tuple[Any, ...] = (inputs, plugin) if chosen == V2 else (inputs, [], plugin)
    layer = graph.layer("add_plugin_v2" if chosen == V2 else "add_plugin_v3", "decode", *arguments)
    output = layer.get_output(0)
    output.name = OUTPUT
    graph.network.mark_output(output)


def _joined(graph: Graph, level: int, in_fp32: bool, apart: bool) -> Any:
    """Boxes, classes and landmarks of a level side by side, FP32 where the types are the network's own."""
    name = "decode/input{}".format(level)
    sources = [head.maps[level] for head in graph.description.heads]
    if apart:
        sources = [layers.identity(graph, source) for source in sources]
    tensor = layers.joined(graph, name, sources, in_fp32)
    tensor.name = name
    if not graph.weights.narrow:
        return tensor
    return graph.cast(name + "/fp32", tensor, graph.trt.DataType.FLOAT)


def _create(graph: Graph, chosen: str) -> Any:
    trt, registry = graph.trt, graph.trt.get_plugin_registry()
    # `get_creator` came with TensorRT 10, `get_plugin_creator` went with 11.
    find = getattr(registry, "get_creator", None) or registry.get_plugin_creator
    creator = find(NAME, chosen, "")
    if creator is None:
        raise CaseFailed("plugin: {} version {} is not in the registry".format(NAME, chosen))
    kept = _fields(graph)
    fields = trt.PluginFieldCollection([trt.PluginField(name, array, _type(trt, array)) for name, array in kept])
    phase = () if chosen == V2 else (trt.TensorRTPhase.BUILD,)
    plugin = creator.create_plugin(NAME, fields, *phase)
    if plugin is None:
        raise CaseFailed("plugin: {} refused its fields: tensorrt.log tells why".format(NAME))
    return plugin


def _fields(graph: Graph) -> List[Tuple[str, Any]]:
    shape, priors = graph.description.shape, graph.description.priors
    return [
        ("height", np.array([shape[2]], np.int32)),
        ("width", np.array([shape[3]], np.int32)),
        ("strides", np.array(priors["strides"], np.int32)),
        ("sizes", np.array(priors["sizes"], np.int32).reshape(-1)),
        ("variances", np.array(priors["variances"], np.float32)),
        ("threshold", np.array([priors["threshold"]], np.float32)),
    ]


def _type(trt: Any, array: Any) -> Any:
    return trt.PluginFieldType.FLOAT32 if array.dtype == np.float32 else trt.PluginFieldType.INT32
