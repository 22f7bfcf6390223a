"""Anyone's ONNX file as a subject."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import onnx

from harness.errors import InputError
from harness.subjects.description import model_facts
from harness.subjects.keys import Form
from harness.subjects.spec import Making
from harness.subjects.typed import HalfType, typed
from harness.subjects.weights.onnx_file import load_model


def make(making: Making) -> dict[str, Any]:
    """FP32 is the file itself; the typed forms are converted from it."""
    path = Path(str(making.options["path"]))
    if making.network:
        raise InputError(f"{path}: an ONNX file goes by the route onnx alone")
    model = load_model(path)
    target = making.folder / "model.onnx"
    if making.form is Form.FP32:
        shutil.copyfile(path, target)
    elif making.form in (Form.FP16_TYPED, Form.BF16_TYPED):
        model = typed(model, HalfType(making.form.removesuffix("-typed")))
        onnx.save(model, target)
    else:
        raise InputError(f"{path}: {making.form} cannot be made of it yet")
    return {"files": {"model": target.name}, **model_facts(model)}
