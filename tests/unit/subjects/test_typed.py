from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from harness.errors import InputError
from harness.subjects.retinaface.architecture import Backbone, network
from harness.subjects.retinaface.emit_onnx import in_decode, onnx_model
from harness.subjects.retinaface.seeded import seeded_weights
from harness.subjects.typed import HalfType, typed
from tests.unit.subjects.evaluate import evaluate, noise


def retinaface(opset: int = 13) -> Any:
    net = network(Backbone.MOBILENET)
    return onnx_model(net, seeded_weights(net, 1), height=64, width=64, opset=opset)


def types(model: Any) -> dict[str, int]:
    return {each.name: each.data_type for each in model.graph.initializer}


@pytest.mark.parametrize(("half", "opset"), [(HalfType.FP16, 13), (HalfType.BF16, 22)])
def test_the_typed_model_is_valid(half: HalfType, opset: int) -> None:
    model = typed(retinaface(opset), half, in_decode)
    onnx.checker.check_model(model, full_check=True)
    assert types(model)[f"body.stage1.0.0.weight/{half}"] == half.onnx
    assert "body.stage1.0.0.weight" not in types(model)
    assert types(model)["decode/centres"] == types(model)["upsample.scales"] == TensorProto.FLOAT


def test_inputs_and_outputs_keep_name_and_type() -> None:
    before = retinaface()
    after = typed(before, HalfType.FP16)
    assert list(after.graph.input) == list(before.graph.input)
    assert list(after.graph.output) == list(before.graph.output)


def test_the_model_given_stays_as_it_was() -> None:
    model = retinaface()
    before = model.SerializeToString()
    typed(model, HalfType.FP16)
    assert model.SerializeToString() == before


def test_fp16_is_near_fp32_and_nearer_with_the_decode_part_kept() -> None:
    model = retinaface()
    exact = evaluate(model, noise())["boxes"]
    kept, naive = (
        np.abs(evaluate(each, noise())["boxes"] - exact).max()
        for each in (typed(model, HalfType.FP16, in_decode), typed(model, HalfType.FP16))
    )
    assert 0 < kept < naive < 1.0


def test_a_subgraph_is_refused() -> None:
    inner = helper.make_graph([], "then", [], [])
    node = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    model = helper.make_model(helper.make_graph([node], "g", [], []))
    with pytest.raises(InputError, match="'If' cannot be typed"):
        typed(model, HalfType.FP16)
