import numpy as np
import onnx
import pytest

from harness.subjects.retinaface.architecture import Backbone, network
from harness.subjects.retinaface.emit_onnx import onnx_model
from harness.subjects.retinaface.seeded import seeded_weights
from harness.subjects.retinaface.settings import Heads
from tests.unit.subjects.evaluate import evaluate, noise

SIZE = 64


@pytest.mark.parametrize("heads", Heads)
def test_folded_and_kept_batch_norm_agree(heads: Heads) -> None:
    net = network(Backbone.MOBILENET)
    weights = seeded_weights(net, 1)
    models = [onnx_model(net, weights, height=SIZE, width=SIZE, heads=heads, fold=fold) for fold in (True, False)]
    folded, kept = (evaluate(model, noise(SIZE)) for model in models)
    assert folded.keys() == kept.keys()
    for name, array in folded.items():
        np.testing.assert_allclose(array, kept[name], rtol=1e-4, atol=1e-3, err_msg=name)


def test_the_models_are_valid_onnx() -> None:
    net = network(Backbone.MOBILENET)
    model = onnx_model(net, seeded_weights(net, 1), height=SIZE, width=SIZE)
    onnx.checker.check_model(model, full_check=True)


def test_kept_batch_norm_keeps_the_checkpoints_tensors() -> None:
    net = network(Backbone.MOBILENET)
    weights = seeded_weights(net, 1)
    model = onnx_model(net, weights, height=SIZE, width=SIZE, fold=False)
    initialisers = {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    for name, array in weights.items():
        assert initialisers[name].tobytes() == array.tobytes(), name


def test_a_seed_gives_the_same_weights_and_another_seed_others() -> None:
    net = network(Backbone.MOBILENET)
    first, again, other = (seeded_weights(net, seed) for seed in (1, 1, 2))
    name = "fpn.merge1.0.weight"
    assert first[name].tobytes() == again[name].tobytes() != other[name].tobytes()


def test_seeded_activations_stay_in_range() -> None:
    net = network(Backbone.RESNET50)
    model = onnx_model(net, seeded_weights(net, 1), height=SIZE, width=SIZE, heads=Heads.RAW)
    assert 0.1 < np.abs(evaluate(model, noise(SIZE))["loc"]).max() < 30
