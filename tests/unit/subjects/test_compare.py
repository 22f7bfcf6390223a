"""No engine runs here: the outputs to compare are ONNX Runtime's own, of the exact and of reduced models, or spoilt."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from harness.matrix.cell import Recipe, Route, Subject
from harness.subjects.compare import compare, main
from harness.subjects.keys import ModelRequest, Prepared, prepare_models, samples_of
from harness.subjects.samples import evaluated, session
from harness.subjects.weights import open_weights, write_weights

FACE = Subject(
    "face",
    "retinaface",
    (Route.ONNX, Route.HOST_DECODE, Route.PLUGIN),
    (Recipe.FP32, Recipe.INT8_QDQ),
    {"backbone": "mobilenet0.25", "size": 320, "weights": "reference", "samples": 4},
)

Arrays = dict[str, NDArray[Any]]


def arrays(path: Path | None) -> Arrays:
    assert path is not None
    weights = open_weights(path)
    return {name: weights[name] for name in weights}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Prepared]:
    requests = {
        "samples": samples_of(FACE),
        "decoded": ModelRequest(FACE, Route.ONNX, Recipe.INT8_QDQ),
        "raw": ModelRequest(FACE, Route.ONNX, Recipe.INT8_QDQ, "raw"),
    }
    made = prepare_models(requests.values(), tmp_path_factory.mktemp("cache"))
    assert not [each.error for each in made.values() if each.error]
    return {name: made[request.key] for name, request in requests.items()}


@pytest.fixture
def samples(prepared: dict[str, Prepared]) -> Prepared:
    return prepared["samples"]


def reference(samples: Prepared) -> Arrays:
    return arrays(samples.folder / "reference.npz")


def told(tmp_path: Path, outputs: Mapping[str, NDArray[Any]], folder: Path) -> dict[str, Any]:
    write_weights(tmp_path / "outputs.npz", outputs)
    return compare(tmp_path / "outputs.npz", folder)


FORMS = {
    "decoded": ("boxes", "scores", "landmarks"),
    "raw": ("loc", "conf", "landms"),
    "plugin": ("detections",),
}


def test_samples_are_held_out_pictures_with_every_form_of_the_fp32_outputs(samples: Prepared) -> None:
    assert arrays(samples.samples)["input"].shape == (4, 1, 3, 320, 320)
    shapes = {name: array.shape for name, array in reference(samples).items()}
    assert shapes == {
        "loc": (4, 1, 4200, 4), "conf": (4, 1, 4200, 2), "landms": (4, 1, 4200, 10),
        "boxes": (4, 1, 4200, 4), "scores": (4, 1, 4200), "landmarks": (4, 1, 4200, 10),
        "detections": (4, 1, 4200, 15),
    }  # fmt: skip
    assert len(arrays(samples.folder / "truth.npz")["boxes"]) > 4


@pytest.mark.parametrize("form", FORMS)
def test_the_same_outputs_in_every_form_are_no_loss(tmp_path: Path, samples: Prepared, form: str) -> None:
    exact = reference(samples)
    found = told(tmp_path, {name: exact[name] for name in FORMS[form]}, samples.folder)
    metrics = found["metrics"]
    assert found["note"] == ""
    assert metrics["cosine_min"] == pytest.approx(1)
    assert metrics["max_abs_error"] == 0
    assert (metrics["ap50_loss"], metrics["boxes_matched"], metrics["landmark_error_to_fp32"]) == (0, 1, 0)
    assert metrics["ap50"] == metrics["ap50_fp32"] > 0.9


@pytest.mark.parametrize("form", ["decoded", "raw"])
def test_int8_by_onnx_runtime_costs_something_and_not_the_faces(
    tmp_path: Path, prepared: dict[str, Prepared], form: str
) -> None:
    running = session(prepared[form].model)
    images = arrays(prepared["samples"].samples)["input"]
    runs = [evaluated(running, {"input": image}) for image in images]
    outputs = {name: np.stack([run[name] for run in runs]) for name in runs[0]}
    metrics = told(tmp_path, outputs, prepared["samples"].folder)["metrics"]
    assert 0.9 < metrics["cosine_min"] < 0.99999
    assert metrics["ap50"] > 0.9
    assert metrics["boxes_matched"] >= 0.9
    assert 0 < metrics["landmark_error_to_fp32"] < 0.1


def test_fp16_rounded_outputs_say_where_they_are_worst(tmp_path: Path, samples: Prepared) -> None:
    exact = reference(samples)
    outputs = {name: exact[name].astype(np.float16).astype(np.float32) for name in FORMS["raw"]}
    outputs["conf"][2, 0, 17, 1] += 3
    found = told(tmp_path, outputs, samples.folder)
    conf = next(each for each in found["outputs"] if each["name"] == "conf")
    assert conf["worst"] == [2, 0, 17, 1]
    assert conf["value"] == pytest.approx(conf["expected"] + 3, abs=0.01)
    assert found["metrics"]["max_abs_error.conf"] == pytest.approx(3, abs=0.01)
    assert found["metrics"]["cosine.loc"] > 0.999999


def test_faces_that_are_lost_or_shifted_show(tmp_path: Path, samples: Prepared) -> None:
    exact = reference(samples)
    silent = {name: exact[name] * (name != "scores") for name in FORMS["decoded"]}
    metrics = told(tmp_path, silent, samples.folder)["metrics"]
    assert (metrics["ap50"], metrics["boxes_matched"]) == (0, 0)
    assert metrics["ap50_loss"] == metrics["ap50_fp32"]
    shifted = {name: exact[name] + 8 * (name == "landmarks") for name in FORMS["decoded"]}
    metrics = told(tmp_path, shifted, samples.folder)["metrics"]
    assert metrics["boxes_matched"] == 1
    assert metrics["landmark_error_to_fp32"] > 0.05


def test_numbers_that_are_not_finite_are_counted_and_stay_out_of_the_rest(tmp_path: Path, samples: Prepared) -> None:
    exact = reference(samples)
    outputs = {name: exact[name].copy() for name in FORMS["raw"]}
    outputs["loc"][0, 0, :3] = np.nan
    outputs["landms"][1, 0, 5, 0] = np.inf
    metrics = told(tmp_path, outputs, samples.folder)["metrics"]
    assert metrics["not_finite"] == 13
    assert metrics["max_abs_error"] == 0


def test_the_plugins_rows_are_compared_where_both_have_a_face(tmp_path: Path, samples: Prepared) -> None:
    """A score at the threshold decides whether a row is zeros: that is no error of 300 pixels."""
    rows = reference(samples)["detections"].copy()
    weakest = np.where(rows[..., 4] > 0, rows[..., 4], 9).argmin()
    rows.reshape(-1, 15)[weakest] = 0
    metrics = told(tmp_path, {"detections": rows}, samples.folder)["metrics"]
    assert metrics["max_abs_error"] == 0


def test_outputs_of_another_shape_or_name_are_told_and_the_rest_compared(tmp_path: Path, samples: Prepared) -> None:
    exact = reference(samples)
    found = told(tmp_path, {"loc": exact["loc"], "conf": exact["conf"][:, :, :9], "odd": exact["loc"]}, samples.folder)
    assert found["note"] == (
        "not compared: conf is (4, 1, 9, 2), FP32 gives (4, 1, 4200, 2); "
        "odd is (4, 1, 4200, 4), FP32 gives no such output"
    )
    assert [each["name"] for each in found["outputs"]] == ["loc"]


def test_a_damaged_file_costs_no_other(tmp_path: Path, samples: Prepared, capsys: pytest.CaptureFixture[str]) -> None:
    exact = reference(samples)
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 but not for long")
    write_weights(tmp_path / "good.npz", {name: exact[name] for name in FORMS["raw"]})
    order = tmp_path / "order.json"
    names = ("bad.npz", "absent.npz", "good.npz")
    order.write_text(json.dumps([{"outputs": str(tmp_path / n), "samples": str(samples.folder)} for n in names]))
    assert main([str(order)]) == 0
    bad, absent, good = map(json.loads, capsys.readouterr().out.splitlines())
    assert "damaged" in bad["note"]
    assert "cannot be read" in absent["note"]
    assert (good["number"], good["metrics"]["boxes_matched"]) == (2, 1)


def own(tmp_path: Path, operator: str, **options: Any) -> Prepared:
    """The samples of a small ONNX file of somebody's."""
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])
    domain = "" if operator == "Relu" else "somebody"
    node = helper.make_node(operator, ["x"], ["y"], domain=domain)
    graph = helper.make_graph([node], "small", [value], [result])
    opsets = [helper.make_opsetid("", 13), *([helper.make_opsetid(domain, 1)] if domain else [])]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), tmp_path / "small.onnx")
    subject = Subject(
        "own", "onnx", (Route.ONNX,), (Recipe.FP32,), {"path": str(tmp_path / "small.onnx"), "samples": 3, **options}
    )
    request = samples_of(subject)
    made = prepare_models([request], tmp_path / "cache")[request.key]
    assert made.error == ""
    return made


def test_anyones_model_is_compared_and_measured_by_a_metric_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_metrics.py").write_text(
        "def agreement(outputs, reference, samples):\n"
        "    assert samples['x'].shape == (3, 1, 4)\n"
        "    same = outputs['y'].argmax(-1) == reference['y'].argmax(-1)\n"
        "    return {'agreement': same.mean(), 'seen': same.size}\n"
        "def broken(outputs, reference, samples):\n"
        "    raise ValueError('no such class')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    samples = own(tmp_path, "Relu", metric="my_metrics:agreement")
    found = told(tmp_path, reference(samples), samples.folder)
    assert (found["metrics"]["agreement"], found["metrics"]["seen"], found["repeatable"]) == (1, 3, False)
    samples = own(tmp_path, "Relu", metric="my_metrics:broken")
    found = told(tmp_path, reference(samples), samples.folder)
    assert found["note"] == "metric my_metrics:broken: ValueError('no such class')"
    assert found["metrics"]["max_abs_error"] == 0
    samples = own(tmp_path, "Relu", metric="my_metrics:absent")
    assert "has no attribute 'absent'" in told(tmp_path, reference(samples), samples.folder)["note"]
    sys.modules.pop("my_metrics", None)


def test_a_model_that_onnx_runtime_cannot_run_has_samples_and_no_reference(tmp_path: Path) -> None:
    samples = own(tmp_path, "Private")
    assert arrays(samples.samples)["x"].shape == (3, 1, 4)
    found = told(tmp_path, {"y": np.zeros((3, 1, 4), np.float32)}, samples.folder)
    assert found["note"].startswith("no FP32 outputs to compare with: ONNX Runtime cannot run it")
    assert "metrics" not in found


def test_limits_and_metric_change_no_model_file(tmp_path: Path) -> None:
    plain = ModelRequest(FACE, Route.ONNX, Recipe.FP32)
    judged = ModelRequest(
        Subject(FACE.name, FACE.model, FACE.routes, FACE.recipes, {**FACE.options, "samples": 9, "metric": "a:b"}),
        Route.ONNX,
        Recipe.FP32,
    )
    assert plain.key == judged.key
    assert samples_of(FACE).key != samples_of(judged.subject).key
