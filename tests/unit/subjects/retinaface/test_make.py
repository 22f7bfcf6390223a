import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from harness.errors import InputError
from harness.subjects.keys import Form
from harness.subjects.retinaface.architecture import Backbone, network
from harness.subjects.retinaface.make import load_weights, make
from harness.subjects.retinaface.seeded import seeded_weights
from harness.subjects.spec import Making
from harness.subjects.weights import open_weights, write_weights

OPTIONS = {"backbone": "mobilenet0.25", "size": 64, "weights": "seed:1"}


def made(folder: Path, form: Form, variant: str = "", **options: object) -> dict[str, Any]:
    return make(Making(folder, OPTIONS | options, form, variant=variant))


@pytest.mark.parametrize("form", [Form.FP16_TYPED, Form.BF16_TYPED, Form.INT8_QDQ, Form.FP8_QDQ])
def test_reduced_forms_come_with_a_prediction(tmp_path: Path, form: Form) -> None:
    predicted = made(tmp_path, form)["predicted"]
    scores = predicted["heads"]["scores"]
    assert 0 < scores["mean"] <= scores["largest"] < 0.2
    assert 0.9 < scores["cosine"] <= 1
    assert json.loads(json.dumps(predicted, allow_nan=False)) == json.loads(json.dumps(predicted))


def test_fp8_keeps_the_faces(tmp_path: Path) -> None:
    predicted = made(tmp_path, Form.FP8_QDQ, size=320, weights="reference")["predicted"]
    assert predicted["reduced"]["average_precision"] > 0.9
    assert predicted["heads"]["scores"]["cosine"] > 0.97


def test_the_reference_finds_the_faces_of_unseen_pictures(tmp_path: Path) -> None:
    fp32 = made(tmp_path, Form.FP16_TYPED, size=320, weights="reference")["predicted"]["fp32"]
    assert fp32["faces"] > 10
    assert fp32["average_precision"] > 0.9


def test_there_is_no_reference_for_resnet50() -> None:
    with pytest.raises(InputError, match="there is none for resnet50"):
        load_weights(network(Backbone.RESNET50), "reference")


def test_the_networks_scales_are_those_of_the_quantised_type(tmp_path: Path) -> None:
    scales = {}
    for form in (Form.INT8_QDQ, Form.FP8_QDQ):
        folder = tmp_path / form
        folder.mkdir()
        weights = open_weights(folder / make(Making(folder, OPTIONS, form, network=True))["files"]["weights"])
        scales[form] = {name: weights[name] for name in weights if name.endswith("/scale")}
    assert scales[Form.INT8_QDQ].keys() == scales[Form.FP8_QDQ].keys()
    for name, scale in scales[Form.INT8_QDQ].items():
        np.testing.assert_allclose(scales[Form.FP8_QDQ][name] * 448, scale * 127, rtol=1e-5)


def test_heads_can_be_left_in_fp32(tmp_path: Path) -> None:
    """TensorRT 8.6.1 ends in an assertion where they are quantised in the ONNX file, and builds where not."""
    heads, others = {}, {}
    for variant in ("", "fp32edge"):
        folder = tmp_path / (variant or "plain")
        folder.mkdir()
        nodes = onnx.load(folder / made(folder, Form.INT8_QDQ, variant)["files"]["model"]).graph.node
        weights = {node.output[0] for node in nodes if node.op_type == "DequantizeLinear"}
        quantised = [node.name for node in nodes if node.op_type == "Conv" and node.input[1] in weights]
        heads[variant] = [name for name in quantised if "Head" in name]
        others[variant] = [name for name in quantised if "Head" not in name]
    assert len(heads[""]) == 9
    assert heads["fp32edge"] == []
    assert others["fp32edge"] == others[""]


def test_the_networks_heads_too(tmp_path: Path) -> None:
    files = make(Making(tmp_path, OPTIONS, Form.INT8_QDQ, network=True, variant="fp32edge"))["files"]
    names = [name for name in open_weights(tmp_path / files["weights"]) if name.endswith(".weight/scale")]
    assert names
    assert not [name for name in names if "Head" in name]


@pytest.mark.parametrize("variant", ["", "kept"])
def test_a_network_for_the_definition_api(tmp_path: Path, variant: str) -> None:
    info = make(Making(tmp_path, OPTIONS, Form.FP32, network=True, variant=variant))
    data = json.loads((tmp_path / info["files"]["network"]).read_text())
    weights = open_weights(tmp_path / info["files"]["weights"])
    known = {data["input"]["name"]}
    for operation in data["operations"]:
        assert known.issuperset(operation.get("sources") or [operation["source"]])
        known.add(operation["name"])
        if operation["kind"] == "Convolution":
            assert f"{operation['name']}.weight" in weights
            assert (f"{operation['norm']}.running_var" if operation["norm"] else f"{operation['name']}.bias") in weights
    assert {name for names in data["heads"].values() for name in names} <= known


def test_wts_onnx_npz_changes_no_bit(tmp_path: Path) -> None:
    net = network(Backbone.MOBILENET)
    weights = seeded_weights(net, 1)
    write_weights(tmp_path / "a.wts", weights)
    made(tmp_path, Form.FP32, "kept", weights=str(tmp_path / "a.wts"))
    initialisers = open_weights(tmp_path / "model.onnx")
    write_weights(tmp_path / "b.npz", {name: initialisers[name] for name in weights})
    loaded, _ = load_weights(net, str(tmp_path / "b.npz"))
    assert {name: array.tobytes() for name, array in loaded.items()} == {
        name: array.tobytes() for name, array in weights.items()
    }


def test_the_file_says_the_outputs_of_its_heads(tmp_path: Path) -> None:
    info = made(tmp_path, Form.FP32, "raw")
    assert [each["name"] for each in info["outputs"]] == ["loc", "conf", "landms"]
    onnx.checker.check_model(onnx.load(tmp_path / "model.onnx"), full_check=True)
    assert np.prod(info["outputs"][0]["shape"]) == 168 * 4
