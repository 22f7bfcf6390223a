from __future__ import annotations

from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from harness.errors import InputError
from harness.subjects.fp8 import to_fp8
from harness.subjects.keys import Form
from harness.subjects.onnx_file import make
from harness.subjects.samples import evaluated, session
from harness.subjects.spec import Making
from tests.cell.models import convolution


def folder(base: Path, name: str) -> Path:
    made = base / name
    made.mkdir()
    return made


def made(tmp_path: Path) -> Path:
    path = convolution(tmp_path / "own.onnx")
    make(Making(folder(tmp_path, "fp8"), {"path": str(path)}, Form.FP8_QDQ))
    return tmp_path / "fp8/model.onnx"


def test_anyones_model_gets_fp8_whose_largest_weight_is_the_largest_number(tmp_path: Path) -> None:
    model = onnx.load(made(tmp_path))
    onnx.checker.check_model(model)
    tensors = {each.name: each for each in model.graph.initializer}
    nodes = [node for node in model.graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear")]
    assert {tensors[node.input[2]].data_type for node in nodes} == {TensorProto.FLOAT8E4M3FN}
    weights = [tensors[node.input[0]] for node in nodes if node.input[0] in tensors]
    assert weights
    for each in weights:
        numbers = np.frombuffer(each.raw_data, ml_dtypes.float8_e4m3fn).astype(np.float32)
        channels = numbers.reshape(each.dims[0], -1)
        np.testing.assert_array_equal(np.abs(channels).max(axis=1), 448)


def test_what_it_computes_is_near_to_fp32(tmp_path: Path) -> None:
    path = made(tmp_path)
    image = {"x": np.random.default_rng(1).standard_normal((1, 3, 32, 32)).astype(np.float32)}
    exact = next(iter(evaluated(session(tmp_path / "own.onnx"), image).values()))
    rough = next(iter(evaluated(session(path, as_written=True), image).values()))
    error = np.linalg.norm(rough - exact) / np.linalg.norm(exact)
    assert 0.001 < error < 0.08  # three bits of mantissa


def test_a_relu_before_fp8_stays_where_nothing_is_rewritten() -> None:
    """The optimiser of ONNX Runtime drops it, which made predictions of FP8 worthless."""
    zero = helper.make_tensor("zero", TensorProto.FLOAT8E4M3FN, [], b"\0", raw=True)
    scale = numpy_helper.from_array(np.array(0.1, np.float32), "scale")
    nodes = [
        helper.make_node("Relu", ["x"], ["r"]),
        helper.make_node("QuantizeLinear", ["r", "scale", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy"]
    graph = helper.make_graph(nodes, "relu", ends[:1], ends[1:], [zero, scale])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    feed = {"x": np.array([-1, 1], np.float32)}
    np.testing.assert_allclose(evaluated(session(model, as_written=True), feed)["y"], [0, 1], atol=0.05)


def test_int8_of_the_files_own_is_no_fp8(tmp_path: Path) -> None:
    path = convolution(tmp_path / "own.onnx")
    make(Making(folder(tmp_path, "int8"), {"path": str(path)}, Form.INT8_QDQ))
    with pytest.raises(InputError, match="has Q/DQ of another type than FP8"):
        make(Making(folder(tmp_path, "fp8"), {"path": str(tmp_path / "int8/model.onnx")}, Form.FP8_QDQ))
    kept = make(Making(folder(tmp_path, "kept"), {"path": str(made_elsewhere(tmp_path))}, Form.FP8_QDQ))
    assert kept["qdq"] == "the file's own"


def made_elsewhere(tmp_path: Path) -> Path:
    return made(folder(tmp_path, "elsewhere"))


def test_an_opset_without_fp8_is_refused(tmp_path: Path) -> None:
    model = onnx.load(convolution(tmp_path / "own.onnx"))
    model.opset_import[0].version = 13
    with pytest.raises(ValueError, match="opset 13 has no FP8 Q/DQ"):
        to_fp8(model, model)
