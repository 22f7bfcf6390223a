from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from harness.findings.audit import worker
from harness.findings.audit.detections import compared, is_detector
from harness.findings.audit.effect import effect, halve, raised_to, rounded_to
from harness.findings.audit.model import FileAudit, records


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


def heads(shift: float = 0.0, score: float = 4.0) -> dict[str, np.ndarray]:
    """One face of a RetinaFace at 64 x 64, moved by ``shift`` of its size."""
    anchors = 2 * (8 * 8 + 4 * 4 + 2 * 2)
    loc, conf = np.zeros((1, anchors, 4), np.float32), np.full((1, anchors, 2), [8.0, -8.0], np.float32)
    conf[0, 40] = [0.0, score]
    loc[0, 40, 0] = shift
    return {"loc": loc, "conf": conf, "landms": np.zeros((1, anchors, 10), np.float32)}


def test_a_moved_face_is_the_same_face() -> None:
    found = compared(heads(), heads(0.1), 64, 64)
    assert (found.faces, found.lost, found.new) == (1, 0, 0)
    assert 0 < found.moved < 1


def test_lost_and_new_faces() -> None:
    lost = compared(heads(), heads(score=-4.0), 64, 64)
    new = compared(heads(score=-4.0), heads(), 64, 64)
    assert (lost.faces, lost.lost, lost.new) == (1, 1, 0)
    assert (new.faces, new.lost, new.new) == (0, 0, 1)


@pytest.mark.parametrize(
    ("outputs", "shape", "expected"),
    [
        ({"loc", "conf", "landms"}, [1, 3, 64, 64], True),
        ({"boxes", "scores", "landmarks"}, [1, 3, 64, 64], True),
        ({"loc", "conf", "landms"}, [1, 3, 1, 1], False),
        ({"y"}, [1, 3, 64, 64], False),
    ],
)
def test_which_models_find_faces(outputs: set[str], shape: list[int], expected: bool) -> None:
    assert is_detector(outputs, shape) is expected


def test_the_stored_audit_tells_whether_it_matters(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert worker.main(model(tmp_path / "m.onnx", a=1.0, b=0.5, c=90000.0), out) == 0
    fp16, bf16 = records(msgspec.json.decode(out.read_bytes(), type=FileAudit))
    assert fp16.effect.startswith("not harmless, by c: ")
    assert bf16.effect == ""


def test_a_model_that_cannot_be_run_keeps_its_counts(tmp_path: Path) -> None:
    tensor = numpy_helper.from_array(np.array([2.0**-20], np.float32), "w")
    graph = helper.make_graph([helper.make_node("NoSuchOperator", ["w"], ["y"])], "g", [], [value("y")], [tensor])
    place = tmp_path / "m.onnx"
    place.write_bytes(helper.make_model(graph).SerializeToString())
    assert worker.main(place, tmp_path / "out.json") == 0
    (fp16, _) = records(msgspec.json.decode((tmp_path / "out.json").read_bytes(), type=FileAudit))
    assert (fp16.subnormal_elements, fp16.effect) == (1, "")
