import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.matrix.cell import Recipe, Route, Subject
from harness.subjects.keys import NEGATIVE_CONTROL, ModelRequest, find, model_key, prepare_models

SUBJECT = Subject("small", "retinaface", (Route.ONNX,), (Recipe.FP32,), {"size": 64})


def request(recipe: Recipe = Recipe.FP32, **options: object) -> ModelRequest:
    return ModelRequest(replace(SUBJECT, options=dict(SUBJECT.options) | options), Route.ONNX, recipe)


def test_recipes_of_the_builder_share_the_fp32_model() -> None:
    same = {request(recipe).key for recipe in (Recipe.FP32, Recipe.FP16_FLAG, Recipe.BF16_FLAG)}
    assert len(same) == 1
    assert request(Recipe.FP16_TYPED).key not in same


def test_a_calibrated_case_brings_its_batches(tmp_path: Path) -> None:
    wanted = request(Recipe.INT8_CALIBRATED)
    ready = prepare_models([wanted], tmp_path)[wanted.key]
    assert ready.error == ""
    batches = np.load(ready.options["calibration"]["batches"])
    assert batches.shape == (8, 1, 3, 64, 64)
    assert batches.dtype == np.float32
    assert batches.min() < -50 < 50 < batches.max()
    assert ready.model is not None


def test_the_name_of_a_subject_does_not_matter_and_its_options_do() -> None:
    renamed = model_key(replace(SUBJECT, name="other"), Route.ONNX, Recipe.FP32)
    assert renamed == request().key != request(size=96).key


def test_the_content_of_a_weights_file_matters(tmp_path: Path) -> None:
    file = tmp_path / "some.wts"
    keys = set()
    for text in ("one", "two2"):
        file.write_text(text)
        keys.add(request(weights=str(file)).key)
    assert len(keys) == 2


def test_importing_keys_loads_neither_numpy_nor_onnx() -> None:
    code = "import sys, harness.subjects.keys; print([m for m in ('numpy', 'onnx', 'onnxruntime') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_models_are_made_once_and_a_bad_one_spoils_no_other(tmp_path: Path) -> None:
    good, bad = request(), request(weights="nonsense")
    with pytest.raises(FileNotFoundError):
        _ = bad.key
    bad = ModelRequest(SUBJECT, Route.ONNX, Recipe.FP32, "upside-down")
    made = prepare_models([good, bad, NEGATIVE_CONTROL], tmp_path)
    words = "raw, decoded, folded, kept, naive, implicit, v2, fp32edge, apart"
    assert made[bad.key].error == f"variant 'upside' is not known: give {words}"
    assert made[bad.key].model is None
    ready = made[good.key]
    assert ready.error == ""
    assert ready.info["inputs"] == [{"name": "input", "shape": [1, 3, 64, 64], "type": "float32"}]
    assert ready.info["weights"]["counts"]["fp16"]["subnormal"] > 0
    assert made[NEGATIVE_CONTROL.key].model is not None
    assert sorted(path.name for path in (tmp_path / "subjects").iterdir()) == sorted({good.key, NEGATIVE_CONTROL.key})
    before = (ready.folder / "info.json").stat().st_mtime_ns
    assert prepare_models([good], tmp_path)[good.key] == ready
    assert (ready.folder / "info.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"key": "k", "bytes": {}, "files": {"model": "model.onnx"}}'])
def test_a_damaged_model_counts_as_absent(tmp_path: Path, damage: str) -> None:
    (tmp_path / "k").mkdir()
    (tmp_path / "k" / "info.json").write_text(damage)
    assert find(tmp_path, "k") is None


def test_a_model_cut_short_counts_as_absent(tmp_path: Path) -> None:
    (tmp_path / "k").mkdir()
    info = {"key": "k", "files": {"model": "model.onnx"}, "bytes": {"model.onnx": 10}}
    (tmp_path / "k" / "info.json").write_text(json.dumps(info))
    (tmp_path / "k" / "model.onnx").write_bytes(b"short")
    assert find(tmp_path, "k") is None


def test_the_calibrator_and_its_cache_are_options_of_the_calibrated_case_alone(tmp_path: Path) -> None:
    cache = tmp_path / "calibration.cache"
    cache.write_bytes(b"TRT-8601-MinMaxCalibration\n")
    (tmp_path / "calibration.json").write_text("{}")
    options: dict[str, Any] = {"calibrator": "minmax", "calibration_cache": str(cache)}
    assert request(**options).key == request().key
    wanted = request(Recipe.INT8_CALIBRATED, **options)
    assert wanted.key != request(Recipe.INT8_CALIBRATED).key
    told = prepare_models([wanted], tmp_path)[wanted.key].options["calibration"]
    assert told["algorithm"] == "minmax"
    assert Path(told["cache"]).read_bytes() == cache.read_bytes()
    assert Path(told["cache"]).with_name("calibration.json").is_file()


def test_a_cache_of_unknown_origin_is_refused(tmp_path: Path) -> None:
    cache = tmp_path / "calibration.cache"
    cache.write_bytes(b"TRT-8601\n")
    wanted = request(Recipe.INT8_CALIBRATED, calibration_cache=str(cache))
    assert "has no calibration.json beside it" in prepare_models([wanted], tmp_path)[wanted.key].error
