"""Makes the model files of a RetinaFace subject."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from harness.errors import InputError
from harness.subjects.description import model_facts, weight_counts
from harness.subjects.faces import CALIBRATION_SEED, network_input, picture
from harness.subjects.keys import Form
from harness.subjects.qdq import quantised
from harness.subjects.retinaface.architecture import INPUT, MEAN_BGR, Network, network
from harness.subjects.retinaface.emit_onnx import OPSET, in_decode, in_heads, onnx_model
from harness.subjects.retinaface.load import load_file
from harness.subjects.retinaface.seeded import NOTE, seeded_weights
from harness.subjects.retinaface.settings import BatchNorm, Settings, settings
from harness.subjects.spec import Making
from harness.subjects.typed import HalfType, typed

BF16_OPSET = 22  # the first whose Conv takes BF16
CALIBRATION_PICTURES = 8


def make(making: Making) -> dict[str, Any]:
    """Write model.onnx in the form asked for."""
    chosen = settings(making.options, making.variant)
    net = network(chosen.backbone)
    weights, note = load_weights(net, chosen.weights)
    opset = BF16_OPSET if making.form is Form.BF16_TYPED else OPSET
    fold = chosen.batch_norm is BatchNorm.FOLDED or making.form is Form.INT8_QDQ
    model = onnx_model(
        net, weights, height=chosen.height, width=chosen.width, heads=chosen.heads, fold=fold, opset=opset
    )
    info = {
        "files": {"model": "model.onnx"},
        "backbone": chosen.backbone,
        "weights": {"source": chosen.weights, "note": note, "counts": weight_counts(weights)},
    }
    target = making.folder / "model.onnx"
    if making.form is Form.INT8_QDQ:
        info |= _quantise(model, chosen, target)
        model = onnx.load(target)
    else:
        model = _in_form(model, making.form, chosen)
        onnx.save(model, target)
    return info | model_facts(model)


def load_weights(net: Network, source: str) -> tuple[dict[str, NDArray[np.float32]], str]:
    """The network's parameters, and a note on where they come from."""
    if source.startswith("seed:") and source.removeprefix("seed:").isdecimal():
        return seeded_weights(net, int(source.removeprefix("seed:"))), NOTE
    path = Path(source)
    return load_file(net, path), f"from the file {path.name}"


def _in_form(model: Any, form: Form, chosen: Settings) -> Any:
    if form is Form.FP32:
        return model
    if form in (Form.FP16_TYPED, Form.BF16_TYPED):
        half = HalfType(form.removesuffix("-typed"))
        return typed(model, half) if chosen.naive else typed(model, half, in_decode)
    raise InputError(f"{form} cannot be made of RetinaFace yet")


def _quantise(model: Any, chosen: Settings, target: Any) -> dict[str, Any]:
    keep = [node.name for node in model.graph.node if in_decode(node) or in_heads(node)]
    quantised(model, calibration(chosen.height, chosen.width), target, keep=keep, naive=chosen.naive)
    return {"calibration": f"{CALIBRATION_PICTURES} rendered pictures, seeds from {CALIBRATION_SEED}, min-max"}


def calibration(height: int, width: int) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Rendered pictures as inputs of the network."""
    for number in range(CALIBRATION_PICTURES):
        image = picture(CALIBRATION_SEED + number, height, width).image
        yield {INPUT: network_input(image, MEAN_BGR)}
