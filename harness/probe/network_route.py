"""The network-definition API of the release under test builds the network, layer by layer."""

from __future__ import annotations

import os
from typing import Any

from . import plugin_library, recipes
from .apis.base import Api
from .child import Desk
from .definition import decode_plugin, description, layers, raw_heads
from .definition.graph import Graph


def host_decode(desk: Desk, api: Api, network: Any, _logger: Any) -> object:
    """Body, pyramid, contexts and heads; what the heads say is decoded on the host."""
    graph = _body(desk, api, network)
    raw_heads.mark(graph)
    return graph


def plugin(desk: Desk, api: Api, network: Any, _logger: Any) -> object:
    """The same network; the Decode plugin makes detections of what the heads say."""
    chosen = decode_plugin.version(network, older=bool(desk.case.options.get("plugin_v2")))
    graph = _body(desk, api, network)
    sources = os.path.join(os.path.dirname(str(desk.case.network)), graph.description.plugin)
    plugin_library.load(sources, str(api.trt.__version__))
    apart = bool(desk.case.options.get("apart"))
    decode_plugin.mark(graph, chosen, in_fp32=recipes.keeps_edge(desk.case), apart=apart)
    return graph


def _body(desk: Desk, api: Api, network: Any) -> Graph:
    told = description.read(desk.case)
    implicit = bool(desk.case.options.get("implicit_batch"))
    graph = Graph(api, network, told, desk.case.recipe, implicit)
    network.name = told.name
    shape = told.shape[1:] if implicit else told.shape
    tensor = network.add_input(told.input, api.trt.DataType.FLOAT, shape)
    if graph.weights.narrow:
        tensor = graph.cast(told.input + "/narrow", tensor, graph.weights.data_type)
    graph.bind(told.input, tensor)
    for operation in told.operations:
        layers.add(graph, operation)
    return graph
