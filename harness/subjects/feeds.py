"""Inputs for anyone's ONNX model: the user's own from ``.npz`` or a folder of pictures, or seeded noise."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import helper

from harness.errors import InputError
from harness.subjects.pictures import pictures, preprocessing

NOISE_FEEDS = 4
DEFAULT = "seed:1"

Feed = dict[str, NDArray[Any]]


def feeds(model: Any, options: Mapping[str, Any]) -> list[Feed]:
    """Feeds of an ``onnx.ModelProto`` by its subject's options ``inputs`` and ``shapes``.

    An ``.npz`` holds an array for each input, samples x the input's shape; of a folder every picture is a sample.
    Raises InputError where one is missing or does not fit.
    """
    weights = {each.name for each in model.graph.initializer}
    wanted = [each for each in model.graph.input if each.name not in weights]
    source = str(options.get("inputs", DEFAULT))
    if source.startswith("seed:"):
        random = np.random.default_rng(int(source.removeprefix("seed:")))
        shapes = options.get("shapes") or {}
        return [{each.name: _noise(each, shapes, random) for each in wanted} for _ in range(NOISE_FEEDS)]
    if Path(source).is_dir():
        return _pictures(Path(source), wanted, options)
    return _own(Path(source), wanted)


def _pictures(folder: Path, wanted: list[Any], options: Mapping[str, Any]) -> list[Feed]:
    if len(wanted) != 1:
        raise InputError(f"{folder}: the model has {len(wanted)} inputs; a folder of pictures feeds one alone")
    (value,) = wanted
    shape = [each.dim_value for each in value.type.tensor_type.shape.dim]
    asked = preprocessing(options.get("preprocessing") or {})
    return [{value.name: array} for array in pictures(folder, shape, _dtype(value), asked)]


def _noise(value: Any, shapes: Mapping[str, Any], random: np.random.Generator) -> NDArray[Any]:
    """Standard normal; integers are 0 or 1."""
    shape = [each.dim_value for each in value.type.tensor_type.shape.dim]
    if not all(shape):
        if value.name not in shapes:
            raise InputError(f"input {value.name!r} has open dimensions: give it min, opt and max in the option shapes")
        shape = shapes[value.name]["opt"]
    dtype = _dtype(value)
    if np.issubdtype(dtype, np.floating):
        return random.standard_normal(shape).astype(dtype)
    return random.integers(0, 2, shape).astype(dtype)


def _own(path: Path, wanted: list[Any]) -> list[Feed]:
    arrays = _load(path)
    names = [each.name for each in wanted]
    missing = [name for name in names if name not in arrays]
    if missing:
        raise InputError(
            f"{path}: has no array for the input {', '.join(missing)}; it has {', '.join(arrays) or 'none'}"
        )
    for each in wanted:
        _check(path, each, arrays[each.name])
    counts = {len(arrays[name]) for name in names}
    if len(counts) != 1 or not min(counts):
        raise InputError(f"{path}: its arrays have {sorted(counts)} samples; give each input as many, at least one")
    return [{name: arrays[name][number] for name in names} for number in range(counts.pop())]


def _check(path: Path, value: Any, array: NDArray[Any]) -> None:
    shape = [each.dim_value for each in value.type.tensor_type.shape.dim]
    fits = array.ndim == len(shape) + 1 and all(
        want in (0, have) for want, have in zip(shape, array.shape[1:], strict=True)
    )
    if not fits:
        raise InputError(f"{path}: {value.name} is {array.shape}, not samples x {[size or 'open' for size in shape]}")
    if array.dtype != _dtype(value):
        raise InputError(f"{path}: {value.name} is {array.dtype}, the model takes {_dtype(value)}")


def _load(path: Path) -> Feed:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot be read as .npz: {error}") from error


def _dtype(value: Any) -> np.dtype[Any]:
    dtype: np.dtype[Any] = np.dtype(helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type))
    return dtype
