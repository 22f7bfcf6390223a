from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from harness.errors import InputError
from harness.subjects.keys import Form
from harness.subjects.onnx_file import make
from harness.subjects.spec import Making
from tests.cell.models import convolution


def operators(path: Path) -> set[str]:
    return {node.op_type for node in onnx.load(path).graph.node}


def folder(base: Path, name: str) -> Path:
    made = base / name
    made.mkdir()
    return made


def test_fp32_is_the_file_to_the_byte_with_its_shapes(tmp_path: Path) -> None:
    path = convolution(tmp_path / "own.onnx")
    shapes = {"x": {"min": [1], "opt": [2], "max": [4]}}
    info = make(Making(folder(tmp_path, "a"), {"path": str(path), "shapes": shapes}, Form.FP32))
    assert (tmp_path / "a/model.onnx").read_bytes() == path.read_bytes()
    assert info["options"] == {"shapes": shapes}


def test_qdq_is_made_from_the_users_samples_and_then_kept(tmp_path: Path) -> None:
    path = convolution(tmp_path / "own.onnx")
    np.savez(tmp_path / "own.npz", x=np.random.default_rng(1).standard_normal((3, 1, 3, 32, 32)).astype(np.float32))
    options = {"path": str(path), "inputs": str(tmp_path / "own.npz")}
    info = make(Making(folder(tmp_path, "a"), options, Form.INT8_QDQ))
    assert info["calibration"].startswith("3 samples of ")
    made = tmp_path / "a/model.onnx"
    assert {"QuantizeLinear", "DequantizeLinear", "Conv"} <= operators(made)
    kept = make(Making(folder(tmp_path, "b"), {"path": str(made)}, Form.INT8_QDQ))
    assert kept["qdq"] == "the file's own"
    assert (tmp_path / "b/model.onnx").read_bytes() == made.read_bytes()


def test_weights_that_are_inputs_too_need_no_samples(tmp_path: Path) -> None:
    model = onnx.load(convolution(tmp_path / "own.onnx"))
    weight = model.graph.initializer[0]
    model.graph.input.append(onnx.helper.make_tensor_value_info(weight.name, weight.data_type, weight.dims))
    model.ir_version = 3
    onnx.save(model, tmp_path / "own.onnx")
    make(Making(folder(tmp_path, "a"), {"path": str(tmp_path / "own.onnx")}, Form.INT8_QDQ))
    assert "QuantizeLinear" in operators(tmp_path / "a/model.onnx")


def test_batches_for_the_calibrator_are_seeded_noise(tmp_path: Path) -> None:
    path = convolution(tmp_path / "own.onnx")
    for name in ("a", "b"):
        make(Making(folder(tmp_path, name), {"path": str(path), "inputs": "seed:5"}, Form.CALIBRATED))
    first, second = (np.load(tmp_path / name / "calibration.npy") for name in ("a", "b"))
    assert first.shape == (4, 1, 3, 32, 32)
    assert (first == second).all()


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"z": np.zeros((1, 1, 3, 32, 32), np.float32)}, "has no array for the input x; it has z"),
        ({"x": np.zeros((1, 3, 32, 32), np.float32)}, r"x is \(1, 3, 32, 32\), not samples x \[1, 3, 32, 32\]"),
        ({"x": np.zeros((1, 1, 3, 32, 32))}, "x is float64, the model takes float32"),
        ({"x": np.zeros((0, 1, 3, 32, 32), np.float32)}, r"its arrays have \[0\] samples"),
    ],
)
def test_samples_that_do_not_fit(tmp_path: Path, arrays: dict[str, NDArray[Any]], words: str) -> None:
    path = convolution(tmp_path / "own.onnx")
    np.savez(tmp_path / "own.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=words):
        make(Making(tmp_path, {"path": str(path), "inputs": str(tmp_path / "own.npz")}, Form.INT8_QDQ))


def test_a_file_that_is_no_npz(tmp_path: Path) -> None:
    path = convolution(tmp_path / "own.onnx")
    (tmp_path / "own.npz").write_bytes(b"none")
    with pytest.raises(InputError, match=r"own\.npz: cannot be read as \.npz"):
        make(Making(tmp_path, {"path": str(path), "inputs": str(tmp_path / "own.npz")}, Form.INT8_QDQ))
