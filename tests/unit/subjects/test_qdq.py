from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from harness.subjects.qdq import quantised
from harness.subjects.retinaface.architecture import Backbone, network
from harness.subjects.retinaface.emit_onnx import in_decode, in_heads, onnx_model
from harness.subjects.retinaface.seeded import seeded_weights
from tests.unit.subjects.evaluate import evaluate, noise


def made(folder: Path, naive: bool) -> tuple[Any, Any]:
    net = network(Backbone.MOBILENET)
    model = onnx_model(net, seeded_weights(net, 1), height=64, width=64)
    keep = [node.name for node in model.graph.node if in_decode(node) or in_heads(node)]
    quantised(model, [{"input": noise()}], folder / "q.onnx", keep=keep, naive=naive)
    return model, onnx.load(folder / "q.onnx")


def quantised_in_decode(model: Any) -> list[str]:
    return [name for node in model.graph.node if in_decode(node) for name in node.input if "DequantizeLinear" in name]


def test_quantisation_stops_before_decode(tmp_path: Path) -> None:
    before, after = made(tmp_path, naive=False)
    assert quantised_in_decode(after) == []
    convolutions = [node for node in after.graph.node if node.op_type == "Conv"]
    assert all("DequantizeLinear" in name for node in convolutions for name in node.input[:2])
    exact, rounded = evaluate(before, noise())["scores"], evaluate(after, noise())["scores"]
    assert 0 < np.abs(exact - rounded).max() < 0.1


def test_zero_points_are_zero_and_weights_per_channel(tmp_path: Path) -> None:
    _, after = made(tmp_path, naive=False)
    arrays = {each.name: onnx.numpy_helper.to_array(each) for each in after.graph.initializer}
    points = [array for name, array in arrays.items() if name.endswith("zero_point")]
    assert points
    assert not any(point.any() for point in points)
    assert arrays["body.stage1.1.3.weight_scale"].shape == (16,)


def test_the_naive_placement_runs_across_decode(tmp_path: Path) -> None:
    _, after = made(tmp_path, naive=True)
    assert quantised_in_decode(after)


@pytest.mark.parametrize("naive", [False, True])
def test_the_model_given_stays_as_it_was(tmp_path: Path, naive: bool) -> None:
    before, _ = made(tmp_path, naive=naive)
    assert all(weight.raw_data for weight in before.graph.initializer)
