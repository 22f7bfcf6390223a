from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import helper, numpy_helper

from harness.findings.audit.blobs import Blob, from_array, whole
from harness.findings.audit.file import audit_file
from harness.findings.audit.fold import Fold, folded, of_names

RANDOM = np.random.default_rng(1)
PARTS = {
    "w": RANDOM.normal(size=(4, 3, 1, 1)).astype(np.float32),
    "g": np.array([1e-7, 1, 2, 3], np.float32),
    "b": np.zeros(4, np.float32),
    "m": RANDOM.normal(size=4).astype(np.float32),
    "v": np.ones(4, np.float32),
}


def blobs(**parts: np.ndarray) -> list[Blob]:
    return [Blob(name, part.shape, "float32", from_array(part)) for name, part in parts.items()]


def test_folding_scales_each_output_channel() -> None:
    found = {blob.name: whole(blob) for blob in folded(blobs(**PARTS), [Fold("w", "", ("g", "b", "m", "v"), 0.0)])}
    np.testing.assert_allclose(found["w"], PARTS["w"] * PARTS["g"][:, None, None, None], rtol=1e-6)
    assert sorted(found) == ["w", "w.bias"]


def test_a_file_is_counted_as_given_and_folded(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["y"]),
        helper.make_node("BatchNormalization", ["y", "g", "b", "m", "v"], ["z"], epsilon=1e-3),
    ]
    tensors = [numpy_helper.from_array(part, name) for name, part in PARTS.items()]
    model = helper.make_model(helper.make_graph(nodes, "g", [], [], initializer=tensors))
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    audit = audit_file(tmp_path / "m.onnx")
    assert len(audit.blobs) == 5
    weight = next(blob for blob in audit.folded if blob.name == "w")
    assert weight.counts["fp16"].subnormal == 3
    assert sum(blob.counts["fp16"].subnormal for blob in audit.blobs if blob.name == "w") == 0


def test_a_convolution_that_others_read_is_not_folded(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["y"]),
        helper.make_node("BatchNormalization", ["y", "g", "b", "m", "v"], ["z"]),
        helper.make_node("Relu", ["y"], ["r"]),
    ]
    tensors = [numpy_helper.from_array(part, name) for name, part in PARTS.items()]
    model = helper.make_model(helper.make_graph(nodes, "g", [], [], initializer=tensors))
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    assert audit_file(tmp_path / "m.onnx").folded == []


def test_pairs_of_a_state_dict() -> None:
    shapes = {"c.weight": (4, 3, 1, 1), "n.weight": (4,), "n.bias": (4,), "n.running_mean": (4,), "n.running_var": (4,)}
    assert of_names(shapes) == [Fold("c.weight", "", ("n.weight", "n.bias", "n.running_mean", "n.running_var"))]


@pytest.mark.parametrize("shape", [(2, 3), (), (0,), (5,)])
def test_npz(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.savez(tmp_path / "w.npz", w=np.full(shape, 1e-6, np.float32))
    (blob,) = audit_file(tmp_path / "w.npz").blobs
    assert blob.counts["fp16"].subnormal == np.ones(shape).size


def test_a_view_that_is_not_contiguous() -> None:
    array = np.arange(12, dtype=np.float32).reshape(3, 4).T[::2]
    np.testing.assert_array_equal(whole(Blob("a", array.shape, "float32", from_array(array))), array)


def test_onnx_agrees_with_the_state_dict_of_the_same_weights(tmp_path: Path) -> None:
    tiny = np.array([2.0**-15, 1.0], np.float32)
    graph = helper.make_graph([], "g", [], [], initializer=[numpy_helper.from_array(tiny, "w")])
    (tmp_path / "m.onnx").write_bytes(helper.make_model(graph).SerializeToString())
    np.savez(tmp_path / "w.npz", w=tiny)
    assert audit_file(tmp_path / "m.onnx").blobs == audit_file(tmp_path / "w.npz").blobs


@pytest.mark.parametrize("name", ["w", "g", "bias"])
def test_a_norm_of_other_channels_is_not_folded(name: str) -> None:
    parts = PARTS | {"bias": np.zeros(4, np.float32), name: np.ones((2, 2), np.float32)}
    found = {blob.name: whole(blob) for blob in folded(blobs(**parts), [Fold("w", "bias", ("g", "b", "m", "v"), 0.0)])}
    assert sorted(found) == sorted(parts)
    np.testing.assert_array_equal(found[name], parts[name])


def test_a_grouped_transposed_convolution_keeps_its_weights() -> None:
    parts = PARTS | {"w": np.ones((4, 2, 1, 1), np.float32)}
    fold = Fold("w", "", ("g", "b", "m", "v"), 0.0, axis=1)
    assert [blob.name for blob in folded(blobs(**parts), [fold])] == list(parts)


def test_a_weight_behind_two_norms_is_folded_into_each(tmp_path: Path) -> None:
    other = {f"{name}2": part for name, part in PARTS.items() if name != "w"} | {"g2": np.full(4, 1e-6, np.float32)}
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["y"]),
        helper.make_node("BatchNormalization", ["y", "g", "b", "m", "v"], ["z"], epsilon=0.0),
        helper.make_node("Conv", ["x", "w"], ["y2"]),
        helper.make_node("BatchNormalization", ["y2", "g2", "b2", "m2", "v2"], ["z2"], epsilon=0.0),
    ]
    tensors = [numpy_helper.from_array(part, name) for name, part in (PARTS | other).items()]
    place = tmp_path / "m.onnx"
    place.write_bytes(helper.make_model(helper.make_graph(nodes, "g", [], [], initializer=tensors)).SerializeToString())
    counts = {blob.name: blob.counts["fp16"].subnormal for blob in audit_file(place).folded}
    assert {name: count for name, count in counts.items() if name.startswith("w (")} == {"w (g)": 3, "w (g2)": 12}
    assert "w" not in counts


def test_a_weight_that_another_convolution_reads_stays_as_given(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["y"]),
        helper.make_node("BatchNormalization", ["y", "g", "b", "m", "v"], ["z"]),
        helper.make_node("Conv", ["x", "w"], ["plain"]),
    ]
    tensors = [numpy_helper.from_array(part, name) for name, part in PARTS.items()]
    place = tmp_path / "m.onnx"
    place.write_bytes(helper.make_model(helper.make_graph(nodes, "g", [], [], initializer=tensors)).SerializeToString())
    assert sorted(blob.name for blob in audit_file(place).folded) == ["w", "w (g)", "w.bias (g)"]
