"""Does it matter? The FP32 model beside itself with the weights that TensorRT would make of them, on the CPU.

Only the weights change, never the arithmetic: what differs at the outputs is the conversion's doing alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import numpy_helper

from harness.errors import InputError
from harness.findings.audit.detections import Detections, compared, is_detector, test_picture
from harness.neutral import one_line

Array = npt.NDArray[np.float32]
Outputs = dict[str, Array]

# Outputs that differ by less, relative to their largest value, are called the same.
HARMLESS = 1e-3
_SEED = 20240314
_MOST_BYTES = 1_500_000_000


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Of one output. ``relative`` is to the largest FP32 value; ``crossed``: scores that left or passed 0.5."""

    output: str
    largest: float
    relative: float
    crossed: int | None = None


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """``raised``: only the endangered values changed, as TensorRT does it (to the smallest subnormal, signs kept);

    ``rounded``: only these, as IEEE rounds them (to zero or infinity); ``whole``: every value rounded, which
    is what the precision costs anyway. ``guilty`` are the blobs that do the harm of ``raised``, found by
    halving; empty where it is harmless. ``detections``: what ``raised`` does to the faces that a RetinaFace finds.
    """

    precision: str
    raised: list[Change]
    rounded: list[Change]
    whole: list[Change]
    harmless: bool
    guilty: list[str] = []
    runs: int = 0
    detections: Detections | None = None


@dataclass(slots=True)
class _Model:
    """A loaded model whose initialisers are replaced for each run."""

    proto: onnx.ModelProto
    feeds: dict[str, npt.NDArray[np.generic]]
    size: tuple[int, int] | None = None
    runs: int = 0

    def outputs(self, weights: Mapping[str, Array]) -> Outputs:
        changed = onnx.ModelProto()
        changed.CopyFrom(self.proto)
        for tensor in changed.graph.initializer:
            if tensor.name in weights:
                tensor.CopyFrom(numpy_helper.from_array(weights[tensor.name], tensor.name))
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(
            changed.SerializeToString(), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self.runs += 1
        names = [output.name for output in session.get_outputs()]
        return {
            name: np.asarray(value, np.float32)
            for name, value in zip(names, session.run(names, self.feeds), strict=True)
        }


def effect(path: Path, precision: str = "fp16") -> Effect:
    """Compare the outputs. Raises InputError where ONNX Runtime cannot run the model."""
    if path.stat().st_size > _MOST_BYTES:
        raise InputError(f"{path.name}: is too large to be run on the CPU for its effect")
    try:
        model = _load(path)
        weights = _weights(model.proto)
        given = model.outputs({})
        raised = _changed(weights, lambda array: endangered(precision, array, raised_to(precision, array)))
        rounded = _changed(weights, lambda array: endangered(precision, array, rounded_to(precision, array)))
        whole = _changed(weights, lambda array: raised_to(precision, array))
        outputs = model.outputs(raised)
        after, plain, all_of_it = (_changes(given, each) for each in (outputs, *map(model.outputs, (rounded, whole))))
    except InputError:
        raise
    except Exception as error:  # ONNX Runtime raises classes of its own without a common base
        raise InputError(f"{path.name}: ONNX Runtime cannot run it: {one_line(str(error))[:300]}") from error
    faces = compared(given, outputs, *model.size) if model.size else None
    harmless = _worst(after) <= HARMLESS and not (faces and (faces.lost or faces.new))
    guilty = [] if harmless else halve(list(raised), _harm(model, given, raised))
    return Effect(
        precision=precision,
        raised=after,
        rounded=plain,
        whole=all_of_it,
        harmless=harmless,
        guilty=guilty,
        runs=model.runs,
        detections=faces,
    )


def _changed(weights: Mapping[str, Array], convert: Callable[[Array], Array]) -> dict[str, Array]:
    """The blobs that converting changes."""
    converted = {name: convert(array) for name, array in weights.items()}
    return {name: array for name, array in converted.items() if not np.array_equal(array, weights[name])}


def halve(blobs: Sequence[str], harm: Callable[[Sequence[str]], float]) -> list[str]:
    """The smallest run of halves that alone does half of the whole's harm. ``harm`` converts only the blobs given."""
    whole = harm(blobs)
    left = list(blobs)
    while len(left) > 1:
        first, second = left[: len(left) // 2], left[len(left) // 2 :]
        worst = max((first, second), key=harm)
        if harm(worst) < whole / 2:
            return left
        left = worst
    return left


def _harm(model: _Model, given: Outputs, converted: Mapping[str, Array]) -> Callable[[Sequence[str]], float]:
    known: dict[tuple[str, ...], float] = {}

    def harm(blobs: Sequence[str]) -> float:
        key = tuple(blobs)
        if key not in known:
            known[key] = _worst(_changes(given, model.outputs({name: converted[name] for name in blobs})))
        return known[key]

    return harm


def raised_to(precision: str, array: Array) -> Array:
    """As TensorRT converts: below the smallest subnormal to it, its sign kept; overflow to the largest number."""
    least, most = (2.0**-24, 65504.0) if precision == "fp16" else (2.0**-133, 3.3895313892515355e38)
    tiny = (array != 0) & (np.abs(array) < least)
    finite = np.isfinite(array)
    kept = np.where(finite, np.clip(array, -most, most), array)
    result = rounded_to(precision, kept.astype(np.float32))
    return np.where(tiny, np.copysign(np.float32(least), array), result).astype(np.float32)


def rounded_to(precision: str, array: Array) -> Array:
    """To the nearest number of the precision, as FP32."""
    if precision == "fp16":
        with np.errstate(over="ignore", under="ignore"):
            return array.astype(np.float16).astype(np.float32)
    bits = array.view(np.uint32)
    nearest = ((bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)).astype(np.uint32)
    return np.where(np.isnan(array), array, nearest.view(np.float32)).astype(np.float32)


def endangered(precision: str, array: Array, converted: Array) -> Array:
    """``converted`` where the precision has no normal number, the given one elsewhere."""
    normal, most = (2.0**-14, 65504.0) if precision == "fp16" else (2.0**-126, 3.3895313892515355e38)
    size = np.abs(array)
    return np.where((size < normal) | (size > most), converted, array).astype(np.float32)


def _changes(before: Outputs, after: Outputs) -> list[Change]:
    return [_change(name, before[name], after[name]) for name in before]


def _change(name: str, before: Array, after: Array) -> Change:
    if before.shape != after.shape or not before.size:
        return Change(output=name, largest=float("inf") if before.shape != after.shape else 0.0, relative=0.0)
    with np.errstate(invalid="ignore"):
        difference = float(np.max(np.abs(after - before)))
        size = float(np.max(np.abs(before)))
    difference = difference if np.isfinite(difference) else float("inf")
    crossed = int(np.count_nonzero((before > 0.5) != (after > 0.5))) if "score" in name.lower() else None
    return Change(output=name, largest=difference, relative=difference / size if size else difference, crossed=crossed)


def _worst(changes: Sequence[Change]) -> float:
    return max((change.relative for change in changes), default=0.0)


def _load(path: Path) -> _Model:
    """With random numbers of a fixed seed to feed; a RetinaFace is shown a rendered picture with faces."""
    proto = onnx.load(path)
    given = {tensor.name for tensor in proto.graph.initializer}
    random = np.random.default_rng(_SEED)
    feeds: dict[str, npt.NDArray[np.generic]] = {}
    for value in proto.graph.input:
        if value.name not in given:
            kind = value.type.tensor_type
            shape = [max(1, dim.dim_value) for dim in kind.shape.dim]
            dtype = onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)
            feeds[value.name] = random.uniform(0, 1, shape).astype(dtype)
    if len(feeds) == 1:
        ((name, fed),) = feeds.items()
        if is_detector({output.name for output in proto.graph.output}, list(fed.shape)):
            height, width = fed.shape[2:]
            return _Model(proto, {name: test_picture(height, width).astype(fed.dtype)}, (height, width))
    return _Model(proto, feeds)


def _weights(proto: onnx.ModelProto) -> dict[str, Array]:
    return {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in proto.graph.initializer
        if tensor.data_type == onnx.TensorProto.FLOAT
    }
