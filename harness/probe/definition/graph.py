"""The network under construction: its tensors by the description's names."""

from __future__ import annotations

from typing import Any, Dict, Sequence

from ..apis.base import Api
from ..outcome import CaseFailed, NotApplicable
from .description import SCALE, Description
from .weights import Weights


class Graph:
    """``implicit``: tensors have no batch dimension, as in networks of TensorRT 8 and earlier."""

    def __init__(self, api: Api, network: Any, description: Description, recipe: str, implicit: bool) -> None:
        self.trt = api.trt
        self.network = network
        self.description = description
        self.weights = Weights(api.trt, description.arrays, recipe)
        self.implicit = implicit
        self._api = api
        self._tensors: Dict[str, Any] = {}
        self._narrow = api.quantised_type(recipe)

    def layer(self, method: str, name: str, *arguments: Any) -> Any:
        """Add a layer by the name of the API's method. Raises ``NotApplicable`` where the release lacks it."""
        add = getattr(self.network, method, None)
        if add is None:
            raise NotApplicable("INetworkDefinition.{} is missing".format(method))
        made = add(*arguments)
        if made is None:
            raise CaseFailed("network: {} refused layer {}: tensorrt.log tells why".format(method, name))
        made.name = name
        return made

    def define(self, name: str, tensor: Any) -> Any:
        """Give a tensor its name, and ``bind`` it."""
        tensor.name = name
        return self.bind(name, tensor)

    def bind(self, name: str, tensor: Any) -> Any:
        """What the description calls ``name``; consumers of a quantised tensor read it through Q/DQ."""
        self._tensors[name] = self.through(name, tensor) if name in self.description.quantised else tensor
        return self._tensors[name]

    def tensor(self, name: str) -> Any:
        if name not in self._tensors:
            raise CaseFailed("the network description uses {} before it is defined".format(name))
        return self._tensors[name]

    def name_weights(self, weights: Any, name: str) -> None:
        """So that the library's list of affected weights says the checkpoint's names. From TensorRT 8 on."""
        if hasattr(self.network, "set_weights_name"):
            self.network.set_weights_name(weights, name)

    def cast(self, name: str, tensor: Any, data_type: Any) -> Any:
        return self.layer("add_cast", name, tensor, data_type).get_output(0)

    def through(self, name: str, tensor: Any, per_channel: bool = False) -> Any:
        """``tensor`` quantised and dequantised by the scale, or one per output channel, that the file has for ``name``.

        A tensor's one scale has no dimensions: with a list of one, TensorRT-RTX makes no layer INT8, and says nothing.
        """
        if self.implicit:
            raise NotApplicable("INetworkDefinition.add_quantize needs explicit batch")
        array = self.weights.array(name + SCALE)
        shape = (array.size,) if per_channel else ()
        scale = self.constant(name + SCALE, shape, self.weights.exact(array))
        quantise = self.layer("add_quantize", name + "/quantize", *self._api.quantise(tensor, scale, self._narrow))
        # Before anything asks for its output's shape: 10.6 refuses a list of scales without an axis there and then.
        if per_channel:
            quantise.axis = 0
        dequantise = self.layer(
            "add_dequantize", name + "/dequantize", *self._api.dequantise(quantise.get_output(0), scale)
        )
        if per_channel:
            dequantise.axis = 0
        return dequantise.get_output(0)

    def constant(self, name: str, shape: Sequence[int], weights: Any) -> Any:
        return self.layer("add_constant", name, tuple(shape), weights).get_output(0)
