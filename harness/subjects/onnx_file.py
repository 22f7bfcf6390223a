"""Anyone's ONNX file as a subject."""

from __future__ import annotations

import shutil
from itertools import islice
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import version_converter

from harness.errors import InputError
from harness.subjects.batches import calibrating
from harness.subjects.description import model_facts
from harness.subjects.feeds import DEFAULT, Feed, feeds
from harness.subjects.fp8 import OPSET as FP8_OPSET
from harness.subjects.fp8 import to_fp8
from harness.subjects.keys import Form
from harness.subjects.plugins import taken, unknown_operators
from harness.subjects.qdq import quantised
from harness.subjects.samples import evaluated, own, session, stacked, wanted, write_samples
from harness.subjects.spec import Making
from harness.subjects.typed import HalfType, typed
from harness.subjects.weights.onnx_file import load_model

FIRST_IR = 4  # the first whose initialisers need not be inputs
PER_CHANNEL_OPSET = 13  # the first whose Q/DQ take an axis


def make(making: Making) -> dict[str, Any]:
    """FP32 is the file itself, and so is INT8 where it has Q/DQ already; the other forms are converted from it."""
    path = Path(str(making.options["path"]))
    if making.network:
        raise InputError(f"{path}: an ONNX file goes by the route onnx alone")
    model = load_model(path)
    if making.form is Form.SAMPLES:
        return _samples(making, path, model) | model_facts(model)
    target = making.folder / "model.onnx"
    info = {"files": {"model": target.name}, "options": _options(making, model)} | _write(making, path, model, target)
    libraries = taken(making.folder, making.options)
    info |= {kind: info[kind] | libraries[kind] for kind in ("files", "options")}
    return info | model_facts(model)


def _options(making: Making, model: Any) -> dict[str, Any]:
    """What the probe must know: shapes for inputs with open dimensions, operators that only a plugin may know."""
    told: dict[str, Any] = {"shapes": making.options["shapes"]} if "shapes" in making.options else {}
    unknown = unknown_operators(model)
    return told | ({"unknown_operators": unknown} if unknown else {})


def _write(making: Making, path: Path, model: Any, target: Path) -> dict[str, Any]:
    form = making.form
    if form in (Form.FP16_TYPED, Form.BF16_TYPED):
        onnx.save(typed(model, HalfType(form.removesuffix("-typed"))), target)
        return {}
    if form in (Form.INT8_QDQ, Form.FP8_QDQ) and not _has_qdq(model):
        return _quantise(making, path, model, target)
    if form is Form.FP8_QDQ and not _has_fp8(model):
        raise InputError(f"{path}: has Q/DQ of another type than FP8; give the model without Q/DQ")
    _copy(path, model, target)
    if form is Form.CALIBRATED:
        return _batches(making, path, model)
    return {"qdq": "the file's own"} if form in (Form.INT8_QDQ, Form.FP8_QDQ) else {}


def _copy(path: Path, model: Any, target: Path) -> None:
    """Unchanged to the byte, unless weights lie in files beside it: then they are put inside."""
    if onnx.external_data_helper.uses_external_data(next(iter(model.graph.initializer), onnx.TensorProto())):
        onnx.save(model, target)
    else:
        shutil.copyfile(path, target)


def _has_qdq(model: Any) -> bool:
    return any(node.op_type == "QuantizeLinear" for node in model.graph.node)


def _has_fp8(model: Any) -> bool:
    fp8 = (onnx.TensorProto.FLOAT8E4M3FN, onnx.TensorProto.FLOAT8E5M2)
    return any(each.data_type in fp8 for each in model.graph.initializer)


def _quantise(making: Making, path: Path, model: Any, target: Path) -> dict[str, Any]:
    given = feeds(model, making.options)
    fp8 = making.form is Form.FP8_QDQ
    exact = _folded(path, model, making.folder / "folded.onnx", FP8_OPSET if fp8 else PER_CHANNEL_OPSET)
    quantised(exact, given, target)
    if fp8:
        onnx.save(to_fp8(onnx.load(target), exact), target)
    return {"calibration": f"{len(given)} samples of {making.options.get('inputs', DEFAULT)}, min-max"}


def _folded(path: Path, model: Any, scratch: Path, opset: int) -> Any:
    """Constants and batch-norm folded by ONNX Runtime, so that the quantiser sees weights; of that opset at least."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(scratch)
    model = _constant_weights(model)
    if model.opset_import[0].version < opset:
        model = version_converter.convert_version(model, opset)
    try:
        onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own exceptions have no public base
        raise InputError(f"{path}: ONNX Runtime cannot load it, so no Q/DQ can be made: {error}") from error
    folded = onnx.load(scratch)
    scratch.unlink()
    return folded


def _constant_weights(model: Any) -> Any:
    """A copy whose weights are no inputs: files of IR 3 list them as such, and what may be overridden is not folded."""
    copy = type(model)()
    copy.CopyFrom(model)
    weights = {each.name for each in copy.graph.initializer}
    inputs = [each for each in copy.graph.input if each.name not in weights]
    del copy.graph.input[:]
    copy.graph.input.extend(inputs)
    copy.ir_version = max(copy.ir_version, FIRST_IR)
    return copy


def _samples(making: Making, path: Path, model: Any) -> dict[str, Any]:
    """The first of the user's inputs, and what ONNX Runtime makes of them; a model that it cannot run has no reference.

    Outputs whose size depends on the sample cannot be put together and are left out.
    """
    source = str(making.options.get("inputs", DEFAULT))
    given = list(islice(feeds(model, making.options), wanted(making.options)))
    outputs, reason = _reference(path, given, as_written=_has_fp8(model))
    info = {"kind": "onnx", "by": f"the file by ONNX Runtime on the CPU, {len(given)} samples of {source}"}
    if reason:
        info["no_reference"] = reason
    return info | own(making.options) | {"files": write_samples(making.folder, stacked(given), outputs)}


def _reference(path: Path, given: list[Feed], as_written: bool) -> tuple[dict[str, NDArray[Any]], str]:
    try:
        running = session(path, as_written=as_written)
        found = [evaluated(running, feed) for feed in given]
    except Exception as error:  # ONNX Runtime's own exceptions have no public base
        return {}, f"ONNX Runtime cannot run it: {str(error).splitlines()[0]}"
    same = [name for name in found[0] if len({each[name].shape for each in found}) == 1]
    return stacked([{name: each[name] for name in same} for each in found]), ""


def _batches(making: Making, path: Path, model: Any) -> dict[str, Any]:
    given = feeds(model, making.options)
    if len(given.inputs) != 1:
        raise InputError(f"{path}: has {len(given.inputs)} inputs; the builder's calibrator is fed one alone")
    made = calibrating(making.folder, (feed[given.inputs[0]] for feed in given), len(given), making.options)
    source = making.options.get("inputs", DEFAULT)
    return {
        "files": {"model": "model.onnx"} | made["files"],
        "options": _options(making, model) | made["options"],
        "calibration": f"{len(given)} samples of {source}",
    }
