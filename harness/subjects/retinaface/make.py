"""Makes the model files of a RetinaFace subject."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from harness.errors import InputError
from harness.subjects.batches import calibrating
from harness.subjects.description import model_facts, weight_counts
from harness.subjects.faces import CALIBRATION_SEED, network_input, picture
from harness.subjects.fp8 import OPSET as FP8_OPSET
from harness.subjects.fp8 import to_fp8
from harness.subjects.keys import Form
from harness.subjects.qdq import quantised
from harness.subjects.retinaface.architecture import INPUT, MEAN_BGR, Network, network
from harness.subjects.retinaface.emit_network import write_network
from harness.subjects.retinaface.emit_onnx import OPSET, RAW_OUTPUTS, in_decode, in_heads, is_head, onnx_model
from harness.subjects.retinaface.load import load_file
from harness.subjects.retinaface.predict import prediction, rounded
from harness.subjects.retinaface.samples import make_samples
from harness.subjects.retinaface.scales import quantised_scales
from harness.subjects.retinaface.seeded import NOTE, seeded_weights
from harness.subjects.retinaface.settings import BatchNorm, Heads, Settings, settings
from harness.subjects.samples import own
from harness.subjects.spec import Making
from harness.subjects.typed import HalfType, typed

# The first whose Conv takes BF16, whose Q/DQ take FP8.
OPSETS = {Form.BF16_TYPED: 22, Form.FP8_QDQ: FP8_OPSET}
QDQ_FORMS = (Form.INT8_QDQ, Form.FP8_QDQ)
CALIBRATION_PICTURES = 8
SEEDED_PICTURES = 3  # random weights find no face: running them on more costs seconds and tells nothing
REFERENCE_NOTE = "reference checkpoint, trained on rendered faces: a test subject, not a detector for production"


def make(making: Making) -> dict[str, Any]:
    """Write model.onnx in the form asked for, or network.json and weights.npz."""
    chosen = settings(_defaults(making) | dict(making.options), making.variant)
    net = network(chosen.backbone)
    weights, note = load_weights(net, chosen.weights)
    info: dict[str, Any] = {
        "backbone": chosen.backbone,
        "weights": {"source": chosen.weights, "note": note, "counts": weight_counts(weights)},
    }
    if making.form is Form.SAMPLES:
        return info | make_samples(making.folder, chosen, net, weights, making.options) | own(making.options)
    fold = chosen.batch_norm is BatchNorm.FOLDED or making.form in QDQ_FORMS
    if making.network:
        return _with_batches(making, chosen, info | _network(making, chosen, net, weights, fold))
    opset = OPSETS.get(making.form, OPSET)
    exact = onnx_model(
        net, weights, height=chosen.height, width=chosen.width, heads=chosen.heads, fold=fold, opset=opset
    )
    target = making.folder / "model.onnx"
    made = info | {"files": {"model": target.name}} | _write(exact, making.form, chosen, target)
    return _with_batches(making, chosen, made)


def _with_batches(making: Making, chosen: Settings, info: dict[str, Any]) -> dict[str, Any]:
    """Calibration batches for a builder that calibrates by itself: pictures x the input's shape."""
    if making.form is not Form.CALIBRATED:
        return info
    batches = (feed[INPUT] for feed in calibration(chosen, CALIBRATION_PICTURES))
    made = calibrating(making.folder, batches, CALIBRATION_PICTURES, making.options)
    return info | {
        "files": info["files"] | made["files"],
        "options": info.get("options", {}) | made["options"],
        "calibration": calibrated_by(CALIBRATION_PICTURES),
    }


def _defaults(making: Making) -> dict[str, object]:
    """Built by the network-definition API, batch-norm is a layer of its own, as in tensorrtx."""
    return {"batch_norm": BatchNorm.KEPT} if making.network else {}


def _network(
    making: Making, chosen: Settings, net: Network, weights: dict[str, NDArray[np.float32]], fold: bool
) -> dict[str, Any]:
    height, width = chosen.height, chosen.width
    scales: dict[str, NDArray[np.float32]] = {}
    if making.form in QDQ_FORMS:
        exact = onnx_model(
            net, weights, height=height, width=width, heads=Heads.RAW, opset=OPSETS.get(making.form, OPSET)
        )
        scales = quantised_scales(net, RAW_OUTPUTS, lambda path: _quantise(exact, making.form, chosen, path))
    files = write_network(making.folder, net, weights, height=height, width=width, fold=fold, scales=scales)
    return {
        "files": files,
        "options": {
            "implicit_batch": chosen.implicit,
            "plugin_v2": chosen.v2,
            "fp32_edge": chosen.fp32edge,
            "apart": chosen.apart,
        },
    }


def load_weights(net: Network, source: str) -> tuple[dict[str, NDArray[np.float32]], str]:
    """The network's parameters, and a note on where they come from."""
    if source.startswith("seed:") and source.removeprefix("seed:").isdecimal():
        return seeded_weights(net, int(source.removeprefix("seed:"))), NOTE
    if source == "reference":
        return load_file(net, _checkpoint(net)), REFERENCE_NOTE
    path = Path(source)
    return load_file(net, path), f"from the file {path.name}"


def _checkpoint(net: Network) -> Path:
    path = Path(__file__).parent / "checkpoint" / f"{net.backbone}.safetensors"
    if not path.exists():
        raise InputError(f"weights reference: there is none for {net.backbone}: give seed:N or a file")
    return path


def _write(exact: Any, form: Form, chosen: Settings, target: Path) -> dict[str, Any]:
    if form in (Form.FP32, Form.CALIBRATED):
        onnx.save(exact, target)
        return model_facts(exact)
    if form in QDQ_FORMS:
        made = _quantise(exact, form, chosen, target)
        model, compared = onnx.load(target), target
    else:
        half = HalfType(form.removesuffix("-typed"))
        model = typed(exact, half) if chosen.naive else typed(exact, half, in_decode)
        onnx.save(model, target)
        made, compared = {}, rounded(exact, half)
    predicted = prediction(exact, compared, chosen, as_written=form is Form.FP8_QDQ)
    return made | model_facts(model) | {"predicted": predicted}


def _quantise(model: Any, form: Form, chosen: Settings, target: Path) -> dict[str, Any]:
    nodes = model.graph.node
    keep = [each.name for each in nodes if in_decode(each) or in_heads(each) or (chosen.fp32edge and is_head(each))]
    pictures = SEEDED_PICTURES if chosen.weights.startswith("seed:") else CALIBRATION_PICTURES
    quantised(model, calibration(chosen, pictures), target, keep=keep, naive=chosen.naive)
    if form is Form.FP8_QDQ:
        onnx.save(to_fp8(onnx.load(target), model), target)
    return {"calibration": f"{calibrated_by(pictures)}, min-max"}


def calibrated_by(pictures: int) -> str:
    return f"{pictures} rendered pictures, seeds from {CALIBRATION_SEED}"


def calibration(chosen: Settings, pictures: int) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Rendered pictures as inputs of the network."""
    for number in range(pictures):
        image = picture(CALIBRATION_SEED + number, chosen.height, chosen.width).image
        yield {INPUT: network_input(image, MEAN_BGR)}
