"""A model in FP16 or BF16 as its own types say: for strongly typed builders.

Weights and activations are really cast. Inputs and outputs of the model stay FP32, with a ``Cast`` behind or before
them, so that one set of test data serves every recipe. Nodes named by the caller (the decode part) stay FP32 too:
FP16 knows a pixel coordinate above 512 only to half a pixel, BF16 to four.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from harness.errors import InputError


class HalfType(StrEnum):
    FP16 = "fp16"
    BF16 = "bf16"

    @property
    def onnx(self) -> int:
        return int(TensorProto.FLOAT16 if self is HalfType.FP16 else TensorProto.BFLOAT16)

    def cast(self, array: NDArray[np.float32]) -> NDArray[Any]:
        """Rounded to nearest even; what is too large becomes infinite, as in a cast on the device."""
        with np.errstate(over="ignore"):
            return array.astype(np.float16 if self is HalfType.FP16 else ml_dtypes.bfloat16)


# Inputs that the operator's definition wants in FP32 whatever the type of the data.
_FLOAT_INPUTS = {"Resize": {1, 2}, "Upsample": {1}}
# Nodes that have no half form in TensorRT, or whose result depends on exact coordinates.
_FLOAT_NODES = {"NonMaxSuppression", "QuantizeLinear", "DequantizeLinear", "RoiAlign", "Range"}


def typed(model: Any, half: HalfType, keep: Callable[[Any], bool] = lambda _node: False) -> Any:
    """A copy of an ``onnx.ModelProto`` in the half type; ``keep(node)`` says which nodes stay FP32.

    Raises InputError where the graph has subgraphs or local functions, which are not converted.
    """
    _check_flat(model)
    copy = type(model)()
    copy.CopyFrom(model)
    _Conversion(copy.graph, half, keep).convert()
    return copy


def _check_flat(model: Any) -> None:
    nested = [node for node in model.graph.node for each in node.attribute if each.HasField("g") or each.graphs]
    if nested or model.functions:
        name = nested[0].op_type if nested else model.functions[0].name
        raise InputError(f"model with the subgraph or function {name!r} cannot be typed: give a flat graph")


@dataclass(slots=True)
class _Conversion:
    """``floats`` are the tensors of the graph that are FP32 before; ``halves`` of them those that are not after."""

    graph: Any
    half: HalfType
    keep: Callable[[Any], bool]
    floats: set[str] = field(default_factory=set)
    halves: set[str] = field(default_factory=set)
    weights: dict[str, Any] = field(default_factory=dict)
    nodes: list[Any] = field(default_factory=list)
    made: set[str] = field(default_factory=set)

    def convert(self) -> None:
        self._collect()
        for node in self.graph.node:
            self._node(node)
        for output in self.graph.output:
            self._output(output)
        used = {name for node in self.nodes for name in node.input} | {each.name for each in self.graph.output}
        kept = [weight for weight in self.graph.initializer if weight.name in used]
        kept += [
            numpy_helper.from_array(self._cast(name), f"{name}/{self.half}") for name in sorted(self._wanted(used))
        ]
        del self.graph.node[:], self.graph.initializer[:], self.graph.value_info[:]
        self.graph.node.extend(self.nodes)
        self.graph.initializer.extend(kept)

    def _collect(self) -> None:
        """Which tensors are FP32. A type that follows from the inputs is FP32 where an input is."""
        self.weights = {each.name: each for each in self.graph.initializer if each.data_type == TensorProto.FLOAT}
        inputs = {each.name for each in self.graph.input if each.type.tensor_type.elem_type == TensorProto.FLOAT}
        self.floats = set(self.weights) | inputs
        for node in self.graph.node:
            if _gives_float(node, self.floats):
                self.floats.update(node.output)

    def _cast(self, name: str) -> NDArray[Any]:
        return self.half.cast(numpy_helper.to_array(self.weights[name]))

    def _wanted(self, used: set[str]) -> set[str]:
        return {name for name in self.weights if f"{name}/{self.half}" in used}

    def _node(self, node: Any) -> None:
        whole = node.op_type in _FLOAT_NODES or self.keep(node)
        exact = _FLOAT_INPUTS.get(node.op_type, set())
        for place, name in enumerate(node.input):
            if name in self.floats:
                node.input[place] = self._as_float(name) if whole or place in exact else self._as_half(name)
        self.nodes.append(node)
        if whole:
            return
        self.halves.update(name for name in node.output if name in self.floats)
        _retype(node, self.half)

    def _as_float(self, name: str) -> str:
        return self._bridge(name, f"{name}/fp32", TensorProto.FLOAT) if name in self.halves else name

    def _as_half(self, name: str) -> str:
        if name in self.halves:
            return name
        if name in self.weights:
            return f"{name}/{self.half}"
        return self._bridge(name, f"{name}/{self.half}", self.half.onnx)

    def _bridge(self, name: str, new: str, to: int) -> str:
        if new not in self.made:
            self.made.add(new)
            self.nodes.append(helper.make_node("Cast", [name], [new], name=new, to=to))
        return new

    def _output(self, output: Any) -> None:
        """The model's own output names stay: the half tensor behind one gets another name."""
        if output.name not in self.halves:
            return
        inner = f"{output.name}/{self.half}"
        for node in self.nodes:
            node.input[:] = [inner if name == output.name else name for name in node.input]
            node.output[:] = [inner if name == output.name else name for name in node.output]
        self.nodes.append(
            helper.make_node("Cast", [inner], [output.name], name=f"{output.name}/fp32", to=TensorProto.FLOAT)
        )


def _gives_float(node: Any, floats: set[str]) -> bool:
    if node.op_type == "Cast":
        return bool(_attribute(node, "to").i == TensorProto.FLOAT)
    if node.op_type == "Constant":
        value = _attribute(node, "value")
        return value is not None and value.t.data_type == TensorProto.FLOAT
    if node.op_type == "ConstantOfShape":
        value = _attribute(node, "value")
        return value is None or value.t.data_type == TensorProto.FLOAT
    if node.op_type in _NEVER_FLOAT:
        return False
    # The data of these is their second or later input; of all others any.
    return any(name in floats for name in node.input)


_NEVER_FLOAT = {
    "ArgMax", "ArgMin", "Equal", "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual",
    "NonMaxSuppression", "NonZero", "QuantizeLinear", "Shape", "Size",
}  # fmt: skip


def _retype(node: Any, half: HalfType) -> None:
    """Types written into attributes."""
    if node.op_type == "Cast" and _attribute(node, "to").i == TensorProto.FLOAT:
        _attribute(node, "to").i = half.onnx
    if node.op_type in ("Constant", "ConstantOfShape"):
        value = _attribute(node, "value")
        if value is not None and value.t.data_type == TensorProto.FLOAT:
            value.t.CopyFrom(numpy_helper.from_array(half.cast(numpy_helper.to_array(value.t)), value.t.name))


def _attribute(node: Any, name: str) -> Any:
    return next((each for each in node.attribute if each.name == name), None)
