"""Compares what engines gave with the FP32 model, in a process of its own: ``python -m harness.subjects.compare FILE``.

The file has a list of ``outputs`` (an outputs.npz) and ``samples`` (a prepared folder of samples); for each one line
of JSON is printed: its ``number``, ``metrics``, ``outputs``, ``by`` and ``note``. A file that cannot be compared
has a note and costs no other. The same files give the same answer.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError, InputError
from harness.subjects.difference import Floats, Mask, difference
from harness.subjects.retinaface import detections
from harness.subjects.weights import open_weights
from harness.subjects.wider import measure as wider

Arrays = dict[str, NDArray[Any]]
_ROWS = "detections"  # the plugin's: rows of zeros are no faces, and which they are is a matter of the threshold
_SCORE = 4


def main(words: list[str]) -> int:
    for number, pair in enumerate(json.loads(Path(words[0]).read_bytes())):
        try:
            found = compare(Path(pair["outputs"]), Path(pair["samples"]))
        except (HarnessError, OSError) as error:
            found = {"note": str(error)}
        except Exception as error:
            traceback.print_exc()
            found = {"note": f"bug in trt-matrix: {error!r}"}
        print(json.dumps({"number": number} | found), flush=True)
    return 0


def compare(outputs: Path, samples: Path) -> dict[str, Any]:
    """``metrics`` by name, ``outputs`` as in the record ``OutputDifference``, ``by``, ``note``."""
    info = json.loads((samples / "info.json").read_bytes())
    if "no_reference" in info:
        return {"by": info["by"], "note": f"no FP32 outputs to compare with: {info['no_reference']}"}
    found, reference = _arrays(outputs), _arrays(samples / info["files"]["reference"])
    alike = {name: array for name, array in found.items() if name in reference and _alike(array, reference[name])}
    told = [_told(name, array, reference[name]) for name, array in alike.items()]
    metrics, note = _together(told), _unlike(found, alike, reference)
    if alike and not note:
        own, note = _of_subject(alike, reference, samples, info)
        metrics |= own
    if "wider" in info["files"]:
        metrics |= wider.measure(outputs.with_name(wider.FOUND), samples, info)
    return {
        "metrics": {name: value for name, value in metrics.items() if math.isfinite(value)},
        "outputs": told,
        "by": info["by"],
        "note": note,
        "repeatable": "metric" not in info,  # the user's function may change, and nothing here would notice
    }


def _arrays(path: Path) -> Arrays:
    weights = open_weights(path)
    return {name: weights[name] for name in weights}


def _alike(array: NDArray[Any], expected: NDArray[Any]) -> bool:
    return array.shape == expected.shape and array.size > 0


def _unlike(found: Arrays, alike: Arrays, reference: Arrays) -> str:
    """What could not be compared."""
    words = [
        f"{name} is {found[name].shape}, FP32 gives {reference[name].shape if name in reference else 'no such output'}"
        for name in found
        if name not in alike
    ]
    return f"not compared: {'; '.join(words)}" if words else "" if found else "the engine gave no outputs"


def _told(name: str, array: NDArray[Any], expected: NDArray[Any]) -> dict[str, Any]:
    value, exact = array.astype(np.float32), expected.astype(np.float32)
    apart = difference(value, exact, _rows_in_both(value, exact) if name == _ROWS else None)
    return {
        "name": name,
        "cosine": apart.cosine,
        "max_abs_error": apart.largest,
        "mean_abs_error": apart.mean,
        "worst": list(apart.worst),
        "value": apart.value if math.isfinite(apart.value) else None,
        "expected": apart.expected if math.isfinite(apart.expected) else None,
        "not_finite": int((~np.isfinite(value) & np.isfinite(exact)).sum()),
    }


def _rows_in_both(value: Floats, exact: Floats) -> Mask:
    both = (value[..., _SCORE] > 0) & (exact[..., _SCORE] > 0)
    return np.broadcast_to(both[..., None], value.shape)


def _together(told: list[dict[str, Any]]) -> dict[str, float]:
    """``cosine.NAME`` and its like for each output, and the worst of all."""
    if not told:
        return {}
    metrics: dict[str, float] = {
        "cosine_min": min(each["cosine"] for each in told),
        "max_abs_error": max(each["max_abs_error"] for each in told),
        "mean_abs_error": max(each["mean_abs_error"] for each in told),
        "not_finite": sum(each["not_finite"] for each in told),
    }
    if len(told) > 1:
        for each in told:
            metrics |= {f"{kind}.{each['name']}": each[kind] for kind in ("cosine", "max_abs_error", "mean_abs_error")}
    return metrics


def _of_subject(
    found: Arrays, reference: Arrays, samples: Path, info: Mapping[str, Any]
) -> tuple[dict[str, float], str]:
    """Numbers that only this subject has, and what went wrong with the user's metric."""
    metrics = {}
    if info["kind"] == "retinaface":
        metrics = detections.measure(found, reference, _arrays(samples / info["files"]["truth"]), info)
    if "metric" not in info:
        return metrics, ""
    try:
        return metrics | _own(info["metric"], found, reference, _arrays(samples / info["files"]["samples"])), ""
    except Exception as error:
        traceback.print_exc()
        return metrics, str(error) if isinstance(error, HarnessError) else f"metric {info['metric']}: {error!r}"


def _own(name: str, found: Arrays, reference: Arrays, samples: Arrays) -> dict[str, float]:
    """The user's metric: called with outputs, FP32's outputs and samples; gives a number, or numbers by name."""
    value = _function(name)(found, reference, samples)
    numbers = value if isinstance(value, Mapping) else {name.partition(":")[2]: value}
    try:
        return {str(key): float(number) for key, number in numbers.items()}
    except (TypeError, ValueError) as error:
        raise InputError(f"metric {name}: gave {value!r:.80}, which is no number nor numbers by name") from error


def _function(name: str) -> Callable[[Arrays, Arrays, Arrays], Any]:
    module, _, function = name.partition(":")
    try:
        found: Callable[[Arrays, Arrays, Arrays], Any] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"metric {name}: {error}; its module must lie in the folder of the run or be installed"
        ) from error
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
