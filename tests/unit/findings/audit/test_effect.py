from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from harness.findings.audit.effect import effect, halve, raised_to, rounded_to


def value(name: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4])


def model(path: Path, **weights: float) -> Path:
    """``y = x * a + b + ...``: each weight is a blob of its own."""
    nodes = [helper.make_node("Mul", ["x", "a"], ["y0"])]
    names = [name for name in weights if name != "a"]
    for number, name in enumerate(names):
        nodes.append(helper.make_node("Add", [f"y{number}", name], [f"y{number + 1}"]))
    last = f"y{len(names)}"
    tensors = [numpy_helper.from_array(np.full((1, 4), number, np.float32), name) for name, number in weights.items()]
    made = helper.make_model(
        helper.make_graph(nodes, "g", [value("x")], [value(last)], initializer=tensors),
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=8,
    )
    path.write_bytes(made.SerializeToString())
    return path


def test_harmless(tmp_path: Path) -> None:
    found = effect(model(tmp_path / "m.onnx", a=1.0, b=1e-9))
    assert (found.harmless, found.guilty) == (True, [])
    assert found.raised[0].largest > found.rounded[0].largest == 0


def test_the_guilty_blob_is_found(tmp_path: Path) -> None:
    found = effect(model(tmp_path / "m.onnx", a=1.0, b=0.5, c=90000.0, d=1e-9))
    assert (found.harmless, found.guilty) == (False, ["c"])


def test_halving() -> None:
    assert halve(list("abcdefgh"), lambda blobs: 1.0 if "f" in blobs else 0.1) == ["f"]


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_signs_are_kept(number: float) -> None:
    array = np.array([number], np.float32)
    assert np.signbit(raised_to("fp16", array)) == np.signbit(array)


@pytest.mark.parametrize(
    ("number", "raised", "rounded"),
    [(1e-9, 2.0**-24, 0.0), (-1e-9, -(2.0**-24), 0.0), (2.0**-20, 2.0**-20, 2.0**-20), (1e5, 65504.0, np.inf)],
)
def test_conversions(number: float, raised: float, rounded: float) -> None:
    array = np.array([number], np.float32)
    assert (raised_to("fp16", array)[0], rounded_to("fp16", array)[0]) == (raised, rounded)


def test_bf16_rounds_to_even() -> None:
    assert rounded_to("bf16", np.array([1.0 + 2.0**-8], np.float32))[0] == 1.0
