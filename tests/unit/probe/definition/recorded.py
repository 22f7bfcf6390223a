"""A stand-in for the network-definition API that keeps what it is asked for as ONNX, so that it can be evaluated.

Only what the route uses; shapes and values are then ONNX Runtime's business, which shares no code with the route.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from enum import Enum
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

DataType = Enum("DataType", "FLOAT HALF BF16 INT8 FP8")
_ONNX = {DataType.FLOAT: TensorProto.FLOAT, DataType.HALF: TensorProto.FLOAT16, DataType.BF16: TensorProto.BFLOAT16}
_NUMPY: dict[DataType, Any] = {DataType.FLOAT: np.float32, DataType.HALF: np.float16, DataType.BF16: ml_dtypes.bfloat16}


class Weights:
    """By reference, as the library's: a test would see arrays that did not live long enough."""

    def __init__(self, dtype: DataType | NDArray[Any], pointer: int = 0, count: int = 0) -> None:
        self.dtype, self.pointer, self.size = DataType.FLOAT, pointer, count
        if isinstance(dtype, DataType):
            self.dtype = dtype
            # TensorRT 8 takes an array or nothing; only a type that NumPy lacks goes by its address.
            assert not count or dtype is DataType.BF16
        else:
            self.dtype = next(kind for kind, known in _NUMPY.items() if known == dtype.dtype)
            self.pointer, self.size = dtype.ctypes.data, dtype.size

    def read(self) -> NDArray[Any]:
        kind = np.dtype(_NUMPY[self.dtype])
        return np.frombuffer(ctypes.string_at(self.pointer, self.size * kind.itemsize), kind)


class Layer:
    """``kind`` and ``inputs`` are ONNX's; what the route sets on it is turned into attributes at the end."""

    def __init__(self, network: Network, kind: str, inputs: Sequence[Any], **facts: Any) -> None:
        self.network, self.kind, self.inputs, self.facts = network, kind, list(inputs), facts
        self.name = ""
        self.output = SimpleNamespace(name="", of=self)

    def get_output(self, _index: int) -> Any:
        return self.output

    def set_input(self, index: int, tensor: Any) -> None:
        assert index == 1
        self.inputs.insert(1, tensor)


class Network:
    """``names`` are the weights' by pointer."""

    def __init__(self) -> None:
        self.name = ""
        self.input: Any = None
        self.layers: list[Layer] = []
        self.outputs: list[Any] = []
        self.names: dict[int, str] = {}

    def add_input(self, name: str, dtype: DataType, shape: Sequence[int]) -> Any:
        self.input = SimpleNamespace(name=name, dtype=dtype, shape=tuple(shape))
        return self.input

    def mark_output(self, tensor: Any) -> None:
        self.outputs.append(tensor)

    def set_weights_name(self, weights: Weights, name: str) -> bool:
        self.names[weights.pointer] = name
        return True

    def add_convolution_nd(self, x: Any, outputs: int, kernel: tuple[int, ...], weights: Weights, bias: Weights) -> Any:
        return self._add("Conv", x, outputs=outputs, kernel=kernel, weights=weights, bias=bias)

    def add_scale(self, x: Any, mode: str, shift: Weights, scale: Weights, power: Weights) -> Any:
        assert mode == "channel"
        assert (power.read() == 1).all()
        return self._add("Scale", x, shift=shift, scale=scale)

    def add_activation(self, x: Any, kind: str) -> Any:
        return self._add(kind, x)

    def add_pooling_nd(self, x: Any, kind: str, window: tuple[int, ...]) -> Any:
        return self._add(kind, x, window=window)

    def add_elementwise(self, one: Any, other: Any, kind: str) -> Any:
        return self._add(kind, one, other)

    def add_concatenation(self, tensors: Sequence[Any]) -> Any:
        return self._add("Concat", *tensors)

    def add_resize(self, x: Any) -> Any:
        return self._add("Resize", x)

    def add_shuffle(self, x: Any) -> Any:
        return self._add("Shuffle", x)

    def add_cast(self, x: Any, to: DataType) -> Any:
        return self._add("Cast", x, to=to)

    def add_constant(self, shape: tuple[int, ...], weights: Weights) -> Any:
        layer = self._add("Constant", weights=weights, shape=shape)
        layer.output.shape = shape
        return layer

    def add_quantize(self, x: Any, scale: Any, to: DataType) -> Any:
        assert to is DataType.INT8
        return self._add("QuantizeLinear", x, scale)

    def add_dequantize(self, x: Any, scale: Any, to: DataType) -> Any:
        assert to is DataType.FLOAT
        # TensorRT 10.6 works out the shape of what is dequantised here: several scales need their axis by now.
        assert scale.shape == () or x.of.axis == 0
        return self._add("DequantizeLinear", x, scale)

    def _add(self, kind: str, *inputs: Any, **facts: Any) -> Layer:
        self.layers.append(Layer(self, kind, inputs, **facts))
        return self.layers[-1]


TRT = SimpleNamespace(
    DataType=DataType,
    Weights=Weights,
    ScaleMode=SimpleNamespace(CHANNEL="channel"),
    ActivationType=SimpleNamespace(RELU="Relu", LEAKY_RELU="LeakyRelu"),
    PoolingType=SimpleNamespace(MAX="MaxPool"),
    ElementWiseOperation=SimpleNamespace(SUM="Add"),
    InterpolationMode=SimpleNamespace(NEAREST="nearest"),
    ResizeCoordinateTransformation=SimpleNamespace(ASYMMETRIC="asymmetric"),
    ResizeRoundMode=SimpleNamespace(FLOOR="floor"),
    BuilderFlag=SimpleNamespace(TF32=0),
    NetworkDefinitionCreationFlag=SimpleNamespace(STRONGLY_TYPED=1),
)


def model(network: Network) -> Any:
    """An ``onnx.ModelProto`` of what was recorded."""
    writer = _Writer()
    for layer in network.layers:
        layer.output.key = f"t{len(writer.nodes)}.{layer.name}"
        getattr(writer, layer.kind.lower(), writer.plain)(layer)
    shape = network.input.shape
    for tensor in network.outputs:
        writer.node("Identity", [tensor.key], tensor.name)
    graph = helper.make_graph(
        writer.nodes,
        network.name,
        [helper.make_tensor_value_info(network.input.name, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(each.name, TensorProto.FLOAT, None) for each in network.outputs],
        writer.constants,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)])
    made.ir_version = 10
    return made


class _Writer:
    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def array(self, values: NDArray[Any]) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def plain(self, layer: Layer, **attributes: Any) -> None:
        names = [getattr(each, "key", each.name) for each in layer.inputs]
        self.node(layer.kind, names, layer.output.key, **attributes)

    def conv(self, layer: Any) -> None:
        kernel, bias, groups = layer.facts["weights"], layer.facts["bias"], layer.num_groups
        names = [getattr(each, "key", each.name) for each in layer.inputs]
        if kernel.size:
            shape = (layer.facts["outputs"], -1, *layer.facts["kernel"])
            names.append(self.array(kernel.read().reshape(shape)))
        if bias.size:
            names.append(self.array(bias.read()))
        pads = [*layer.padding_nd, *layer.padding_nd]
        self.node("Conv", names, layer.output.key, group=groups, strides=layer.stride_nd, pads=pads)

    def scale(self, layer: Layer) -> None:
        factor, shift = (self.array(layer.facts[key].read()[:, None, None]) for key in ("scale", "shift"))
        (source,) = (each.key for each in layer.inputs)
        times = self.node("Mul", [source, factor], f"{layer.output.key}/times")
        self.node("Add", [times, shift], layer.output.key)

    def leakyrelu(self, layer: Any) -> None:
        self.plain(layer, alpha=layer.alpha)

    def maxpool(self, layer: Any) -> None:
        pads = [*layer.padding_nd, *layer.padding_nd]
        self.plain(layer, kernel_shape=layer.facts["window"], strides=layer.stride_nd, pads=pads)

    def concat(self, layer: Any) -> None:
        self.plain(layer, axis=layer.axis)

    def resize(self, layer: Any) -> None:
        scales = self.array(np.array(layer.scales, np.float32))
        words = {"mode": layer.resize_mode, "nearest_mode": layer.nearest_rounding}
        words["coordinate_transformation_mode"] = layer.coordinate_transformation
        self.node("Resize", [layer.inputs[0].key, "", scales], layer.output.key, **words)

    def shuffle(self, layer: Any) -> None:
        turned = self.node(
            "Transpose", [layer.inputs[0].key], f"{layer.output.key}/turned", perm=list(layer.first_transpose)
        )
        shape = self.array(np.array(layer.reshape_dims, np.int64))
        self.node("Reshape", [turned, shape], layer.output.key)

    def cast(self, layer: Layer) -> None:
        self.plain(layer, to=_ONNX[layer.facts["to"]])

    def constant(self, layer: Layer) -> None:
        name = self.array(layer.facts["weights"].read().reshape(layer.facts["shape"]))
        self.node("Identity", [name], layer.output.key)

    def quantizelinear(self, layer: Any) -> None:
        x, scale = layer.inputs
        zero = self.array(np.zeros(scale.shape, np.int8))
        self.node(layer.kind, [getattr(x, "key", x.name), scale.key, zero], layer.output.key, **_axis(layer))

    def dequantizelinear(self, layer: Any) -> None:
        self.plain(layer, **_axis(layer))


def _axis(layer: Any) -> dict[str, int]:
    return {"axis": layer.axis} if hasattr(layer, "axis") else {}
