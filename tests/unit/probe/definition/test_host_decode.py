from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest

from harness.probe import network_route
from harness.probe.apis import choose
from harness.probe.outcome import CaseFailed, NotApplicable
from harness.subjects.keys import Form
from harness.subjects.retinaface.architecture import Backbone, network, parameters
from harness.subjects.retinaface.make import make
from harness.subjects.retinaface.scales import named_scales
from harness.subjects.spec import Making
from tests.unit.probe.definition import recorded
from tests.unit.subjects.evaluate import evaluate, noise

OPTIONS: dict[str, object] = {"backbone": "mobilenet0.25", "size": 64, "weights": "seed:3"}


def built(folder: Path, form: Form = Form.FP32, variant: str = "") -> recorded.Network:
    """The network that the route makes of a prepared description."""
    info = make(Making(folder, OPTIONS, form, network=True, variant=variant))
    case = _case(folder / info["files"]["network"], folder / info["files"]["weights"], form)
    net = recorded.Network()
    net.owner = network_route.host_decode(_desk(case), choose(recorded.TRT)[0], net, None)  # type: ignore[attr-defined]
    return net


def reference(folder: Path) -> Any:
    """The same subject as the ONNX route has it, raw heads."""
    folder.mkdir()
    make(Making(folder, OPTIONS, Form.FP32, variant="raw"))
    return onnx.load(folder / "model.onnx")


def _case(net: Path, weights: Path, form: Form) -> Any:
    return SimpleNamespace(network=str(net), weights=str(weights), recipe=form.value, options={})


def _desk(case: Any) -> Any:
    return SimpleNamespace(case=case)


def worst(one: Any, other: Any) -> float:
    """Largest difference of any head, as a share of the head's largest value."""
    left, right = evaluate(one, noise()), evaluate(other, noise())
    assert left.keys() == right.keys() == {"loc", "conf", "landms"}
    return max(float(np.abs(left[name] - right[name]).max() / np.abs(right[name]).max()) for name in right)


@pytest.mark.parametrize("variant", ["", "folded"])
def test_the_heads_are_those_of_the_onnx_model(tmp_path: Path, variant: str) -> None:
    assert worst(recorded.model(built(tmp_path, variant=variant)), reference(tmp_path / "onnx")) < 1e-5


@pytest.fixture
def quantised_models(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The ONNX models that scales were read from. Calibration by one picture: bad scales, the same on both sides."""
    seen: list[Any] = []

    def spy(net: Any, outputs: Any, model: Any) -> Any:
        seen.append(model)
        return named_scales(net, outputs, model)

    monkeypatch.setattr("harness.subjects.retinaface.make.CALIBRATION_PICTURES", 1)
    monkeypatch.setattr("harness.subjects.retinaface.scales.named_scales", spy)
    return seen


def test_the_same_places_are_quantised(tmp_path: Path, quantised_models: list[Any]) -> None:
    net = built(tmp_path, Form.INT8_QDQ)
    assert worst(recorded.model(net), *quantised_models) < 1e-5
    assert "ClassHead.0.conv1x1/quantize" not in {layer.name for layer in net.layers}
    ranks = {layer.name: len(layer.facts["shape"]) for layer in net.layers if layer.name.endswith("/scale")}
    assert {name: rank for name, rank in ranks.items() if rank != name.endswith(".weight/scale")} == {}


@pytest.mark.parametrize(("form", "bound"), [(Form.FP16_TYPED, 0.02), (Form.BF16_TYPED, 0.15)])
def test_typed_weights_and_activations(tmp_path: Path, form: Form, bound: float) -> None:
    net = built(tmp_path, form)
    kinds = {layer.facts["weights"].dtype.name for layer in net.layers if layer.kind == "Conv"}
    assert kinds == {"HALF" if form is Form.FP16_TYPED else "BF16"}
    if form is Form.FP16_TYPED:  # ONNX Runtime has no BF16 convolution on the CPU
        assert 0 < worst(recorded.model(net), reference(tmp_path / "onnx")) < bound


def test_layers_and_weights_have_the_checkpoint_s_names(tmp_path: Path) -> None:
    net = built(tmp_path)
    wanted = parameters(network(Backbone.MOBILENET))
    assert {layer.name for layer in net.layers if layer.kind in ("Conv", "Scale")} == {
        name.rpartition(".")[0] for name in wanted
    }
    assert set(net.names.values()) == {name for name in wanted if "running" not in name}


def test_what_the_release_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(recorded.Network, "add_resize")
    with pytest.raises(NotApplicable, match=r"INetworkDefinition.add_resize is missing"):
        built(tmp_path)


def test_a_layer_that_the_library_refuses_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded.Network, "add_scale", lambda *_: None)
    with pytest.raises(CaseFailed, match=r"add_scale refused layer body.stage1.0.1"):
        built(tmp_path)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda net, _: net.write_text("{"), "not a network description"),
        (lambda net, _: net.write_text("[]"), "it holds a list"),
        (lambda net, _: net.write_text('{"format": 9}'), "format 9, this probe reads 1"),
        (lambda net, _: net.write_text('{"format": 1}'), "KeyError: 'name'"),
        (lambda _, weights: weights.write_bytes(b"PK\3\4"), "not a weights file"),
        (lambda _, weights: np.savez(weights, one=np.ones(1)), "the weights file has no body.stage1.0.0.weight"),
    ],
)
def test_damaged_files(tmp_path: Path, damage: Any, words: str) -> None:
    make(Making(tmp_path, OPTIONS, Form.FP32, network=True))
    net, weights = tmp_path / "network.json", tmp_path / "weights.npz"
    damage(net, weights)
    with pytest.raises(CaseFailed, match=words):
        network_route.host_decode(
            _desk(_case(net, weights, Form.FP32)), choose(recorded.TRT)[0], recorded.Network(), None
        )
