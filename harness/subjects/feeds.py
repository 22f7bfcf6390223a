"""Inputs for anyone's ONNX model: the user's own from ``.npz`` or a folder of pictures, or seeded noise."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import helper

from harness.errors import InputError
from harness.subjects.pictures import pictures, preprocessing
from harness.subjects.streams import read_header, read_samples
from harness.subjects.weights.zips import DAMAGE

NOISE_FEEDS = 4
DEFAULT = "seed:1"

Feed = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Feeds:
    """Feeds of a model, made or read one by one each time they are gone through."""

    inputs: tuple[str, ...]
    number: int
    each: Callable[[], Iterator[Feed]]

    def __len__(self) -> int:
        return self.number

    def __iter__(self) -> Iterator[Feed]:
        return self.each()


def feeds(model: Any, options: Mapping[str, Any]) -> Feeds:
    """Feeds of an ``onnx.ModelProto`` by its subject's options ``inputs`` and ``shapes``.

    An ``.npz`` holds an array for each input, samples x the input's shape; of a folder every picture is a sample.
    Raises InputError where one is missing or does not fit.
    """
    weights = {each.name for each in model.graph.initializer}
    wanted = [each for each in model.graph.input if each.name not in weights]
    source = str(options.get("inputs", DEFAULT))
    if source.startswith("seed:"):
        return _noises(int(source.removeprefix("seed:")), wanted, options.get("shapes") or {})
    if Path(source).is_dir():
        return _pictures(Path(source), wanted, options)
    return _own(Path(source), wanted)


def _noises(seed: int, wanted: list[Any], shapes: Mapping[str, Any]) -> Feeds:
    def made() -> Iterator[Feed]:
        random = np.random.default_rng(seed)
        for _ in range(NOISE_FEEDS):
            yield {each.name: _noise(each, shapes, random) for each in wanted}

    return Feeds(_names(wanted), NOISE_FEEDS, made)


def _pictures(folder: Path, wanted: list[Any], options: Mapping[str, Any]) -> Feeds:
    if len(wanted) != 1:
        raise InputError(f"{folder}: the model has {len(wanted)} inputs; a folder of pictures feeds one alone")
    (value,) = wanted
    shape = [each.dim_value for each in value.type.tensor_type.shape.dim]
    asked = preprocessing(options.get("preprocessing") or {})
    number, made = pictures(folder, shape, _dtype(value), asked)
    return Feeds(_names(wanted), number, lambda: ({value.name: array} for array in made()))


def _names(wanted: list[Any]) -> tuple[str, ...]:
    return tuple(each.name for each in wanted)


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


def _own(path: Path, wanted: list[Any]) -> Feeds:
    """Only the arrays' headers are read here."""
    headers = _headers(path)
    names = _names(wanted)
    missing = [name for name in names if name not in headers]
    if missing:
        raise InputError(
            f"{path}: has no array for the input {', '.join(missing)}; it has {', '.join(headers) or 'none'}"
        )
    for each in wanted:
        _check(path, each, *headers[each.name])
    counts = {headers[name][0][0] for name in names}
    if len(counts) != 1 or not min(counts):
        raise InputError(f"{path}: its arrays have {sorted(counts)} samples; give each input as many, at least one")
    return Feeds(names, counts.pop(), lambda: _read(path, names))


def _read(path: Path, names: tuple[str, ...]) -> Iterator[Feed]:
    """The arrays side by side, a sample of each at a time."""
    try:
        with zipfile.ZipFile(path) as archive, ExitStack() as files:
            arrays = [read_samples(files.enter_context(archive.open(f"{name}.npy"))) for name in names]
            for samples in zip(*arrays, strict=True):
                yield dict(zip(names, samples, strict=True))
    except DAMAGE as error:
        raise _unreadable(path, error) from error


def _check(path: Path, value: Any, size: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    shape = [each.dim_value for each in value.type.tensor_type.shape.dim]
    fits = len(size) == len(shape) + 1 and all(want in (0, have) for want, have in zip(shape, size[1:], strict=True))
    if not fits:
        raise InputError(f"{path}: {value.name} is {size}, not samples x {[each or 'open' for each in shape]}")
    if dtype != _dtype(value):
        raise InputError(f"{path}: {value.name} is {dtype}, the model takes {_dtype(value)}")


def _headers(path: Path) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """Shape and type of each array."""
    found = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as file:
                    shape, _, dtype = read_header(file)
                found[name.removesuffix(".npy")] = (shape, dtype)
    except DAMAGE as error:
        raise _unreadable(path, error) from error
    return found


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: cannot be read as .npz: {error}")


def _dtype(value: Any) -> np.dtype[Any]:
    dtype: np.dtype[Any] = np.dtype(helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type))
    return dtype
